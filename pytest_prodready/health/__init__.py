"""What probes and rules both know of health: names, roles, claims, addresses, Kubernetes' own probes."""
