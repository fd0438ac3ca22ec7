"""What calling a class gives."""

from __future__ import annotations

import types

from ..presence.objects_held import member
from ..value import Call, Class, Instance, Known, Value

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
    if type(raw) is types.FunctionType and not _is_generated(raw) and not _is_single(raw, call):
        return None
    if cls.cls in (object, type, super) or issubclass(cls.cls, type):
        return None
    return Instance(cls.cls, Known("made", call.node.lineno), exact=cls.exact)


def _passes_on(definer: type) -> bool:
    """A metaclass of a library whose ``__call__`` gives what the class makes."""
    return f"{definer.__module__}.{definer.__qualname__}" in {
        "flask_sqlalchemy.model.DefaultMeta",
        "marshmallow.schema.SchemaMeta",
    }


def _is_single(function: types.FunctionType, call: Call) -> bool:
    """A serializer of Django REST framework, which gives a list of them for ``many=True`` alone."""
    return (
        function.__module__ == "rest_framework.serializers"
        and "many" not in call.keywords
        and not call.spread
    )


def _is_generated(function: types.FunctionType) -> bool:
    module = str(function.__module__)
    return module.startswith("namedtuple_") or module in PLAIN_NEW or module == "builtins"
