"""Addresses of websites, as people type them."""

from __future__ import annotations

from urllib.parse import urlsplit


def host_of(website: str) -> str:
    """The host of a website address, in lower case and without `www.`; empty when there is none."""
    host = urlsplit(website if "//" in website else f"//{website}").hostname or ""
    return host.removeprefix("www.")
