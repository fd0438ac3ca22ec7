"""Places in an application's source where a name is asked of a class that a reader of the source knows.

What counts as known is said by :class:`_names_known.Reader`, and by nothing else: neither the gate nor a
type checker is asked, so a place may well be one that none of them can judge.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from _names_known import Function, Reader
from _names_source import Source, Written, last
from _sites import Module

KEYWORDS = {
    "filter",
    "exclude",
    "get",
    "create",
    "update",
    "get_or_create",
    "update_or_create",
}
TEXTS = {
    "order_by",
    "values",
    "values_list",
    "only",
    "defer",
    "select_related",
    "prefetch_related",
}
OPERATORS = {
    *(
        "exact",
        "iexact",
        "contains",
        "icontains",
        "in",
        "gt",
        "gte",
        "lt",
        "lte",
        "startswith",
        "istartswith",
    ),
    *(
        "endswith",
        "iendswith",
        "range",
        "isnull",
        "regex",
        "iregex",
        "date",
        "year",
        "month",
        "day",
        "week",
    ),
    *("hour", "minute", "second", "time", "defaults", "create_defaults", "pk"),
}
"""What may stand in a Django lookup besides names of fields, and keywords that are none."""
IGNORED = ("type: ignore", "pyright: ignore", "ty: ignore", "noqa")
SHORTEST = 4


@dataclass(frozen=True)
class Site:
    """One name that is asked of a known class."""

    kind: str
    lookup: bool
    name: str
    """The name, or the part of a lookup that names a field."""
    file: str
    line: int
    column: int
    """In bytes, where the name begins."""
    lines: tuple[int, int]
    """First and last line of the expression that it stands in: where a tool may say it."""
    function: tuple[str, int]
    """File and first line of the function that holds it, that of its decorators where it has some."""


def sites(source: Source) -> list[Site]:
    """All places, in the order of modules and lines."""
    found: list[Site] = []
    for name in sorted(source.modules):
        module = source.modules[name]
        lines = module.text.splitlines()
        for function, owner in _functions(module, source):
            every = _Function(Reader(source, module, function, owner)).sites()
            found += [site for site in every if _fit(site, lines[site.line - 1])]
    return found


def _fit(site: Site, line: str) -> bool:
    """Whether the name can be misspelt there: long, public, found, and nobody has asked for silence."""
    name = site.name
    fit = len(name) >= SHORTEST and name.isascii() and not name.startswith("_")
    # before Python 3.12 the columns inside of f-strings are not to be relied on
    there = line.encode()[site.column :].startswith(name.encode())
    return fit and there and not any(word in line for word in IGNORED)


class _Function:
    """One function, and the places in it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        decorated = [one.lineno for one in reader.node.decorator_list]
        self.place = (reader.module.file, min([reader.node.lineno, *decorated]))

    def sites(self) -> Iterator[Site]:
        """The places in this function."""
        for node in self.reader.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield from self._attribute(node)
            elif isinstance(node, ast.Call):
                yield from self._call(node)

    def _attribute(self, node: ast.Attribute) -> Iterator[Site]:
        if known := self.reader.instance(node.value):
            how, found = known
            if how != "self" or node.attr in found.declared:
                yield self._site(f"attribute, {how}", False, node.attr, node)
        elif (model := self.reader.mapped(node.value)) and model.sqlalchemy and node.attr in model.declared:
            yield self._site("attribute, column of the class", False, node.attr, node)

    def _call(self, node: ast.Call) -> Iterator[Site]:
        if (model := self.reader.mapped(node.func)) is not None:
            for word in node.keywords:
                if word.arg in model.declared:
                    yield self._keyword("lookup, constructor keyword", model, word, node)
            return
        if not isinstance(node.func, ast.Attribute):
            return
        method = node.func.attr
        if (
            method not in KEYWORDS | TEXTS | {"filter_by"}
            or (model := self.reader.query(node.func.value)) is None
        ):
            return
        if (method == "filter_by" and model.sqlalchemy) or (method in KEYWORDS and model.django):
            for word in node.keywords:
                yield self._keyword("lookup, keyword", model, word, node)
        elif method in TEXTS and model.django:
            for text in node.args:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield from self._text(text, node)

    def _keyword(self, kind: str, model: Written, word: ast.keyword, call: ast.Call) -> Site:
        part, before = self._part(model, word.arg or "")
        return Site(
            kind,
            True,
            part,
            self.reader.module.file,
            word.lineno,
            word.col_offset + before,
            (call.lineno, call.end_lineno or call.lineno),
            self.place,
        )

    def _part(self, model: Written, written: str) -> tuple[str, int]:
        """The last part of a lookup that names a field for certain, and how many characters stand before it.

        Behind a field that is no foreign key stand lookups, transforms, and the keys of a JSON field.
        """
        parts = written.split("__")
        number = 0
        while number + 1 < len(parts) and parts[number + 1] not in OPERATORS:
            to = self.reader.source.target(model, parts[number])
            if to is None:
                break
            model, number = to, number + 1
        part = "" if parts[number] in OPERATORS else parts[number]
        return part, len("".join(f"{one}__" for one in parts[:number]))

    def _text(self, text: ast.Constant, call: ast.Call) -> Iterator[Site]:
        segment = ast.get_source_segment(self.reader.module.text, text) or ""
        value = str(text.value)
        if segment[1:-1] == value and "__" not in value.strip("-"):
            part = value.lstrip("-")
            yield Site(
                "lookup, text",
                True,
                "" if part in OPERATORS else part,
                self.reader.module.file,
                text.lineno,
                text.col_offset + 1 + len(value) - len(part),
                (call.lineno, call.end_lineno or call.lineno),
                self.place,
            )

    def _site(self, kind: str, lookup: bool, name: str, node: ast.Attribute) -> Site:
        end = node.end_lineno or node.lineno
        column = (node.end_col_offset or 0) - len(name.encode())
        return Site(
            kind,
            lookup,
            name,
            self.reader.module.file,
            end,
            column,
            (node.lineno, end),
            self.place,
        )


def _functions(module: Module, source: Source) -> Iterator[tuple[Function, Written | None]]:
    """Functions at the top level and methods, each method with its class."""
    for node in module.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, None
        elif isinstance(node, ast.ClassDef):
            owner = source.classes[module.name, node.name]
            for one in node.body:
                if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    plain = not {last(word) for word in one.decorator_list} & {
                        "staticmethod",
                        "classmethod",
                    }
                    first = one.args.args[0].arg if one.args.args else ""
                    yield (
                        one,
                        owner if plain and first == "self" and owner.plain else None,
                    )
