"""The tables and columns of Django's models, as the loaded applications register them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from ..project import Project
from . import class_source, django_tenants
from .failures import qualified

FAMILIES = {
    "CharField": "text",
    "SlugField": "text",
    "TextField": "text",
    "FileField": "text",
    "FilePathField": "text",
    "AutoField": "integer",
    "BigAutoField": "integer",
    "SmallAutoField": "integer",
    "IntegerField": "integer",
    "BigIntegerField": "integer",
    "SmallIntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveBigIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "DecimalField": "number",
    "FloatField": "number",
    "BooleanField": "boolean",
    "DateField": "date",
    "TimeField": "time",
    "DateTimeField": "datetime",
    "BinaryField": "binary",
    "JSONField": "json",
    "UUIDField": "uuid",
}
"""Django's name of what a field stores → its family; what is stored of others differs by vendor."""


def models() -> list[type]:
    """Every model that has a table of its own, those between many-to-many fields among them.

    Proxies share a table, and a model that another one is swapped in for has none.
    """
    registry = getattr(sys.modules.get("django.apps"), "apps", None)
    if registry is None or not registry.models_ready:
        return []
    every = registry.get_models(include_auto_created=True)
    return [model for model in every if not model._meta.proxy and not model._meta.swapped]


def tables(project: Project) -> list[dict[str, Any]]:
    """A ``MappedTable`` for each model that has a table of its own."""
    tenants = django_tenants.tenants()
    found = [_table(model, project, tenants) for model in models()]
    return sorted(found, key=lambda one: (one["bind"], one["schema"] or "", one["name"]))


def bind(model: Any) -> str:
    """The alias of the database that holds a model's table, as the project's routers say.

    A router may send reads to a replica: where migrations make the table, that is where it is looked for.
    """
    from django.db import connections, router

    try:
        reads, writes = str(router.db_for_read(model)), str(router.db_for_write(model))
        if reads == writes:
            return reads
        mirror = connections.settings.get(reads, {}).get("TEST", {}).get("MIRROR")
        if mirror == writes or (model._meta.managed and router.allow_migrate_model(writes, model)):
            return writes
    except Exception:  # a router that needs a request, a tenant, an instance
        return "default"
    return reads


def place(model: Any) -> tuple[str | None, str]:
    """Schema and name of a model's table; ``db_table`` may hold both, in quotes."""
    written = str(model._meta.db_table)
    parts = [part for part in re.split(r'"\s*\.\s*"|`\s*\.\s*`', written.strip().strip('"`')) if part]
    if len(parts) == 2:
        return parts[0], parts[1]
    return None, parts[0] if parts else written


def _table(model: Any, project: Project, tenants: django_tenants.Tenants | None) -> dict[str, Any]:
    schema, name = place(model)
    alias = bind(model)
    with_tenants = tenants is not None and alias == tenants.alias
    return {
        "name": name,
        "schema": schema,
        "model": qualified(model),
        "bind": alias,
        "framework": "django",
        "kind": _kind(model, alias, with_tenants),
        "location": _place(model, project),
        "columns": list(_columns(model, project)),
        "app": str(model._meta.app_label),
        "own": project.owns_module(model.__module__),
        "tenancy": tenants.of(model) if tenants is not None and with_tenants else [],
    }


def _place(model: Any, project: Project) -> dict[str, object] | None:
    """Where a model is written; of one that a field makes, that field."""
    owner = model._meta.auto_created
    if not owner:
        return class_source.attribute_place(model, "", project)
    fields = (field.name for field in owner._meta.local_many_to_many if field.remote_field.through is model)
    return class_source.attribute_place(owner, str(next(fields, "")), project)


def _kind(model: Any, alias: str, with_tenants: bool) -> str:
    from django.db import router

    allows = (
        django_tenants.allowed
        if with_tenants
        else lambda model, alias: router.allow_migrate_model(alias, model)
    )
    try:
        made = model._meta.managed and allows(model, alias)
    except Exception:  # a router of the project's
        made = False
    if not made:
        return "unmanaged"
    return "through" if model._meta.auto_created else "table"


def _columns(model: Any, project: Project) -> Iterator[dict[str, Any]]:
    for field in model._meta.local_concrete_fields:
        if not field.column:  # a primary key of several columns has none itself
            continue
        family, array, length = _family(field)
        yield {
            "name": str(field.column),
            "type": type(field).__name__,
            "family": family,
            "length": length,
            "array": array,
            "attribute": str(field.name),
            "location": class_source.attribute_place(model, str(field.name), project),
        }


def _family(field: Any) -> tuple[str, bool, int | None]:
    array = False
    for _ in range(20):
        if field.get_internal_type() == "ArrayField":
            field, array = field.base_field, True
        elif getattr(field, "remote_field", None) is not None and field.is_relation:
            field = field.target_field  # a foreign key stores what it points to
        elif field.get_internal_type() == "GeneratedField" or hasattr(field, "output_field"):
            field = field.output_field
        else:
            break
    if any("db_type" in vars(cls) for cls in type(field).__mro__ if _foreign(cls)):
        return "", array, None
    length = getattr(field, "max_length", None)
    family = FAMILIES.get(field.get_internal_type(), "")
    return family, array, length if isinstance(length, int) and family == "text" else None


def _foreign(cls: type) -> bool:
    return not cls.__module__.startswith("django.")
