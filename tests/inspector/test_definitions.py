from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.inspector.definitions import replaced


def found(source: str) -> list[tuple[str, int, int, bool]]:
    """What is replaced in a source text."""
    return replaced(ast.parse(textwrap.dedent(source)))


@pytest.mark.parametrize(
    "source, expected",
    [
        ("def f(): return 1\n\ndef f(): return 2\n", [("f", 1, 3, False)]),
        ("def f(): return 1\n\ndef f(): return 1\n", [("f", 1, 3, True)]),
        ("async def f(): return 1\n\ndef f(): return 1\n", [("f", 1, 3, False)]),
        ("class A:\n    x = 1\nclass A:\n    y = 1\n", [("A", 1, 3, False)]),
        ("class E(Exception): pass\nclass E(Exception): pass\n", [("E", 1, 2, True)]),
        (
            "def f(): return 1\ndef f(): return 2\ndef f(): return 3\n",
            [("f", 1, 2, False), ("f", 2, 3, False)],
        ),
        ("@login_required\ndef f(): return 1\n@login_required\ndef f(): return 2\n", [("f", 2, 4, False)]),
        ("@lru_cache\ndef f(): return 1\n@functools.cache\ndef f(): return 2\n", [("f", 2, 4, False)]),
        ("@app.get('/')\ndef f(): return 1\n@app.get('/')\ndef f(): return 1\n", [("f", 2, 4, True)]),
        ("class A(B): ...\nclass C(A): ...\nclass A(B): ...\n", [("A", 1, 3, True)]),
        ("def f(): return 1\nf()\ndef f(): return 1\n", [("f", 1, 3, True)]),
        # a later function names it: it will get the second
        ("def f(): return 1\ndef g(): return f()\ndef f(): return 2\n", [("f", 1, 3, False)]),
        ("def f(): return f()\ndef f(): return 2\n", [("f", 1, 2, False)]),
        ("__all__ = ['f']\ndef f(): return 1\n__all__ += ['f']\ndef f(): return 2\n", [("f", 2, 4, False)]),
        ("x = f = 1\ndef f(): return 1\nx = 2\ndef f(): return 2\n", [("f", 2, 4, False)]),
        ("def f(): return 1\n@app.get('/')\ndef f(): return 2\n", [("f", 1, 3, False)]),
        (
            "class A:\n    def m(self): return f()\ndef f(): return 1\ndef f(): return 2\n",
            [("f", 3, 4, False)],
        ),
    ],
)
def test_what_is_replaced(source: str, expected: list[tuple[str, int, int, bool]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return 1\ndef g(): return 2\n",
        "@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x): return x\n",
        "@typing.overload\ndef f(x: int): return 1\ndef f(x): return x\n",
        "@t.overload\nasync def f(x: int): return 1\nasync def f(x): return x\n",
        "@singledispatch\ndef f(x): return 1\n@f.register\ndef f(x: int): return 2\n",
        "@singledispatch\ndef f(x): return 1\n@f.register\ndef _(x): ...\n@f.register\ndef _(x): ...\n",
        "def _(): return 1\ndef _(): return 2\n",
        "def __(): return 1\ndef __(): return 2\n",
        "@property\ndef f(self): return 1\n@f.setter\ndef f(self, x): return 2\n",
        "@app.get('/a')\ndef f(): return 1\n@app.get('/b')\ndef f(): return 2\n",
        "@pytest.fixture\ndef f(): return 1\ndef f(): return 2\n",
        "@receiver(saved)\ndef f(): return 1\n@receiver(deleted)\ndef f(): return 2\n",
        "@app.task\ndef f(): return 1\ndef f(): return 2\n",
        "@a.b.cache\ndef f(): return 1\ndef f(): return 2\n",
        "if x:\n    def f(): return 1\nelse:\n    def f(): return 2\n",
        "def f(): return 1\nif x:\n    def f(): return 2\n",
        "try:\n    def f(): return 1\nexcept ImportError:\n    def f(): return 2\n",
        "if TYPE_CHECKING:\n    def f(): return 1\ndef f(): return 2\n",
        "def f(): return 1\nif x:\n    def f(): return 2\ndef f(): return 3\n",
        "def f(): return 1\nf()\ndef f(): return 2\n",
        "def f(): return 1\ng = f\ndef f(): return 2\n",
        "def f(): return 1\nregister(f)\ndef f(): return 2\n",
        "def f(): return 1\nx = [f for _ in y]\ndef f(): return 2\n",
        "def f(): return 1\nx = lambda: f()\ndef f(): return 2\n",
        "def f(): return 1\ndef g(x=f): ...\ndef f(): return 2\n",
        "def f(): return 1\n@f\ndef g(): ...\ndef f(): return 2\n",
        "def f(): return 1\n@f\ndef f(): return 2\n",
        "def f(): return 1\ndef f(x=f): return 2\n",
        "def f(): return 1\ndef g(): return f()\ng()\ndef f(): return 2\n",
        "def f(): return 1\ndef g(): return f()\ndef h(): return g()\nx = h()\ndef f(): return 2\n",
        "def f(): return 1\n@run_now\ndef g(): return f()\ndef f(): return 2\n",
        "class A:\n    x = 1\nclass B(A): ...\nclass A:\n    x = 2\n",
        "class A:\n    x = 1\nclass A(A):\n    x = 2\n",
        "class A:\n    x = 1\nclass A:\n    y = A.x\n",
        "class A:\n    x = 1\ndef g(a: A): ...\nclass A:\n    x = 2\n",
        "class A:\n    x = 1\nclass B:\n    a: A\nclass A:\n    x = 2\n",
        "def f(): return 1\ndel f\ndef f(): return 2\n",
        "def f(): return 1\nf = 1\ndef f(): return 2\n",
        "def f(): return 1\nfrom x import f\ndef f(): return 2\n",
        "def f(): return 1\nfrom x import *\ndef f(): return 2\n",
        "def f(): return 1\nfor f in x: ...\ndef f(): return 2\n",
        "def f(): return 1\nwith x as f: ...\ndef f(): return 2\n",
        "def f(): return 1\nx = globals()\ndef f(): return 2\n",
        "def f(): return 1\nx = sys.modules[__name__]\ndef f(): return 2\n",
        "def f(): return 1\nexec('f()')\ndef f(): return 2\n",
        "def f(): ...\ndef f(): return 2\n",
        "def f(): pass\ndef f(): return 2\n",
        "def f():\n    '''Later.'''\ndef f(): return 2\n",
        "def f(): raise NotImplementedError\ndef f(): return 2\n",
        "def f(): raise NotImplementedError('later')\ndef f(): return 2\n",
        "class A: ...\nclass A:\n    x = 2\n",
        "def g():\n    global f\n    f = 1\ndef f(): return 1\ndef f(): return 2\n",
        "class A:\n    def m(self): return 1\n    def m(self): return 2\n",
        "def f(): return 1\n@filled_in_by(g)\ndef f(): ...\n",
        "match x:\n    case f: ...\ndef f(): return 1\nmatch x:\n    case [*f]: ...\ndef f(): return 2\n",
        "import f\ndef f(): return 1\n",
        "def f(): return 1\nf = g(f)\ndef f(): return 1\n",
        "def f(): return 1\ndel f\ndef f(): return 1\n",
        "@overload\ndef f(): return 1\n@overload\ndef f(): return 1\n",
        "@app.get('/a')\ndef f(): return 1\n@app.get('/a')\ndef f(): return 2\n",
        "@app.get('/a')\ndef f(): ...\n@app.get('/a')\ndef f(): ...\n",
        "def f(): ...\ndef f(): ...\n",
    ],
)
def test_what_is_meant_or_used_in_between(source: str) -> None:
    assert found(source) == []


STATEMENTS = st.sampled_from(
    [
        "def f(): return {n}",
        "def g(): return {n}",
        "async def f(): return {n}",
        "class f:\n    x = {n}",
        "def g(): return f",
        "x{n} = f",
        "x{n} = g()",
        "del f",
        "f = {n}",
        "if {n} % 2:\n    def f(): return {n}",
        "x{n} = 1",
    ]
)


@given(st.lists(STATEMENTS, max_size=12))
def test_what_is_reported_was_never_seen_by_anybody(statements: list[str]) -> None:
    """Run the module: a definition that is called replaced is held by its name alone, until the next."""
    source = "def f(): return 'f'\ndef g(): return 'g'\n" + "".join(
        f"{statement.format(n=at)}\n" for at, statement in enumerate(statements)
    )
    tree = ast.parse(source)
    gone = {(name, first): second for name, first, second, identical in replaced(tree) if not identical}
    held: dict[str, object] = {}
    watched: dict[int, list[object]] = {}
    for statement in tree.body:
        names = [name for name, first in gone if gone[name, first] == statement.lineno]
        for name in names:
            before = held[name]
            # nothing else that the module holds is the one that goes, but what a body names late
            others = [key for key, value in held.items() if value is before and key != name]
            assert others == [], source
            watched[statement.lineno] = [before]
        try:
            exec(compile(ast.Module([statement], []), "m", "exec"), held)
        except (NameError, TypeError):
            break
        for name in names:
            assert held[name] is not watched[statement.lineno][0], source


@given(st.lists(STATEMENTS, max_size=12))
def test_lines_are_of_definitions_of_the_name(statements: list[str]) -> None:
    """In ascending pairs, each a definition at the top."""
    source = "".join(f"{statement.format(n=at)}\n" for at, statement in enumerate(statements))
    tree = ast.parse(source)
    lines = {
        (node.name, node.lineno)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for name, first, second, _ in replaced(tree):
        assert first < second
        assert {(name, first), (name, second)} <= lines


@pytest.mark.parametrize(
    "text", ["def f(): return 1\n", "class f:\n    x = 1\n", "async def f():\n    return 1\n"]
)
@pytest.mark.parametrize(
    "between", ["", "x = 1\n", "def g(): return f\n", "import os\n", "class B:\n    y = 1\n"]
)
def test_a_copy_of_a_definition_is_found(text: str, between: str) -> None:
    """As it was written twice, whatever stands in between that does not use it."""
    second = text.count("\n") + between.count("\n") + 1
    assert found(text + between + text) == [("f", 1, second, True)]
