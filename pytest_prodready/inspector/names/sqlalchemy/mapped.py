"""Mapped classes as they are: their mappers, their attributes, what a library's class defines itself."""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Iterator
from typing import Any

from ...mapping import failures

LIBRARIES = ("sqlalchemy", "flask_sqlalchemy", "sqlmodel")


def module(name: str) -> dict[str, Any] | None:
    """What a loaded module holds; ``None`` when it is not loaded."""
    found = sys.modules.get(name)
    return vars(found) if isinstance(found, types.ModuleType) else None


def loaded(module: str, name: str) -> Any:
    """What the loaded ``module`` has under ``name``; ``None`` when it is not loaded or has none."""
    found = sys.modules.get(module)
    return vars(found).get(name) if isinstance(found, types.ModuleType) else None


def bases(cls: type) -> tuple[type, ...]:
    """The classes that ``cls`` is made of, itself first, without asking its metaclass."""
    found: tuple[type, ...] = type.__dict__["__mro__"].__get__(cls)
    return found


def namespace(cls: type) -> Any:
    """What ``cls`` itself defines, without asking its metaclass."""
    return type.__dict__["__dict__"].__get__(cls)


def static(cls: type, name: str) -> tuple[type | None, Any]:
    """The class that defines ``name`` for ``cls`` and what it defines; two times ``None`` for none."""
    for base in bases(cls):
        if name in namespace(base):
            return base, namespace(base)[name]
    return None, None


def of_library(cls: type, name: str) -> bool:
    """Whether what ``cls`` has as ``name`` is SQLAlchemy's, or that of a library around it."""
    owner, _ = static(cls, name)
    return owner is not None and module_of(owner).partition(".")[0] in LIBRARIES


def name_of(cls: type) -> str:
    """The name of a class, without asking its metaclass."""
    return str(type.__dict__["__name__"].__get__(cls))


def module_of(cls: type) -> str:
    """The module that defines a class; empty when it does not say so in a plain way."""
    module = namespace(cls).get("__module__")
    return module if isinstance(module, str) else ""


def mapper_of(cls: type) -> Any:
    """The mapper of a class that is mapped itself, configured with all around it; else ``None``."""
    mapper = namespace(cls).get("__mapper__")
    if mapper is None or module_of(type(mapper)).partition(".")[0] != "sqlalchemy":
        return None
    return mapper if is_whole(mapper) else None


def only_itself(mapper: Any) -> bool:
    """Whether the rows of a mapper are of its class and of no subclass."""
    try:
        return not list(vars(mapper)["_inheriting_mappers"])
    except Exception:  # another version keeps it elsewhere
        return False


def property_of(cls: type, name: str) -> Any:
    """The property that ``cls`` maps as ``name``, where nothing else of the class stands before it."""
    mapper = mapper_of(cls)
    properties = vars(mapper).get("_props") if mapper is not None else None
    if not isinstance(properties, dict) or name not in properties:
        return None
    _, found = static(cls, name)
    attribute = loaded("sqlalchemy.orm.attributes", "QueryableAttribute")
    if attribute is None or type(found) is attribute or attribute not in bases(type(found)):
        return None
    return properties[name] if found.key == name else None


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether ``value`` is an instance of a class that a loaded module has under ``name``."""
    cls = loaded(module, name)
    return isinstance(cls, type) and cls in bases(type(value))


def related(prop: Any) -> type | None:
    """The class that a relationship leads to; ``None`` for another property."""
    if not is_a(prop, "sqlalchemy.orm", "RelationshipProperty"):
        return None
    try:
        cls = prop.mapper.class_
    except Exception:  # it is not configured
        return None
    return cls if type in bases(type(cls)) else None


def class_has(cls: type, name: str) -> bool | None:
    """Whether ``getattr(cls, name)`` gives something; ``None`` where that cannot be told.

    That is where a metaclass may say anything, and where a subclass has it, which may stand for ``cls``.
    """
    if static(cls, name)[0] is not None:
        return True
    metaclass = type(cls)
    if static(metaclass, name)[0] is not None:
        return True
    for hook in ("__getattr__", "__getattribute__"):
        owner, _ = static(metaclass, hook)
        # that of pydantic, which SQLModel has, looks for private attributes
        if owner not in (None, type, object) and not module_of(owner).startswith("pydantic."):
            return None
    below: list[type] = type.__subclasses__(cls)
    return None if any(class_has(one, name) is not False for one in below) else False


def names(cls: type) -> frozenset[str]:
    """The names that a query may use of a mapped class: its mapped attributes, hybrids and the like."""
    found: set[str] = set()
    mapper = mapper_of(cls)
    if mapper is not None:
        found.update(vars(mapper).get("_props") or ())
    for base in bases(cls):
        for name, value in list(namespace(base).items()):
            if module_of(type(value)).startswith("sqlalchemy.ext."):  # a hybrid, an association proxy
                found.add(name)
    return frozenset(name for name in found if not name.startswith("_"))


def columns(cls: type) -> frozenset[str]:
    """The keys and names of the columns of a mapped class."""
    mapper = mapper_of(cls)
    found: set[str] = set()
    for column in list(mapper.columns) if mapper is not None else ():
        found.update(str(text) for text in (column.key, column.name) if text is not None)
    return frozenset(found)


def mappers() -> Iterator[Any]:
    """Every mapper of this interpreter."""
    registries = loaded("sqlalchemy.orm.mapper", "_all_registries")
    for registry in list(registries()) if registries is not None else ():
        try:
            yield from list(registry.mappers)
        except Exception:  # noqa: S112  # a class that was given up half-way
            continue


def configure() -> None:
    """Configure all mappers, as the first query does; what fails is said by another rule."""
    waiting = [mapper for mapper in mappers() if vars(mapper).get("configured") is not True]
    if waiting:
        failures.configure(list(mappers()))


def is_whole(mapper: Any) -> bool:
    """Whether a mapper and all that are declared with it are configured.

    Where one could not be, others may lack the attributes that it would have brought them.
    """
    registry = vars(mapper).get("registry")
    try:
        if registry not in _WHOLE and all(vars(one).get("configured") is True for one in registry.mappers):
            _WHOLE.add(registry)
        return registry in _WHOLE
    except Exception:  # SQLAlchemy before 1.4 has none, or a class was given up half-way
        return False


_WHOLE: weakref.WeakSet[Any] = weakref.WeakSet()
"""Registries whose mappers are all configured."""


def version() -> tuple[int, int]:
    """The first two numbers of SQLAlchemy's version; ``(0, 0)`` when it is not loaded."""
    numbers = str(loaded("sqlalchemy", "__version__") or "0.0").split(".")
    return (int(numbers[0]), int(numbers[1])) if all(part.isdigit() for part in numbers[:2]) else (0, 0)
