"""What a Pipfile declares, put into the lines of a requirements file.

The rules are those of https://pipenv.pypa.io/en/latest/pipfile.html and of ``pipenv requirements``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_prodready.facts import Location
from pytest_prodready.toml_lines import TomlLines, table_at

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "Pipfile"
PACKAGES = "packages"
"""The table of what production installs; beside it stand ``dev-packages`` and tables of the project's own."""
_OTHER_TABLES = {"dev-packages", "pipenv", "requires", "scripts", "source"}
_REPOSITORIES = ("git", "hg", "svn", "bzr")
_MARKERS = (
    "implementation_name", "implementation_version", "os_name", "platform_machine",
    "platform_python_implementation", "platform_release", "platform_system", "platform_version",
    "python_full_version", "python_version", "sys_platform",
)  # fmt: skip
_COMPARED = re.compile(r"[<>=!~]")
_VERSION = re.compile(r"\d+(\.\d+)*")


class Pipfile:
    """The Pipfile in ``root``; never raises for what it says.

    Args:
        root: the project's directory.
    """

    def __init__(self, root: Path) -> None:
        text, self.problem = "", ""
        self.there = (root / FILE).is_file()
        self._data: dict[str, object] = {}
        try:
            text = (root / FILE).read_bytes().decode() if self.there else ""
            self._data = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.problem = f"{FILE} cannot be read: {error}"
        self._lines = TomlLines(text, FILE)

    @property
    def categories(self) -> list[str]:
        """The tables of packages that ``pipenv install --categories`` takes, ``packages`` among them."""
        return [
            key for key, value in self._data.items() if isinstance(value, dict) and key not in _OTHER_TABLES
        ]

    def lines(self, category: str = PACKAGES) -> Iterator[tuple[str, Location]]:
        """Each entry of a table as a line of a requirements file, with its place."""
        for name, value in table_at(self._data, category).items():
            yield _line(name, value), self._lines.line(category, name)

    def requires_python(self) -> tuple[str, Location]:
        """What ``[requires]`` says of Python, as ``requires-python`` would; empty when it says nothing."""
        table = table_at(self._data, "requires")
        for key, tail in (("python_full_version", ""), ("python_version", ".*")):
            version = str(table.get(key, ""))
            if _VERSION.fullmatch(version):
                return f"=={version}{tail}", self._lines.line("requires", key)
        return "", Location(FILE)


def _line(name: str, value: object) -> str:
    table = value if isinstance(value, dict) else {"version": value}
    marker = _marker(table)
    tail = f" ; {marker}" if marker else ""
    extras = table.get("extras")
    wanted = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    for kind in _REPOSITORIES:
        if isinstance(address := table.get(kind), str):
            reference = f"@{table['ref']}" if table.get("ref") else ""
            return f"{name}{wanted} @ {kind}+{address}{reference}{tail}"
    where = next((place for key in ("path", "file") if isinstance(place := table.get(key), str)), "")
    if "://" in where:
        return f"{where}{tail}"  # its name need not be that of the entry, which Pipenv may have made up
    if where:
        return f"{where if where.startswith(('.', '/', '~')) else f'./{where}'}{wanted}{tail}"
    version = str(table.get("version", "*")).strip()
    bounds = "" if version == "*" else version if _COMPARED.match(version) else f"=={version}"
    return f"{name}{wanted}{bounds}{tail}"


def _marker(table: Mapping[str, object]) -> str:
    """``markers``, and the keys that are each named as a variable of markers, as one marker."""
    found = [f"({table['markers']})"] if table.get("markers") else []
    found += [f"{key} {table[key]}" for key in _MARKERS if table.get(key)]
    return " and ".join(found)
