"""What ``makemigrations`` would write for the models that are loaded."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ..mapping import class_source
from ..project import Project
from . import django_command

Facts = dict[str, Any]
LONGEST = 80
NOT_STORED = frozenset(
    {
        "blank",
        "choices",
        "db_column",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "on_delete",
    }
    | {"related_name", "related_query_name", "validators", "verbose_name"}
)
"""What no database knows of a field, in a Django whose fields do not say it themselves (before 4.1)."""


def detect(loader: Any, labels: Collection[str], project: Project) -> dict[str, list[Facts]]:
    """Label → a ``ModelChange`` each, for the applications ``labels``.

    Raises:
        Exception: whatever a field of the project's raises when it is taken apart.
    """
    from django.apps import apps
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState
    from django.utils import translation

    if not labels:
        return {}
    detector_class = django_command.autodetector()
    with translation.override(None):  # as makemigrations does: migrations hold the texts untranslated
        detector = detector_class(
            loader.project_state(),
            ProjectState.from_apps(apps),
            MigrationQuestioner(specified_apps=set(labels), dry_run=True),
        )
        changes = detector.changes(graph=loader.graph, trim_to_apps=set(labels))
        return {
            label: [
                _change(operation, label, detector, project)
                for migration in changes[label]
                for operation in migration.operations
            ]
            for label in changes
            if label in labels
        }


def place(model: type, field: str, project: Project) -> Facts | None:
    """The line of a field, else of its model's class."""
    return class_source.attribute_place(model, field, project)


def _change(operation: Any, label: str, detector: Any, project: Project) -> Facts:
    from django.apps import apps

    of_field = hasattr(operation, "model_name") and hasattr(operation, "name")
    of_field = of_field and type(operation).__name__ in (
        "AddField",
        "RemoveField",
        "AlterField",
        "RenameField",
    )
    name = str(getattr(operation, "model_name", None) or getattr(operation, "name", ""))
    field = str(operation.name) if of_field else ""
    try:
        model: Any = apps.get_model(label, name)
    except LookupError:
        model = None
    before, now = (
        _field(detector.from_state, label, name, field),
        _field(detector.to_state, label, name, field),
    )
    shown = now if now is not None else before
    facts: Facts = {
        "operation": type(operation).__name__,
        "model": str(model._meta.object_name) if model is not None else name,
        "field": field,
        "words": str(operation.describe()),
        "location": place(model, field, project) if model is not None else None,
        "managed": model is None or bool(model._meta.managed and not model._meta.proxy),
        "usual": model is None or _usual(model),
    }
    if shown is not None:
        facts["nullable"] = bool(shown.null) or _has_default(shown)
        facts["column"] = not shown.many_to_many and getattr(shown, "column", "") is not None
    if before is not None and now is not None:
        facts["changed"] = _changed(before, now)
    return facts


def _field(state: Any, label: str, model: str, field: str) -> Any:
    found = state.models.get((label, model.lower())) if field else None
    return found.fields.get(field) if found is not None else None


def _has_default(field: Any) -> bool:
    """Whether the database itself fills a field in (Django 5)."""
    from django.db.models import NOT_PROVIDED

    return getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED


def _usual(model: Any) -> bool:
    from django.apps import apps

    package = apps.get_app_config(model._meta.app_label).name
    return f"{model.__module__}.".startswith(f"{package}.models.")


def _changed(before: Any, now: Any) -> list[list[str]]:
    """What differs for the database between two fields: what it is, before, now."""
    unseen = {*getattr(now, "non_db_attrs", ()), *NOT_STORED}
    unseen -= {"db_column"}
    found = []
    types = [one.get_internal_type() for one in (before, now)]
    if types[0] != types[1]:
        found.append(["type", *types])
    first, second = before.deconstruct()[3], now.deconstruct()[3]
    for key in sorted({*first, *second} - unseen - {"default"}):
        old, new = _shown(first.get(key)), _shown(second.get(key))
        if old != new:
            found.append([key, old, new])
    return found


def _shown(value: object) -> str:
    """A value as it is written, without the address of an object."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:LONGEST]
