"""The services that the value of a setting names: by its scheme, or by the setting's own name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Facts = dict[str, Any]
SCHEMES = {
    "postgres": ("postgresql", 5432),
    "postgresql": ("postgresql", 5432),
    "postgis": ("postgresql", 5432),
    "psql": ("postgresql", 5432),
    "pgsql": ("postgresql", 5432),
    "mysql": ("mysql", 3306),
    "mysql2": ("mysql", 3306),
    "mariadb": ("mysql", 3306),
    "redis": ("redis", 6379),
    "rediss": ("redis", 6379),
    "valkey": ("redis", 6379),
    "valkeys": ("redis", 6379),
    "sentinel": ("redis", 26379),
    "amqp": ("amqp", 5672),
    "pyamqp": ("amqp", 5672),
    "amqps": ("amqp", 5671),
    "smtp": ("smtp", 25),
    "smtps": ("smtp", 465),
    "memcached": ("memcached", 11211),
    "memcache": ("memcached", 11211),
    "pymemcache": ("memcached", 11211),
    "mongodb": ("tcp", 27017),
    "nats": ("tcp", 4222),
    "mqtt": ("tcp", 1883),
    "ldap": ("tcp", 389),
    "http": ("http", 80),
    "https": ("http", 443),
}
"""Scheme of an address → what is spoken there, and its usual port."""
TLS = ("rediss", "valkeys", "amqps", "smtps", "https")
ROLES = {
    "postgresql": "database",
    "mysql": "database",
    "redis": "Redis",
    "amqp": "broker",
    "smtp": "mail server",
    "memcached": "cache",
    "http": "HTTP service",
    "tcp": "service",
}
MAIL = re.compile(r"(?:.*_)?(?:EMAIL|MAIL|SMTP)_?(?:HOST|SERVER)", re.IGNORECASE)
REDIS = re.compile(r"(?:.*_)?REDIS_?(?:HOST|SERVER)", re.IGNORECASE)
OWN_ADDRESS = re.compile(
    r"(?:(?:APP|API|MY|SERVICE|SERVER|WEB)_)?(?:(?:BASE|ROOT|HOST|EXTERNAL|CLIENT|DOMAIN)_)?UR[LI]|"
    r".*(?:SITE|FRONT|PUBLIC|CORS|ORIGIN|CSRF|REDIRECT|CALLBACK|STATIC|MEDIA|LOGIN|LOGOUT|DOCS?_|SCHEMA|"
    r"NAMESPACE|TERMS|PRIVACY|LOGO|ICON|SUPPORT|HOMEPAGE|REPO|DOWNLOAD|CDN|ISSUER|AUDIENCE|_SELF).*",
    re.IGNORECASE,
)
"""Names of HTTP addresses that are the application's own or its readers', not a service that it asks."""
HOST = re.compile(r"[\w.-]+|[0-9a-fA-F:]+")


def from_url(text: object, setting: str, location: object, role: str = "") -> Iterator[Facts]:
    """The services that an address names; ``;`` separates several."""
    for one in str(text).split(";"):
        scheme, separator, _ = one.strip().partition("://")
        known = next((part for part in scheme.lower().split("+") if part in SCHEMES), "")
        if not separator or not known:
            continue
        kind, usual = SCHEMES[known]
        try:
            parts = urlsplit(one.strip())
            host, port = parts.hostname or "", parts.port or usual
        except ValueError:
            continue
        yield from from_host(kind, host, port, setting, location, role, tls=known in TLS)


def from_host(
    kind: str,
    host: object,
    port: object,
    setting: str,
    location: object,
    role: str = "",
    *,
    tls: bool = False,
) -> Iterator[Facts]:
    """The service at a host and a port; none where these cannot be such."""
    try:
        number = int(str(port))
    except ValueError:
        return
    if HOST.fullmatch(str(host)) and 0 < number < 65536:
        yield {
            "kind": kind,
            "role": role or ROLES[kind],
            "host": str(host),
            "port": number,
            "setting": setting,
            "tls": tls,
            "location": location,
        }


def from_setting(
    name: str, values: Mapping[str, object], setting: str, place: Any, *, http: bool
) -> Iterator[Facts]:
    """What one setting names: an address, or a host with its port beside it."""
    value = values[name]
    if not (type(value) is str or hasattr(type(value), "unicode_string")) or not value:
        return
    text = str(value)
    if "://" in text[:40]:
        for service in from_url(text, setting, None):
            if service["kind"] != "http" or (http and not OWN_ADDRESS.fullmatch(name)):
                yield {**service, "location": place(name)}
        return
    kind = "smtp" if MAIL.fullmatch(name) else "redis" if REDIS.fullmatch(name) else ""
    if kind:
        port_name = re.sub(
            r"(?i)(HOST|SERVER)$", lambda found: "port" if found[1].islower() else "PORT", name
        )
        port = values.get(port_name) or {"smtp": 25, "redis": 6379}[kind]
        yield from from_host(
            kind, text, port, setting, place(name), tls=kind == "smtp" and str(port) == "465"
        )
