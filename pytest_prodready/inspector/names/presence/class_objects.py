"""Looking at a class without running a line of it, nor of its metaclass."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

_MRO = vars(type)["__mro__"]
_MEMBERS = vars(type)["__dict__"]
_DICTOFFSET = vars(type)["__dictoffset__"]
_FLAGS = vars(type)["__flags__"]
_MODULE = vars(type)["__module__"]
_QUALNAME = vars(type)["__qualname__"]
_HEAP = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: made by a class statement, by ``type(…)``, or by C code that runs."""
_BASE = 1 << 10
"""``Py_TPFLAGS_BASETYPE``: it can be inherited from."""
_OF_PYTHON = ("builtins", "collections")
MOST = 2000
"""Subclasses beyond that are not looked at."""
_WRAPPING = ("fget", "fset", "fdel", "func", "__func__", "__wrapped__")


def mro(cls: type) -> tuple[type, ...]:
    """The class and its bases, in the order in which attributes are looked up."""
    found: tuple[type, ...] = _MRO.__get__(cls)
    return found


def inherits(cls: type, base: type) -> bool:
    """As ``issubclass``, which asks the metaclass."""
    return any(one is base for one in mro(cls))


def members(cls: type) -> Mapping[str, Any]:
    """What the class itself holds."""
    found: Mapping[str, Any] = _MEMBERS.__get__(cls)
    return found


def holds(cls: type, name: str) -> bool:
    """Whether the class or one of its bases holds the name."""
    return any(name in members(base) for base in mro(cls))


def keeps_a_dict(cls: type) -> bool:
    """Whether instances have a ``__dict__``, and so can be given any attribute."""
    return bool(_DICTOFFSET.__get__(cls))


def is_static(cls: type) -> bool:
    """Whether it is one of C's that no code of Python's can add to."""
    return not _FLAGS.__get__(cls) & _HEAP


def is_lower_bound(cls: type) -> bool:
    """Whether being an instance says little: of Python's own and of C's classes anything may inherit.

    A row of a cursor is a ``tuple`` of a class that is made for its query, and has the names of its columns.
    """
    own = is_static(cls) or module_of(cls) in _OF_PYTHON
    return own and bool(_FLAGS.__get__(cls) & _BASE)


def subclasses(cls: type) -> list[type]:
    """All loaded subclasses, at every depth; at most ``MOST`` and one."""
    found: dict[int, type] = {}  # a metaclass may have a __hash__ of its own
    waiting = [cls]
    while waiting and len(found) <= MOST:
        below: list[type] = type.__subclasses__(waiting.pop())
        for one in below:
            if id(one) not in found:
                found[id(one)] = one
                waiting.append(one)
    return list(found.values())


def module_of(cls: type) -> str:
    """The name of the module that it says it is from; empty where it says nothing."""
    name = _MODULE.__get__(cls)
    return name if isinstance(name, str) else ""


def qualname(cls: type) -> str:
    """``Outer.Inner``."""
    name: str = _QUALNAME.__get__(cls)
    return name


def qualified(cls: type) -> str:
    """``module.Outer.Inner``."""
    return f"{module_of(cls)}.{qualname(cls)}"


def functions(held: object, depth: int = 4) -> Iterator[types.FunctionType]:
    """The functions behind what a class holds under a name: of methods, properties and wrappers."""
    if type(held) is types.FunctionType:
        yield held
        inner = vars(held).get("__wrapped__")
        if inner is not None and depth:
            yield from functions(inner, depth - 1)
    elif type(held) in (staticmethod, classmethod, property) or _is_kind(held):
        for name in _WRAPPING:
            inner = static(held, name)
            if inner is not None and inner is not held and depth:
                yield from functions(inner, depth - 1)


def static(value: object, name: str) -> object:
    """An attribute of an object whose class has no ``__getattribute__`` of its own; ``None`` for none."""
    try:
        return object.__getattribute__(value, name)
    except Exception:
        return None


def _is_kind(held: object) -> bool:
    """Whether it is one of the descriptors of ``functools``, or of a subclass of ``property``."""
    return any(
        base is property or (module_of(base) == "functools" and base is not object)
        for base in mro(type(held))
    )


def dict_of(value: object) -> Mapping[str, Any]:
    """What an object's own ``__dict__`` holds; empty where its class does not leave that to Python."""
    for base in mro(type(value)):
        slot = members(base).get("__dict__")
        if slot is not None:
            plain = type(slot) in (types.GetSetDescriptorType, types.MemberDescriptorType)
            return _dict(slot.__get__(value)) if plain else {}
    return {}


def _dict(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def is_mapped(cls: type) -> bool:
    """Whether it is a class of SQLAlchemy's or a model of Django's."""
    return any(
        "__mapper__" in members(base) or qualified(base) == "django.db.models.base.Model" for base in mro(cls)
    )


def is_abstract(cls: type) -> bool:
    """Whether no instance can be made of it: abstract methods, or an abstract model."""
    held = members(cls)
    return bool(held.get("__abstractmethods__")) or held.get("__abstract__") is True or _abstract_model(held)


def _abstract_model(held: Mapping[str, Any]) -> bool:
    options = held.get("_meta")
    if options is None or module_of(type(options)) != "django.db.models.options":
        return False
    return static(options, "abstract") is True
