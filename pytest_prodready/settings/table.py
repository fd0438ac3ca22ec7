"""Reads one TOML table key by key: values come out, every mistake is collected with its line.

No message repeats a value that may be a secret: what a user meant as a password can stand under any key, so
values are only shown where they have the form of a name or a path (see :func:`shown`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pytest_prodready.facts import Location
from pytest_prodready.toml_lines import TomlLines
from pytest_prodready.wording import nearest

LONGEST = 3600
"""No limit may be longer, in seconds: the gate always ends."""
_HARMLESS = re.compile(r"[\w./:()-]{1,60}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def shown(value: str) -> str:
    """`` "value"``, with a blank in front; empty when its form does not rule out that it is a secret."""
    return f' "{value}"' if _HARMLESS.fullmatch(value) and "://" not in value else ""


def did_you_mean(suggestion: str) -> str:
    """The end of a message; empty without a suggestion."""
    return f' — did you mean "{suggestion}"?' if suggestion else ""


@dataclass
class Mistakes:
    """The mistakes found so far, and what is listed once after them."""

    lines: TomlLines
    found: list[tuple[int, str]] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)

    def add(self, location: Location, message: str) -> None:
        """Note one mistake."""
        self.found.append((location.line or 0, f"{location}: {message}"))

    def in_order(self) -> list[str]:
        """All mistakes by their lines."""
        return [message for _, message in sorted(self.found, key=lambda mistake: mistake[0])]


class Table:
    """One table of the settings.

    Args:
        values: the table as ``tomllib`` gave it.
        path: where it stands in the file.
        title: how it is named to the user, ``[tool.prodready]``.
        keys: the keys that it may have; any other is a mistake, noted here.
        mistakes: takes what is wrong.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        path: tuple[str | int, ...],
        title: str,
        keys: Collection[str],
        mistakes: Mistakes,
    ) -> None:
        self.values = values
        self.path = path
        self.title = title
        self.mistakes = mistakes
        for key in values:
            if key not in keys:
                name = "".join(letter if letter.isprintable() else "?" for letter in key[:60])
                self.wrong(f'unknown key "{name}"{did_you_mean(nearest(key, keys, at_least=0.6))}', key)
                mistakes.hints[title] = f"Valid keys of {title}: {', '.join(keys)}"

    def location(self, *path: str | int) -> Location:
        """The place of a key of this table, or of the table itself."""
        return self.mistakes.lines.line(*self.path, *path)

    def wrong(self, message: str, *path: str | int) -> None:
        """Note a mistake at a key of this table, or at the table itself."""
        self.mistakes.add(self.location(*path), f"{self.title} {message}")

    def text(self, key: str, example: str, check: Callable[[str], str] | None = None) -> str:
        """The string at ``key``, stripped; empty when it is absent or wrong.

        Args:
            key: the key.
            example: what a right line looks like.
            check: says what is wrong with the string, as words that follow the key; or nothing.
        """
        if key not in self.values:
            return ""
        value = self.values[key]
        if not isinstance(value, str):
            self.wrong(f'"{key}" must be a string, not {kind(value)}: {example}', key)
            return ""
        value = value.strip()
        problem = "must not be empty" if not value else control_characters(value)
        problem = problem or (check(value) if check else "")
        if problem:
            self.wrong(f'"{key}" {problem}', key)
            return ""
        return value

    def texts(self, key: str, example: str, check: Callable[[str], str] | None = None) -> tuple[str, ...]:
        """The strings of the array at ``key``, each one checked as :meth:`text` does."""
        if key not in self.values:
            return ()
        values = self.values[key]
        if not isinstance(values, list):
            self.wrong(f'"{key}" must be an array of strings, not {kind(values)}: {example}', key)
            return ()
        right = []
        for at, value in enumerate(values):
            if not isinstance(value, str):
                self.wrong(f'"{key}" must hold strings only, not {kind(value)}: {example}', key, at)
                continue
            value = value.strip()
            problem = "must not hold an empty string" if not value else control_characters(value)
            problem = problem or (check(value) if check else "")
            if problem:
                self.wrong(f'"{key}" {problem}', key, at)
            else:
                right.append(value)
        return tuple(right)

    def table(self, key: str, example: str) -> dict[str, object]:
        """The table at ``key``; empty when it is absent or wrong."""
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(f'"{key}" must be a table, not {kind(value)}: {example}', key)
        return {}

    def seconds(self, key: str, default: float) -> float:
        """A time limit; a mistake is noted, and ``default`` given."""
        value = self.values.get(key, default)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LONGEST:
            return float(value)
        self.wrong(f'"{key}" must be a number of seconds, above 0 and at most {LONGEST}', key)
        return default

    def tables(self, key: str, keys: Collection[str]) -> Iterator[Table]:
        """The tables of the array at ``key``, each with its valid ``keys``."""
        title = f"[[{self.title.strip('[]')}.{key}]]"
        values = self.values.get(key, [])
        if not isinstance(values, list):
            self.wrong(f'"{key}" must be an array of tables, not {kind(values)}: {title}', key)
            return
        for at, value in enumerate(values):
            if isinstance(value, dict):
                yield Table(value, (*self.path, key, at), title, keys, self.mistakes)
            else:
                self.wrong(f'"{key}" must hold tables only, not {kind(value)}: {title}', key, at)

    def require(self, *keys: str) -> bool:
        """Whether all ``keys`` are there; a missing one is a mistake."""
        missing = [key for key in keys if key not in self.values]
        for key in missing:
            self.wrong(f'"{key}" is missing')
        return not missing


def kind(value: object) -> str:
    """What TOML calls a value of this type."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a boolean"),
        (int, "a number"),
        (float, "a number"),
        (str, "a string"),
        (list, "an array"),
        (dict, "a table"),
        (dt.datetime, "a date with a time"),
        (dt.date, "a date"),
    )
    return next((name for cls, name in kinds if isinstance(value, cls)), "a time")


def control_characters(value: str) -> str:
    """What to say about a string with line breaks, NUL and the like; nothing for a string without."""
    return "holds a control character or a line break" if _CONTROL.search(value) else ""


def import_string(value: str, *, bare: bool = False) -> bool:
    """Whether ``value`` is ``module:attribute`` or ``module:factory()``; with ``bare``, also ``module``."""
    module, colon, attribute = value.partition(":")
    if not colon:
        return bare and dotted(module)
    return dotted(module) and dotted(attribute.removesuffix("()"))


def dotted(name: str) -> bool:
    """Whether ``name`` is made of identifiers with dots between them."""
    return all(part.isidentifier() for part in name.split("."))
