"""Faults as people make them, for the source of a real application; the same seed gives the same faults."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from _sites import Module, Statement, called_with_care

SEED = 20261
AT_LEAST = 48
"""Faults for each application; what its code has too few places for, misspelt imports make up."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault."""

    name: str
    codes: tuple[str, ...]
    """The rules that may say it."""
    wanted: int
    stops: bool = False
    """It stops the start: others that do so can be seen beside it, and nothing else."""
    alone: bool = False
    """Nothing can be told apart beside it."""


# the start of an application runs some of its functions: what fails in them stops it
LATER = ("PRD101", "PRD103", "PRD104", "PRD201")
MISSPELT = Kind("name misspelt in an import of a function", LATER, 12)
REMOVED = Kind("definition renamed that a function imports", LATER, 8)
MOVED = Kind("module renamed that a function imports", LATER, 6)
DEVELOPMENT_IN_FUNCTION = Kind("development package imported in a function", ("PRD104", "PRD105"), 6)
DUPLICATE = Kind("function defined twice in its module", ("PRD112",), 8)
DEVELOPMENT_AT_START = Kind("development package imported at start", ("PRD105",), 3, stops=True)
SHADOW = Kind("standard module hidden", ("PRD101", "PRD103", "PRD106", "PRD201"), 6, alone=True)
MISSPELT_AT_START = Kind("name misspelt in an import at start", ("PRD101", "PRD201"), 2, stops=True)


@dataclass(frozen=True)
class Fault:
    """One fault, and where it must be said."""

    kind: Kind
    what: str
    places: tuple[tuple[str, int], ...]
    """File and line of each statement that fails by it; one of a definition that is there twice is enough."""
    edits: dict[str, str | None] = field(hash=False)
    """File → its new text, or `None` for a file that is gone."""
    either: bool = False
    """One of the places is enough."""
    brings: tuple[tuple[str, int], ...] = ()
    """Other lines that fail by it, which need not be said."""

    @property
    def files(self) -> set[str]:
        """The files that it touches or is seen in: two faults that share none can be put in together."""
        return {*self.edits, *(file for file, _ in self.places)}


class Faults:
    """The faults of one application.

    Args:
        name: the application's.
        modules: the modules of its closure.
        packages: its own top-level packages.
        development: top-level modules of distributions that it does not require.
        standard: the standard library's modules that it loads and a bare interpreter does not.
    """

    def __init__(
        self,
        name: str,
        modules: dict[str, Module],
        packages: list[str],
        development: list[str],
        standard: list[str],
    ) -> None:
        self.name = name
        self.modules = modules
        self.packages = set(packages)
        self.development = development
        self.standard = standard
        self.careful = called_with_care(modules.values())

    def chosen(self) -> list[Fault]:
        """All faults, of each kind as many as are wanted and possible."""
        ways: list[tuple[Kind, Callable[[random.Random], Iterator[Fault]]]] = [
            (MISSPELT, self._misspelt),
            (REMOVED, self._removed),
            (MOVED, self._moved),
            (DEVELOPMENT_IN_FUNCTION, self._development_in_function),
            (DUPLICATE, self._duplicate),
            (DEVELOPMENT_AT_START, self._development_at_start),
            (SHADOW, self._shadow),
            (MISSPELT_AT_START, self._misspelt_at_start),
        ]
        found: list[Fault] = []
        for kind, way in ways:
            wanted = max(kind.wanted, AT_LEAST - len(found)) if kind is MISSPELT_AT_START else kind.wanted
            possible = way(random.Random(f"{SEED} {self.name} {kind.name}"))
            found += [fault for fault, _ in zip(possible, range(wanted), strict=False)]
        return found

    def _shuffled(self, dice: random.Random) -> list[Module]:
        found = sorted(self.modules.values(), key=lambda module: module.name)
        dice.shuffle(found)
        return found

    def _own(self, deferred: bool, module: Module) -> Iterator[tuple[Statement, str, ast.alias]]:
        """The names that a module's statements import from the application's own modules."""
        for statement in module.statements:
            if bool(statement.function) is deferred and statement.function not in self.careful:
                for base, alias in module.names(statement):
                    if base.partition(".")[0] in self.packages and alias.name != "*":
                        yield statement, base, alias

    def _misspelt(self, dice: random.Random, deferred: bool = True) -> Iterator[Fault]:
        kind = MISSPELT if deferred else MISSPELT_AT_START
        for module in self._shuffled(dice):
            names = [
                (statement, base, alias)
                for statement, base, alias in self._own(deferred, module)
                if isinstance(statement.node, ast.ImportFrom) and len(alias.name) > 3 and alias.name.isascii()
            ]
            if not names or not (deferred or module.at_start):
                continue
            for statement, base, alias in dice.sample(names, min(len(names), 1 if deferred else 2)):
                wrong = misspelling(alias.name, dice)
                text = _replaced(module.text, alias.lineno, alias.col_offset, alias.name, wrong)
                place = (module.file, statement.node.lineno)
                yield Fault(kind, f"from {base} import {wrong}", (place,), {module.file: text})

    def _misspelt_at_start(self, dice: random.Random) -> Iterator[Fault]:
        return self._misspelt(dice, deferred=False)

    def _imported_later(self) -> dict[tuple[str, str], list[tuple[str, int]]]:
        """(module, name) → the deferred statements that import it; the name is empty for the module alone."""
        found: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for module in self.modules.values():
            for statement, base, alias in self._own(True, module):
                name = alias.name if isinstance(statement.node, ast.ImportFrom) else ""
                place = (module.file, statement.node.lineno)
                found.setdefault((base, name), []).append(place)
        return found

    def _removed(self, dice: random.Random) -> Iterator[Fault]:
        later = self._imported_later()
        starred = {base for base, name in self._imported_at_once() if name == "*"}
        for module in self._shuffled(dice):
            for node in module.functions:
                places = later.get((module.name, node.name), [])
                used = any(node.name in other.used_at_import for other in self.modules.values())
                if places and not used and module.name not in starred:
                    column = node.col_offset + len("def ")
                    new = f"{node.name}_renamed"
                    text = _replaced(module.text, node.lineno, column, node.name, new)
                    what = f"def {new} instead of {node.name} in {module.file}"
                    yield Fault(REMOVED, what, tuple(dict.fromkeys(places)), {module.file: text})
                    break

    def _imported_at_once(self) -> set[tuple[str, str]]:
        """(module, name) of all imports that are not in functions, guarded ones too."""
        found = set()
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    for base, alias in module.names(Statement(node, "")):
                        found.add((base, alias.name))
        return found

    def _moved(self, dice: random.Random) -> Iterator[Fault]:
        later = self._imported_later()
        at_start = {module.file for module in self.modules.values() if module.at_start}
        for module in self._shuffled(dice):
            if module.at_start or module.file.endswith("__init__.py"):
                continue
            parent, _, last = module.name.rpartition(".")
            places = [
                place
                for (base, name), found in later.items()
                if base == module.name or (base, name) == (parent, last)
                for place in found
                if place[0] in at_start
            ]
            if places:
                new = module.file.removesuffix(".py") + "_renamed.py"
                edits = {module.file: None, new: module.text}
                yield Fault(MOVED, f"{module.file} is {new}", tuple(dict.fromkeys(places)), edits)

    def _development_in_function(self, dice: random.Random) -> Iterator[Fault]:
        for module in self._shuffled(dice) if self.development else []:
            functions = [node for node in module.functions if node.name not in self.careful]
            bodies = [node for node in functions if node.body[0].lineno > node.lineno]
            if bodies:
                body = dice.choice(bodies).body
                first = body[0]
                name = dice.choice(self.development)
                text = _inserted(module.text, first.lineno, f"{' ' * first.col_offset}import {name}")
                place = (module.file, first.lineno)
                yield Fault(DEVELOPMENT_IN_FUNCTION, f"import {name}", (place,), {module.file: text})

    def _development_at_start(self, dice: random.Random) -> Iterator[Fault]:
        for module in self._shuffled(dice) if self.development else []:
            if module.at_start and module.text.strip():
                name = dice.choice(self.development)
                line = module.first_line
                text = _inserted(module.text, line, f"import {name}")
                place = (module.file, line)
                yield Fault(DEVELOPMENT_AT_START, f"import {name}", (place,), {module.file: text})

    def _shadow(self, dice: random.Random) -> Iterator[Fault]:
        names = sorted(self.standard)
        for name in dice.sample(names, len(names)):
            text = '"""A module of the application with an unlucky name."""\n\nVALUES = (1, 2, 3)\n'
            yield Fault(
                SHADOW, f"{name}.py in the project's directory", ((f"{name}.py", 0),), {f"{name}.py": text}
            )

    def _duplicate(self, dice: random.Random) -> Iterator[Fault]:
        for module in self._shuffled(dice):
            if module.functions:
                node = dice.choice(module.functions)
                lines = module.text.split("\n")
                copy = lines[node.lineno - 1 : node.end_lineno]
                second = len(lines) + 3
                text = "\n".join([*lines, "", "", *copy, "    # copied and never cleaned up", ""])
                places = ((module.file, node.lineno), (module.file, second))
                what = f"def {node.name} for the second time"
                yield Fault(DUPLICATE, what, places, {module.file: text}, either=True)


def standard_names(loaded: list[str]) -> list[str]:
    """Of the loaded modules, the standard library's that a file in the project's directory can hide."""
    return sorted(name for name in loaded if name in sys.stdlib_module_names and not name.startswith("_"))


def misspelling(name: str, dice: random.Random) -> str:
    place = dice.randrange(1, len(name) - 1)
    ways = [
        name[:place] + name[place + 1 :],
        name[:place] + name[place] + name[place:],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    ]
    return dice.choice([way for way in ways if way != name])


def _replaced(text: str, line: int, column: int, old: str, new: str) -> str:
    """`text` with a name replaced; columns of syntax trees count bytes."""
    lines = text.split("\n")
    data = lines[line - 1].encode()
    assert data[column:].startswith(old.encode()), (lines[line - 1], column, old)
    lines[line - 1] = (data[:column] + new.encode() + data[column + len(old.encode()) :]).decode()
    return "\n".join(lines)


def _inserted(text: str, line: int, new: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[: line - 1], new, *lines[line - 1 :]])
