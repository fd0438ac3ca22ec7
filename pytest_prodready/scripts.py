"""The console scripts that the project's files declare, with the line of each; none of them is run."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from configparser import Error as ConfigError
from dataclasses import dataclass
from pathlib import Path

from pytest_prodready.facts import Location
from pytest_prodready.requirements.setup_cfg import SetupCfg
from pytest_prodready.settings.checks import normal
from pytest_prodready.toml_lines import TomlLines, table_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GROUPS = ("console_scripts", "gui_scripts")
_TABLES = (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"))
_VALUE = re.compile(r"([A-Za-z_][\w.]*)\s*(?::\s*([A-Za-z_][\w.]*))?\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Script:
    """One console script."""

    name: str
    target: str
    """``module:attribute``."""
    extras: tuple[str, ...]
    """The extras without which it is not meant to run."""
    table: str
    """Where it is declared, in words."""
    location: Location | None = None

    def selected(self, extras: Collection[str]) -> bool:
        """Whether a runtime with these ``extras`` has what it needs."""
        return {normal(extra) for extra in self.extras} <= {normal(extra) for extra in extras}


@dataclass(frozen=True)
class Declared:
    """What the project's files say about scripts."""

    scripts: tuple[Script, ...] = ()
    elsewhere: bool = True
    """They leave it open: only the metadata of the installed project can say which scripts it has."""


def read(root: Path) -> Declared:
    """The scripts of the project in ``root``; files that cannot be read declare none."""
    text = _text(root / "pyproject.toml")
    try:
        document: dict[str, object] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return Declared()
    lines = TomlLines(text, "pyproject.toml")
    found = list(_from_toml(document, lines))
    project, poetry = table_at(document, "project"), table_at(document, "tool", "poetry")
    dynamic = project.get("dynamic")
    in_backend = isinstance(dynamic, list) and bool({"scripts", "gui-scripts"} & {*map(str, dynamic)})
    if found or (project and not in_backend) or (poetry and not project):
        return Declared(tuple(found), elsewhere=False)
    found = list(_from_setup_cfg(_text(root / "setup.cfg")))
    return Declared(tuple(found), elsewhere=not found)


def script(name: str, value: str, table: str, location: Location | None = None) -> Script | None:
    """The script that ``name = value`` declares; ``None`` for a value that no installer accepts."""
    written = _VALUE.fullmatch(value.strip())
    if written is None:
        return None
    module, attribute, extras = written.groups()
    named = tuple(extra.strip() for extra in (extras or "").split(",") if extra.strip())
    return Script(name, f"{module}:{attribute}" if attribute else module, named, table, location)


def _from_toml(document: Mapping[str, object], lines: TomlLines) -> Iterator[Script]:
    for path in _TABLES:
        words = f"pyproject.toml [{'.'.join(path)}]"
        for name, value in table_at(document, *path).items():
            text: object = value
            extras: tuple[str, ...] = ()
            if isinstance(value, dict):  # Poetry's long form; of another type it is a file, not a callable
                named = value.get("extras")
                extras = tuple(map(str, named)) if isinstance(named, list) else ()
                text = value.get("callable") or value.get("reference")
                if value.get("type", "console") != "console":
                    continue
            found = script(name, text, words, lines.line(*path, name)) if isinstance(text, str) else None
            if found is not None:
                yield Script(name, found.target, (*found.extras, *extras), found.table, found.location)


def _from_setup_cfg(text: str) -> Iterator[Script]:
    try:
        written = SetupCfg(text)
    except ConfigError:
        return
    for group in GROUPS:
        for line, place in written.requirements("options.entry_points", group):
            name, equals, value = line.partition("=")
            found = script(name.strip(), value, f"setup.cfg {group}", place) if equals else None
            if found is not None:
                yield found


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
