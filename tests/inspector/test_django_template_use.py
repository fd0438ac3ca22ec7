"""Which templates are named, and behind which conditions: in templates and in sources."""

from __future__ import annotations

import ast
import textwrap
import types

import pytest

from pytest_prodready.inspector.django import source_names, template_names

pytest.importorskip("django")

TEMPLATE = """\
{% extends "a/base.html" %}{# "a/said.html" #}
{% if settings.X %}{% include "a/on.html" %}{% if x %}{% include 'a/inner.html' %}{% endif %}
{% else %}{% include "a/off.html" %}{% endif %}
{% if x %}{% include "a/data.html" %}{% elif settings.Y %}{% include "a/other.html" %}{% endif %}
{% comment "why" %}{% include "a/gone.html" %}{% endcomment %}{% no_such_tag "../b/part.html" %}
{% include "./near.html" %}
"""
ON, OTHER = "if settings.X", "if x"


def test_templates() -> None:
    """By the tags alone, whether they are known or not."""
    assert list(template_names.named(TEMPLATE, "a/page.html")) == [
        ("a/base.html", ""),
        ("a/on.html", ON),
        ("a/inner.html", ON),
        ("a/off.html", ON),
        ("a/data.html", OTHER),
        ("a/other.html", OTHER),
        ("b/part.html", ""),
        ("a/near.html", ""),
    ]


@pytest.mark.parametrize(
    "source, condition",
    [
        ("x = 'a.html'", ""),
        ("x = '''{% include 'a.html' %}'''", ""),
        ("def f(x):\n    if x: return 'a.html'", ""),
        ("def f(x):\n    if x.is_valid(): return 'a.html'", ""),
        ("def f(x):\n    if x: return 1\n    return 'a.html'", ""),
        ("def f():\n    if settings.X: return 'a.html'", "if settings.X"),
        ("def f():\n    if settings.X: return 1\n    else: return 'a.html'", "if settings.X"),
        ("x = 'a.html' if settings.X else 'b.html'", "if settings.X"),
        ("if settings.X:\n    def f(x):\n        if x: return 'a.html'", "if settings.X"),
        ("try:\n    import no\nexcept ImportError:\n    no = None\nx = 'a.html' if no else 1", "if no"),
        ("def f():\n    if False: return 1\n    return 'a.html'", ""),
        ("def f():\n    if True: return 1\n    return 'a.html'", "if True"),
        ("def f():\n    if True: x = 1\n    return 'a.html'", ""),
    ],
)
def test_sources(source: str, condition: str) -> None:
    """A question about the data is none about the configuration."""
    tree = ast.parse(textwrap.dedent(source))
    module = types.ModuleType("shop")
    assert source_names.named(module, tree, {"a.html"}) == [("a.html", condition)]
