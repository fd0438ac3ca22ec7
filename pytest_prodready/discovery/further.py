"""What production starts besides the web app and the Celery app: scripts, and management commands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from pytest_prodready.discovery import django
from pytest_prodready.discovery.layout import Layout
from pytest_prodready.discovery.tree import AMBIGUOUS, NOT_PRODUCTION, Tree
from pytest_prodready.facts import Entry
from pytest_prodready.scripts import Script

COMMANDS = "manage.py"
"""The target of management commands where the project has no manage.py of its own."""
_TEST_PARTS = frozenset({"tests", "test", "conftest"})


def production(found: Collection[Script], extras: Collection[str], tree: Tree) -> list[Script]:
    """The scripts that production may start: not those of tests or tools, nor those of another extra."""
    return [one for one in found if one.selected(extras) and not _is_tool(one.target.partition(":")[0], tree)]


def _is_tool(module: str, tree: Tree) -> bool:
    parts = module.split(".")
    outside = parts[0] in NOT_PRODUCTION and not (parts[0] in AMBIGUOUS and tree.is_package(parts[0]))
    return outside or any(part in _TEST_PARTS or part.startswith("test_") for part in parts)


def import_root(module: str, layout: Layout) -> str | None:
    """The directory that a console script's module is imported from once it is installed."""
    root = layout.root_of_module(module)
    if root is not None or "." not in module:
        return root
    # an import root that only the build backend knows: lib/, python/
    place = module.replace(".", "/")
    for path in layout.tree.files:
        for end in (f"/{place}.py", f"/{place}/__init__.py"):
            if path.endswith(end):
                return path.removesuffix(end)
    top = module.partition(".")[0]
    return next((root for root in ("", "src") if top in layout.names(root)), None)


def settings_module(
    entries: Collection[Entry], found: django.Django | None, environ: Mapping[str, str]
) -> str:
    """The settings that management commands get: the environment's, else what is served, else manage.py's.

    manage.py often names settings for development, which production overrules by the environment.
    """
    served = next((entry.settings_module for entry in entries if entry.settings_module), "")
    return environ.get(django.VARIABLE) or served or (found.settings_module if found else "")


def path_of(tree: Tree, found: django.Django) -> tuple[list[str], list[str]]:
    """The directories that manage.py itself puts first and last on ``sys.path``, relative to the root."""
    first: list[str] = []
    last: list[str] = []
    for place, in_front in django.path_additions(tree, found.manage):
        inside = _inside(tree, str(PurePosixPath(found.directory, place)))
        if inside is not None:
            (first if in_front else last).append(inside)
    return first, last


def _inside(tree: Tree, place: str) -> str | None:
    """``place`` relative to the root; ``None`` for what is no directory in it."""
    try:
        path = (tree.root / place).resolve()
        return path.relative_to(tree.root).as_posix() if path.is_dir() else None
    except (ValueError, OSError, RuntimeError):
        return None


def notes(entries: Collection[Entry]) -> Iterator[tuple[str, str]]:
    """The lines of the header: how many scripts there are, and where they are declared."""
    scripts = [entry for entry in entries if entry.kind == "script"]
    if scripts:
        tables = dict.fromkeys(entry.source.partition(", ")[0] for entry in scripts)
        yield "scripts", f"{len(scripts)} ({', '.join(tables)})"
    for entry in entries:
        if entry.kind == "commands":
            yield "commands", f"{entry.target} ({entry.source})"
