"""What is shared while all functions of the application are read, each once."""

from __future__ import annotations

import ast
import contextlib
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...project import Project
from ..presence import class_objects
from ..presence.objects_held import is_class
from ..records import Records, class_of
from ..value import Class, Framework, Value
from . import parameters, passing
from .asking import Frameworks
from .frame import ExhaustedError
from .functions import Functions
from .indexing import Place
from .joins import NOTHING, join_all
from .module_scope import Unit
from .scopes import Function
from .statements import Flow
from .validated import Validated
from .versions import Versions

DEEPEST = 8
"""Functions that are read because one calls the other."""
MOST_BELOW = 200
"""Subclasses of a class beyond which it is not asked what all of them have."""
ROUNDS = 3
"""How often functions are read again that others pass on what they are passed."""
STEPS = 400_000
"""Expressions that are read in one module, with the functions that it calls."""


class Outcome(NamedTuple):
    """What is known of a function once it has been read."""

    returned: Value | None
    yielded: Value | None
    each: list[Value | None]
    """What each ``return`` gives."""
    stores: list[tuple[str, Value | None]]
    """Attributes that it gives to ``self``, and their values."""


class Analysis:
    """Reads functions.

    Args:
        project: the application.
        units: the modules of the application, by name.
        presence: tells what classes have.
        frameworks: those that are loaded.
    """

    def __init__(
        self, project: Project, units: dict[str, Unit], presence: Any, frameworks: list[Framework]
    ) -> None:
        self.owns = project.owns_module
        self.units = units
        self.by_file = {unit.file: unit for unit in units.values()}
        self.presence = presence
        self.frameworks = Frameworks(frameworks)
        self.records = Records()
        self.functions = Functions(self)
        self.parameters = parameters.Parameters()
        self.validated = Validated(self)
        self.stored = {name for unit in units.values() for name in unit.index.stored}
        """Attributes that are given to anything from outside of its class."""
        self.set_on_modules = {
            (held.__name__, name)
            for unit in units.values()
            for holder, name in unit.index.stored_on
            if isinstance(held := unit.held.get(holder), types.ModuleType)
        }
        """(module, name) for each name of a module that another one gives it."""
        self.other_versions = Versions(units).guarded()
        """``id`` of each attribute that is asked for where the version of something decides."""
        self.taken: set[str] | None = None
        """Attributes that are asked of classes by their names, once that was looked for."""
        self.assigned: dict[tuple[type, str, bool], Value | None] = {}
        self.given_up: set[str] = set()
        """Files with a function that could not be read."""
        self.steps = 0
        self.limit = STEPS
        self._below: dict[int, tuple[type, list[type] | None]] = {}
        self._outcomes: dict[int, Outcome | None] = {}
        self._depth = 0

    # -- what is asked of classes --------------------------------------------------------------------------

    def lacks(self, owner: Value, name: str) -> bool | None:
        """Whether a value provably has no such attribute; ``None`` where that cannot be told."""
        found: bool | None = self.presence.lacks(owner, name)
        if not found or not isinstance(owner, Class) or owner.exact:
            return found
        below = self.subclasses(owner.cls)
        if below is None:
            return None
        answers = [self.presence.lacks(Class(one), name) for one in below]
        return False if False in answers else None if None in answers else True

    def subclasses(self, cls: type) -> list[type] | None:
        """All loaded subclasses; ``None`` where there are too many to look at."""
        if id(cls) not in self._below:
            found = class_objects.subclasses(cls)
            self._below[id(cls)] = cls, found if len(found) <= MOST_BELOW else None
        return self._below[id(cls)][1]

    def asked_class(self, owner: Value) -> type | None:
        """The class that a read is counted for."""
        return class_of(owner)

    def sets_nothing(self, cls: type, name: str) -> bool:
        """Whether a class whose source is not the application's leaves an attribute alone."""
        return True

    # -- functions -----------------------------------------------------------------------------------------

    @staticmethod
    def asked_around(unit: Unit, place: Place) -> set[str]:
        """Attributes that the functions around one ask for."""
        around = [one for one in place.path if not isinstance(one, ast.ClassDef)]
        return set().union(*(unit.index.scopes[id(one)].asked for one in around)) if around else set()

    def class_at(self, unit: Unit, path: tuple[ast.AST, ...]) -> type | None:
        """The loaded class that a definition made."""
        names = [one.name for one in path if isinstance(one, ast.ClassDef)]
        if not names or len(names) < len(path) or unit.index.classes.get(".".join(names)) is not path[-1]:
            return None
        held: Any = unit.held.get(names[0])
        for name in names[1:]:
            held = vars(held).get(name) if is_class(held) else None
        if not is_class(held) or vars(held).get("__module__") != unit.name:
            return None
        return held if held.__qualname__ == ".".join(names) else None

    def live_function(self, flow: Flow) -> Any:
        """The function that the module or the class of a definition holds; ``None`` where it is nested."""
        place = flow.place
        if place is None or any(not isinstance(one, ast.ClassDef) for one in place.path):
            return None
        name = getattr(place.node, "name", "")
        if flow.owner is not None:
            return vars(flow.owner).get(name)
        return None if place.path else flow.unit.held.get(name)

    def outcome(self, unit: Unit, place: Place) -> Outcome | None:
        """What a function of a module or of a class gives; it is read when it is first asked for."""
        key = id(place.node)
        if key in self._outcomes:
            return self._outcomes[key]
        if self._depth >= DEEPEST:
            return None
        self._outcomes[key] = None  # while it is read
        self._outcomes[key] = self.read(unit, place, {})
        return self._outcomes[key]

    def read(self, unit: Unit, place: Place, passed: Mapping[str, Value | None]) -> Outcome | None:
        """Read a function with what is passed to it."""
        if any(not isinstance(one, ast.ClassDef) for one in place.path):
            return None  # it is read where it stands
        owner = self.class_at(unit, place.path) if place.path else None
        flow = Flow(self, unit, place.node, place, owner)
        return self._run(flow, place.node, passed)

    def read_nested(self, flow: Flow, node: Function) -> None:
        """Read a function where it is defined."""
        place = Place(node, flow.path_inside)
        if flow.place is None:
            self.outcome(flow.unit, place)
            return
        closure = {name: flow.env.get(name) if flow.scope.once(name) else None for name in flow.scope.bound}
        inner = Flow(self, flow.unit, node, place, None, {**flow.outer, **closure})
        inner.silent = flow.silent
        self._run(inner, node, {})

    def read_class(self, flow: Flow, node: ast.ClassDef) -> None:
        """Read the body of a class, and its methods."""
        inner = Flow(self, flow.unit, node, None, None, flow.outer)
        inner.path_inside = (*flow.path_inside, node)
        if flow.place is not None:  # a class of one call
            inner.place = Place(node, flow.path_inside)  # type: ignore[arg-type]
        inner.body(node.body)

    def read_module(self, unit: Unit) -> None:
        """Read a whole module; what takes too long is left out."""
        self.limit = self.steps + STEPS
        flow = Flow(self, unit, unit.tree)
        try:
            flow.body(unit.tree.body)
        except Exception:  # an object of the application's may raise anything when it is looked at
            self._give_up(unit, unit.tree)

    def read_passed(self, begin: Callable[[], None]) -> None:
        """Read those functions again of whose parameters more is known now that every call was read.

        Args:
            begin: is called before each function.
        """
        others = passing.called_otherwise(self)
        done: dict[int, Mapping[str, Value | None]] = {}
        for _ in range(ROUNDS):
            for unit, place, given in list(passing.functions(self, others)):
                if done.get(id(place.node)) != given:
                    begin()
                    done[id(place.node)] = given
                    self.limit = self.steps + STEPS
                    with contextlib.suppress(ExhaustedError):
                        self.read(unit, place, given)

    def _run(self, flow: Flow, node: Any, passed: Mapping[str, Value | None]) -> Outcome | None:
        self._depth += 1
        try:
            parameters.begin(flow, node, passed)
            if isinstance(node, ast.Lambda):
                flow.returns.append(flow.value(node.body))
            else:
                flow.body(node.body)
                if not flow.dead:
                    flow.returns.append(NOTHING)
        except ExhaustedError:
            raise
        except Exception:  # an object of the application's may raise anything when it is looked at
            self._give_up(flow.unit, node)
            return None
        finally:
            self._depth -= 1
        return Outcome(join_all(flow.returns), join_all(flow.yields), flow.returns, flow.stores)

    def _give_up(self, unit: Unit, node: Any) -> None:
        """Say nothing of what stands in a function that could not be read."""
        self.records.drop(unit.file, getattr(node, "lineno", 1), getattr(node, "end_lineno", 1 << 30))
        self.given_up.add(unit.file)

    # -- attributes ----------------------------------------------------------------------------------------

    def set_in(self, unit: Unit, node: ast.ClassDef, cls: type, name: str) -> list[Value | None]:
        """The values that the methods of one class give to an attribute of ``self``."""
        values: list[Value | None] = []
        for function, times in unit.index.own_stores[id(node)][name].values():
            outcome = self.outcome(unit, Place(function, self._path(unit, cls)))
            found = [value for stored, value in outcome.stores if stored == name] if outcome else []
            if len(found) < times:
                return [None]
            values += found
        return values

    @staticmethod
    def _path(unit: Unit, cls: type) -> tuple[ast.AST, ...]:
        parts = cls.__qualname__.split(".")
        around = (unit.index.classes.get(".".join(parts[: number + 1])) for number in range(len(parts)))
        return tuple(one for one in around if one is not None)
