"""What the attributes of a Django model's instance give."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterator
from typing import Any

from ..value import Instance, Known
from .models import field, held, is_model, manager, of_django, options, own
from .query import Query, Row, relation

PLAIN: dict[str, type] = {
    "AutoField": int,
    "BigAutoField": int,
    "BigIntegerField": int,
    "BooleanField": bool,
    "CharField": str,
    "DateField": dt.date,
    "DateTimeField": dt.datetime,
    "DecimalField": decimal.Decimal,
    "DurationField": dt.timedelta,
    "EmailField": str,
    "FilePathField": str,
    "FloatField": float,
    "GenericIPAddressField": str,
    "IntegerField": int,
    "PositiveBigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "SlugField": str,
    "SmallAutoField": int,
    "SmallIntegerField": int,
    "TextField": str,
    "TimeField": dt.time,
    "URLField": str,
    "UUIDField": uuid.UUID,
}
"""Django's own class of a field → what its values are."""
CHANGING = (
    "__get__",
    "contribute_to_class",
    "descriptor_class",
    "from_db_value",
    "get_db_prep_value",
    "get_prep_value",
    "pre_save",
    "to_python",
)
"""What a class of fields may hold that gives its values another class."""
FORWARD = ("ForwardManyToOneDescriptor", "ForwardOneToOneDescriptor")
MANY = ("ReverseManyToOneDescriptor", "ManyToManyDescriptor", "ReverseGenericManyToOneDescriptor")
FILES = ("FileDescriptor", "ImageFileDescriptor")
KEPT = Known("kept")


def plain_class(column: Any) -> type | None:
    """The class that the values of a field have in Python; ``None`` where that is not plain."""
    for _ in range(20):
        if getattr(column, "remote_field", None) is None:
            break
        targets: Any = getattr(column, "foreign_related_fields", None) or ()
        if len(targets) != 1 or not column.concrete:
            return None
        column = targets[0]
    if own(type(column), *CHANGING):
        return None
    django = next((one for one in type(column).__mro__ if of_django(one)), None)
    if django is None or not django.__module__.startswith("django.db.models.fields"):
        return None
    return PLAIN.get(django.__name__)


def column_value(column: Any, known: Known = KEPT) -> Instance | None:
    """What a field's column holds; the code may have put a value of a subclass there."""
    cls = plain_class(column)
    return None if cls is None else Instance(cls, known, optional=bool(column.null))


def path_value(model: type, path: str, known: Known) -> Instance | None:
    """What ``values_list("owner__name")`` gives for a path that leads to a column."""
    parts = path.split("__")
    for part in parts[:-1]:
        step = field(model, part)
        following = getattr(step, "related_model", None)
        if not isinstance(following, type):
            return None
        model = following
    last = field(model, parts[-1])
    if last is None and parts[-1].endswith("_id"):
        last = next((one for one in options(model).concrete_fields if one.attname == parts[-1]), None)
    if last is None or not getattr(last, "concrete", False):
        return None
    return column_value(last, known)


def attribute(owner: Instance, name: str) -> Instance | None:
    """What ``owner.name`` gives for an instance of a model."""
    if name in owner.extra:
        return None
    found = held(owner.cls, name)[1]
    if found is None or not of_django(type(found)) or _changed_below(owner, name, found):
        return None
    kind = type(found).__name__
    if kind in ("DeferredAttribute", "ForeignKeyDeferredAttribute"):
        return None if owner.opened else column_value(found.field)
    if kind in FILES:
        cls = found.field.attr_class
        return Instance(cls, KEPT) if isinstance(cls, type) else None
    if kind in FORWARD:
        return _forward(owner, found.field)
    if kind == "ReverseOneToOneDescriptor":
        return _related(found.related.related_model)
    return None


def references(model: type, name: str) -> Iterator[str]:
    """The foreign keys of a model that are stored in the column whose attribute is ``name``."""
    for one in options(model).fields:
        local: Any = getattr(one, "local_related_fields", None) or ()
        if one.name != name and any(column.attname == name for column in local):
            yield str(one.name)


def _changed_below(owner: Instance, name: str, found: object) -> bool:
    """Whether a loaded subclass means something else by a name."""
    if owner.exact:
        return False
    waiting: list[type] = type.__subclasses__(owner.cls)
    while waiting:
        cls = waiting.pop()
        other = vars(cls).get(name)
        if other is not None and (type(other) is not type(found) or _of(other) is not _of(found)):
            return True
        waiting += type.__subclasses__(cls)
    return False


def _of(descriptor: Any) -> object:
    """What kind of values a descriptor gives, to be compared."""
    column = vars(descriptor).get("field")
    remote = getattr(column, "remote_field", None)
    return remote.model if remote is not None else type(column)


def _forward(owner: Instance, foreign_key: Any) -> Instance | None:
    """What a foreign key gives; ``None`` in its place where it is null, unless the query excludes that."""
    value = _related(foreign_key.remote_field.model)
    if value is None or not foreign_key.null:
        return value
    if isinstance(owner.state, Row) and foreign_key.name in owner.state.present:
        return value
    return value._replace(optional=True, state=relation(foreign_key.model, foreign_key.name))


def _related(model: object) -> Instance | None:
    """An instance that is looked up through a relation, or that the code has put there."""
    if not isinstance(model, type) or not is_model(model):
        return None
    base = manager(model, "_base_manager")
    # another base manager may annotate its rows
    return Instance(model, KEPT, opened=base is None or own(type(base), "get_queryset"))


def many(owner: Instance, name: str, line: int) -> tuple[type, Query] | None:
    """Class and query of the manager that a relation to many objects gives."""
    if name in owner.extra:
        return None
    found = held(owner.cls, name)[1]
    kind = type(found).__name__
    if kind not in MANY or not of_django(type(found)) or _changed_below(owner, name, found):
        return None
    rel = found.rel
    if kind == "ReverseManyToOneDescriptor":
        model = rel.related_model
    elif kind == "ManyToManyDescriptor":
        model = rel.related_model if found.reverse else rel.model
    else:
        model = rel.model
    default = manager(model, "_default_manager") if is_model(model) else None
    return None if default is None else (type(default), Query(model))
