"""What the source says of mapped tables that a database does not have.

Files are read and nothing of them is run; nothing is read at all where no table is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from ..project import Project, source_file
from ..sources import tree_of
from . import makers

CREATES = "create_all"
TRANSLATES = "schema_translate_map"


def facts(answer: Mapping[str, Any], mapping: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """The fields of a ``Database`` that tell why a table may be missing; empty where none is.

    Args:
        answer: a ``Database`` that was read, in its plain form.
        mapping: a ``Mapping`` in its plain form.
        project: the application.
    """
    missing = list(_missing(answer, mapping))
    if not missing:
        return {}
    own = list(_own_files(project))
    translating = next(iter(_naming(own, TRANSLATES, project)), None)
    return {
        "makers": makers.of(missing, project),
        "created_by": list(_naming(own, CREATES, project)),
        "translated_by": translating,
    }


def _missing(answer: Mapping[str, Any], mapping: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The mapped tables of this database that do not seem to be there."""
    folds = bool(answer.get("folds_tables"))

    def folded(name: str) -> str:
        return name.lower() if folds else name

    tables = answer.get("tables") or ()
    visible = {folded(one["name"]) for one in tables if one["visible"]}
    placed = {(folded(one["schema"]), folded(one["name"])) for one in tables}
    anywhere = {name for _, name in placed}
    for table in mapping.get("tables", ()):
        if table["bind"] != answer["name"]:
            continue
        name, schema = folded(table["name"]), table["schema"]
        if table.get("tenancy"):  # of these, the schema is each tenant's own
            found = name in anywhere
        else:
            found = (folded(schema), name) in placed if schema else name in visible
        if not found:
            yield table


def _own_files(project: Project) -> Iterator[str]:
    for _, module in project.modules():
        if file := source_file(module):
            yield file


def _naming(files: list[str], name: str, project: Project) -> Iterator[dict[str, object]]:
    """The lines of files that use ``name``: as an attribute, a keyword argument, or a key."""
    for file in files:
        try:
            with open(file, "rb") as source:
                mentioned = name.encode() in source.read()
        except OSError:
            continue
        tree = tree_of(file) if mentioned else None
        for node in ast.walk(tree) if tree is not None else ():
            if (
                (isinstance(node, ast.Attribute) and node.attr == name)
                or (isinstance(node, ast.keyword) and node.arg == name)
                or (isinstance(node, ast.Constant) and node.value == name)
            ):
                line = node.value.lineno if isinstance(node, ast.keyword) else node.lineno
                yield project.location(file, line)
                break
