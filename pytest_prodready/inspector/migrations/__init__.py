"""What the application's migrations say: read after everything else, as it imports their files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..project import Project
from . import alembic_scripts, django_migrations, metadata


def inspect(
    environments: Iterable[Sequence[str]],
    mapping: Mapping[str, Any],
    databases: Iterable[Mapping[str, Any]],
    project: Project,
) -> dict[str, object]:
    """The ``Migrations`` of the application. No migration is run, nothing connects, no env.py is executed.

    Args:
        environments: of Alembic: a file relative to the root, and a section of it.
        mapping: a ``Mapping`` in its plain form.
        databases: ``Database`` values in their plain form: what they have applied.
        project: the application.
    """
    environments = list(environments)
    tables = [
        table for table in mapping.get("tables", ()) if table.get("framework", "sqlalchemy") == "sqlalchemy"
    ]
    return {
        "alembic": [alembic_scripts.read(file, section, tables, project) for file, section in environments],
        "metadata": metadata.groups(project) if environments and "sqlalchemy" in sys.modules else [],
        "django": django_migrations.read(databases, project),
    }
