"""Which database the application would use: the engine it has made itself, or a URL from its environment."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..project import Project

DRIVERS = ("psycopg", "psycopg2", "asyncpg", "pg8000")
ENGINES = ("sqlalchemy.engine.base.Engine", "sqlalchemy.ext.asyncio.engine.AsyncEngine")
SESSION_FACTORIES = (
    "sqlalchemy.orm.session.sessionmaker",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker",
)
SCOPED = ("sqlalchemy.orm.scoping.scoped_session", "sqlalchemy.ext.asyncio.scoping.async_scoped_session")
NAME_IT = 'name it: [tool.prodready] database = "env:DATABASE_URL"'


@dataclass(frozen=True)
class Chosen:
    """The engine to read through, or why there is none."""

    source: str
    engine: Any = None
    """An ``Engine`` or ``AsyncEngine``."""
    problem: str = ""
    detail: str = ""


def choose(source: str, project: Project, limit: float, environ: Mapping[str, str]) -> Chosen:
    """The engine for ``source``, which is ``env:NAME``, ``app``, or empty: see :func:`.reading.read`."""
    if source.startswith("env:"):
        return _from_environment(source[4:], project, limit, environ)
    place, engine = _own_engine(project)
    if engine is not None:
        return Chosen(place, engine)
    if source == "app":
        detail = f"No module of the application holds an engine of SQLAlchemy; {NAME_IT}."
        return Chosen("app", problem="unset", detail=detail)
    if not environ.get("DATABASE_URL"):
        detail = f"The application has made no engine of SQLAlchemy, and DATABASE_URL is not set; {NAME_IT}."
        return Chosen("", problem="unset", detail=detail)
    return _from_environment("DATABASE_URL", project, limit, environ)


def sync_engine(engine: Any) -> Any:
    """The ``Engine`` behind an ``AsyncEngine``; a plain one is returned as it is."""
    return engine.sync_engine if is_async(engine) else engine


def is_async(engine: Any) -> bool:
    """Whether ``engine`` is an ``AsyncEngine``."""
    return _is(engine, ENGINES[1:])


def _from_environment(name: str, project: Project, limit: float, environ: Mapping[str, str]) -> Chosen:
    source, text = f"env:{name}", environ.get(name, "").strip()
    if not text:
        return Chosen(source, problem="unset", detail=f"The environment variable {name} is not set.")
    if importlib.util.find_spec("sqlalchemy") is None:
        return Chosen(
            source, problem="driver", detail="SQLAlchemy is not installed where the application runs."
        )
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    if text.startswith("postgres://"):  # what hosting platforms hand out; SQLAlchemy does not know this name
        text = "postgresql" + text[len("postgres") :]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # neither the text nor the exception is shown: both hold the password
        return Chosen(source, problem="unsupported", detail=f"{name} does not hold a database URL.")
    backend = url.get_backend_name()
    if backend != "postgresql":
        return Chosen(source, problem="unsupported", detail=unsupported(backend))
    if "+" not in url.drivername:
        driver = _driver(project)
        if not driver:
            detail = (
                f"No driver for PostgreSQL is installed where the application runs ({', '.join(DRIVERS)})."
            )
            return Chosen(source, problem="driver", detail=detail)
        url = url.set(drivername=f"postgresql+{driver}")
    try:
        made = create_engine(url, poolclass=NullPool, connect_args=_connect_arguments(url.drivername, limit))
        if made.dialect.is_async:
            from sqlalchemy.ext.asyncio import AsyncEngine

            return Chosen(source, AsyncEngine(made))
        return Chosen(source, made)
    except (ImportError, NoSuchModuleError) as error:
        driver = url.drivername.partition("+")[2]
        # SQLAlchemy says in words alone that its asynchronous half needs this library
        lost = "greenlet" if "greenlet" in str(error) else driver
        hidden = project.hidden.get(lost, "")
        why = f"is outside the declared runtime requirements ({hidden})" if hidden else "cannot be imported"
        what = f"which {why}" if lost == driver else f"which needs {lost}, and that {why}"
        detail = f"{name} names the driver {driver}, {what} where the application runs."
        return Chosen(source, problem="driver", detail=detail)


def unsupported(backend: str) -> str:
    """The sentence for a database that is not PostgreSQL."""
    names = {
        "sqlite": "SQLite",
        "mysql": "MySQL",
        "mariadb": "MariaDB",
        "oracle": "Oracle",
        "mssql": "SQL Server",
    }
    return f"The database is {names.get(backend, backend)}; enum types are read from PostgreSQL only."


def _connect_arguments(drivername: str, limit: float) -> dict[str, object]:
    driver = drivername.partition("+")[2]
    if driver in ("asyncpg", "pg8000"):
        return {"timeout": limit}
    return {"connect_timeout": max(1, int(limit))} if driver.startswith("psycopg") else {}


def _driver(project: Project) -> str:
    """The driver that the application's engines use, else one that is loaded, else one that is installed."""
    for _, engine in _engines(project):
        if sync_engine(engine).dialect.name == "postgresql":
            return str(sync_engine(engine).dialect.driver)
    usable = [  # SQLAlchemy 1.4 has no dialect for psycopg 3
        driver
        for driver in DRIVERS
        if importlib.util.find_spec(driver)
        and importlib.util.find_spec(f"sqlalchemy.dialects.postgresql.{driver}")
    ]
    return next(iter([driver for driver in usable if driver in sys.modules] + usable), "")


def _own_engine(project: Project) -> tuple[str, Any]:
    """The application's engine with its place: PostgreSQL first, then one that sessions use, then by name."""
    places: dict[int, tuple[str, Any]] = {}
    in_sessions = set()
    for place, engine in _engines(project):
        key = id(sync_engine(engine))
        if not place.endswith(")"):
            current = places.get(key)
            if current is None or current[0].endswith(")") or len(place) < len(current[0]):
                places[key] = (place, engine)
        else:
            in_sessions.add(key)
            places.setdefault(key, (place, engine))
    ranked = sorted(
        places.items(),
        key=lambda item: (
            sync_engine(item[1][1]).dialect.name != "postgresql",
            item[0] not in in_sessions,
            len(item[1][0]),
            item[1][0],
        ),
    )
    return ranked[0][1] if ranked else ("", None)


def _engines(project: Project) -> Iterator[tuple[str, Any]]:
    """Engines that the application's modules hold, by the place that leads to them."""
    for module, loaded in project.modules():
        for name, value in list(vars(loaded).items()):
            place = f"{module}.{name}"
            yield from _within(place, value)
            home: object = type(value).__module__  # a class may define a property of this name
            if isinstance(home, str) and project.owns_module(home) and type not in type(value).__mro__:
                for attribute, inner in list(_attributes(value).items()):  # class Database: self.engine = …
                    yield from _within(f"{place}.{attribute}", inner)


def _within(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if _is(value, SCOPED):
        value = _attributes(value).get("session_factory")
    if _is(value, ENGINES):
        yield place, value
    elif _is(value, SESSION_FACTORIES):
        settings = _attributes(value).get("kw")
        bind = settings.get("bind") if isinstance(settings, dict) else None
        if _is(bind, ENGINES):
            yield f"{place} (its bind)", bind
    elif _is(value, ("flask_sqlalchemy.extension.SQLAlchemy",)):
        # Flask-SQLAlchemy 3: app → bind → engine; its engine property needs an application context
        by_app = _attributes(value).get("_app_engines")
        for engines in list(by_app.values()) if by_app is not None else ():
            if _is(engines.get(None), ENGINES):
                yield f"{place}.engine", engines[None]


def _is(value: object, names: tuple[str, ...]) -> bool:
    return any(f"{cls.__module__}.{cls.__qualname__}" in names for cls in type(value).__mro__)


def _attributes(value: object) -> dict[str, Any]:
    """``vars(value)`` without asking the object: its ``__getattr__`` must not run."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}
