"""Columns whose SQLAlchemy type is an enumeration, with the labels that the type would really send."""

from __future__ import annotations

from typing import Any

OTHER_BIND = "its table belongs to the bind {!r}, which is another database"


def describe(column: Any) -> dict[str, object] | None:
    """The ``EnumColumn`` of a ``Column``, without ``model`` and ``location``; ``None`` for other types."""
    kind, array, opaque = _enum_behind(column.type)
    if kind is None:
        return None
    table = column.table
    bind = table.info.get("bind_key") or table.metadata.info.get(
        "bind_key"
    )  # Flask-SQLAlchemy's other databases
    if bind:
        opaque = OTHER_BIND.format(bind)
    members = _members(kind.enum_class)
    return {
        "table": str(table.name),
        "column": str(column.name),
        "schema": _text(table.schema),
        "type_name": _text(kind.name) or "",
        "type_schema": _text(kind.schema),
        "sends": _sends(kind),
        "enum": f"{kind.enum_class.__module__}.{kind.enum_class.__qualname__}" if kind.enum_class else "",
        "members": [{"name": name, "value": value} for name, value in members],
        "native": bool(kind.native_enum),
        "array": array,
        "opaque": opaque,
    }


def _enum_behind(kind: Any) -> tuple[Any, bool, str]:
    """The ``Enum`` that ``kind`` is or wraps, whether in an array, and why what is sent cannot be known."""
    from sqlalchemy import ARRAY, Enum
    from sqlalchemy.types import TypeDecorator

    array, opaque = False, ""
    for _ in range(20):  # types can be nested, but not for ever
        # SQLAlchemy 2 keeps the variants on the type; in 1.4 a decorator named Variant wraps it
        variants = getattr(kind, "_variant_mapping", None) or (
            getattr(kind, "mapping", None) if type(kind).__name__ == "Variant" else None
        )
        if variants and variants.get("postgresql") is not None:
            kind = variants["postgresql"]
        elif isinstance(kind, Enum):
            return kind, array, opaque or _custom(kind, Enum, ("bind_processor", "_db_value_for_lookup"))
        elif isinstance(kind, TypeDecorator):
            if type(kind).__name__ != "Variant":
                hooks = ("process_bind_param", "bind_processor", "load_dialect_impl", "bind_expression")
                opaque = opaque or _custom(kind, TypeDecorator, hooks)
            kind = kind.impl
        elif isinstance(kind, ARRAY):
            kind, array = kind.item_type, True
        else:
            break
    return None, array, opaque


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
