"""What a call calls."""

from __future__ import annotations

import ast
import types
from typing import Any, NamedTuple

from ...sources import members, unbound
from ..presence.objects_held import is_class, member
from ..value import MISSING, Class, Instance, Known, Live, Value
from . import attributes
from .narrowing import Narrowing

OF_CLASS = (classmethod, types.ClassMethodDescriptorType)


class Target(NamedTuple):
    """What is called."""

    function: Any
    """The function or the class; ``None`` where it is not known."""
    receiver: Value | None = None
    """What it is bound to."""
    definer: type | None = None
    """The class that has the method."""


class Targets(Narrowing):
    """Finds the functions that are called."""

    def target(self, node: ast.Call) -> tuple[Value | None, str, Target]:
        func = node.func
        if not isinstance(func, ast.Attribute):
            value = self.value(func)
            if isinstance(value, Class):
                return None, "", Target(value.cls if value.exact else None, value)
            return None, "", Target(value.value if isinstance(value, Live) else None)
        if self._is_super(func.value):
            return None, func.attr, self._of_super(func.attr)
        owner = self.value(func.value)
        self.read(func, func.value, owner, func.attr)
        return owner, func.attr, self._method(owner, func.attr)

    @staticmethod
    def _is_super(node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"

    def _of_super(self, name: str) -> Target:
        """The method that the bases have; other classes may stand between them in a subclass."""
        receiver = self.env.get(self.first)
        for base in self.owner.__mro__[1:] if self.owner is not None else ():
            if name in vars(base):
                return Target(unbound(vars(base)[name]), receiver, base)
        return Target(None)

    def _method(self, owner: Value | None, name: str) -> Target:
        if isinstance(owner, Live) and type(owner.value) is types.ModuleType:
            held = members(owner.value).get(name, MISSING)
            return Target(held if is_class(held) or callable_plainly(held) else None)
        if isinstance(owner, Class):
            found = member(owner.cls, name)
            if found is None:
                return Target(None)
            receiver = owner if type(found.raw) in OF_CLASS else None
            return Target(unbound(found.raw), receiver, found.definer)
        if owner is None:
            return Target(None)
        cls = owner.cls if isinstance(owner, Instance) else type(owner.value)
        found = member(cls, name)
        if found is None:
            return Target(None)
        if type(found.raw) is staticmethod:
            return Target(found.raw.__func__, None, found.definer)
        if is_class(found.raw):  # ``form_class``: a subclass or a method may set another
            kept = attributes.assigned(self.analysis, _instance(owner), name)
            return Target(found.raw if kept == Class(found.raw) else None)
        bound = Class(cls, exact=getattr(owner, "exact", True)) if type(found.raw) in OF_CLASS else owner
        return Target(unbound(found.raw), bound, found.definer)


def _instance(value: Instance | Live) -> Instance:
    """The value as an instance of its class."""
    return value if isinstance(value, Instance) else Instance(type(value.value), Known("kept"), exact=True)


def callable_plainly(held: object) -> bool:
    """A function of Python or of C."""
    return (
        type(held) in (types.FunctionType, types.BuiltinFunctionType)
        or hasattr(type(held), "__wrapped__")
        or (type(held).__module__ == "functools")
    )
