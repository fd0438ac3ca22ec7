"""What calling a function gives, by its annotation or by what it returns."""

from __future__ import annotations

import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

from ...objects import attributes
from ...sources import unbound
from ..presence.objects_held import getter
from ..records import class_of
from ..value import MISSING, Class, Instance, Known, Value
from .annotations import Annotations, of_module
from .entering import CONTEXT
from .indexing import Place
from .joins import EMPTY, is_nothing, join_all
from .module_scope import Unit
from .resting import NONE, agreeing, sure

if TYPE_CHECKING:
    from .analysis import Analysis

OVERRIDES = 8
"""More overriding methods than these are not looked at."""
NEUTRAL = {("contextlib.py", "inner"), ("contextlib.py", "inner_decorator")}
"""File and name of the function that stands for a decorated one, and calls it with what it is given."""


class Functions:
    """Knows what functions give.

    Args:
        analysis: reads those of the application.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def result(self, function: Any, receiver: Value | None, name: str, line: int) -> Value | None:
        """What a call gives.

        Args:
            function: the live function.
            receiver: what it is bound to, or called on.
            name: of the method; empty for a function.
            line: of the call.
        """
        results = [self._single(function, receiver, line)]
        results += [self._single(one, receiver, line) for one in self._overriding(function, receiver, name)]
        return None if None in results else join_all(results)

    def of_property(
        self, owner: Instance, name: str, function: types.FunctionType, line: int
    ) -> Value | None:
        """What a property gives, by its function or by those that override it."""
        results = [self._single(function, owner, line)]
        for one in self._below(owner):
            if name in vars(one):
                other = getter(vars(one)[name])
                if other is not function:
                    results.append(self._single(other, owner, line) if other is not None else None)
        return None if None in results else join_all(results)

    def _below(self, receiver: Value | None) -> list[type]:
        if not isinstance(receiver, (Instance, Class)) or receiver.exact:
            return []
        return self.analysis.subclasses(receiver.cls) or []

    def _overriding(self, function: Any, receiver: Value | None, name: str) -> list[Any]:
        if not name:
            return []
        found = [unbound(vars(one)[name]) for one in self._below(receiver) if name in vars(one)]
        others = [one for one in found if one is not function]
        return others if len(others) <= OVERRIDES else [None]

    def _single(self, function: Any, receiver: Value | None, line: int) -> Value | None:
        function = unbound(function)
        if type(function).__name__ == "_lru_cache_wrapper":
            function = attributes(function).get("__wrapped__")
        if type(function) is not types.FunctionType:
            return None
        wrapped = attributes(function).get("__wrapped__")
        if wrapped is not None:
            return self._decorated(function, wrapped, receiver, line)
        return self._plain(function, receiver, line)

    def _decorated(self, function: Any, wrapped: Any, receiver: Value | None, line: int) -> Value | None:
        code = function.__code__
        where = code.co_filename.rpartition("/")[2], code.co_name
        if where in NEUTRAL:
            return self._single(wrapped, receiver, line)
        if where == ("contextlib.py", "helper") and type(wrapped) is types.FunctionType:
            given = self._plain(wrapped, receiver, line)
            items = given.items if isinstance(given, Instance) else None
            state = (CONTEXT, items)
            return Instance(object, Known("returned", line), opened=True, state=state)
        return None

    def _plain(self, function: types.FunctionType, receiver: Value | None, line: int) -> Value | None:
        known = Known("returned", line)
        unsure = known._replace(sure=False)
        unit = self.analysis.by_file.get(function.__code__.co_filename)
        place = unit.function_of(function.__code__) if unit is not None else None
        if unit is None or place is None:
            given = self._annotated(function, receiver, unsure) if unit is None else None
            return self._as_called(function, given, known)
        returns = getattr(place.node, "returns", None)
        if returns is not None:
            owner = self.analysis.class_at(unit, place.path) if place.path else None
            lookup = functools.partial(unit.held_in, owner)
            given = self._checked(function, unit, place, Annotations(unsure, lookup, receiver).of(returns))
            return self._as_called(function, given, known)
        return self._inferred(function, unit, place, known)

    def _checked(
        self, function: types.FunctionType, unit: Unit, place: Place, said: Value | None
    ) -> Value | None:
        """What an annotation says, unless the function is seen to return something else."""
        generates = function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)
        if not isinstance(said, Instance) or said.opened or is_nothing(said) or generates:
            return said
        outcome = self.analysis.outcome(unit, place)
        returned = [one for one in outcome.each if not is_nothing(one)] if outcome is not None else [None]
        for one in returned:
            cls = class_of(one) if not isinstance(one, Class) else None
            if one is not None and (cls is None or said.cls not in cls.__mro__):
                return None
        if returned and all(agreeing(said, one) == NONE for one in returned):
            return sure(said)  # what it holds as well
        if returned and all(isinstance(one, Instance) and one.known.sure for one in returned):
            return said._replace(known=said.known._replace(sure=True))
        return said

    def _annotated(self, function: types.FunctionType, receiver: Value | None, known: Known) -> Value | None:
        try:
            form = function.__annotations__.get("return", MISSING)
        except Exception:  # on Python 3.14 its names are looked up now
            return None
        if form is MISSING:
            return None
        if getattr(function, "__module__", None) is None:
            return None
        found = Annotations(known, of_module(function.__module__), receiver).of(form)
        return None if is_nothing(found) else found

    @staticmethod
    def _as_called(function: types.FunctionType, given: Value | None, known: Known) -> Value | None:
        if function.__code__.co_flags & inspect.CO_COROUTINE:
            return Instance(types.CoroutineType, known, exact=True, awaited=given)
        return given

    def _inferred(self, function: types.FunctionType, unit: Unit, place: Place, known: Known) -> Value | None:
        flags = function.__code__.co_flags
        outcome = self.analysis.outcome(unit, place)
        if outcome is None:
            return None
        if flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
            cls = types.GeneratorType if flags & inspect.CO_GENERATOR else types.AsyncGeneratorType
            return Instance(cls, known, exact=True, items=_here(outcome.yielded, known))
        return self._as_called(function, _here(outcome.returned, known), known)


def _here(value: Value | None, known: Known) -> Value | None:
    """A value of another function, as it is known where that is called."""
    if isinstance(value, Instance) and not is_nothing(value):
        return value._replace(
            known=known._replace(sure=value.known.sure, parameters=value.known.parameters),
            state=value.state if value.state != EMPTY else None,
        )
    return value
