"""Fields of Django's models that have choices, with the values that they would send."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from ..project import Project
from . import class_source, django_models
from .failures import qualified

_HOOKS = ("get_prep_value", "get_db_prep_value", "get_db_prep_save", "get_placeholder", "pre_save")


def columns(project: Project) -> list[dict[str, Any]]:
    """An ``EnumColumn`` for each field of text or whole numbers that has choices."""
    found = []
    for model in django_models.models():
        meta: Any = model._meta  # type: ignore[attr-defined]  # a class of Django's
        for field in meta.local_concrete_fields:
            described = _described(field, model)
            if described is not None:
                location = class_source.attribute_place(model, str(field.name), project)
                found.append({**described, "location": location})
    return sorted(found, key=lambda one: (one["bind"], one["schema"] or "", one["table"], one["column"]))


def _described(field: Any, model: type) -> dict[str, Any] | None:
    inner, array = field, False
    if field.get_internal_type() == "ArrayField":
        inner, array = field.base_field, True
    family = django_models.FAMILIES.get(inner.get_internal_type(), "")
    choices = inner.choices
    if choices is None or field.is_relation or not field.column or family not in ("text", "integer"):
        return None
    opaque = _custom(inner)
    values: list[Any] = []
    if isinstance(choices, (list, tuple)):
        # what stands for nothing is shown by a form, and not stored as a choice
        values = [value for value in _flat(choices) if value is not None and value != ""]
    else:  # a function, which may ask the database, or something lazy
        opaque = opaque or "its choices are made when they are needed"
    kind = str if family == "text" else int
    if any(not isinstance(value, kind) or isinstance(value, bool) for value in values):
        return None
    sends = [str.__str__(value) if kind is str else str(int(value)) for value in values]
    enum = _enum(sends, model) if kind is str else None
    schema, table = django_models.place(model)
    length = getattr(inner, "max_length", None)
    return {
        "table": table,
        "column": str(field.column),
        "schema": schema,
        "model": qualified(model),
        "type_name": "",
        "type_schema": None,
        "sends": sends,
        "enum": f"{enum.__module__}.{enum.__qualname__}" if enum is not None else "",
        "members": [
            {"name": str(name), "value": str.__str__(member.value)}
            for name, member in (dict(enum.__members__).items() if enum is not None else ())
        ],
        "native": False,
        "array": array,
        "opaque": opaque,
        "bind": django_models.bind(model),
        "framework": "django",
        "length": length if isinstance(length, int) and kind is str else None,
        "reads": None,
        "numeric": kind is int,
    }


def _flat(choices: Any) -> Iterator[Any]:
    """The values, with those of groups."""
    for pair in choices:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            continue
        value, shown = pair
        if isinstance(shown, (list, tuple)):
            yield from _flat(shown)
        else:
            yield value


def _custom(field: Any) -> str:
    """Which method of a field of the application's own decides what is sent; empty where Django does."""
    for cls in type(field).__mro__:
        if cls.__module__.startswith("django."):
            continue
        for hook in _HOOKS:
            if hook in vars(cls):
                return f"{cls.__qualname__}.{hook} decides what is sent"
    return ""


def _enum(sends: list[str], model: Any) -> Any:
    """The class of the model, or of its module, whose values the choices are: Django keeps only these."""
    import enum

    module = sys.modules.get(model.__module__)
    places = [*(vars(cls) for cls in model.__mro__), vars(module) if module is not None else {}]
    for names in places:
        for value in list(names.values()):
            if enum.EnumMeta not in type(value).__mro__:
                continue
            texts = [one.value for one in dict(value.__members__).values()]
            same = sends and all(isinstance(text, str) for text in texts)
            if same and [str.__str__(text) for text in texts] == sends:
                return value
    return None
