"""One function while it is read: what its names are at this point, and what it asks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...nodes import name_parts
from ..records import Missed, shown
from ..value import MISSING, Class, Instance, Known, Live, Parameter, Value
from .annotations import Annotations
from .indexing import Place
from .joins import is_nothing, join, present
from .module_scope import Unit
from .resting import known_of
from .scopes import Scope

if TYPE_CHECKING:
    from .analysis import Analysis

Environment = dict[str, "Value | None"]


class ExhaustedError(Exception):
    """The text of one module takes longer than it is worth."""


class Frame:
    """The state in which one function, class body or module is read.

    Args:
        analysis: what is shared by all.
        unit: its module.
        node: its definition.
        place: where it stands; ``None`` for a module.
        owner: the class that it is a method of.
        outer: what the names of the functions around it are.
    """

    def __init__(
        self,
        analysis: Analysis,
        unit: Unit,
        node: ast.AST,
        place: Place | None = None,
        owner: type | None = None,
        outer: Mapping[str, Value | None] | None = None,
    ) -> None:
        self.analysis = analysis
        self.unit = unit
        self.node = node
        self.place = place
        self.owner = owner
        self.outer = outer or {}
        self.scope: Scope = unit.index.scopes[id(node)]
        self.env: Environment = {}
        self.first = ""
        """The name of the first parameter of a method."""
        self.quiet = 0
        """Above 0 nothing is recorded: the text is read once more afterwards."""
        self.silent = 0
        """Above 0 a missing attribute is provided for."""
        self.otherwise = 0
        """Above 0 it stands in what is done where a library lacks something: another version of it."""
        self.dead = False
        """This point is not reached."""
        self.asked = self.scope.asked | (analysis.asked_around(unit, place) if place else set())
        self.returns: list[Value | None] = []
        self.yields: list[Value | None] = []
        self.stores: list[tuple[str, Value | None]] = []
        """Attributes that are given to the first parameter."""
        self.leaving: list[list[Environment]] = []
        """For each loop around this point: what the names were where it is left."""
        self.path_inside: tuple[ast.AST, ...] = (*place.path, place.node) if place is not None else ()
        """The definitions around what is defined here."""

    def value(self, node: ast.expr) -> Value | None:
        """What is known of an expression; all that is asked in it is recorded."""
        raise NotImplementedError

    def named(self, name: str) -> Value | None:
        """What is known of a name at this point."""
        if name in self.env:
            return self.env[name]
        if name in self.scope.outside or (name in self.scope.bound and self.place is not None):
            return None
        if name in self.outer:
            return self.outer[name]
        if (self.unit.name, name) in self.analysis.set_on_modules:
            return None
        return self.analysis.frameworks.value_of(self.unit.held_by(name))

    def held(self, name: str) -> Any:
        """The object that a name stands for wherever an annotation asks for it, else ``MISSING``."""
        value = self.env.get(name, self.outer.get(name))
        if isinstance(value, Class):
            return value.cls
        if isinstance(value, Live):
            return value.value
        if name in self.env or name in self.outer or (name in self.scope.bound and self.place is not None):
            return MISSING
        return self.unit.held_in(self.owner, name)

    def annotated(
        self, form: ast.AST, line: int, parameter: Parameter | None = None, *, sure: bool = False
    ) -> Value | None:
        """What an annotation in this function says.

        Args:
            form: the annotation.
            line: of it.
            parameter: the one that it is of.
            sure: something sees to it that it is true.
        """
        receiver = Instance(self.owner, Known("self")) if self.owner is not None else None
        parameters = frozenset([parameter] if parameter is not None else [])
        known = Known("annotated", line, sure, parameters)
        return Annotations(known, self.held, receiver).of(form)

    def bind(self, name: str, value: Value | None) -> None:
        """Let a name, or a dotted one, stand for a value; what was known of what it holds is not any more."""
        start = f"{name}."
        for key in [key for key in self.env if key.startswith(start)]:
            del self.env[key]
        if name in self.scope.shared or name in self.scope.outside:
            value = None
        self.env[name] = value

    def path(self, node: ast.AST) -> str:
        """``a.b`` of an expression of names; empty for others."""
        return ".".join(name_parts(node))

    def read(self, node: ast.expr, inner: ast.expr, owner: Value | None, name: str) -> None:
        """Ask the class of ``owner``, the value of ``inner``, whether it has the attribute.

        Args:
            node: the expression that reads it.
            inner: what it is read from.
            owner: what is known of that.
            name: the attribute.
        """
        if self.quiet:
            return
        records, file = self.analysis.records, self.unit.file
        if owner is None or is_nothing(owner) or name.startswith("__"):
            records.read(file, node, name, None)
            return
        lacks = self._lacks(owner, name, node.lineno)
        cls = self.analysis.asked_class(owner)
        records.read(file, node, name, cls if lacks is not None else None)
        if self.otherwise and (isinstance(owner, Live) or owner_known(owner) == "configured"):
            return
        if id(node) in self.analysis.other_versions:
            return
        if lacks and not self.silent and self.place is not None and name not in self.asked:
            function = self.place.qualified
            known = known_of(owner)
            line = node.end_lineno or node.lineno
            missed = Missed(owner, name, file, node.lineno, line, function, shown(node), known)
            records.miss(node, missed)
        elif self._is_nullable(owner) and not self.silent and self.place is not None:
            self._nullable(node, inner, owner, name)
            if key := self.path(inner):  # once the line has run, it was none
                self.env[key] = present(owner)

    def _lacks(self, owner: Value, name: str, line: int) -> bool | None:
        names = None if name.startswith("_") else self.analysis.frameworks.names(owner)
        if names is not None:
            return name not in names and name not in getattr(owner, "extra", ())
        if isinstance(owner, Instance):
            if owner.opened:
                return None
            if name in owner.extra:
                return False
        lacks = self.analysis.lacks(owner, name)
        if lacks is not False and self.analysis.frameworks.attribute(owner, name, line) is not None:
            return False
        if lacks and not getattr(owner, "exact", True) and name in self.analysis.frameworks.made_later(owner):
            return None
        return lacks

    @staticmethod
    def _is_nullable(owner: Value) -> bool:
        state: Any = getattr(owner, "state", None)
        optional = isinstance(owner, Instance) and owner.optional
        return optional and isinstance(state, tuple) and len(state) == 2 and state[0] == "relation"

    def _nullable(self, node: ast.expr, inner: ast.expr, owner: Value, name: str) -> None:
        if self.place is None or not isinstance(owner, Instance):
            return
        relation: Any = owner.state
        function, written = self.place.qualified, shown(node)
        line = node.end_lineno or node.lineno
        known = owner.known
        file, nullable = self.unit.file, str(relation[1])
        missed = Missed(owner, name, file, node.lineno, line, function, written, known, nullable)
        self.analysis.records.miss(node, missed)


def owner_known(owner: Value) -> str:
    """How the class of an instance is known; empty for others."""
    return owner.known.how if isinstance(owner, Instance) else ""


def joined(scope: Scope, one: Environment, other: Environment) -> Environment:
    """What the names are after either of two ways; one that a way does not bind is what the other says."""
    found: Environment = {}
    for name in one.keys() | other.keys():
        if name in one and name in other:
            found[name] = join(one[name], other[name])
        elif name in scope.bound:
            found[name] = one.get(name, other.get(name))
    return found
