"""Jobs that providers offer, in the marketplace of each tenant and in the public catalogue."""
