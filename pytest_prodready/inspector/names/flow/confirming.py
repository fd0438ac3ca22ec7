"""Whether the calls of a function confirm what the annotations of its parameters say."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from ..value import Known, Parameter
from . import passing
from .indexing import Place
from .joins import NOTHING
from .module_scope import Unit
from .resting import agreeing

if TYPE_CHECKING:
    from .analysis import Analysis

MAKING = "__init__"


class Confirming:
    """Asked once everything has been read.

    Args:
        analysis: has read all calls.
        whole: these are all calls there are.
    """

    def __init__(self, analysis: Analysis, *, whole: bool) -> None:
        self._analysis = analysis
        self._whole = whole
        self._others: set[str] | None = None
        self._functions: dict[int, tuple[Unit, Place, types.CodeType]] | None = None
        self._told: dict[Parameter, frozenset[Parameter] | None] = {}

    def is_proven(self, known: Known) -> bool:
        """Whether every annotation of a parameter that a class is known from is confirmed by all calls.

        What a call passes may itself rest on the parameter of another function, whose calls confirm that one.
        """
        waiting, seen = set(known.parameters), set(known.parameters)
        while waiting:
            found = self._needed(waiting.pop())
            if found is None:
                return False
            waiting |= found - seen
            seen |= found
        return True

    def _needed(self, one: Parameter) -> frozenset[Parameter] | None:
        """The parameters that the calls rest on; ``None`` where they do not confirm it."""
        if one not in self._told:
            self._told[one] = self._asked(one)
        return self._told[one]

    def _asked(self, one: Parameter) -> frozenset[Parameter] | None:
        analysis = self._analysis
        unit, place, code = self._called().get(one.function, (None, None, None))
        said = analysis.parameters.said.get(one)
        if not self._whole or unit is None or place is None or code is None or said is None:
            return None
        if not self._is_only_called(unit, place, code):
            return None
        needed: frozenset[Parameter] = frozenset()
        for site in analysis.parameters.sites(code):
            if site is None:
                return None
            default = NOTHING if getattr(said, "optional", False) else None
            found = agreeing(said, site.get(one.name, default))
            if found is None:
                return None
            needed |= found
        return needed

    def _called(self) -> dict[int, tuple[Unit, Place, types.CodeType]]:
        """``id`` of a definition → the function, of those that are called."""
        if self._functions is None:
            self._functions = {}
            for code in self._analysis.parameters.codes():
                unit = self._analysis.by_file.get(code.co_filename)
                place = unit.function_of(code) if unit is not None else None
                if unit is not None and place is not None:
                    self._functions[id(place.node)] = unit, place, code
        return self._functions

    def _is_only_called(self, unit: Unit, place: Place, code: types.CodeType) -> bool:
        """Whether nothing may call it that is not seen."""
        if self._others is None:
            self._others = passing.called_otherwise(self._analysis)
            self._others |= set(self._analysis.parameters.unresolved.values())
        if code.co_name != MAKING:
            named = code.co_name in self._others or code.co_name.startswith("__")
            return not named and passing.is_only_called(self._analysis, unit, place, code)
        owner = self._analysis.class_at(unit, place.path)
        below = self._analysis.subclasses(owner) if owner is not None else None
        if owner is None or below is None or getattr(place.node, "decorator_list", None):
            return False
        return not any(one.__name__ in self._others for one in (owner, *below))
