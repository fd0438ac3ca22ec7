"""Django's migrations: its own loader, executor and autodetector are asked, and no database is.

What a database has applied was read before, in the read-only session; Django gets it instead of a connection.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from .. import failure
from ..database import revisions
from ..project import Project, source_file
from ..sources import tree_of
from . import django_changes, vendor_marks
from .places import assigned_line

Facts = dict[str, Any]
Applied = list[tuple[str, str]]


def read(databases: Iterable[Mapping[str, Any]], project: Project) -> Facts | None:
    """A ``Django``; ``None`` where the process has not set Django up.

    Args:
        databases: ``Database`` values in their plain form.
        project: the application.
    """
    registry = getattr(sys.modules.get("django.apps"), "apps", None)
    if registry is None or not registry.ready:
        return None
    from django.db.migrations.loader import MigrationLoader

    try:
        loader = MigrationLoader(None, ignore_no_migrations=True)  # as makemigrations begins
    except BaseException as error:  # a migration's module may raise anything, and may call sys.exit()
        return {"failure": failure.describe(error, project), "location": _blamed(error, project)}
    conflicts = loader.detect_conflicts()
    apps = {config.label: _app(config, loader, conflicts, project) for config in registry.get_app_configs()}
    own = {label for label, app in apps.items() if app["own"]}
    undetected = ""
    if not own & set(conflicts):
        try:
            for label, changes in django_changes.detect(
                loader, own & set(loader.migrated_apps), project
            ).items():
                apps[label]["changes"] = changes
        except BaseException as error:  # a field of the project's may raise when it is taken apart
            undetected = f"{type(error).__name__}: {error}"
    plans = [
        _plan(one["name"], applied, project) for one in databases if (applied := _applied(one)) is not None
    ]
    return {"apps": list(apps.values()), "plans": plans, "undetected": undetected}


def _app(config: Any, loader: Any, conflicts: Mapping[str, list[str]], project: Project) -> Facts:
    """A ``DjangoApp``."""
    from django.conf import settings

    label = str(config.label)
    disk = {name: one for (app, name), one in loader.disk_migrations.items() if app == label}
    own = project.owns_file(os.path.join(config.path, "__init__.py"))
    migrated = label in loader.migrated_apps
    unmade = [] if migrated else [model for model in config.get_models() if _made_by_django(model)]
    replaced = {
        str(name) for one in loader.disk_migrations.values() for app, name in one.replaces if app == label
    }
    leaves = [[name, _place(disk[name], project)] for name in conflicts.get(label, ())]
    return {
        "label": label,
        "own": own,
        "location": django_changes.place(unmade[0], "", project) if unmade else None,
        "migrated": migrated,
        "disabled": settings.MIGRATION_MODULES.get(label, "") is None or _evolves(),
        "models": sorted(str(model._meta.db_table) for model in unmade),
        "leaves": leaves,
        "names": sorted({*disk, *replaced}),
        "marks": vendor_marks.few(_marks(disk, project)) if own else [],
    }


def _evolves() -> bool:
    """Whether Django Evolution is installed, whose command makes the tables that no migration does."""
    from django.apps import apps

    return bool(apps.is_installed("django_evolution"))


def _made_by_django(model: Any) -> bool:
    meta = model._meta
    return bool(meta.managed and not meta.proxy and not meta.swapped)


def _marks(disk: Mapping[str, Any], project: Project) -> Iterator[Facts]:
    for _, migration in sorted(disk.items()):
        file = source_file(sys.modules.get(migration.__module__))
        tree = tree_of(file) if file else None
        for vendor, words, line in vendor_marks.of(tree) if tree is not None else ():
            yield {"vendor": vendor, "words": words, "location": project.location(file, line)}


def _place(migration: Any, project: Project) -> Facts | None:
    """The line of a migration's ``dependencies``."""
    file = source_file(sys.modules.get(migration.__module__))
    if not file:
        return None
    return project.location(file, assigned_line(file, "dependencies", "operations"))


def _blamed(error: BaseException, project: Project) -> Facts | None:
    """The file of the migration that a loader's error is about; ``None`` where a traceback says it."""
    node = getattr(error, "node", None)  # NodeNotFoundError; its origin is the migration
    origin = getattr(error, "origin", None)
    if node is None or origin is None:
        return None
    return _place(origin, project)


def _applied(database: Mapping[str, Any]) -> Applied | None:
    """What is recorded in a database; nothing in a default one without the table, ``None`` if unknown."""
    if database.get("problem") or database["name"] not in _aliases():
        return None
    if "applied" in database:
        return [(str(app), str(name)) for app, name in database["applied"]]
    there = any(table["name"] == revisions.APPLIED for table in database["tables"])
    return [] if database["name"] == "default" and not there else None


def _aliases() -> Mapping[str, Any]:
    from django.db import connections

    aliases: Mapping[str, Any] = connections.settings
    return aliases


def _plan(alias: str, applied: Applied, project: Project) -> Facts:
    """A ``DjangoPlan``."""
    from django.db import connections
    from django.db.migrations.exceptions import InconsistentMigrationHistory
    from django.db.migrations.executor import MigrationExecutor

    facts: Facts = {"alias": alias}
    connection = connections[alias]
    with _recorded(applied):
        executor = MigrationExecutor(connection)
        try:
            executor.loader.check_consistent_history(connection)
        except InconsistentMigrationHistory as error:
            return {**facts, "inconsistent": str(error)}
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    steps = [migration for migration, backwards in plan if not backwards]
    places = (_place(one, project) for one in steps if project.owns_module(type(one).__module__))
    return {
        **facts,
        "unapplied": [[str(one.app_label), str(one.name)] for one in steps],
        "first": next(places, None),
    }


@contextmanager
def _recorded(applied: Applied) -> Iterator[None]:
    """Have Django take ``applied`` for what its table holds, instead of asking a database for it."""
    from django.db.migrations import executor, loader

    class Recorder:
        def __init__(self, connection: object) -> None: ...

        def applied_migrations(self) -> dict[tuple[str, str], object]:
            return {key: SimpleNamespace(app=key[0], name=key[1]) for key in applied}

    modules: list[Any] = [loader, executor]
    before = [module.MigrationRecorder for module in modules]
    for module in modules:
        module.MigrationRecorder = Recorder
    try:
        yield
    finally:
        for module, own in zip(modules, before, strict=True):
            module.MigrationRecorder = own
