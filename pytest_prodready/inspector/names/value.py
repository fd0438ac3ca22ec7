"""What is known of the value of an expression before the program runs, on the real classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol


class Parameter(NamedTuple):
    """One parameter whose annotation says its class."""

    function: int
    """``id`` of the definition."""
    name: str


class Known(NamedTuple):
    """How a class came to be known."""

    how: str
    """``made``, ``annotated``, ``queried``, ``returned``, ``passed``, ``self``,
    ``kept``, ``configured``, or ``tested`` by a condition."""
    line: int = 0
    """Of the same file, where it was; 0 for none."""
    sure: bool = True
    """False: an annotation says so, and nothing has checked it."""
    parameters: frozenset[Parameter] = frozenset()
    """Those whose annotations it rests on; it is proven where the calls of their functions confirm them."""


class Instance(NamedTuple):
    """An instance of a class, or of a subclass."""

    cls: type
    known: Known
    exact: bool = False
    """Of the class itself: it was made here, or a query gives no other."""
    optional: bool = False
    """It may be ``None`` instead."""
    items: Value | None = None
    """What iterating over it gives, ``async for`` too."""
    values: Value | None = None
    """What ``value[key]`` gives."""
    parts: tuple[Value | None, ...] = ()
    """Of a tuple: each of its items."""
    awaited: Value | None = None
    """What ``await value`` gives."""
    extra: frozenset[str] = frozenset()
    """Names that it has besides those of its class: annotations of its query, attributes given to it."""
    opened: bool = False
    """It may have names that cannot be listed."""
    state: Hashable = None
    """What the reader of a framework keeps with it: the query behind a queryset, the entities of a select."""


class Class(NamedTuple):
    """A class itself."""

    cls: type
    exact: bool = True
    """No subclass of it: it is named where it stands, and not passed as ``cls`` or as a ``type[…]``."""
    parameters: frozenset[Parameter] = frozenset()
    """As ``Known.parameters``."""


class Live(NamedTuple):
    """An object that a module holds: a function, another module, a service made at import."""

    value: Any


Value = Instance | Class | Live
"""``None`` stands for a value that nothing is known of."""


class Call(NamedTuple):
    """One call, with what is known of everything in it."""

    node: ast.Call
    owner: Value | None
    """``owner`` of ``owner.name(…)``; ``None`` for a plain name and for an unknown owner."""
    name: str
    """The method's name; empty where ``owner`` is ``None``."""
    function: Any
    """The live function or class that is called; ``None`` where it is not known."""
    args: tuple[Value | None, ...]
    keywords: Mapping[str, Value | None]
    """Without ``**mapping``."""
    constant: Callable[[ast.expr], Any]
    """The value of an expression that is a constant: a text, a number, a tuple of them; else ``UNKNOWN``."""
    spread: bool = False
    """``*args`` or ``**kwargs`` stands in it."""
    value: Callable[[ast.expr], Value | None] | None = None
    """What is known of any expression in the call: of ``Count`` in ``annotate(n=Count("x"))``."""


class Asked(NamedTuple):
    """One constant name that a call asks a model for, and what came of it."""

    model: type
    written: str
    """The whole constant: ``owner__nmae__icontains``."""
    how: str
    """Where it stands: ``filter``, ``order_by``, ``F``."""
    line: int
    missing: str = ""
    """The part that does not resolve; empty when all of it does."""
    at: type | None = None
    """The model that the part was looked up on."""
    near: str = ""
    """The nearest name that is there; else empty."""
    certain: bool = True


class Framework(Protocol):
    """What one framework adds to the plain rules of Python; each method may know nothing and say ``None``.

    None of them may run code of the application: no property, no query, no method of a model.
    """

    def attribute(self, owner: Value, name: str, line: int) -> Value | None:
        """What ``owner.name`` is: a related object, a manager, a column's value."""

    def call(self, call: Call) -> Value | None:
        """What a call gives: a row, a queryset, a select."""

    def lookups(self, call: Call) -> Iterable[Asked]:
        """The names that a call asks a model for."""

    def declared(self) -> Iterable[tuple[Asked, str]]:
        """The names in options of loaded classes, each with the file that it stands in."""
        return ()

    def relations(self, owner: Instance, column: str) -> Iterable[str]:
        """The references to one other row, by their attributes, that are there where ``owner.column`` is."""
        return ()

    def names(self, owner: Value) -> frozenset[str] | None:
        """All names that a value has, where its class does not list them and the framework does."""
        return None

    def made_later(self, owner: Value) -> frozenset[str]:
        """Names of subclasses that the framework makes when they are first asked for: none is loaded yet."""
        return frozenset()

    def runs(self, call: Call) -> bool:
        """Whether a call runs a query that it is given, which alone says what comes of it."""
        return False

    def live(self, value: Live) -> Value | None:
        """What an object that a module holds stands for: the configured backend behind ``cache``."""
        return None

    def parameters(self, owner: type | None, function: Any, node: Function) -> Mapping[str, Value]:
        """Those parameters of a function that the framework itself passes, by name.

        Args:
            owner: the loaded class that it is a method of; ``None`` for a plain function.
            function: the live function, as its module or its class holds it; ``None`` where it is not known.
            node: where it is defined.
        """
        return {}


Function = ast.FunctionDef | ast.AsyncFunctionDef
UNKNOWN = object()
MISSING = object()
"""Stands for the object behind a name that stands for none."""
