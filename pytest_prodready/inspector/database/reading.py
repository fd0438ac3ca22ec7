"""The databases that the application would use, each read in a read-only session that is thrown away."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ..project import Project
from . import absent, django_databases, engines, mysql, postgresql, revisions, sqlite, stored, urls
from .chosen import Chosen, Work
from .connecting import explain
from .session import Session
from .wanted import Wanted, wanted

GRACE = 1.0
"""Seconds that a driver gets beyond the limit to report its own timeout."""

NAME_IT = 'name it: [tool.prodready] database = "env:DATABASE_URL"'
VENDORS: dict[str, Any] = {"postgresql": postgresql, "mysql": mysql, "mariadb": mysql, "sqlite": sqlite}

Further = Callable[[Session, str, Wanted, Mapping[str, Any]], Mapping[str, object]]
FURTHER: list[Further] = [revisions.read]
"""Further questions in the same session: called with it, the dialect, what is wanted and what is known of the
database so far; what they give is added to that."""


def read(
    source: str,
    mapping: Mapping[str, Any],
    project: Project,
    limit: float,
    environ: Mapping[str, str],
    scan: tuple[int, float] | None = None,
    tables: Iterable[str] = (),
) -> Iterator[dict[str, object]]:
    """A ``Database`` each: the default one, then Flask-SQLAlchemy's binds or Django's other ones.

    Args:
        source: ``env:NAME`` (a URL in that variable), ``app`` (the engine that the application made, or
            Django's settings), or empty: the application's, else ``DATABASE_URL``.
        mapping: a ``Mapping`` in its plain form.
        project: the application.
        limit: seconds for connecting to a database and reading it.
        environ: the application's environment.
        scan: rows of a table and seconds for a database, where stored values are to be looked at, too.
        tables: whose columns are read, too, although nothing maps them.
    """
    try:
        chosen = _choose(source, mapping, project, limit, environ)
    except Exception as error:
        detail = f"No engine could be made: {type(error).__name__} was raised."
        yield {"source": source, "problem": "unsupported", "detail": detail}
        return
    for one in chosen:
        known: dict[str, object] = {"source": one.source, "name": one.name, "beside": list(one.beside)}
        if one.address is not None:
            known |= {"dialect": one.address.vendor, "driver": one.address.driver}
        if one.use is None:
            yield {**known, "problem": one.problem, "detail": one.detail}
            continue
        asked = wanted(mapping, one.name, tables)
        answer = {**known, **_within(limit, one, partial(_read, asked=asked, limit=limit))}
        if scan is not None and "problem" not in answer:
            answer["stored"] = _scanned(source, mapping, project, environ, scan, answer)
        if "problem" not in answer:
            answer |= absent.facts(answer, mapping, project)
        yield answer


def _choose(
    source: str, mapping: Mapping[str, Any], project: Project, limit: float, environ: Mapping[str, str]
) -> list[Chosen]:
    frameworks = {table.get("framework", "sqlalchemy") for table in mapping.get("tables", ())}
    frameworks |= {column.get("framework", "sqlalchemy") for column in mapping.get("columns", ())}
    django = django_databases.configured()
    alchemy = "sqlalchemy" in frameworks or not django
    found: list[Chosen] = []
    if source.startswith("env:"):
        found = [
            urls.from_environment(
                source[4:], name, project, limit, environ, django=name == "default" and not alchemy
            )
            for name in [""] * alchemy + ["default"] * django
        ]
        rest = (django_databases.own(limit) if django else []) + (
            engines.own(project, limit) if alchemy else []
        )
        return found + [one for one in rest if one.name not in ("", "default")]
    if alchemy:
        found = engines.own(project, limit) or [_nothing(source, project, limit, environ)]
    return found + (django_databases.own(limit) if django else [])


def _nothing(source: str, project: Project, limit: float, environ: Mapping[str, str]) -> Chosen:
    """What there is where the application has made no engine."""
    if source == "app":
        detail = f"No module of the application holds an engine of SQLAlchemy; {NAME_IT}."
        return Chosen("app", problem="unset", detail=detail)
    if not environ.get("DATABASE_URL"):
        detail = f"The application has made no engine of SQLAlchemy, and DATABASE_URL is not set; {NAME_IT}."
        return Chosen("", problem="unset", detail=detail)
    return urls.from_environment("DATABASE_URL", "", project, limit, environ, django=False)


def _scanned(
    source: str,
    mapping: Mapping[str, Any],
    project: Project,
    environ: Mapping[str, str],
    scan: tuple[int, float],
    database: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """A ``StoredValues`` for each column that is looked at.

    That is done in a session of its own: what goes wrong in it costs nothing else.
    """
    rows, seconds = scan
    places = stored.places(mapping, database)
    begin = VENDORS[database["dialect"]].begin
    found: list[dict[str, Any]] = []

    def work(session: Session) -> dict[str, Any]:
        found.extend(stored.scan(session, begin, database["dialect"], places, rows, seconds))
        return {}

    answer: dict[str, object] = {}
    for one in _choose(source, mapping, project, seconds, environ) if places else ():
        if one.name == database["name"] and one.use is not None:
            answer = _within(seconds, one, work)
    done = list(found)
    why = str(answer.get("detail") or stored.out_of_time(seconds)).rstrip(".")
    return done + [place.told(problem=why) for place in places[len(done) :]]


def _within(limit: float, chosen: Chosen, work: Work) -> dict[str, object]:
    """Work in a thread of its own: the drivers' own limits do not cover every way to hang.

    The thread also keeps our event loop apart from one that the application may have left running.
    """
    assert chosen.address is not None
    assert chosen.use is not None
    address, use = chosen.address, chosen.use
    answers: list[dict[str, object]] = []

    def run() -> None:
        try:
            answers.append(use(work))
        except BaseException as error:  # whatever a driver raises is an answer; nobody waits for this thread
            answers.append(explain(error, address, limit))

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="prodready-database", daemon=True)
    thread.start()
    thread.join(limit + GRACE)
    return answers[0] if answers else explain(TimeoutError(), address, limit)


def _read(session: Session, asked: Wanted, limit: float) -> dict[str, Any]:
    """Read the catalogue in a session that the database itself keeps read-only."""
    vendor = VENDORS[session.vendor]
    if not vendor.begin(session, limit):
        detail = "The database did not make the session read-only, so nothing was read."
        return {"problem": "refused", "detail": detail}
    try:
        answer: dict[str, Any] = {"read_only": True, **vendor.catalogue(session, asked)}
        for more in FURTHER:
            answer |= more(session, answer["dialect"], asked, answer)
        return answer
    finally:
        session.rollback()
