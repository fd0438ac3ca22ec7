"""All attributes that a class lists: of its instances, or of itself."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...parsed import Parsed
from ...project import Project, source_file
from ...sources import is_a
from . import class_objects, raised, stored
from .stored import BY_KEY, CLOSED, OPEN, Statement, Stored

CLOSED_BASES = {
    "django.core.cache.backends.base.BaseCache",
    "django.db.models.base.Model",
    "django.db.models.manager.BaseManager",
    "django.db.models.manager.Manager",
    "django.db.models.query.QuerySet",
    "django.views.generic.base.View",
    "enum.Enum",
    "flask_sqlalchemy.model.Model",
    "pydantic.main.BaseModel",
    "pydantic.v1.main.BaseModel",
    "pydantic_settings.main.BaseSettings",
    "rest_framework.viewsets.ViewSetMixin",
    "sqlalchemy.orm.decl_api.DeclarativeBase",
    "sqlalchemy.orm.decl_api.DeclarativeBaseNoMeta",
    "sqlalchemy.orm.decl_api.MappedAsDataclass",
    "sqlmodel.main.SQLModel",
    "wtforms.form.Form",
}
"""Classes of libraries that store under variable names, always those that are fields or columns of theirs."""
GIVEN = {"wtforms.form.Form": {f"csrf{stored.ANY}"}}
"""What instances of these have besides."""
OPEN_BASES = {
    "_io.TextIOWrapper",
    "logging.LogRecord",
    "types.SimpleNamespace",
    "typing.Any",
    "unittest.mock.Base",
}
"""Classes whose instances are given attributes by others, or stand for others."""
ANSWERING = {"pydantic.main.BaseModel", "sqlmodel.main.SQLModel"}
"""Classes whose ``__getattr__`` answers for what is listed, unless they are told to keep more."""
ANSWERING_METACLASSES = {
    "enum.EnumMeta",
    "enum.EnumType",
    "pydantic._internal._model_construction.ModelMetaclass",
}
OF_C = {
    "_collections",
    "_decimal",
    "_functools",
    "_thread",
    "builtins",
    "collections",
    "datetime",
    "decimal",
    "re",
    "zoneinfo",
}
"""Modules whose classes find attributes as ``object`` does."""
DICTS_OF_C = {"collections.OrderedDict", "functools.partial"}
"""Classes of C's that put nothing into the dict that their instances have."""
STRANGE = {"builtins.super", "builtins.method", "builtins.module", "builtins.type", "_thread._local"}
"""Classes among them that do not."""
PLAIN = (type, types.BuiltinFunctionType, types.WrapperDescriptorType, types.MethodDescriptorType)
"""What a class may hold besides functions and data, with no code of its own to store anything."""
FIELDS = (
    "__annotations__",
    "__attrs_attrs__",
    "__dataclass_fields__",
    "__fields__",
    "__private_attributes__",
    "__pydantic_fields__",
    "_fields",
    "model_fields",
)
"""Where classes list what each instance has."""


class Listed(NamedTuple):
    """What is listed, and whether there may be more."""

    names: frozenset[str]
    opened: int = CLOSED
    read: tuple[tuple[str, str], ...] = ()
    """File and qualified name of the class statements that were read."""

    def has(self, name: str) -> bool:
        """Whether an attribute of this name is listed, by itself or by how it begins."""
        return name in self.names or any(
            one.endswith(stored.ANY) and name.startswith(one[:-1]) for one in self.names
        )


class Listing:
    """Lists the attributes of classes, each once.

    Args:
        project: tells which classes are the application's.
        parsed: reads the sources of these, and those of libraries where their compiled code leaves doubts.
    """

    def __init__(self, project: Project, parsed: Parsed) -> None:
        self._project = project
        self._parsed = parsed
        self._known: dict[tuple[str, int], tuple[type, Listed]] = {}

    def of_instances(self, cls: type) -> Listed:
        """What each instance of exactly this class has."""
        return self._once("instances", cls, self._instances)

    def of_class(self, cls: type) -> Listed:
        """What the class itself has, and what only its instances are sure to have."""
        return self._once("class", cls, self._class)

    def _once(self, what: str, cls: type, find: Callable[[type], Listed]) -> Listed:
        key = what, id(cls)  # the class may have a hash of its own
        if key not in self._known:
            self._known[key] = cls, find(cls)
        return self._known[key][1]

    def _instances(self, cls: type) -> Listed:
        names: set[str] = set()
        opened = _answers(cls)
        read: list[tuple[str, str]] = []
        with_dict = class_objects.keeps_a_dict(cls)
        for base in class_objects.mro(cls):
            names.update(class_objects.members(base))
            if with_dict and base is not object:
                own = self._once("base", base, self._base)
                names |= own.names
                opened = max(opened, own.opened)
                read += own.read
        for meta in class_objects.mro(type(cls)):
            making = class_objects.members(meta).get("__call__") if meta is not type else None
            for function in class_objects.functions(making):
                given = self._of_function(function.__code__)
                names |= given.names
                opened = max(opened, given.opened)
        of_python = not any(_of_c(base) for base in class_objects.mro(cls))
        if with_dict and of_python and all(name.startswith("__") for name in names):
            opened = OPEN  # it is there to be given attributes
        return Listed(frozenset(names), opened, tuple(read))

    def _class(self, cls: type) -> Listed:
        of_instances = self.of_instances(cls)
        names = set(of_instances.names)
        opened = of_instances.opened
        for meta in class_objects.mro(type(cls)):
            held = class_objects.members(meta)
            names.update(held)
            known = class_objects.qualified(meta) in ANSWERING_METACLASSES
            if "__getattr__" in held and not known:
                opened = OPEN
            if type(held.get("__getattribute__")) is types.FunctionType:
                opened = OPEN
        return Listed(frozenset(names), opened, of_instances.read)

    def _base(self, base: type) -> Listed:
        """What one class of a hierarchy adds: by its source, and by its functions that stand elsewhere."""
        held = class_objects.members(base)
        names = _fields(held)
        opened = CLOSED
        with_dict = class_objects.keeps_a_dict(base)
        file = source_file(sys.modules.get(class_objects.module_of(base)))
        own_file = bool(file) and self._project.owns_file(file)
        if not own_file and raised.by_c(base, file):
            return Listed(frozenset(names), OPEN)
        if class_objects.is_static(base):
            known = class_objects.qualified(base) in DICTS_OF_C or class_objects.inherits(base, BaseException)
            return Listed(frozenset(names | {"__notes__"}), OPEN if with_dict and not known else CLOSED)
        if file and not own_file:
            compiled = _by_code(held)
            if compiled is not None:
                return Listed(frozenset(names | compiled), CLOSED, ((file, class_objects.qualname(base)),))
        source = self._source(file)
        if source is None:
            return Listed(frozenset(names), OPEN if with_dict else CLOSED)
        name = class_objects.qualname(base).rpartition("<locals>.")[2]
        own = [one for one in source[0] if one[0] == name]
        for _, _, _, more, how in own:
            names.update(more)
            opened = max(opened, how)
        for given in self._of_functions(held, file, own):
            names |= given.names
            opened = max(opened, given.opened)
        if class_objects.qualified(base) in CLOSED_BASES:
            return Listed(frozenset(names | GIVEN.get(class_objects.qualified(base), set())))
        return Listed(frozenset(names), opened, ((file, name),))

    def _source(self, file: str) -> stored.Read | None:
        found: stored.Read | None = self._parsed.of(file, stored.READING, stored.read) if file else None
        return found

    def _of_functions(self, held: Mapping[str, Any], file: str, own: list[Statement]) -> list[Stored]:
        """What the functions store that do not stand in the class statement."""
        found = []
        listed = any(field in held for field in FIELDS if field != "__annotations__")
        for one in held.values():
            for function in class_objects.functions(one):
                code = function.__code__
                within = code.co_filename == file and any(
                    first <= code.co_firstlineno <= last for _, first, last, _, _ in own
                )
                generated = code.co_filename.startswith("<") and (listed or "__mapper__" in held)
                if not within and not generated:
                    found.append(self._of_function(code))
        return found

    def _of_function(self, code: types.CodeType) -> Stored:
        source = self._source(code.co_filename) if code.co_filename.endswith(".py") else None
        if source is None:
            return stored.of_code(code)
        if code.co_firstlineno in source[1]:
            names, opened = source[1][code.co_firstlineno]
            return Stored(frozenset(names), opened)
        given = stored.of_code(code)  # it stores nothing, or the source is not what was compiled
        return given if given.names else Stored(frozenset())


def _by_code(held: Mapping[str, Any]) -> set[str] | None:
    """The names that the methods of a class store; ``None`` where their compiled code leaves a doubt."""
    if "__annotate_func__" in held or "__annotate__" in held:
        return None
    names: set[str] = set()
    for name, one in held.items():
        known = False
        for function in class_objects.functions(one):
            known = True
            given = stored.of_code(function.__code__)
            names |= given.names
            if given.opened and name not in stored.RESTORING:
                return None
        if not known and callable(one) and not is_a(one, *PLAIN):
            return None
    return names


def _of_c(base: type) -> bool:
    return class_objects.is_static(base) and base is not object


def _fields(held: Mapping[str, Any]) -> set[str]:
    names: set[str] = set()
    for field in FIELDS:
        listed: Any = held.get(field)
        if listed is not None and type(listed) in (dict, types.MappingProxyType):
            names.update(name for name in listed if type(name) is str)
        elif is_a(listed, tuple):
            for one in tuple.__iter__(listed):
                name = one if type(one) is str else class_objects.static(one, "name")
                if type(name) is str:
                    names.add(name)
    return names


def _answers(cls: type) -> int:
    """Whether instances answer for names that are not listed."""
    for base in class_objects.mro(cls):
        held = class_objects.members(base)
        name = class_objects.qualified(base)
        if name in OPEN_BASES or name in STRANGE or (base is cls and held.get("_is_protocol") is True):
            return OPEN
        if "__getattr__" in held and not (name in ANSWERING and not _keeps_more(cls)):
            return OPEN
        found = held.get("__getattribute__")
        if found is not None and base is not object:
            of_c = class_objects.is_static(base) and (
                class_objects.module_of(base) in OF_C or class_objects.inherits(base, BaseException)
            )
            if type(found) is types.FunctionType or not of_c:
                return OPEN
        config = held.get("__config__")
        if config is not None and _keeps_more(cls):
            return OPEN
    return CLOSED


def _keeps_more(cls: type) -> bool:
    """Whether a model of pydantic's keeps what is no field of it."""
    for base in class_objects.mro(cls):
        held = class_objects.members(base)
        config = held.get("model_config")
        if type(config) is dict:
            return config.get("extra") == "allow"
        old: Any = held.get("__config__")
        if is_a(old, type):
            for one in class_objects.mro(old):
                extra = class_objects.members(one).get("extra")
                if extra is not None:
                    return not is_a(extra, str) or str.__str__(extra) == "allow"
    return True


__all__ = ["BY_KEY", "CLOSED", "OPEN", "Listed", "Listing"]
