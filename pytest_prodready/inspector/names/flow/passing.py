"""Functions whose every call is known, and what all of these pass."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...nodes import last_name, walk
from ..value import Value
from .indexing import Place
from .module_scope import Unit

if TYPE_CHECKING:
    from .analysis import Analysis

NEUTRAL = {"classmethod", "staticmethod"}
"""Decorators that call nothing themselves."""


def called_otherwise(analysis: Analysis) -> set[str]:
    """Names of functions that something else than the calls of their names may call."""
    names: set[str] = set()
    for unit in analysis.units.values():
        names |= unit.index.as_values | unit.index.texts
        if unit.file in analysis.given_up:
            names |= {last_name(one.func) for one in walk(unit.tree) if isinstance(one, ast.Call)}
    return names


def functions(analysis: Analysis, others: set[str]) -> Iterator[tuple[Unit, Place, dict[str, Value]]]:
    """Each function that is only ever called by name, with its parameters that have no annotation.

    Not those that anything may call that is not seen: what is passed on as a value or named by a text, what
    overrides a method, what a decorator may have registered.

    Args:
        analysis: has read all calls.
        others: what :func:`called_otherwise` gives.
    """
    unresolved = set(analysis.parameters.unresolved.values())
    for code, given in analysis.parameters.passed():
        found = analysis.by_file.get(code.co_filename)
        place = found.function_of(code) if found is not None and given else None
        name = code.co_name
        if found is None or place is None or name in others or name in unresolved or name.startswith("__"):
            continue
        given = {one: value for one, value in given.items() if one not in _annotated(place)}
        if given and is_only_called(analysis, found, place, code):
            yield found, place, given


def _annotated(place: Place) -> set[str]:
    arguments = place.node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return {one.arg for one in every if one.annotation is not None}


def is_only_called(analysis: Analysis, unit: Unit, place: Place, code: types.CodeType) -> bool:
    """Whether neither a decorator nor another class makes something else call a function by its name."""
    decorators = {last_name(one) for one in getattr(place.node, "decorator_list", ())}
    if not decorators <= NEUTRAL:
        return False
    if not place.path:
        return True
    owner = analysis.class_at(unit, place.path)
    if owner is None or any(code.co_name in vars(base) for base in owner.__mro__[1:]):
        return False
    below = analysis.subclasses(owner)
    return below is not None and not any(code.co_name in vars(one) for one in below)
