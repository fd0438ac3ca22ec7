"""Certificates: whom the gate trusts, and until when the one of a deployed instance is valid."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress

import httpx

from pytest_prodready.facts import Certificate

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where OpenSSL, and with it every client, looks for a company's own authorities."""


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext | bool:
    """What httpx is to verify certificates with: the authorities that the environment names, or its own.

    A file that cannot be read as such is passed over, as OpenSSL does it.
    """
    file, directory = (environ.get(name) or None for name in VARIABLES)
    if file or directory:
        with suppress(OSError, ssl.SSLError):
            return ssl.create_default_context(cafile=file, capath=directory)
    return True


def needed(url: str, environ: Mapping[str, str]) -> ssl.SSLContext | bool:
    """What a client of ``url`` is to verify certificates with; where none can come, it trusts nobody.

    Loading the authorities takes longer than many requests.
    """
    if url.lower().startswith("https:"):
        return trusted(environ)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def look(url: str, environ: Mapping[str, str], seconds: float) -> Certificate | None:
    """The certificate with which the host of ``url`` is served; ``None`` where none is accepted."""
    asked = httpx.URL(url)
    if asked.scheme != "https":
        return None
    verify = trusted(environ)
    context = httpx.create_ssl_context(trust_env=False) if isinstance(verify, bool) else verify
    try:
        with (
            socket.create_connection((asked.host, asked.port or 443), timeout=seconds) as connection,
            context.wrap_socket(connection, server_hostname=asked.host) as secured,
        ):
            found = secured.getpeercert() or {}
    except (OSError, ValueError):  # why it is not accepted, the answers say
        return None
    until = found.get("notAfter")
    if not isinstance(until, str):
        return None
    end = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(until), dt.timezone.utc)
    left = end - dt.datetime.now(dt.timezone.utc)
    return Certificate(expires=end.date().isoformat(), days=left / dt.timedelta(days=1))
