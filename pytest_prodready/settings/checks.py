"""What single values of the settings may be: each check says what is wrong, as words that follow the key."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from pytest_prodready.facts.imports import EFFECTS
from pytest_prodready.settings.table import ENVIRONMENT_NAME, did_you_mean, dotted, import_string, shown
from pytest_prodready.wording import listed, nearest

_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_FILES = "*.txt", "*.in", "requirements/*.txt", "requirements/*.in"


def app(root: Path) -> Callable[[str], str]:
    """Check an import string of the web app."""

    def check(value: str) -> str:
        if import_string(value):
            return ""
        if suggestion := _import_string_meant(value, root, ":app"):
            return f'must be "module:attribute", not{shown(value)}{did_you_mean(suggestion)}'
        return 'must be "module:attribute" or "module:factory()", e.g. app = "src.main:app"'

    return check


def celery(root: Path, key: str = "celery") -> Callable[[str], str]:
    """Check an import string of a Celery app: its attribute may be left out, as for ``celery -A``."""

    def check(value: str) -> str:
        if import_string(value, bare=True):
            return ""
        if suggestion := _import_string_meant(value, root, ""):
            return f'must be "module:attribute", not{shown(value)}{did_you_mean(suggestion)}'
        return f'must be "module:attribute", e.g. {key} = "src.celery_app:celery_app"'

    return check


def queue(value: str) -> str:
    """Check the name of one queue."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if "," not in value:
        return ""
    meant = ", ".join(f'"{name}"' for name in names) if shown(value.replace(",", "")) else ""
    return "must hold the name of one queue in each string" + (f": write {meant}" if meant else "")


def entry_point(root: Path) -> Callable[[str], str]:
    """Check a module, or an object of one, that production starts besides web app and Celery app."""

    def check(value: str) -> str:
        if import_string(value, bare=True) and not value.endswith("()"):
            return ""
        suggestion = _import_string_meant(value.removesuffix("()"), root, "")
        words = f", not{shown(value)}{did_you_mean(suggestion)}" if suggestion else ', e.g. ["src.worker"]'
        return f'must hold "module" or "module:attribute"{words}'

    return check


def forbidding_entry(target: str) -> str:
    """Check the name of an entry point that stands as a key."""
    if import_string(target, bare=True) or target == "manage.py":
        return ""
    name = shown(target) or " of this key"
    return f'names the entry point{name}, which is no import string: write it as "src.main:app"'


def module(value: str) -> str:
    """Check the name of a module."""
    if dotted(value):
        return ""
    start = re.match(r"[A-Za-z_][\w.-]*", value)
    name = start[0].replace("-", "_").rstrip(".") if start else ""
    meant = did_you_mean(name if shown(value) and dotted(name) else "")
    return f"must hold names of modules, as they are imported{meant}"


def effect(value: str) -> str:
    """Check the name of something that an import may do."""
    if value in EFFECTS:
        return ""
    meant = did_you_mean(nearest(value, EFFECTS, at_least=0.6)) or f" (there are: {', '.join(EFFECTS)})"
    return f"names the effect{shown(value)}, which does not exist{meant}"


def _import_string_meant(value: str, root: Path, attribute: str) -> str:
    """The import string that a path, or a dotted name without a colon, was meant to be; else empty."""
    if not shown(value):
        return ""
    place, _, named = value.partition(":")
    module = place.removeprefix("./").removesuffix(".py").strip("/").replace("/", ".")
    module = module.removesuffix(".__init__")
    if not dotted(module):
        return ""
    if not named and place == module:
        parent, _, last = module.rpartition(".")
        if parent and (root / parent.replace(".", "/")).with_suffix(".py").is_file():
            return f"{parent}:{last}"
    suggestion = f"{module}:{named}" if named else module + attribute
    return suggestion if import_string(suggestion, bare=True) else ""


def package(value: str) -> str:
    """Check the name of a top-level package or module."""
    if value.isidentifier():
        return ""
    top = value.removeprefix("./").replace("/", ".").split(".")[0] if shown(value) else ""
    meant = did_you_mean(top if top.isidentifier() else "")
    return f'must hold names of top-level packages, e.g. packages = ["src"], not paths or modules{meant}'


def directory(root: Path) -> Callable[[str], str]:
    """Check that a directory below ``root`` exists."""

    def check(value: str) -> str:
        if os.path.isdir(root / value):  # noqa: PTH112 - Path.is_dir() raises on too long a name
            return ""
        there = [path.name for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
        return f"names the directory{shown(value)}, which does not exist{did_you_mean(nearest(value, there))}"

    return check


def requirements_file(root: Path) -> Callable[[str], str]:
    """Check that a requirements file exists."""

    def check(value: str) -> str:
        if os.path.isfile(root / value):  # noqa: PTH113 - see directory()
            return ""
        there = [path.relative_to(root).as_posix() for pattern in _FILES for path in root.glob(pattern)]
        return f"names the file{shown(value)}, which does not exist{did_you_mean(nearest(value, there))}"

    return check


def contract(root: Path) -> Callable[[str], str]:
    """Check where the contract is to be written: a TOML file below ``root``, in a directory that exists."""

    def check(value: str) -> str:
        if Path(value).is_absolute() or ".." in Path(value).parts:
            return 'must be a path below the project, such as contract = "deploy/tasks.toml"'
        if not value.endswith(".toml") or value == "pyproject.toml":
            return 'must name a TOML file of its own, such as contract = "deploy/tasks.toml"'
        return directory(root)(os.path.dirname(value))  # noqa: PTH120 - as it is written

    return check


def database(value: str) -> str:
    """Check where the database's address comes from; an address itself is refused and never repeated."""
    if value == "app":
        return ""
    if value.startswith("env:") and ENVIRONMENT_NAME.fullmatch(value[4:]):
        return ""
    if "://" in value or "@" in value:
        return (
            "must not hold the address itself: secrets do not belong in files. Put it into an environment "
            'variable and write database = "env:DATABASE_URL"'
        )
    name = value.removeprefix("env:").strip("${} ")
    meant = f"env:{name}" if re.fullmatch(r"[A-Z0-9_]*(URL|DSN|URI|DATABASE)[A-Z0-9_]*", name) else ""
    return f'must be "env:NAME", with the name of an environment variable, or "app"{did_you_mean(meant)}'


def environment_name(value: str) -> str:
    """Check the name of an environment variable."""
    if ENVIRONMENT_NAME.fullmatch(value):
        return ""
    name = re.split(r"[=:\s]", value.removeprefix("env:").strip("${}"))[0]
    meant = name if ENVIRONMENT_NAME.fullmatch(name) and name.isupper() else ""
    return f"must hold names of environment variables{did_you_mean(meant)}"


def serve(value: str) -> str:
    """Check the command that starts the server."""
    if "{port}" not in value:
        return 'must contain {port}, e.g. serve = "uvicorn src.main:app --port {port}"'
    try:
        shlex.split(value)
    except ValueError as error:
        return f"must be one command line: {str(error).lower()}"
    return ""


def distribution(value: str) -> str:
    """Check the name of a distribution, without version or marker."""
    if _DISTRIBUTION.fullmatch(value):
        return ""
    start = _DISTRIBUTION.match(value)
    meant = did_you_mean(start[0]) if start and re.match(r"\s*[\[<>=!~;]", value[start.end() :]) else ""
    return f'must hold names of distributions without a version, e.g. also = ["gunicorn"]{meant}'


def one_of(names: Iterable[str] | None, what: str, where: str) -> Callable[[str], str]:
    """Check a name against those that the project declares; ``None`` when they cannot be known."""
    declared: Collection[str] | None = None if names is None else sorted(names)

    def check(value: str) -> str:
        if declared is None or normal(value) in {normal(name) for name in declared}:
            return ""
        valid = f" ({where} has {listed(declared) if declared else 'none'})"
        meant = did_you_mean(nearest(value, declared)) or valid
        return f"names the {what}{shown(value)}, which does not exist{meant}"

    return check


def normal(name: str) -> str:
    """An extra's or group's name as packaging tools compare it (PEP 685, PEP 735)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def code(known: Collection[str]) -> Callable[[str], str]:
    """Check the code of one rule."""

    def check(value: str) -> str:
        if value in known:
            return ""
        if value and any(name.startswith(value) for name in known):
            codes = listed(sorted(name for name in known if name.startswith(value)))
            return f"must name one rule;{shown(value)} is a prefix of {codes}"
        meant = value.upper() if value.upper() in known else nearest(value.upper(), known)
        return f"names the rule{shown(value)}, which does not exist{did_you_mean(meant)}"

    return check
