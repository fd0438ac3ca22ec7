"""What calling a class gives."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

from ..presence.objects_held import is_class, member
from ..value import Call, Class, Instance, Known, Value

SERIALIZERS = "rest_framework.serializers"
PLAIN_NEW = {"pathlib", "pathlib._local", "typing", "typing_extensions", "collections", "abc"}
"""Modules whose ``__new__`` in Python gives an instance of the class that is called."""


def made(cls: Class, call: Call) -> Value | None:
    """An instance of the class; ``None`` where calling it may give anything else."""
    kind = type(cls.cls)
    calling = member(kind, "__call__")
    if calling is None or (calling.definer is not type and not _passes_on(calling.definer)):
        return None
    own = vars(cls.cls)
    if own.get("_is_protocol") or "_member_map_" in own:
        return None
    making = member(cls.cls, "__new__")
    if making is None:
        return None
    raw = making.raw.__func__ if type(making.raw) is staticmethod else making.raw
    if type(raw) is types.FunctionType and raw.__module__ == SERIALIZERS:
        return _serializer(cls, call)
    if type(raw) is types.FunctionType and not _is_generated(raw):
        return None
    if cls.cls in (object, type, super) or issubclass(cls.cls, type):
        return None
    known = Known("made", call.node.lineno, parameters=cls.parameters)
    return Instance(cls.cls, known, exact=cls.exact)


def _passes_on(definer: type) -> bool:
    """A metaclass of a library whose ``__call__`` gives what the class makes."""
    return f"{definer.__module__}.{definer.__qualname__}" in {
        "flask_sqlalchemy.model.DefaultMeta",
        "marshmallow.schema.SchemaMeta",
        "wtforms.form.FormMeta",
    }


def _serializer(cls: Class, call: Call) -> Value | None:
    """A serializer of Django REST framework; for ``many=True``, and for that alone, the one of its list."""
    if call.spread:
        return None
    known = Known("made", call.node.lineno)
    if "many" not in call.keywords:
        return Instance(cls.cls, known, exact=cls.exact)
    many = next((one.value for one in call.node.keywords if one.arg == "many"), None)
    listing = member(cls.cls, "many_init")
    if not isinstance(many, ast.Constant) or many.value is not True or listing is None:
        return None
    if f"{listing.definer.__module__}.{listing.definer.__qualname__}" != f"{SERIALIZERS}.BaseSerializer":
        return None
    meta = member(cls.cls, "Meta")
    named = member(meta.raw, "list_serializer_class") if meta is not None and is_class(meta.raw) else None
    of_list: Any = named.raw if named is not None else vars(sys.modules[SERIALIZERS]).get("ListSerializer")
    return Instance(of_list, known, exact=cls.exact) if is_class(of_list) else None


def _is_generated(function: types.FunctionType) -> bool:
    module = str(function.__module__)
    return module.startswith("namedtuple_") or module in PLAIN_NEW or module == "builtins"
