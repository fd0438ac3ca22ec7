"""The engines that the application has made itself, found where its modules hold them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..objects import attributes, is_a
from ..project import Project
from .chosen import Chosen, Use, Work, file_chosen, refused
from .connecting import Address
from .session import SQLAlchemySession

ENGINES = ("sqlalchemy.engine.base.Engine", "sqlalchemy.ext.asyncio.engine.AsyncEngine")
SESSION_FACTORIES = (
    "sqlalchemy.orm.session.sessionmaker",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker",
)
SCOPED = ("sqlalchemy.orm.scoping.scoped_session", "sqlalchemy.ext.asyncio.scoping.async_scoped_session")
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}


def own(project: Project, limit: float) -> list[Chosen]:
    """The application's default engine, then those of Flask-SQLAlchemy's binds; empty where it has none."""
    ranked = _ranked(project)
    if not ranked:
        return []
    place, engine = ranked[0]
    first = sync_engine(engine)
    bound = dict(_bound(project))
    others = [
        (other, made)
        for other, made in ranked[1:]
        if sync_engine(made).url != first.url
        and _likely(sync_engine(made)) < len(LIKELY)
        and not any(sync_engine(made) is one for one in bound.values())
    ]
    beside = tuple(sorted(other for other, _ in others))
    found = [replace(through(engine, place, "", limit), beside=beside)]
    for (holder, bind), made in sorted(bound.items(), key=lambda item: item[0]):
        found.append(through(made, f"{holder}.engines[{bind!r}]", bind, limit))
    return found


def through(engine: Any, place: str, name: str, limit: float) -> Chosen:
    """A database that is read through ``engine``; a file of SQLite's is opened without it."""
    made = sync_engine(engine)
    address = _address(made)
    if address.vendor == "sqlite":
        database = ":memory:" if made.url.query.get("mode") == "memory" else made.url.database
        return file_chosen(place, name, address.driver, database, limit)
    return refused(place, name, address) or Chosen(place, name, address, _using(engine, limit))


def sync_engine(engine: Any) -> Any:
    """The ``Engine`` behind an ``AsyncEngine``; a plain one is returned as it is."""
    return engine.sync_engine if is_async(engine) else engine


def is_async(engine: Any) -> bool:
    """Whether ``engine`` is an ``AsyncEngine``."""
    return is_a(engine, *ENGINES[1:])


def drivers(project: Project, vendor: str) -> Iterator[str]:
    """The drivers that the application's engines for a vendor use."""
    for _, engine in _engines(project):
        if sync_engine(engine).dialect.name == vendor:
            yield str(sync_engine(engine).dialect.driver)


def translations(project: Project) -> dict[str | None, str | None]:
    """The schemas that the application's engines put in the place of mapped ones.

    Empty where they do not agree, for it cannot be known then which of them a session uses.
    """
    found = []
    for _, engine in _engines(project):
        made = sync_engine(engine)
        options = made.get_execution_options() if hasattr(made, "get_execution_options") else {}
        chosen = options.get("schema_translate_map") or {}
        if chosen not in found:
            found.append(chosen)
    return dict(found[0]) if len(found) == 1 else {}


def _using(engine: Any, limit: float) -> Use:
    """How the work is run on a connection of the engine's own, in a pool that nobody else has."""

    def with_connection(connection: Any, work: Work) -> dict[str, Any]:
        try:
            return work(SQLAlchemySession(connection))
        finally:
            connection.invalidate()

    async def use_async(work: Work) -> dict[str, Any]:
        async def connected() -> dict[str, Any]:
            async with engine.connect() as connection:
                answer: dict[str, Any] = await connection.run_sync(with_connection, work)
                return answer

        return await asyncio.wait_for(connected(), limit)

    def use(work: Work) -> dict[str, Any]:
        made = sync_engine(engine)
        # leaves the pooled connections alone, which may belong to another event loop; what
        # dispose(close=False) does, which SQLAlchemy before 1.4.33 does not have
        made.pool = made.pool.recreate()
        if is_async(engine):
            return asyncio.run(use_async(work))
        with engine.connect() as connection:
            return with_connection(connection, work)

    return use


def _address(engine: Any) -> Address:
    url, dialect = engine.url, engine.dialect
    vendor = str(dialect.name)
    if vendor == "sqlite":
        return Address(vendor, str(dialect.driver), str(url.database or ":memory:"))
    host = url.host or url.query.get("host") or url.query.get("unix_socket") or "localhost"
    host = host if isinstance(host, str) else ", ".join(host)
    port = url.port or url.query.get("port") or PORTS.get(vendor, "")
    where = host if host.startswith("/") or not port else f"{host}:{port}"
    database = str(url.database or url.query.get("dbname") or "(unnamed)")
    return Address(vendor, str(dialect.driver), where, database)


def _ranked(project: Project) -> list[tuple[str, Any]]:
    """The application's engines with their places: one that sessions use first, servers before files."""
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
            _likely(sync_engine(item[1][1])) == len(LIKELY),
            item[0] not in in_sessions,
            _likely(sync_engine(item[1][1])),
            len(item[1][0]),
            item[1][0],
        ),
    )
    return [found for _, found in ranked]


LIKELY = (("postgresql",), ("mysql", "mariadb"), ("oracle", "mssql"), ("sqlite",))
"""What is most likely an application's database, and not a store beside it."""


def _likely(engine: Any) -> int:
    """The rank of an engine by its vendor; a database in memory comes last."""
    vendor = str(engine.dialect.name)
    if vendor == "sqlite" and engine.url.database in (None, "", ":memory:"):
        return len(LIKELY)
    return next((rank for rank, names in enumerate(LIKELY) if vendor in names), 2)


def _engines(project: Project) -> Iterator[tuple[str, Any]]:
    """Engines that the application's modules hold, by the place that leads to them."""
    for place, value in _held(project):
        yield from _within(place, value)


def _bound(project: Project) -> Iterator[tuple[tuple[str, str], Any]]:
    """The engines of Flask-SQLAlchemy's binds, by the place of the extension and the bind's key."""
    for place, value in _held(project):
        for engines in _of_flask(value):
            for bind, engine in list(engines.items()):
                if isinstance(bind, str) and is_a(engine, *ENGINES):
                    yield (place, bind), engine


def _held(project: Project) -> Iterator[tuple[str, Any]]:
    """What the application's modules hold, and what the objects of its own classes hold there."""
    for module, loaded in project.modules():
        for name, value in list(vars(loaded).items()):
            place = f"{module}.{name}"
            yield place, value
            home: object = type(value).__module__  # a class may define a property of this name
            if isinstance(home, str) and project.owns_module(home) and type not in type(value).__mro__:
                for attribute, inner in list(attributes(value).items()):  # class Database: self.engine = …
                    yield f"{place}.{attribute}", inner


def _within(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if is_a(value, *SCOPED):
        value = attributes(value).get("session_factory")
    if is_a(value, *ENGINES):
        yield place, value
    elif is_a(value, *SESSION_FACTORIES):
        settings = attributes(value).get("kw")
        bind = settings.get("bind") if isinstance(settings, dict) else None
        if is_a(bind, *ENGINES):
            yield f"{place} (its bind)", bind
    else:
        for engines in _of_flask(value):
            if is_a(engines.get(None), *ENGINES):
                yield f"{place}.engine", engines[None]


def _of_flask(value: Any) -> Iterator[dict[str | None, Any]]:
    """Flask-SQLAlchemy 3 keeps app → bind → engine; its engine property needs an application context."""
    if is_a(value, "flask_sqlalchemy.extension.SQLAlchemy"):
        by_app = attributes(value).get("_app_engines")
        yield from list(by_app.values()) if by_app is not None else ()
