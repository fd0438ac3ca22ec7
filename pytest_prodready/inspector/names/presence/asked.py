"""Whether a value has an attribute, told from its class alone: nothing of the application runs."""

from __future__ import annotations

import functools
import re
import sys
import types
from collections.abc import Collection, Iterable
from importlib.machinery import PathFinder

from ...parsed import Parsed
from ...project import Project, source_file
from ...sources import members
from ..sqlalchemy.mapped import is_whole
from ..value import Class, Instance, Live, Value
from . import class_objects, raised
from .confirm import Confirm
from .descended import Descended
from .listed import BY_KEY, CLOSED, Listed, Listing
from .near import nearest

FUNCTIONS = (types.FunctionType, type(functools.lru_cache(len)))
SAID = ("annotated", "returned")
OF_DATA = {name for cls in (dict, list, str, int, set, bytes) for name in vars(cls)}
"""Where an annotation says something else than the truth, it is mostly data that it is about."""
ABSTRACT = re.compile(r"[Mm]ixin|Abstract|Protocol|Interface|^_?Base(?![a-z])|Base$")
"""In the name of a class that is there to be inherited from."""


class Presence:
    """Tells which attributes are there.

    Args:
        project: the application.
        parsed: reads sources.
    """

    def __init__(self, project: Project, parsed: Parsed) -> None:
        self._listing = Listing(project, parsed)
        self._project = project
        self._confirm = Confirm(project)
        self._descended = Descended(project)
        self._told: dict[tuple[object, ...], tuple[type, bool | None]] = {}

    def lacks(self, value: Value, name: str) -> bool | None:
        """Whether the attribute is provably absent; ``None`` where that cannot be told.

        A caller that gets ``True`` asks :meth:`confirmed` before anything is said to the user.
        """
        if name.startswith("_") and "__" in name:
            return None  # Python's own, or of one class alone
        try:
            if isinstance(value, Instance):
                if name in value.extra:
                    return False
                return None if value.opened else self._once(value.cls, name, "exact" if value.exact else "")
            if isinstance(value, Class):
                return self._once(value.cls, name, "class")
            return self._of_live(value.value, name)
        except Exception:  # a foreign class may be anything
            return None

    def confirmed(self, value: Value, name: str, judged: Collection[str] = ()) -> bool:
        """Whether nobody else gives an attribute that is lacking to such a value, by the sources.

        To be asked for those few that are left in the end: it searches the text of every loaded module.

        Args:
            value: as for :meth:`lacks`, which has said ``True``.
            name: the attribute.
            judged: the files of the application in which the class of every object that is given an attribute
                of this name is known; all others are searched for it.
        """
        cls = _class_of(value)
        if isinstance(value, Instance) and value.known.how in SAID and name in OF_DATA:
            return False
        try:
            exact = getattr(value, "exact", True)  # else it may be of a subclass
            if cls is not None and not exact and self._descended.may_have(cls, name):
                return False
            read = self._listing.of_instances(cls).read if cls is not None else ()
            libraries = [one for one in read if not self._project.owns_file(one[0])]
            return self._confirm.confirmed(cls, name, libraries, judged)
        except Exception:
            return False

    def nearest(self, value: Value, name: str) -> str:
        """The attribute that was most likely meant; empty where none is near."""
        try:
            if isinstance(value, Live):
                names = {*class_objects.dict_of(value.value)}
                if type(value.value) is not types.ModuleType:
                    names |= self._listing.of_instances(type(value.value)).names
            else:
                of = self._listing.of_instances if isinstance(value, Instance) else self._listing.of_class
                names = {*of(value.cls).names, *(value.extra if isinstance(value, Instance) else ())}
        except Exception:
            return ""
        shown = [one for one in names if one.isidentifier() and (one[0] != "_" or name.startswith("_"))]
        return nearest(name, shown)

    def _once(self, cls: type, name: str, what: str) -> bool | None:
        key = id(cls), name, what  # the class may have a hash of its own
        if key not in self._told:
            lacks = self._of_class(cls, name) if what == "class" else self._of_instance(cls, bool(what), name)
            self._told[key] = cls, lacks
        return self._told[key][1]

    def _of_instance(self, cls: type, exact: bool, name: str) -> bool | None:
        if cls is object or not _configured(cls):
            return None
        if class_objects.holds(cls, name):
            return False
        listed = self._listing.of_instances(cls)
        if listed.has(name):
            return False
        if self._open(cls, listed.opened, name) or (name.startswith("_") and _is_internal(cls, name, listed)):
            return None
        if not exact and raised.may_carry_more(cls):
            return None
        return True if exact else self._no_subclass_has(cls, name)

    def _of_class(self, cls: type, name: str) -> bool | None:
        if cls is object or not _configured(cls):
            return None
        listed = self._listing.of_class(cls)
        if listed.has(name):
            return False
        return None if self._open(cls, listed.opened, name) else self._no_subclass_has(cls, name)

    def _no_subclass_has(self, cls: type, name: str) -> bool | None:
        below = class_objects.subclasses(cls)
        if len(below) > class_objects.MOST:
            return None
        if not below and (
            ABSTRACT.search(class_objects.qualname(cls).rpartition(".")[2]) or class_objects.is_abstract(cls)
        ):
            return None  # its subclasses are somewhere else
        for one in below:
            listed = self._listing.of_instances(one)
            if listed.has(name) or self._open(one, listed.opened, name):
                return None
        return True

    def _open(self, cls: type, opened: int, name: str) -> bool:
        """Whether an instance may have the name although it is not listed."""
        if opened == BY_KEY and class_objects.is_mapped(cls):
            return self._confirm.is_written(name)  # the keys are its columns, as a rule
        return opened != CLOSED

    def _of_live(self, value: object, name: str) -> bool | None:
        if type(value) is not types.ModuleType:
            if name in class_objects.dict_of(value):
                return False
            if type(value) in FUNCTIONS:  # what may be given to others, these have got
                return not class_objects.holds(type(value), name)
            return self._once(type(value), name, "exact")
        held = members(value)
        if name in held:
            return False
        module = held.get("__name__")
        if "__getattr__" in held or not isinstance(module, str) or f"{module}.{name}" in sys.modules:
            return None
        path = held.get("__path__")
        if isinstance(path, Iterable) and PathFinder.find_spec(f"{module}.{name}", [*path]) is not None:
            return None
        return None if self._confirm.stands_in(source_file(value), name) else True


def _class_of(value: Value) -> type | None:
    if isinstance(value, Live):
        return None if type(value.value) is types.ModuleType else type(value.value)
    return value.cls


def _is_internal(cls: type, name: str, listed: Listed) -> bool:
    """Whether it may be where a descriptor keeps the value of another attribute, or a framework's own."""
    return name.lstrip("_") in listed.names or class_objects.is_mapped(cls)


def _configured(cls: type) -> bool:
    """Whether a mapped class has all its attributes: other classes add some once all are configured."""
    mapper = class_objects.members(cls).get("__mapper__")
    return mapper is None or is_whole(mapper)
