"""What compiled templates ask for by a constant: names of URLs, and static files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .url_calls import OPTIONAL

URL = "django.template.defaulttags.URLNode"
STATIC = "django.templatetags.static.StaticNode"
IF = "django.template.defaulttags.IfNode"
BLOCKS = ("nodelist", "nodelist_true", "nodelist_false", "nodelist_empty", "nodelist_loop")


def asked(nodes: Any) -> Iterator[tuple[str, str, int | None, str]]:
    """``url`` or ``static``, the constant, its line, and why the node may well never be rendered.

    A URL that goes into a variable (``{% url 'x' as y %}``) may be missing: Django provides for it.
    """
    yield from _look(nodes, "")


def _look(nodes: Any, doubt: str) -> Iterator[tuple[str, str, int | None, str]]:
    for node in list(nodes):
        cls = type(node)
        kind = f"{cls.__module__}.{cls.__qualname__}"
        line = getattr(getattr(node, "token", None), "lineno", None)
        if kind == URL and not node.asvar and (name := _constant(node.view_name)):
            yield "url", name, line, doubt
        elif kind == STATIC and (path := _constant(node.path)):
            yield "static", path, line, doubt
        if kind == IF:
            # what one condition asks about the configuration holds for the branches behind it as well
            whole = " ".join(str(condition) for condition, _ in node.conditions_nodelists if condition)
            words = _words(node)
            inner = doubt or (
                f"it stands behind a condition ({words})" if OPTIONAL.search(whole + words) else ""
            )
            for _, branch in node.conditions_nodelists:
                yield from _look(branch, inner)
            continue
        for name in BLOCKS:
            below = getattr(node, name, None)
            if below is not None and hasattr(below, "__iter__"):
                yield from _look(below, doubt)


def _words(node: Any) -> str:
    """The condition as it is written."""
    token = getattr(node, "token", None)
    return str(getattr(token, "contents", ""))[:80]


def _constant(expression: Any) -> str:
    """The text of a filter expression that is a constant without filters; else empty."""
    value = getattr(expression, "var", None)
    # a translated constant and a variable are objects, and `str` is also what a safe text is
    return str(value) if isinstance(value, str) and not getattr(expression, "filters", None) else ""
