"""Asking the frameworks, each of which may fail without that anybody else does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .objects_held import value_of
from .value import Asked, Call, Framework, Function, Live, Value


class Frameworks:
    """All that are loaded, as one.

    Args:
        every: each of them; the first that knows a value says it.
    """

    def __init__(self, every: Iterable[Framework]) -> None:
        self._every = tuple(every)

    def attribute(self, owner: Value, name: str, line: int) -> Value | None:
        """What ``owner.name`` is."""
        for one in self._every:
            try:
                found = one.attribute(owner, name, line)
            except Exception:  # what the application's objects hold may be anything
                continue
            if found is not None:
                return found
        return None

    def call(self, call: Call) -> Value | None:
        """What a call gives."""
        for one in self._every:
            try:
                found = one.call(call)
            except Exception:  # what the application's objects hold may be anything
                continue
            if found is not None:
                return found
        return None

    def lookups(self, call: Call) -> list[Asked]:
        """The names that a call asks a model for."""
        asked: list[Asked] = []
        for one in self._every:
            try:
                asked += one.lookups(call)
            except Exception:  # what the application's objects hold may be anything
                continue
        return asked

    def names(self, owner: Value) -> frozenset[str] | None:
        """All names that a value has; ``None`` where that is for its class to say."""
        for one in self._every:
            try:
                found = one.names(owner)
            except Exception:  # what the application's objects hold may be anything
                continue
            if found is not None:
                return found
        return None

    def declared(self) -> list[tuple[Asked, str]]:
        """The names in options of loaded classes, each with the file that it stands in."""
        found: list[tuple[Asked, str]] = []
        for one in self._every:
            try:
                found += one.declared()
            except Exception:  # what the application's objects hold may be anything
                continue
        return found

    def parameters(self, owner: type | None, function: Any, node: Function) -> dict[str, Value]:
        """Those parameters of a function that a framework passes."""
        given: dict[str, Value] = {}
        for one in self._every:
            try:
                given.update(one.parameters(owner, function, node))
            except Exception:  # what the application's objects hold may be anything
                continue
        return given

    def value_of(self, held: Any) -> Value | None:
        """What is known of an object that a module or a class holds."""
        plain = value_of(held)
        if not isinstance(plain, Live):
            return plain
        for one in self._every:
            try:
                found = one.live(plain)
            except Exception:  # what the application's objects hold may be anything
                continue
            if found is not None:
                return found
        return plain
