"""``[tool.prodready]`` as one frozen value; every mistake is collected before any is reported."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path

from pytest_prodready.facts import Location
from pytest_prodready.settings import celery, checks, database, health
from pytest_prodready.settings.celery import CelerySettings
from pytest_prodready.settings.database import DatabaseSettings
from pytest_prodready.settings.health import HealthSettings
from pytest_prodready.settings.table import Mistakes, Table, kind
from pytest_prodready.toml_lines import TomlLines, table_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "pyproject.toml"
TITLE = "[tool.prodready]"
FORBIDDEN = "imports.forbidden_at_import"
"""The key of its location: an entry point that it names may turn out not to exist."""


class SettingsError(Exception):
    """The settings hold mistakes; ``str()`` lists all of them, one per line, then the valid names once."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True)
class Limits:
    """Time limits in seconds: every step of the gate ends within one of these."""

    load: float = 60.0
    """Loading one entry point in its own interpreter, with all that is looked at there; a linter's run."""
    database: float = 10.0
    """Connecting to the database and reading its catalogue."""
    live: float = 10.0
    """Connecting to the broker and hearing its live workers."""
    serve: float = 30.0
    """From the start of the server until it accepts a connection."""
    probe: float = 5.0
    """One request to one endpoint."""
    stop: float = 30.0
    """From SIGTERM until the server has left: the grace period of Kubernetes and of Heroku."""


@dataclass(frozen=True)
class Runtime:
    """Which requirements production installs besides ``[project] dependencies``."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Distributions that the image brings: gunicorn, psycopg …"""
    requirements: tuple[str, ...] = ()
    """Requirements files that production installs, instead of those that discovery finds."""


@dataclass(frozen=True)
class Imports:
    """What imports must not do, and what must not be imported."""

    forbid: tuple[str, ...] = ()
    """Kinds of effect (:class:`pytest_prodready.facts.Effect`) that are errors."""
    forbidden_at_import: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Target of an entry point → modules that its start must not load."""


@dataclass(frozen=True)
class Waiver:
    """A finding accepted for a stated reason until a stated date."""

    code: str
    subject: str
    reason: str
    until: date
    location: Location | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that ``[tool.prodready]`` can say; empty where it says nothing."""

    app: str = ""
    celery: CelerySettings = field(default_factory=CelerySettings)
    entry_points: tuple[str, ...] = ()
    """Further modules, and objects of modules, that production starts."""
    packages: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    required_env: tuple[str, ...] = ()
    runtime: Runtime = field(default_factory=Runtime)
    imports: Imports = field(default_factory=Imports)
    serve: str = ""
    health: HealthSettings = field(default_factory=HealthSettings)
    waivers: tuple[Waiver, ...] = ()
    limits: Limits = field(default_factory=Limits)
    locations: dict[str, Location] = field(default_factory=dict)
    """Key → the line that sets it: ``app``, ``database`` …"""


_KEYS = tuple(one.name for one in fields(Settings) if one.name != "locations")
_RUNTIME_KEYS = tuple(one.name for one in fields(Runtime))
_IMPORTS_KEYS = tuple(one.name for one in fields(Imports))
_WAIVER_KEYS = ("code", "subject", "reason", "until")
_LIMITS: dict[str, float] = {one.name: getattr(Limits(), one.name) for one in fields(Limits)}


def read(root: Path, known_codes: Iterable[str]) -> Settings:
    """The settings of the project in ``root``; the defaults where there is no file or no table.

    Args:
        root: the directory that holds pyproject.toml.
        known_codes: the codes of all rules, which a waiver may name.

    Raises:
        SettingsError: the file cannot be read, or its table holds mistakes: all of them.
    """
    text, document = _load(root / FILE)
    values = table_at(document, "tool").get("prodready", {})
    mistakes = Mistakes(TomlLines(text, FILE))
    path = ("tool", "prodready")
    if not isinstance(values, dict):
        raise SettingsError([f"{mistakes.lines.line(*path)}: {TITLE} must be a table, not {kind(values)}"])
    table = Table(values, path, TITLE, _KEYS, mistakes)
    settings = Settings(
        app=table.text("app", 'app = "src.main:app"', checks.app(root)),
        celery=celery.read(table, root),
        entry_points=table.texts(
            "entry_points",
            'entry_points = ["src.worker", "src.jobs:main"]',
            checks.entry_point(root),
        ),
        packages=table.texts("packages", 'packages = ["src"]', checks.package),
        pythonpath=table.texts("pythonpath", 'pythonpath = ["src"]', checks.directory(root)),
        database=database.read(table),
        required_env=table.texts("required_env", 'required_env = ["SECRET_KEY"]', checks.environment_name),
        runtime=_runtime(table, document, root),
        imports=_imports(table),
        serve=table.text("serve", 'serve = "uvicorn src.main:app --port {port}"', checks.serve),
        health=health.read(table),
        waivers=_waivers(table, frozenset(known_codes)),
        limits=_limits(table),
        locations=_locations(table),
    )
    if mistakes.found:
        raise SettingsError([*mistakes.in_order(), *mistakes.hints.values()])
    return settings


def _load(file: Path) -> tuple[str, dict[str, object]]:
    """The text of the file and what it says; nothing where there is no file."""
    try:
        text = file.read_bytes().decode().replace("\r\n", "\n")
    except FileNotFoundError:
        return "", {}
    except OSError as error:
        raise SettingsError([f"{FILE}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError([f"{FILE}:{line}: is not valid UTF-8, as TOML must be"]) from None
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        raise SettingsError([f"{FILE}: is nested too deeply to be read"]) from None
    except ValueError as error:  # TOMLDecodeError, and an integer beyond Python's limit of digits
        reason, at, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        last = f":{text.count(chr(10)) + 1}" if at else ""
        where = f":{found[1]}:{found[2]}" if found else last
        raise SettingsError([f"{FILE}{where}: is not valid TOML: {reason}"]) from None


def _runtime(parent: Table, document: Mapping[str, object], root: Path) -> Runtime:
    values = parent.table("runtime", 'runtime = { extras = ["postgres"], also = ["gunicorn"] }')
    table = Table(
        values, (*parent.path, "runtime"), "[tool.prodready.runtime]", _RUNTIME_KEYS, parent.mistakes
    )
    project, poetry = table_at(document, "project"), table_at(document, "tool", "poetry")
    dynamic = project.get("dynamic")
    elsewhere = not project or (isinstance(dynamic, list) and "optional-dependencies" in dynamic)
    extras = {**table_at(project, "optional-dependencies"), **table_at(poetry, "extras")}
    groups = {**table_at(document, "dependency-groups"), **table_at(poetry, "group")}
    an_extra = checks.one_of(
        None if elsewhere and not extras else extras, "extra", "[project.optional-dependencies]"
    )
    a_group = checks.one_of(groups, "group", "[dependency-groups]")
    return Runtime(
        extras=table.texts("extras", 'extras = ["postgres"]', an_extra),
        groups=table.texts("groups", 'groups = ["server"]', a_group),
        also=table.texts("also", 'also = ["gunicorn"]', checks.distribution),
        requirements=table.texts(
            "requirements", 'requirements = ["requirements.txt"]', checks.requirements_file(root)
        ),
    )


def _imports(parent: Table) -> Imports:
    values = parent.table("imports", 'imports = { forbid = ["network"] }')
    table = Table(
        values, (*parent.path, "imports"), "[tool.prodready.imports]", _IMPORTS_KEYS, parent.mistakes
    )
    example = 'forbidden_at_import = { "src.main:app" = ["torch"] }'
    written = table.table("forbidden_at_import", example)
    # each entry point is a key of its own, and its modules are read as any other array of strings
    entries = Table(
        written,
        (*table.path, "forbidden_at_import"),
        f"{table.title} forbidden_at_import",
        written,
        table.mistakes,
    )
    for target in written:
        if problem := checks.forbidding_entry(target):
            entries.wrong(problem, target)
    return Imports(
        forbid=table.texts("forbid", 'forbid = ["network"]', checks.effect),
        forbidden_at_import={
            target: entries.texts(target, f'"{target}" = ["torch"]', checks.module) for target in written
        },
    )


def _waivers(parent: Table, known: frozenset[str]) -> tuple[Waiver, ...]:
    waivers = []
    for table in parent.tables("waivers", _WAIVER_KEYS):
        table.require(*_WAIVER_KEYS)
        code = table.text("code", 'code = "PRD304"', checks.code(known))
        if not code:
            parent.mistakes.hints["codes"] = f"Known codes: {', '.join(sorted(known))}"
        subject = table.text("subject", 'subject = "orders.status"')
        reason = table.text("reason", 'reason = "migration 0042 ships with the next release"')
        until = table.values.get("until")
        if isinstance(until, date) and not isinstance(until, datetime):
            waivers.append(Waiver(code, subject, reason, until, table.location("code")))
        elif until is not None:
            written = re.fullmatch(r"\d{4}-\d{2}-\d{2}", until) if isinstance(until, str) else None
            example = f"without quotes: until = {written[0]}" if written else "until = 2026-12-31"
            table.wrong(f'"until" must be a date, not {kind(until)}: {example}', "until")
    return tuple(waivers)


def _limits(parent: Table) -> Limits:
    values = parent.table("limits", "limits = { load = 120 }")
    table = Table(
        values, (*parent.path, "limits"), "[tool.prodready.limits]", tuple(_LIMITS), parent.mistakes
    )
    return Limits(**{key: table.seconds(key, default) for key, default in _LIMITS.items()})


def _locations(table: Table) -> dict[str, Location]:
    found = {key: table.location(key) for key in _KEYS if key in table.values}
    if "imports" in found:
        found[FORBIDDEN] = table.location("imports", "forbidden_at_import")
    return found
