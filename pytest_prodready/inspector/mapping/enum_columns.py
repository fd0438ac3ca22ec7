"""Columns whose SQLAlchemy type is an enumeration, with the labels that the type would really send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import column_types, tables


def describe(column: Any) -> list[dict[str, object]]:
    """The ``EnumColumn`` of a ``Column``, without ``model`` and ``location``; none for other types.

    There are several where the mapping names types for some vendors.
    """
    return [_described(column, *form) for form in _forms(column.type)]


def _described(
    column: Any, kind: Any, array: bool, opaque: str, vendors: list[str], others: list[str]
) -> dict[str, object]:
    table = column.table
    sends = _sends(kind)
    return {
        "table": str(table.name),
        "column": str(column.name),
        "schema": _text(table.schema),
        "type_name": _text(kind.name) or "",
        "type_schema": _text(kind.schema),
        "sends": sends,
        "enum": f"{kind.enum_class.__module__}.{kind.enum_class.__qualname__}" if kind.enum_class else "",
        "members": [{"name": name, "value": value} for name, value in _members(kind.enum_class)],
        "native": bool(kind.native_enum),
        "array": array,
        "opaque": opaque,
        "bind": tables.bind(table),
        "check": bool(kind.create_constraint),
        "constraint": _text(kind.name) or "",
        "length": getattr(kind, "length", None),
        # SQLAlchemy 1.4 reads aliases, which it never sends
        "reads": None if opaque else [str(label) for label in kind.enums],
        "vendors": vendors,
        "other_vendors": others,
    }


def _forms(kind: Any) -> Iterator[tuple[Any, bool, str, list[str], list[str]]]:
    """What :func:`_enum_behind` gives, for each vendor that the mapping names a type for, and for the others.

    The vendors are those of ``with_variant``: the last two are the ones that a form is for, and is not for.
    """
    variants = _variants(kind)
    for vendor, own in sorted(variants.items()):
        found, array, opaque = _enum_behind(own)
        if found is not None:
            yield found, array, opaque, [vendor], []
    found, array, opaque = _enum_behind(kind)
    if found is not None:
        yield found, array, opaque, [], sorted(variants)


def _variants(kind: Any) -> dict[str, Any]:
    # SQLAlchemy 2 keeps the variants on the type; in 1.4 a decorator named Variant wraps it
    found = getattr(kind, "_variant_mapping", None)
    if not found and type(kind).__name__ == "Variant":
        found = getattr(kind, "mapping", None)
    return {str(vendor): own for vendor, own in dict(found or {}).items()}


def _enum_behind(kind: Any) -> tuple[Any, bool, str]:
    """The ``Enum`` that ``kind`` is or wraps, whether in an array, and why what is sent cannot be known."""
    from sqlalchemy import Enum
    from sqlalchemy.types import TypeDecorator

    opaque = ""
    for layer, array in column_types.layers(kind):
        if isinstance(layer, Enum):
            return layer, array, opaque or _custom(layer, Enum, ("bind_processor", "_db_value_for_lookup"))
        if isinstance(layer, TypeDecorator) and type(layer).__name__ != "Variant":
            hooks = ("process_bind_param", "bind_processor", "load_dialect_impl", "bind_expression")
            opaque = opaque or _custom(layer, TypeDecorator, hooks)
    return None, False, ""


def _custom(kind: Any, base: type, hooks: tuple[str, ...]) -> str:
    """Which of ``hooks`` a class that is not SQLAlchemy's own puts in the way of what is sent."""
    for cls in type(kind).__mro__:
        if cls is base:
            break
        for hook in hooks:
            if hook in vars(cls) and not cls.__module__.startswith("sqlalchemy."):
                return f"{cls.__qualname__}.{hook} decides what is sent"
    return ""


def _sends(kind: Any) -> list[str]:
    labels = [str(label) for label in kind.enums]
    every = dict(kind.enum_class.__members__) if kind.enum_class else {}
    if len(every) == len(labels):
        # SQLAlchemy 1.4 lists aliases too, but always sends the first name of a member
        return [label for label, (name, member) in zip(labels, every.items()) if member.name == name]  # noqa: B905 - checked
    return labels


def _members(cls: Any) -> list[tuple[str, str | None]]:
    """Name and value of each member, without aliases; a value that is no string is ``None``."""
    found = []
    for name, member in dict(cls.__members__).items() if cls else ():
        if member.name == name:
            value = member.value
            found.append((str(name), str.__str__(value) if isinstance(value, str) else None))
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)  # quoted_name is a subclass of str
