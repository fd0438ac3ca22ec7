"""Functions whose every call is known, and what all of these pass."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..nodes import last_name, walk
from .indexing import Place
from .module_scope import Unit
from .objects_held import subclasses
from .value import Value

if TYPE_CHECKING:
    from .analysis import Analysis

NEUTRAL = {"classmethod", "staticmethod"}
"""Decorators that call nothing themselves."""


def functions(analysis: Analysis) -> Iterator[tuple[Unit, Place, dict[str, Value]]]:
    """Each function that is only ever called by name, with its parameters that have no annotation.

    Not those that anything may call that is not seen: what is passed on as a value or named by a text, what
    overrides a method, what a decorator may have registered.
    """
    by_other_ways = set(analysis.parameters.unresolved)
    for unit in analysis.units.values():
        by_other_ways |= unit.index.as_values | unit.index.texts
        if unit.file in analysis.given_up:
            by_other_ways |= {last_name(one.func) for one in walk(unit.tree) if isinstance(one, ast.Call)}
    for code, known in analysis.parameters.passed.items():
        given = {name: value for name, value in known.items() if value is not None}
        found = analysis.by_file.get(code.co_filename)
        place = found.function_of(code) if found is not None and given else None
        if found is None or place is None or code.co_name in by_other_ways or code.co_name.startswith("__"):
            continue
        given = {name: value for name, value in given.items() if name not in _annotated(place)}
        if given and _is_only_called(analysis, found, place, code):
            yield found, place, given


def _annotated(place: Place) -> set[str]:
    arguments = place.node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return {one.arg for one in every if one.annotation is not None}


def _is_only_called(analysis: Analysis, unit: Unit, place: Place, code: types.CodeType) -> bool:
    decorators = {last_name(one) for one in getattr(place.node, "decorator_list", ())}
    if not decorators <= NEUTRAL:
        return False
    if not place.path:
        return True
    owner = analysis.class_at(unit, place.path)
    if owner is None or any(code.co_name in vars(base) for base in owner.__mro__[1:]):
        return False
    below = subclasses(owner)
    return below is not None and not any(code.co_name in vars(one) for one in below)
