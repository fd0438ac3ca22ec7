"""Displays and comprehensions."""

from __future__ import annotations

import ast
from typing import Any

from ...nodes import walk
from ..value import Instance, Known, Value
from . import containers
from .calling import Calling
from .containers import items_of
from .joins import EMPTY, join_all

Target = ast.expr


class Displays(Calling):
    """Reads what makes lists, tuples, sets, dicts and texts."""

    def _sequence(self, node: ast.List | ast.Set | ast.Tuple) -> Value | None:
        cls = {ast.List: list, ast.Set: set, ast.Tuple: tuple}[type(node)]
        known = Known("made", node.lineno)
        starred = any(isinstance(one, ast.Starred) for one in node.elts)
        parts = tuple(self.value(one) for one in node.elts)
        if not parts:
            return Instance(cls, known, exact=True, state=EMPTY)
        items = None if starred else join_all(parts)
        fixed = parts if cls is tuple and not starred else ()
        values = items if cls is list else None
        return Instance(cls, known, exact=True, items=items, values=values, parts=fixed)

    def _starred(self, node: ast.Starred) -> Value | None:
        self.value(node.value)
        return None

    def _dict(self, node: ast.Dict) -> Value | None:
        known = Known("made", node.lineno)
        keys = [self.value(one) if one is not None else None for one in node.keys]
        values = [self.value(one) for one in node.values]
        if not values:
            return Instance(dict, known, exact=True, state=EMPTY)
        spread = None in node.keys
        return Instance(
            dict,
            known,
            exact=True,
            items=None if spread else join_all(keys),
            values=None if spread else join_all(values),
            state=containers.keyed(map(_text_of, node.keys), values),
        )

    def _text(self, node: ast.JoinedStr) -> Value | None:
        for one in node.values:
            self.value(one)
        return Instance(str, Known("made", node.lineno), exact=True)

    def _formatted(self, node: ast.FormattedValue) -> Value | None:
        self.value(node.value)
        if node.format_spec is not None:
            self.value(node.format_spec)
        return None

    def forget(self, node: ast.expr) -> None:
        """Know nothing of the names that an expression binds on one of its ways."""
        for name in walruses(node):
            self.env[name] = None

    def nested(self, node: Any) -> None:
        """Read a function where it is defined in this one."""
        raise NotImplementedError

    def assign(self, target: Target, value: Value | None) -> None:
        """Bind what a target names, and note what is given to attributes."""
        raise NotImplementedError

    def _comprehended(self, node: Any) -> Value | None:
        before = dict(self.env)
        for one in node.generators:
            self.assign(one.target, items_of(self.value(one.iter), node.lineno))
            for test in one.ifs:
                self.value(test)
                self.narrow(test, holds=True)
        known = Known("made", node.lineno)
        if isinstance(node, ast.DictComp):
            key, value = self.value(node.key), self.value(node.value)
            made = Instance(dict, known, exact=True, items=key, values=value)
        else:
            item = self.value(node.elt)
            if isinstance(node, ast.ListComp):
                made = Instance(list, known, exact=True, items=item, values=item)
            elif isinstance(node, ast.SetComp):
                made = Instance(set, known, exact=True, items=item)
            else:
                made = Instance(type(_ for _ in ()), known, opened=True, items=item)
        self.env = before
        self.forget(node)
        return made


def _text_of(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def walruses(node: ast.expr) -> list[str]:
    """The names that an expression binds by ``:=``."""
    return [one.target.id for one in walk(node) if isinstance(one, ast.NamedExpr)]
