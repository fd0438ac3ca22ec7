"""What a request must carry so that the framework itself lets it in: a host that is allowed, and https."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from . import web_routes
from .objects import attributes, is_a

LOOPBACK = "127.0.0.1"
TRUSTED = "starlette.middleware.trustedhost.TrustedHostMiddleware"
SECURE = "starlette.middleware.httpsredirect.HTTPSRedirectMiddleware"
OVER_HTTPS = {"X-Forwarded-Proto": "https"}
"""How a proxy says that it was asked over https; uvicorn and gunicorn believe those on their own machine."""
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")


def inspect(value: object) -> dict[str, str]:
    """The headers of a request to 127.0.0.1 that production's proxy would send; empty where none is needed.

    Args:
        value: what the import string of the web entry point names.
    """
    # an object of the application's may raise anything when it is looked at: nothing is said then
    with contextlib.suppress(Exception):
        for app in web_routes.unwrapped(value):
            if type(app).__module__.startswith("django."):
                return _of_django()
            if is_a(app, "flask.app.Flask"):
                return _host(list(app.config.get("TRUSTED_HOSTS") or ["*"]))
        return _of_starlette(value)
    return {}


def _of_django() -> dict[str, str]:
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    found = _host(list(settings.ALLOWED_HOSTS), bool(settings.DEBUG))
    if settings.SECURE_SSL_REDIRECT:
        told = settings.SECURE_PROXY_SSL_HEADER
        if told:
            found[told[0].removeprefix("HTTP_").replace("_", "-").title()] = str(told[1])
        else:
            found |= OVER_HTTPS
    return found


def _of_starlette(value: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, allowed in _middleware(value):
        if name == TRUSTED and isinstance(allowed, (list, tuple)):
            found = _host(list(allowed)) | found
        elif name == SECURE:
            found |= OVER_HTTPS
    return found


def _middleware(value: object) -> Iterator[tuple[str, object]]:
    """The names of Starlette's own that stand before the application, each with its allowed hosts."""
    for app in web_routes.unwrapped(value):
        for name in (TRUSTED, SECURE):
            if is_a(app, name):
                yield name, attributes(app).get("allowed_hosts")
        for one in attributes(app).get("user_middleware") or ():
            cls: Any = getattr(one, "cls", None)
            given = getattr(one, "kwargs", None) or getattr(one, "options", None) or {}
            name = f"{getattr(cls, '__module__', '')}.{getattr(cls, '__qualname__', '')}"
            yield name, given.get("allowed_hosts")


def _host(allowed: list[object], debug: bool = False) -> dict[str, str]:
    """The first host that is allowed, where the address of this machine is not."""
    names = [str(one) for one in allowed]
    if "*" in names or LOOPBACK in names or (debug and not names):
        return {}
    plain = [f"www{name[1:]}" if name.startswith("*.") else name.removeprefix(".") for name in names]
    host = next(filter(HOST.fullmatch, plain), "")
    return {"Host": host} if host else {}
