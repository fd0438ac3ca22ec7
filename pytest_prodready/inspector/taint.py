"""Which names and objects may be otherwise than in production, because something before them failed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

from . import stack
from .project import Project
from .sources import members, tree_of
from .standins import stands_in
from .statement_names import ANY, Chain, absolute, bound, imported, loads

Node = tuple[str, str]
"""Module and name; ``*`` for any name of the module."""
PLAIN = (str, bytes, int, float, bool, type(None), tuple, frozenset, ModuleType, FunctionType)
"""Values that many names share, or that nothing changes: a name says more about them than their identity."""
STATELESS = {
    "pydantic",
    "pydantic_core",
    "pydantic_settings",
    "fastapi",
    "starlette",
    "attr",
    "attrs",
}
"""Libraries of which one failed definition leaves nothing behind that another would trip over."""


class Taint:
    """What is known of the names of the application's modules."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.made_of: dict[Node, set[tuple[str, Chain]]] = {}
        """Name → the names that its statements load, each with the module that loads it."""
        self.unread: dict[str, str] = {}
        """Module → its file, where its statements ran as a whole: what they bind is read when it matters."""
        self.lost: set[Node] = set()
        """Names that a failed statement was to bind."""
        self.changed: set[Node] = set()
        """Names of what a failed call, or a call with stand-ins, could change."""
        self.objects: dict[int, object] = {}
        """The same by identity, and kept alive for it."""
        self.open: set[str] = set()
        """Modules that may lack names which they have in production."""
        self.walked: tuple[set[Node], set[Node]] = (set(), set())
        """What was shaken already, by calls and by definitions."""
        self.blind = False
        """A whole module of the application was not executed: what it would have changed is not known."""
        self.partial = False
        """An import was given stand-ins for what it lacked."""
        self.shaken: set[str] = set()
        """Libraries that may be in another state than in production."""

    @property
    def untouched(self) -> bool:
        """Whether everything is as it is in production so far: nothing has failed that was not stopped."""
        return not (self.partial or self.lost or self.changed or self.objects or self.open or self.blind)

    def bind(self, module: str, statement: ast.stmt) -> None:
        """Note what the names that ``statement`` binds are made of."""
        for name, used in self._bound(module, statement):
            for walked in self.walked:
                if (module, name) in walked:
                    walked.clear()
            self.made_of.setdefault((module, name), set()).update(used)

    def _bound(self, module: str, statement: ast.stmt) -> Iterator[tuple[str, set[tuple[str, Chain]]]]:
        """The names that a statement binds, each with what it is made of."""
        if not isinstance(statement, ast.ImportFrom):
            used = {(module, chain) for chain in loads(statement)} | set(imported(statement, module))
            yield from ((name, used) for name in bound(statement))
            return
        base = absolute(statement, module)
        for alias in statement.names:
            if alias.name != "*":
                yield alias.asname or alias.name, {(base, (alias.name,))}
                continue
            for name in members(sys.modules.get(base)):
                yield name, {(base, (name,))}
            if base in self.open or base not in sys.modules:
                self.open.add(module)

    def _makers(self, node: Node) -> Iterable[tuple[str, Chain]]:
        """What a name is made of."""
        module = node[0]
        tree = tree_of(self.unread.pop(module)) if module in self.unread else None
        waiting = list(tree.body) if tree is not None else []
        while waiting:
            statement = waiting.pop()
            if isinstance(statement, ast.If):
                waiting += [*statement.body, *statement.orelse]
                continue
            for name, used in self._bound(module, statement):
                self.made_of.setdefault((module, name), set()).update(used)
        return self.made_of.get(node, ())

    def lose(self, module: str, names: Iterable[str]) -> None:
        """The names are not what they are in production."""
        self.lost.update((module, name) for name in names)

    def touches(self, module: str, chains: Iterable[Chain], *, changed: bool = True) -> bool:
        """Whether something loaded in ``module`` is tainted, itself or through what it was made of.

        Args:
            module: where it is loaded.
            chains: the names.
            changed: count what may only have been changed, too.
        """
        return not self.untouched and any(
            self._is_tainted(node, changed) for node in self._reached(module, chains)
        )

    def shake(self, module: str, chains: Iterable[Chain], *, definition: bool) -> None:
        """A call in ``module`` failed, or worked with stand-ins: what it could change may be changed.

        Of the classes that a definition names, only those that take note of what is derived from them.
        """
        for node in list(self._reached(module, chains, self.walked[definition])):
            found, value = _looked_up(node)
            if not found:
                continue
            kind = type(value)
            if type in kind.__mro__:
                if not self._takes_note(value) if definition else not self._is_own(value):
                    continue
            elif _stays_as_it_is(kind):
                continue
            self.changed.add(node)
            self.objects[id(value)] = value

    def _is_own(self, cls: type) -> bool:
        name = type.__dict__["__dict__"].__get__(cls).get("__module__")
        return isinstance(name, str) and self.project.owns_module(name)

    def _takes_note(self, cls: type) -> bool:
        """Whether a class of the application's does something when another is derived from it."""
        bases = [base for base in type.__dict__["__mro__"].__get__(cls) if self._is_own(base)]
        return any("__init_subclass__" in vars(base) for base in bases) or (
            bool(bases) and any(self._is_own(kind) for kind in type.mro(type(cls)))
        )

    def shake_libraries(self, tops: Iterable[str]) -> None:
        """The libraries took something that is not what it is in production, or failed in a call."""
        self.shaken.update(set(tops) - STATELESS - set(sys.stdlib_module_names) - set(self.project.packages))

    def clean_traceback(self, traceback: TracebackType | None) -> bool:
        """Whether nothing tainted, and no shaken library, had a part in an exception."""
        return all(
            self.clean(frame) and stack.top_level(frame) not in self.shaken
            for frame in stack.frames(traceback)
        )

    def clean(self, frame: FrameType) -> bool:
        """Whether a function on the stack works with nothing tainted."""
        if frame.f_code.co_name == "<module>":
            return True  # its statement is judged by what it loads
        if any(self._holds(value) for value in list(frame.f_locals.values())):
            return False
        if not self.project.owns_file(frame.f_code.co_filename):
            return True
        module = str(frame.f_globals.get("__name__", ""))
        return not self.touches(module, [(name,) for name in _names_in(frame.f_code)])

    def _holds(self, value: Any, changed: bool = True, depth: int = 1) -> bool:
        if stands_in(value) or (changed and id(value) in self.objects):
            return True
        if depth and type(value) in (list, tuple, set, dict):
            parts = list(value.values()) if type(value) is dict else list(value)
            return any(self._holds(part, changed, depth - 1) for part in parts[:100])
        return False

    def _reached(
        self, module: str, chains: Iterable[Chain], known: set[Node] | None = None
    ) -> Iterator[Node]:
        waiting = [(module, chain) for chain in chains]
        done: set[Node] = set() if known is None else known
        while waiting:
            where, chain = waiting.pop()
            for node in self._nodes(where, chain):
                if node not in done:
                    done.add(node)
                    yield node
                    waiting.extend(self._makers(node))

    def _nodes(self, module: str, chain: Chain) -> Iterator[Node]:
        """The names that a dotted name goes through: from module to module as far as there are modules."""
        for at, name in enumerate(chain):
            yield module, name
            found, value = _looked_up((module, name))
            if not found or type(value) is not ModuleType or not self.project.owns_module(value.__name__):
                return
            module = value.__name__
            if at == len(chain) - 1:
                yield module, ANY

    def _is_tainted(self, node: Node, changed: bool) -> bool:
        module, name = node
        if node in self.lost or (changed and node in self.changed):
            return True
        if name == ANY:
            loaded = sys.modules.get(module)
            values = list(vars(loaded).values()) if type(loaded) is ModuleType else []
            return (
                module in self.open
                or any(lost == module for lost, _ in self.lost)
                or any(stands_in(value) for value in values)
            )
        found, value = _looked_up(node)
        if not found:
            return module in self.open
        if changed and self.blind and type not in type(value).__mro__ and not _stays_as_it_is(type(value)):
            return True
        return self._holds(value, changed)


def _stays_as_it_is(kind: type) -> bool:
    """Whether a value of this class is not changed by a call that fails."""
    return any(plain in kind.__mro__ for plain in PLAIN) or kind.__module__.partition(".")[0] in STATELESS


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _looked_up(node: Node) -> tuple[bool, Any]:
    module = sys.modules.get(node[0])
    try:
        names = vars(module)
    except TypeError:
        return False, None
    return (True, names[node[1]]) if node[1] in names else (False, None)
