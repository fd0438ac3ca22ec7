"""The migrations of the source that make a table: Alembic's and Django's, by their text alone."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..nodes import last_name
from ..project import FOREIGN, Project
from ..sources import tree_of
from ..table_statements import CREATE, schema_and_table

Facts = dict[str, Any]

PLACES = {"versions", "migrations", "alembic"}
"""A part of the path of every revision of Alembic's."""
MOST = 20_000
"""Files that are looked into."""


def of(missing: Iterable[Mapping[str, Any]], project: Project) -> list[Facts]:
    """A ``TableMaker`` for each migration that makes one of the tables.

    Args:
        missing: mapped tables, in their plain form.
        project: the application.
    """
    every = list(missing)
    others = {table["name"] for table in every if table.get("framework", "sqlalchemy") != "django"}
    apps = {table["app"] for table in every if table.get("framework") == "django"}
    names = {table["name"] for table in every if table.get("framework") == "django"}
    found = list(_of_alembic(others, project)) if others else []
    for app in sorted(apps):
        found += [one for one in _of_django(app, project) if one["table"] in names]
    return found


def _of_alembic(names: set[str], project: Project) -> Iterator[Facts]:
    mentions = re.compile("|".join(re.escape(name) for name in sorted(names)))
    for file in _files(project.root):
        try:
            with open(file, encoding="utf-8") as source:
                mentioned = mentions.search(source.read())
        except (OSError, ValueError):
            continue
        tree = tree_of(file) if mentioned else None
        if tree is None or (revision := _revision(tree)) is None:
            continue
        for schema, name, line in _made(tree):
            if name in names:
                place = project.location(file, line)
                yield {"table": name, "schema": schema, "migration": revision, "location": place}


def _files(root: str) -> Iterator[str]:
    left = MOST
    for directory, below, names in os.walk(root):
        below[:] = sorted(one for one in below if not one.startswith(".") and one not in FOREIGN)
        if not PLACES.intersection(os.path.relpath(directory, root).split(os.sep)):
            continue
        for name in sorted(names):
            if name.endswith(".py"):
                left -= 1
                if left < 0:
                    return
                yield os.path.join(directory, name)


def _revision(tree: ast.Module) -> str | None:
    """The revision with its title; ``None`` for a file that is none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if any(isinstance(one, ast.Name) and one.id == "revision" for one in targets):
            if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
                return None
            title = (ast.get_docstring(tree) or "").partition("\n")[0].strip()
            return f"{value.value} ({title})" if title else value.value
    return None


def _made(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Schema, name and line of the tables that an upgrade makes."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "downgrade":
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                called = last_name(node.func)
                at = {"create_table": 0, "rename_table": 1}.get(called)
                name = _text(node.args[at]) if at is not None and len(node.args) > at else ""
                if name:
                    yield _text(_keyword(node, "schema")), name, node.lineno
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                for written in CREATE.findall(node.value):
                    yield (*schema_and_table(written), node.lineno)


def _of_django(app: str, project: Project) -> list[Facts]:
    """The tables that an application's migrations leave behind, each with the one that gave it its name."""
    known: dict[str, Facts] = {}  # model → its table; a table between two by its model and field

    def gives(key: str, table: str, migration: str, file: str, line: int, makes: bool = True) -> None:
        name = re.split(r'"\s*\.\s*"', table.strip('"'))[-1]
        place = project.location(file, line)
        known[key] = {"table": name, "schema": "", "migration": migration, "location": place, "makes": makes}

    for file in _migrations(app):
        tree = tree_of(file)
        migration = f"{app}.{os.path.basename(file)[:-3]}"
        for node in ast.walk(tree) if tree is not None else ():
            if not isinstance(node, ast.Call):
                continue
            operation = last_name(node.func)
            if operation == "CreateModel":
                model = _argument(node, 0, "name")
                table = _option(node, "db_table") or f"{app}_{model.lower()}"
                makes = _manages(_value(node, 2, "options"))
                gives(model.lower(), table, migration, file, node.lineno, makes)
                for field in _many_to_many(node) if makes else ():
                    gives(f"{model.lower()}.{field}", f"{table}_{field}", migration, file, node.lineno)
            elif operation == "AddField" and _joins(_value(node, 2, "field")):
                model, field = _argument(node, 0, "model_name").lower(), _argument(node, 1, "name")
                table = known[model]["table"] if model in known else f"{app}_{model}"
                gives(f"{model}.{field}", f"{table}_{field}", migration, file, node.lineno)
            elif operation == "AlterModelTable" and (table := _argument(node, 1, "table")):
                model = _argument(node, 0, "name").lower()
                gives(model, table, migration, file, node.lineno, known.get(model, {}).get("makes", True))
            elif operation == "AlterModelOptions":
                if (model := _argument(node, 0, "name").lower()) in known:
                    known[model]["makes"] = _manages(_value(node, 1, "options"))
            elif operation == "RenameModel":
                old, new = _argument(node, 0, "old_name").lower(), _argument(node, 1, "new_name").lower()
                before = known.get(old, {})
                if before.get("table") == f"{app}_{old}":
                    gives(new, f"{app}_{new}", migration, file, node.lineno, before["makes"])
                elif before:
                    known[new] = known.pop(old)
            elif operation == "DeleteModel":
                known.pop(_argument(node, 0, "name").lower(), None)
    return list(known.values())


def _migrations(app: str) -> list[str]:
    """The files of an application's migrations, in the order of their names."""
    from django.apps import apps
    from django.conf import settings

    try:
        module = settings.MIGRATION_MODULES.get(app, f"{apps.get_app_config(app).name}.migrations")
        spec = (
            importlib.util.find_spec(module) if module and module.partition(".")[0] in sys.modules else None
        )
    except Exception:  # whatever the project's own packages raise
        return []
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return [
        os.path.join(place, name)
        for place in places
        if os.path.isdir(place)
        for name in sorted(os.listdir(place))
        if name.endswith(".py") and not name.startswith(("_", "~"))
    ]


def _many_to_many(created: ast.Call) -> Iterator[str]:
    fields = _value(created, 1, "fields")
    for item in fields.elts if isinstance(fields, (ast.List, ast.Tuple)) else ():
        if isinstance(item, ast.Tuple) and len(item.elts) == 2 and _joins(item.elts[1]):
            yield _text(item.elts[0])


def _joins(field: ast.expr | None) -> bool:
    """Whether a field has a table of its own between two models, with the usual name."""
    given = {keyword.arg for keyword in field.keywords} if isinstance(field, ast.Call) else set()
    called = last_name(field.func) if isinstance(field, ast.Call) else ""
    return called == "ManyToManyField" and not given & {"through", "db_table"}


def _option(created: ast.Call, name: str) -> str:
    options = _value(created, 2, "options")
    for key, value in zip(options.keys, options.values, strict=True) if isinstance(options, ast.Dict) else ():
        if _text(key) == name:
            return _text(value)
    return ""


def _manages(options: ast.expr | None) -> bool:
    """Whether a model with these options has its table made by Django."""
    pairs = zip(options.keys, options.values, strict=True) if isinstance(options, ast.Dict) else ()
    return not any(
        _text(key) == "managed" and isinstance(value, ast.Constant) and value.value is False
        for key, value in pairs
    )


def _argument(call: ast.Call, position: int, name: str) -> str:
    return _text(_value(call, position, name))


def _value(call: ast.Call, position: int, name: str) -> ast.expr | None:
    return _keyword(call, name) or (call.args[position] if len(call.args) > position else None)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
