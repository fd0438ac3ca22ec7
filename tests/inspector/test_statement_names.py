from __future__ import annotations

import ast
from importlib.util import resolve_name

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.inspector.statement_names import bound, resolved

NAMES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=4).map(".".join)


@given(level=st.integers(0, 5), module=NAMES, package=NAMES)
def test_a_relative_import_means_what_python_takes_it_for(level: int, module: str, package: str) -> None:
    written = "." * level + module
    try:
        expected = resolve_name(written, package)
    except ImportError:  # beyond the top-level package, or there is none
        expected = ""

    assert resolved(level, module, package) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "import os",
        "import os.path",
        "import os.path as path",
        "from os import path, sep as separator",
        "a = b = 1",
        "a, (b, *c) = 1, (2, 3)",
        "a: int = 1",
        "len([a := 1])",
        "def f(argument=(a := 1)):\n    inside = 1",
        "async def f():\n    inside = 1",
        "class C:\n    inside = 1",
        "for a in [1]:\n    b = a",
        "if True:\n    a = 1",
        "with open(__file__) as a:\n    b = 1",
        "try:\n    a = 1\nfinally:\n    b = 2",
        "match [1, 2, {'k': 3, 'l': 4}]:\n    case [a, *b, {'k': c, **d}] as e:\n        f = 1",
    ],
)
def test_the_names_that_a_statement_binds(statement: str) -> None:
    """Compared with what it leaves in a module: its functions and classes bind theirs elsewhere."""
    module: dict[str, object] = {"__file__": __file__}

    exec(statement, module)

    made_by_python = {
        "__file__",
        "__builtins__",
        "__annotations__",
        "__annotate__",
        "__conditional_annotations__",
    }
    assert bound(ast.parse(statement).body[0]) == module.keys() - made_by_python
