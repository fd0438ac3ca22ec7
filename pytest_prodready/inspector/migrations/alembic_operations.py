"""Which tables and columns the revisions make, as far as their text says it; none of them is run."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..nodes import last_name, name_parts
from ..project import Project
from ..sources import tree_of
from ..table_statements import ALTER, CREATE, DDL, RENAME, schema_and_table
from . import vendor_marks
from .statement_texts import Texts

Facts = dict[str, Any]
USUAL = frozenset({"alembic", "sqlalchemy", "sqlmodel", "geoalchemy2", "sqlalchemy_utils", "pgvector"})
"""Packages whose functions make no table unless they are handed one."""


def read(files: Mapping[str, str], tables: Iterable[str], project: Project) -> Facts:
    """The fields ``made``, ``opaque``, ``words`` and ``marks`` of an ``Alembic``.

    Args:
        files: file of each revision → its id.
        tables: names of mapped tables.
        project: the application.
    """
    facts: Facts = {"made": [], "opaque": "", "words": [], "marks": []}
    for file, revision in files.items():
        tree = tree_of(file)
        if tree is None:
            facts["opaque"] = facts["opaque"] or project.relative(file)
            continue
        reader = _Reader(tree)
        reader.visit(tree)
        for made in reader.made:
            line = made.pop("line")
            facts["made"].append({**made, "revision": revision, "location": project.location(file, line)})
        if reader.opaque is not None and not facts["opaque"]:
            facts["opaque"] = f"{project.relative(file)}:{reader.opaque}"
        facts["marks"] += [
            {"vendor": vendor, "words": words, "location": project.location(file, line)}
            for vendor, words, line in vendor_marks.of(tree)
        ]
    facts["marks"] = vendor_marks.few(facts["marks"])
    facts["words"] = _words(files, tables)
    return facts


def _words(files: Iterable[str], tables: Iterable[str]) -> list[str]:
    """Those of ``tables`` that stand in any file beside the revisions."""
    texts: list[str] = []
    for directory in {os.path.dirname(file) for file in files}:
        for name in sorted(os.listdir(directory)):
            try:
                with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as text:
                    texts.append(text.read())
            except OSError:
                continue
    found = set(re.findall(r"[\w$]+", "\n".join(texts)))
    return sorted(name for name in set(tables) if set(re.findall(r"[\w$]+", name)) <= found)


class _Reader(ast.NodeVisitor):
    """Walks one revision; what stands in ``downgrade`` says nothing of what there is afterwards."""

    def __init__(self, tree: ast.Module) -> None:
        self.texts = Texts(tree)
        self.made: list[Facts] = []
        self.opaque: int | None = None
        """The first line whose tables are not known."""
        self.batches: list[tuple[str, str]] = []
        """Names of the batches that are open, each with its table."""
        self.foreign = dict(_imported(tree))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if not node.name.startswith("downgrade"):
            self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        opened = []
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and last_name(call.func) == "batch_alter_table":
                table = self._table(call, "table_name")
                opened.append((last_name(item.optional_vars), table))
        self.batches += opened
        self.generic_visit(node)
        del self.batches[len(self.batches) - len(opened) :]

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            parts = name_parts(node.value.func)
            known = last_name(node.value.func) in ("create_table", "add_column", "execute")
            if parts and parts[0] in self.foreign and not known:
                self._unknown(node)  # a function of the application's may make anything
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = last_name(node.func)
        if name == "create_table":
            columns, certain = self._columns(node.args[1:])
            self._make(node, self._table(node, "table_name"), columns, whole=True, certain=certain)
        elif name == "rename_table":
            self._make(node, self._table(node, "new_table_name", 1), [], whole=True, certain=False)
        elif name == "add_column":
            table = self._of_batch(node)
            columns, certain = self._columns(node.args if table is not None else node.args[1:])
            columns += self._columns([one.value for one in node.keywords if one.arg == "column"])[0]
            self._make(
                node, table or self._table(node, "table_name"), columns, certain=certain and bool(columns)
            )
        elif name == "alter_column":
            renamed = [one.value for one in node.keywords if one.arg in ("new_column_name", "name")]
            if renamed:
                table = self._of_batch(node) or self._table(node, "table_name")
                text = self.texts.one(renamed[0])
                self._make(node, table, [text] if text else [], certain=bool(text))
        elif name in ("execute", "exec_driver_sql", "executescript"):
            self._statement(node)
        elif name == "create_all" or (name == "create" and _is_table(node.func)):
            self._unknown(node)
        self.generic_visit(node)

    def _statement(self, node: ast.Call) -> None:
        for argument in node.args[:1]:
            texts, whole = self.texts.all(argument)
            text = "\n".join(texts)
            found = [(pattern, one) for pattern in (CREATE, RENAME, ALTER) for one in pattern.findall(text)]
            for pattern, written in found:
                _, table = schema_and_table(written)
                self._make(node, table, [], whole=pattern is not ALTER, certain=False)
            if not whole and (not texts or (DDL.search(text) and not found)):
                self._unknown(node)

    def _make(
        self, node: ast.AST, table: str, columns: list[str], *, whole: bool = False, certain: bool = True
    ) -> None:
        if not table:
            self._unknown(node)
            return
        line = getattr(node, "lineno", None)
        self.made.append(
            {"table": table, "columns": columns, "whole": whole, "certain": certain, "line": line}
        )

    def _unknown(self, node: ast.AST) -> None:
        if self.opaque is None:
            self.opaque = getattr(node, "lineno", 1)

    def _table(self, call: ast.Call, keyword: str, position: int = 0) -> str:
        given = call.args[position] if len(call.args) > position else None
        given = given or next((one.value for one in call.keywords if one.arg == keyword), None)
        return self.texts.one(given).rpartition(".")[2] if given is not None else ""

    def _of_batch(self, call: ast.Call) -> str | None:
        """The table of the batch whose operation a call is; ``None`` where it is none's."""
        parts = name_parts(call.func)
        return next((table for name, table in reversed(self.batches) if parts[:1] == (name,)), None)

    def _columns(self, given: Iterable[ast.expr]) -> tuple[list[str], bool]:
        """The names of the columns among ``given``, and whether these are all."""
        names: list[str] = []
        certain = True
        for one in given:
            if isinstance(one, ast.Call) and last_name(one.func) == "Column":
                name = self.texts.one(one.args[0]) if one.args else ""
                names += [name] if name else []
                certain = certain and bool(name)
            elif not isinstance(one, ast.Call) or not re.search(
                "Constraint|Index|Computed", last_name(one.func)
            ):
                certain = False
        return names, certain


def _is_table(node: ast.expr) -> bool:
    """Whether ``x.create`` is a table's: a type of labels is created in the same way."""
    return isinstance(node, ast.Attribute) and "table" in ast.unparse(node.value).lower()


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a revision imports from elsewhere than Alembic, SQLAlchemy and the standard library."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [(alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = "." if node.level else node.module or ""
            modules = [(alias.asname or alias.name, source) for alias in node.names]
        else:
            continue
        for name, module in modules:
            top = module.partition(".")[0]
            if top not in USUAL and top not in sys.stdlib_module_names:
                yield name, module
