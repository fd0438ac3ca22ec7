"""What an attribute of a value is."""

from __future__ import annotations

import ast
import functools
import sys
import types
from typing import TYPE_CHECKING, Any

from ...objects import attributes
from ...sources import members
from ..presence.objects_held import getter, is_class, is_descriptor, member, value_of
from ..value import MISSING, Class, Instance, Known, Live, Value
from . import builtin_results
from .annotations import Annotations, Lookup, of_module
from .joins import is_nothing, join_all
from .resting import parameters_of, resting

if TYPE_CHECKING:
    from .analysis import Analysis


def of(analysis: Analysis, owner: Value | None, name: str, line: int) -> Value | None:
    """What ``owner.name`` is, as far as the class or the object says it."""
    if owner is None:
        return None
    found = analysis.frameworks.attribute(owner, name, line)
    return as_sure(found if found is not None else _plainly(analysis, owner, name, line), owner)


def as_sure(value: Value | None, owner: Value | None) -> Value | None:
    """What a value gives, no surer than that value itself."""
    parameters = parameters_of(owner)
    if isinstance(value, Instance) and isinstance(owner, Instance):
        doubted = value.known.sure and not owner.known.sure and not is_nothing(value)
        value = value._replace(known=owner.known._replace(parameters=frozenset())) if doubted else value
    return resting(value, parameters) if parameters else value


def _plainly(analysis: Analysis, owner: Value, name: str, line: int) -> Value | None:
    if name == "__class__":
        return Class(owner.cls, exact=owner.exact) if isinstance(owner, Instance) else None
    if isinstance(owner, Live):
        return _of_live(analysis, owner, name, line)
    if isinstance(owner, Class):
        return _of_class(owner, name)
    return _of_instance(analysis, owner, name, line)


def _of_live(analysis: Analysis, owner: Live, name: str, line: int) -> Value | None:
    value_of = analysis.frameworks.value_of
    if type(owner.value) is types.ModuleType:
        held = members(owner.value)
        if name in held:
            unit = analysis.units.get(owner.value.__name__)
            rebound = (unit is not None and name in unit.index.rebound) or (
                (owner.value.__name__, name) in analysis.set_on_modules
            )
            return None if rebound else value_of(held[name])
        return value_of(sys.modules.get(f"{owner.value.__name__}.{name}", MISSING))
    of_class = Instance(type(owner.value), Known("kept"), exact=True)
    if name not in attributes(owner.value):
        return _of_instance(analysis, of_class, name, line)
    if any(one.__module__ in analysis.units for one in type(owner.value).__mro__):
        return elsewhere(assigned(analysis, of_class, name))  # its methods may give it another one later
    return None if name in analysis.stored else value_of(attributes(owner.value)[name])


def _of_class(owner: Class, name: str) -> Value | None:
    found = member(owner.cls, name)
    if found is None:
        return None
    if name in (vars(owner.cls).get("_member_map_") or {}):
        return Instance(owner.cls, Known("kept"), exact=True)
    if is_class(found.raw):
        return Class(found.raw) if owner.exact else None
    if type(found.raw) in (str, int, bool, float, bytes) and owner.exact:
        return Instance(type(found.raw), Known("kept"), exact=True)
    return None


def _of_instance(analysis: Analysis, owner: Instance, name: str, line: int) -> Value | None:
    found = member(owner.cls, name)
    if found is not None:
        gives = builtin_results.PROPERTIES.get(found.definer, {}).get(name)
        if gives is not None:
            return builtin_results.made(gives, line, owner)
        behind = getter(found.raw)
        if behind is not None:
            return analysis.functions.of_property(owner, name, behind, line)
        if is_descriptor(found.raw) and not is_class(found.raw):
            return None
    return elsewhere(declared(analysis, owner.cls, name) or assigned(analysis, owner, name))


def declared(analysis: Analysis, cls: type, name: str) -> Value | None:
    """What the annotation of an attribute in the body of a class, or of one of its bases, says."""
    for one in cls.__mro__:
        module = vars(one).get("__module__")
        unit = analysis.units.get(module) if isinstance(module, str) else None
        if unit is not None:
            form: Any = _annotation_in(unit.class_of(one), name)
            lookup: Lookup = functools.partial(unit.held_in, one)
        else:
            found = vars(one).get("__annotations__")
            form = found.get(name) if type(found) is dict else None
            lookup = of_module(module) if isinstance(module, str) else of_module("builtins")
        if form is not None:
            return Annotations(Known("annotated", sure=False), lookup).of(form)
    return None


def _annotation_in(node: ast.ClassDef | None, name: str) -> ast.expr | None:
    for one in node.body if node is not None else ():
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.target.id == name:
            return one.annotation
    return None


def assigned(analysis: Analysis, owner: Instance, name: str) -> Value | None:
    """What all methods of the class, of its bases and of its subclasses agree to set the attribute to."""
    if name in analysis.stored:
        return None
    key = owner.cls, name, owner.exact
    if key not in analysis.assigned:
        analysis.assigned[key] = None  # while it is looked for
        analysis.assigned[key] = _assigned(analysis, owner, name)
    return analysis.assigned[key]


def _assigned(analysis: Analysis, owner: Instance, name: str) -> Value | None:
    line = [one for one in owner.cls.__mro__ if one is not object]
    below = [] if owner.exact else analysis.subclasses(owner.cls)
    if below is None:
        return None
    values: list[Value | None] = []
    for one in {*line, *below, *(each for sub in below for each in sub.__mro__ if each is not object)}:
        module = vars(one).get("__module__")
        unit = analysis.units.get(module) if isinstance(module, str) else None
        if unit is None:
            if not analysis.sets_nothing(one, name):
                return None
            continue
        node = unit.class_of(one)
        if node is None:
            return None
        if name in vars(one):
            held = vars(one)[name]
            values.append(Instance(type(None), Known("kept")) if held is None else value_of(held))
        values += analysis.set_in(unit, node, one, name)
        if None in values:
            return None
    return join_all(values)


def elsewhere(value: Value | None) -> Value | None:
    """A value without the line where it came to be known: that may be one of another file."""
    if isinstance(value, Instance) and not is_nothing(value):
        return value._replace(known=value.known._replace(line=0))
    return value
