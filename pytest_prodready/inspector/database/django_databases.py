"""Django's databases: connections that Django makes from its settings, and that nobody else uses."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .chosen import Chosen, Use, Work, file_chosen, refused
from .connecting import Address
from .session import DjangoSession

BACKENDS = {
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}
PORTS = {"postgresql": 5432, "mysql": 3306}
DUMMY = "django.db.backends.dummy"


def configured() -> bool:
    """Whether the application has Django's settings loaded, with a database among them."""
    conf = sys.modules.get("django.conf")
    settings = getattr(conf, "settings", None)
    if settings is None or not settings.configured:
        return False
    return bool(_aliases())


def own(limit: float) -> list[Chosen]:
    """Each of ``DATABASES`` but for mirrors and those without a backend, the default one first."""
    found = []
    for alias in sorted(_aliases(), key=lambda alias: (alias != "default", alias)):
        source = f"settings.DATABASES[{alias!r}]"
        found.append(_through(_settings(alias), source, alias, limit))
    return found


def from_url(source: str, name: str, vendor: str, text: str, limit: float) -> Chosen | None:
    """The database of a URL through a connection of Django's; ``None`` where Django is not installed.

    Where the default database of the settings is of the same vendor, its backend and options are kept.
    """
    if importlib.util.find_spec("django") is None:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # neither the text nor the exception is shown: both hold the password
        detail = f"{source.partition(':')[2]} does not hold a database URL."
        return Chosen(source, name, problem="unsupported", detail=detail)
    if not configured():
        return None
    settings = _settings("default") if "default" in _aliases() else {}
    if not settings or _vendor(settings) not in (vendor, "mysql" if vendor == "mariadb" else vendor):
        from django.db import connections

        settings = {**connections.settings["default"], "ENGINE": BACKENDS[vendor], "OPTIONS": {}}
    settings.update(
        NAME=unquote(parts.path.lstrip("/")),
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=unquote(parts.hostname or ""),
        PORT=str(port or ""),
    )
    settings["OPTIONS"] = {**settings["OPTIONS"], **dict(parse_qsl(parts.query))}
    return _through(settings, source, name, limit)


def _aliases() -> list[str]:
    """The databases of the settings that are read."""
    from django.db import connections

    found = []
    for alias, settings in connections.settings.items():
        engine = settings.get("ENGINE") or DUMMY
        mirror = (settings.get("TEST") or {}).get("MIRROR")
        if engine != DUMMY and not mirror:
            found.append(alias)
    return found


def _settings(alias: str) -> dict[str, Any]:
    """A copy of one database's settings, for a connection of our own."""
    from django.db import connections

    settings = dict(connections.settings[alias])
    settings["OPTIONS"] = dict(settings.get("OPTIONS") or {})
    settings["OPTIONS"].pop("pool", None)  # the pool belongs to the application
    return settings


def _through(settings: dict[str, Any], source: str, name: str, limit: float) -> Chosen:
    try:
        vendor = _vendor(settings)
    except Exception as error:
        # the backend or its driver is not there: Django says so with an exception of its own
        engine = settings["ENGINE"]
        detail = f"Django's backend {engine} could not be loaded: {type(error).__name__}."
        return Chosen(source, name, problem="driver", detail=detail)
    address = _address(settings, vendor)
    if vendor == "sqlite":
        return file_chosen(source, name, "sqlite3", settings.get("NAME"), limit)
    if vendor in PORTS:
        settings["OPTIONS"].setdefault("connect_timeout", max(1, int(limit)))
    return refused(source, name, address) or Chosen(source, name, address, _using(settings, name))


def _using(settings: dict[str, Any], alias: str) -> Use:
    def use(work: Work) -> dict[str, Any]:
        wrapper = _backend(settings).DatabaseWrapper(settings, alias)
        try:
            return work(DjangoSession(wrapper))
        finally:
            wrapper.close()

    return use


def _backend(settings: dict[str, Any]) -> Any:
    from django.db.utils import load_backend

    return load_backend(settings["ENGINE"])


def _vendor(settings: dict[str, Any]) -> str:
    return str(_backend(settings).DatabaseWrapper.vendor)


def _address(settings: dict[str, Any], vendor: str) -> Address:
    options = settings["OPTIONS"]
    service = options.get("service")
    host = str(settings.get("HOST") or (f"the service {service}" if service else "localhost"))
    port = settings.get("PORT") or PORTS.get(vendor, "")
    where = host if host.startswith("/") or service or not port else f"{host}:{port}"
    driver = _driver(vendor)
    return Address(vendor, driver, where, str(settings.get("NAME") or "(unnamed)"))


def _driver(vendor: str) -> str:
    """The driver that Django's backend has loaded."""
    names = {"postgresql": ("psycopg", "psycopg2"), "mysql": ("MySQLdb",), "sqlite": ("sqlite3",)}
    found = next((name for name in names.get(vendor, ()) if name in sys.modules), "")
    if found == "MySQLdb" and getattr(sys.modules[found], "install_as_MySQLdb", None) is not None:
        return "pymysql"  # which has put itself in the place of mysqlclient
    return found
