"""Asking the frameworks, each of which may fail without that anybody else does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ..presence.objects_held import value_of
from ..value import Asked, Call, Framework, Function, Instance, Live, Value

Answer = TypeVar("Answer")


class Frameworks:
    """All that are loaded, as one.

    Args:
        every: each of them; the first that knows a value says it.
    """

    def __init__(self, every: Iterable[Framework]) -> None:
        self._every = tuple(every)

    def attribute(self, owner: Value, name: str, line: int) -> Value | None:
        """What ``owner.name`` is."""
        return self._value(lambda one: one.attribute(owner, name, line))

    def call(self, call: Call) -> Value | None:
        """What a call gives."""
        return self._value(lambda one: one.call(call))

    def lookups(self, call: Call) -> list[Asked]:
        """The names that a call asks a model for."""
        return [asked for found in self._answers(lambda one: list(one.lookups(call))) for asked in found]

    def relations(self, owner: Instance, column: str) -> list[str]:
        """The references to one other row that are there where a column's attribute is."""
        return [
            name for found in self._answers(lambda one: list(one.relations(owner, column))) for name in found
        ]

    def names(self, owner: Value) -> frozenset[str] | None:
        """All names that a value has; ``None`` where that is for its class to say."""
        found = self._answers(lambda one: one.names(owner))
        return next((one for one in found if one is not None), None)

    def made_later(self, owner: Value) -> frozenset[str]:
        """Names of subclasses that a framework makes when they are first asked for."""
        return frozenset().union(*self._answers(lambda one: one.made_later(owner)))

    def declared(self) -> list[tuple[Asked, str]]:
        """The names in options of loaded classes, each with the file that it stands in."""
        return [asked for found in self._answers(lambda one: list(one.declared())) for asked in found]

    def parameters(self, owner: type | None, function: Any, node: Function) -> dict[str, Value]:
        """Those parameters of a function that a framework passes."""
        given: dict[str, Value] = {}
        for found in self._answers(lambda one: one.parameters(owner, function, node)):
            given.update(found)
        return given

    def runs(self, call: Call) -> bool:
        """Whether a call runs a query that it is given, which alone says what comes of it."""
        return any(self._answers(lambda one: one.runs(call)))

    def value_of(self, held: Any) -> Value | None:
        """What is known of an object that a module or a class holds."""
        plain = value_of(held)
        if not isinstance(plain, Live):
            return plain
        found = self._value(lambda one: one.live(plain))
        return plain if found is None else found

    def _value(self, ask: Callable[[Framework], Value | None]) -> Value | None:
        return next((found for found in self._answers(ask) if found is not None), None)

    def _answers(self, ask: Callable[[Framework], Answer]) -> Iterator[Answer]:
        for one in self._every:
            try:
                answer = ask(one)
            except Exception:  # noqa: S112  # what the application's objects hold may be anything
                continue
            yield answer
