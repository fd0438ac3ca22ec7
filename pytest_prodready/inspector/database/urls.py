"""The database that a URL in an environment variable leads to."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ..project import Project
from . import django_databases, engines
from .chosen import Chosen, file_chosen
from .connecting import PRODUCTS, SUPPORTED, unsupported

DRIVERS = {
    "postgresql": {"psycopg": "psycopg", "psycopg2": "psycopg2", "asyncpg": "asyncpg", "pg8000": "pg8000"},
    "mysql": {
        "mysqldb": "MySQLdb",
        "pymysql": "pymysql",
        "asyncmy": "asyncmy",
        "aiomysql": "aiomysql",
        "mysqlconnector": "mysql.connector",
        "mariadbconnector": "mariadb",
    },
}
"""SQLAlchemy's name of each driver → the module that it imports."""
SCHEMES = {
    "postgres": "postgresql",
    "postgis": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "mysql2": "mysql",
    "mysqlgis": "mysql",
    "spatialite": "sqlite",
}
"""What hosting platforms and Django's readers of URLs write; SQLAlchemy does not know these names."""
TIMEOUTS = {
    "asyncpg": "timeout",
    "pg8000": "timeout",
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "mysqldb": "connect_timeout",
    "pymysql": "connect_timeout",
    "asyncmy": "connect_timeout",
    "aiomysql": "connect_timeout",
    "mysqlconnector": "connection_timeout",
    "mariadbconnector": "connect_timeout",
}
SCHEME = re.compile(r"([a-z][a-z0-9]*)(?:\+([a-z0-9_]+))?(?=:)", re.IGNORECASE)


def from_environment(
    variable: str, name: str, project: Project, limit: float, environ: Mapping[str, str], *, django: bool
) -> Chosen:
    """The database that the URL in ``variable`` leads to.

    Args:
        variable: of the environment.
        name: as a ``Database`` has it.
        project: the application.
        limit: seconds for connecting and reading.
        environ: the application's environment.
        django: Django's own connection is used, not SQLAlchemy's.
    """
    source, text = f"env:{variable}", environ.get(variable, "").strip()
    if not text:
        return Chosen(
            source, name, problem="unset", detail=f"The environment variable {variable} is not set."
        )
    scheme = SCHEME.match(text)
    vendor = SCHEMES.get(scheme[1].lower(), scheme[1].lower()) if scheme else ""
    if not scheme or (vendor not in PRODUCTS and "://" not in text):
        # the text is not shown: it holds the password
        detail = f"{variable} does not hold a database URL."
        return Chosen(source, name, problem="unsupported", detail=detail)
    if vendor not in SUPPORTED:
        return Chosen(source, name, problem="unsupported", detail=unsupported(vendor))
    driver = scheme[2] or ""
    if vendor == "sqlite":
        return file_chosen(source, name, driver or "sqlite3", _file(text), limit)
    if django or importlib.util.find_spec("sqlalchemy") is None:
        made = django_databases.from_url(source, name, vendor, text, limit)
        if made is not None:
            return made
    if importlib.util.find_spec("sqlalchemy") is None:
        detail = "SQLAlchemy is not installed where the application runs."
        return Chosen(source, name, problem="driver", detail=detail)
    return _through_sqlalchemy(source, name, vendor + text[scheme.end(1) :], project, limit)


def _file(text: str) -> str:
    """What stands behind ``sqlite:///``; the query of a ``file:`` URI belongs to it."""
    path = text.partition("://")[2].partition("/")[2]
    if path.startswith("file:"):
        return path
    return unquote(path.partition("?")[0])


def _through_sqlalchemy(source: str, name: str, text: str, project: Project, limit: float) -> Chosen:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    variable = source.partition(":")[2]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # neither the text nor the exception is shown: both hold the password
        detail = f"{variable} does not hold a database URL."
        return Chosen(source, name, problem="unsupported", detail=detail)
    vendor = url.get_backend_name()
    if "+" not in url.drivername:
        driver = _driver(project, vendor)
        if not driver:
            known = ", ".join(DRIVERS[_family(vendor)])
            product = PRODUCTS[vendor]
            detail = f"No driver for {product} is installed where the application runs ({known})."
            return Chosen(source, name, problem="driver", detail=detail)
        url = url.set(drivername=f"{vendor}+{driver}")
    try:
        made = create_engine(url, poolclass=NullPool, connect_args=_connect_arguments(url.drivername, limit))
        engine: Any = made
        if made.dialect.is_async:
            from sqlalchemy.ext.asyncio import AsyncEngine

            engine = AsyncEngine(made)
        return engines.through(engine, source, name, limit)
    except (ImportError, NoSuchModuleError) as error:
        driver = url.drivername.partition("+")[2]
        # SQLAlchemy says in words alone that its asynchronous half needs this library
        lost = "greenlet" if "greenlet" in str(error) else driver
        hidden = project.hidden.get(lost, "")
        why = f"is outside the declared runtime requirements ({hidden})" if hidden else "cannot be imported"
        what = f"which {why}" if lost == driver else f"which needs {lost}, and that {why}"
        detail = f"{variable} names the driver {driver}, {what} where the application runs."
        return Chosen(source, name, problem="driver", detail=detail)


def _connect_arguments(drivername: str, limit: float) -> dict[str, object]:
    driver = drivername.partition("+")[2]
    argument = TIMEOUTS.get(driver)
    if argument is None:
        return {}
    return {argument: limit if argument == "timeout" else max(1, int(limit))}


def _driver(project: Project, vendor: str) -> str:
    """The driver that the application's engines use, else one that is loaded, else one that is installed."""
    family = _family(vendor)
    for used in engines.drivers(project, family):
        return used
    usable = [  # SQLAlchemy 1.4 has no dialect for psycopg 3
        driver
        for driver, module in DRIVERS[family].items()
        if _installed(module) and _installed(f"sqlalchemy.dialects.{family}.{driver}")
    ]
    loaded = [driver for driver in usable if DRIVERS[family][driver] in sys.modules]
    return next(iter(loaded + usable), "")


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:  # its package is not there
        return False


def _family(vendor: str) -> str:
    return "mysql" if vendor == "mariadb" else vendor
