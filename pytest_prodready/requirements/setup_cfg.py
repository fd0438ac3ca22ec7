"""What setup.cfg declares, with the line of each requirement; read as setuptools reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import RawConfigParser

from pytest_prodready.facts import Location

_SECTION = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:#;][^=:]*?)\s*[=:]")
EXTRAS = "options.extras_require"


class SetupCfg:
    """setup.cfg with the lines of its options.

    Raises:
        configparser.Error: ``text`` is no such file.

    """

    def __init__(self, text: str) -> None:
        self._parser = RawConfigParser()
        # names of options keep their case, as extras have one
        self._parser.optionxform = str  # type: ignore[method-assign,assignment]  # the documented way
        self._parser.read_string(text, "setup.cfg")
        self._lines = text.splitlines()
        self._starts = self._scan()

    def value(self, section: str, key: str) -> str:
        """The text of an option; empty where there is none. Dashes in its name count as underscores."""
        return next((text for name, text in self._options(section) if name.replace("-", "_") == key), "")

    def extras(self) -> list[str]:
        """The names of the extras."""
        return [name for name, _ in self._options(EXTRAS)]

    def location(self, section: str, key: str) -> Location:
        """Where the option stands."""
        return Location("setup.cfg", self._starts.get((section, key.replace("-", "_"))))

    def files(self, section: str, key: str) -> list[str] | None:
        """The files that hold the option's requirements (``file: a.txt, b.txt``); ``None`` without any."""
        directive, colon, rest = self._text(section, key).partition(":")
        if not colon or directive.strip() != "file":
            return None
        return [file.strip() for file in re.split(r"[,\n]", rest) if file.strip()]

    def requirements(self, section: str, key: str) -> Iterator[tuple[str, Location]]:
        """The requirements that an option lists, a line each or with semicolons between them."""
        text = self._text(section, key)
        place = self.location(section, key)
        line = place.line or 0
        for part in text.splitlines() if "\n" in text else text.split(";"):
            one = part.partition(" #")[0].strip()
            if not one:
                continue
            rest = enumerate(self._lines[line - 1 :] if line else [], line)
            line = next((number for number, written in rest if _holds(written, part.strip())), line)
            yield one, Location("setup.cfg", line or None)
            # the same text may stand twice
            line += "\n" in text and line < len(self._lines)

    def _text(self, section: str, key: str) -> str:
        return self.value(section, key) if section != EXTRAS else dict(self._options(section)).get(key, "")

    def _options(self, section: str) -> list[tuple[str, str]]:
        return self._parser.items(section) if self._parser.has_section(section) else []

    def _scan(self) -> dict[tuple[str, str], int]:
        section = ""
        found: dict[tuple[str, str], int] = {}
        for number, line in enumerate(self._lines, 1):
            if head := _SECTION.match(line):
                section = head[1]
            elif option := _OPTION.match(line):
                found.setdefault((section, option[1].replace("-", "_")), number)
        return found


def _holds(line: str, text: str) -> bool:
    return text in line and not line.lstrip().startswith(("#", ";"))
