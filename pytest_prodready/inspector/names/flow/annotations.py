"""What an annotation says of a value: one of the text, or an object that the running program holds."""

from __future__ import annotations

import ast
import collections.abc
import contextlib
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from ..value import MISSING, Class, Instance, Known, Value
from .joins import NOTHING, is_nothing, join_all, optional

Lookup = Callable[[str], Any]
"""Gives the object that a name stands for, else :data:`MISSING`."""
DEEPEST = 12
OPEN_MODULES = {"_collections_abc", "collections.abc", "contextlib", "io", "numbers", "os", "types", "typing"}
"""What their abstract classes are asked for may be of any class that was registered with them."""
TRANSPARENT = {"Annotated", "ClassVar", "Final", "InitVar", "NotRequired", "ReadOnly", "Required"}
ITERABLE = {
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "Collection",
    "Container",
    "Generator",
    "Iterable",
    "Iterator",
    "KeysView",
    "MutableSequence",
    "MutableSet",
    "Reversible",
    "Sequence",
    "Set",
    "ValuesView",
    "deque",
    "frozenset",
    "list",
    "set",
}
MAPPINGS = {"Mapping", "MutableMapping", "OrderedDict", "defaultdict", "dict"}
NO_INSTANCES = (object, type, float, complex)
"""Said of far more than their instances."""


class Annotations:
    """Reads annotations.

    Args:
        known: how the class of what they say is known, and on which line.
        lookup: what the names of the text stand for.
        receiver: what the method is bound to, of whose class ``Self`` is an instance.
    """

    def __init__(
        self, known: Known, lookup: Lookup = lambda _: MISSING, receiver: Value | None = None
    ) -> None:
        self.known = known
        self.lookup = lookup
        self.receiver = receiver
        self.depth = 0

    def of(self, form: Any) -> Value | None:
        """What a value is that has this annotation, a node or an object; ``None`` where that is not plain."""
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                return None
            return self._node(form) if isinstance(form, ast.AST) else self._object(form)
        finally:
            self.depth -= 1

    def _node(self, node: ast.AST) -> Value | None:
        if isinstance(node, ast.Constant):
            return self._object(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union([node.left, node.right])
        if isinstance(node, ast.Subscript):
            base = self.resolve(node.value)
            inner = node.slice
            return self._generic(base, inner.elts if isinstance(inner, ast.Tuple) else [inner])
        found = self.resolve(node)
        return None if found is MISSING or isinstance(found, str) else self._object(found)

    def resolve(self, node: ast.AST) -> Any:
        """The object that a dotted name stands for, else :data:`MISSING`."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            if isinstance(owner, (types.ModuleType, type)):
                with contextlib.suppress(Exception):
                    return vars(owner).get(node.attr, MISSING)
        return MISSING

    def _object(self, form: Any) -> Value | None:
        if form is None or form is type(None):
            return NOTHING
        if isinstance(form, str):
            return self._text(form)
        if type(form) is types.GenericAlias or type(form).__module__ in ("typing", "typing_extensions"):
            return self._typing(form)
        if type(form) is types.UnionType:
            return self._union(form.__args__)
        if isinstance(form, type):
            return self._class(form)
        return None

    def _text(self, text: str) -> Value | None:
        try:
            return self.of(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def _class(self, cls: type) -> Value | None:
        own = vars(cls)
        if (
            cls in NO_INSTANCES
            or own.get("_is_protocol")
            or cls.__module__ in ("typing", "typing_extensions")
        ):
            return None
        if "__total__" in own and "__required_keys__" in own:
            return Instance(dict, self.known)
        opened = cls.__module__ in OPEN_MODULES
        return Instance(cls, self.known, opened=opened)

    def _typing(self, form: Any) -> Value | None:
        name = _name(form)
        if name == "Self":
            return self._self()
        if name == "ForwardRef":
            return self._text(form.__forward_arg__)
        origin = getattr(form, "__origin__", None)
        arguments = getattr(form, "__args__", None)
        if origin is None:
            return None
        if name == "Annotated" or hasattr(form, "__metadata__"):
            return self.of(origin)
        if not isinstance(arguments, tuple) or not arguments or arguments == ((),):
            return self._class(origin) if isinstance(origin, type) else None
        return self._generic(origin, arguments)

    def _self(self) -> Value | None:
        """What ``Self`` says: an instance, also where the method is one of the class."""
        if isinstance(self.receiver, Class):
            return Instance(self.receiver.cls, self.known)  # or one of a subclass: that is for the method
        return self.receiver

    def _generic(self, base: Any, arguments: Sequence[Any]) -> Value | None:
        """What ``base[arguments]`` says."""
        if isinstance(getattr(base, "__origin__", None), type):  # typing.List, before its items
            base = base.__origin__
        name = _name(base)
        if name == "Union":
            return self._union(arguments)
        if name == "Optional":
            return optional(self.of(arguments[0]))
        if name in TRANSPARENT:
            return self.of(arguments[0])
        if name == "Literal":
            return self._literal(arguments)
        if base is type or name == "Type":
            inner = self.of(arguments[0])
            plain = isinstance(inner, Instance) and not inner.optional and not is_nothing(inner)
            if not plain or not isinstance(inner, Instance):
                return None
            return Class(inner.cls, exact=False, parameters=self.known.parameters)
        if not isinstance(base, type):
            return None
        made = self._class(base)
        return self._filled(made, base, arguments) if isinstance(made, Instance) else None

    def _filled(self, made: Instance, base: type, arguments: Sequence[Any]) -> Value | None:
        name = base.__name__
        plain = base.__module__ in ("builtins", "collections", "collections.abc", "typing")
        if not plain or not arguments:  # ``tuple[()]``
            return made
        first = self.of(arguments[0])
        if base is tuple:
            if len(arguments) == 2 and _is_dots(arguments[1]):
                return made._replace(items=first)
            parts = tuple(map(self.of, arguments))
            return made._replace(parts=parts, items=join_all(parts))
        if name in ITERABLE:
            values = first if name in ("list", "Sequence", "MutableSequence", "deque") else None
            return made._replace(items=first, values=values)
        if name in MAPPINGS and len(arguments) == 2:
            return made._replace(items=first, values=self.of(arguments[1]))
        if name == "Awaitable":
            return made._replace(awaited=first)
        if name == "Coroutine":
            return made._replace(awaited=self.of(arguments[-1]))
        return made

    def _union(self, arguments: Sequence[Any]) -> Value | None:
        return join_all(map(self.of, arguments))

    def _literal(self, arguments: Sequence[Any]) -> Value | None:
        values = [one.value if isinstance(one, ast.Constant) else one for one in arguments]
        if any(isinstance(one, ast.AST) for one in values):
            return None
        return join_all(NOTHING if value is None else Instance(type(value), self.known) for value in values)


def of_module(name: str) -> Lookup:
    """Looks names up as the text of a loaded module would."""
    import builtins

    def lookup(wanted: str) -> Any:
        module = sys.modules.get(name)
        try:
            return vars(module).get(wanted, vars(builtins).get(wanted, MISSING))
        except Exception:  # a proxy in the place of the module
            return MISSING

    return lookup


def names_abstract(cls: type) -> bool:
    """Whether an instance of it may be of a class that does not derive from it."""
    return cls.__module__ in OPEN_MODULES and issubclass(type(cls), type(collections.abc.Hashable))


def _name(form: Any) -> str:
    """The name of an object of ``typing``, or of a class."""
    for part in ("_name", "__name__"):
        with contextlib.suppress(Exception):
            name = getattr(form, part, None)
            if isinstance(name, str) and type(form).__module__ in ("typing", "typing_extensions", "builtins"):
                return name
    return type(form).__name__


def _is_dots(form: Any) -> bool:
    return form is Ellipsis or (isinstance(form, ast.Constant) and form.value is Ellipsis)
