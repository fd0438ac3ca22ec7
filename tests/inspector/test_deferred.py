# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import ast
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.inspector.deferred import CONDITION, TRY, constant, statements


def found(source: str) -> list[tuple[str, str, str]]:
    """(function, statement, guard) of every import statement that is to be tried."""
    tree = ast.parse(textwrap.dedent(source))
    return [(one.function, ast.unparse(one.node), one.guard) for one in statements(tree)]


def guards(body: str, before: str = "") -> list[str]:
    """The guards of the imports in a function with this body."""
    source = before + "\ndef f():\n" + textwrap.indent(textwrap.dedent(body), "    ")
    return [guard for _, _, guard in found(source)]


@pytest.mark.parametrize(
    "source, functions",
    [
        ("import a\nfrom b import c\n", []),
        ("if x:\n    import a\ntry:\n    import b\nexcept E:\n    pass\n", []),
        ("class C:\n    import a\n", []),
        ("class C:\n    def m(self):\n        import a\n", ["C.m"]),
        ("class C:\n    class D:\n        async def m(self):\n            import a\n", ["C.D.m"]),
        ("def f():\n    class C:\n        import a\n", ["f.C"]),
        ("def f():\n    def g():\n        import a\n    import b\n", ["f.g", "f"]),
        ("async def f():\n    async with x:\n        async for y in z:\n            import a\n", ["f"]),
        ("@decorate\n@other(1)\ndef f():\n    import a\n", ["f"]),
        ("def f():\n    for x in y:\n        import a\n    else:\n        import b\n", ["f", "f"]),
        (
            "def f():\n    while x:\n        import a\n        break\n        import b\n    else:\n        import c\n",
            ["f", "f"],
        ),
        (
            "def f():\n    match x:\n        case 1:\n            import a\n        case _:\n            import b\n",
            ["f", "f"],
        ),
        ("def f():\n    with x:\n        import a\n", ["f"]),
        ("if x:\n    def f():\n        import a\n", ["f"]),
    ],
)
def test_imports_in_functions_are_found_and_others_are_not(source: str, functions: list[str]) -> None:
    """What runs when the module is imported was run; what a call runs is to be tried."""
    assert [function for function, _, _ in found(source)] == functions


@pytest.mark.parametrize(
    "kind",
    [
        "ImportError",
        "ModuleNotFoundError",
        "Exception",
        "BaseException",
        "(ValueError, ImportError)",
        "(ValueError, (KeyError, ImportError))",
        "builtins.ImportError",
        "OptionalDependencyErrors",
        "",
    ],
)
def test_a_handler_that_stops_an_import_error_guards(kind: str) -> None:
    """The body is guarded; the handler's own imports are its fallback and are left out."""
    assert guards(f"try:\n    import a\nexcept {kind}:\n    import b\n") == [TRY]


@pytest.mark.parametrize("kind", ["ValueError", "(KeyError, OSError)", "AttributeError"])
def test_a_handler_of_something_else_does_not(kind: str) -> None:
    """An ImportError passes such a handler, whose own imports run only after another exception."""
    assert guards(f"try:\n    import a\nexcept {kind}:\n    import b\n") == ["", CONDITION]


@pytest.mark.parametrize(
    "body, expected",
    [
        (
            "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a\nfinally:\n    import b\n",
            ["", ""],
        ),
        ("try:\n    if x:\n        import a\nexcept ImportError:\n    pass\n", [TRY]),
        ("try:\n    def g():\n        import a\nexcept ImportError:\n    pass\n", [""]),
        ("with suppress(ImportError):\n    import a\n", [TRY]),
        ("with contextlib.suppress(KeyError, ImportError):\n    import a\n", [TRY]),
        ("with suppress(KeyError):\n    import a\n", [""]),
        ("if settings.FEATURE:\n    import a\nelse:\n    import b\n", [CONDITION, CONDITION]),
        ("if 'plugin' in settings.PLUGINS:\n    import a\n", [CONDITION]),
        ("if importlib.util.find_spec('a'):\n    import a\n", [TRY]),
        ("if find_spec('a') is not None and x:\n    import a\n", [TRY]),
        ("if 'a' in sys.modules:\n    import a\n", [TRY]),
        ("if apps.is_installed('a'):\n    import a\n", [TRY]),
        ("if TYPE_CHECKING:\n    import a\n", []),
        ("if typing.TYPE_CHECKING:\n    import a\nelse:\n    import b\n", [""]),
        ("if not TYPE_CHECKING:\n    import a\n", [""]),
        ("if 0:\n    import a\n", []),
        ("if False and x:\n    import a\n", []),
        ("if True or x:\n    import a\nelse:\n    import b\n", [""]),
        ("return\nimport a\n", []),
        ("raise NotImplementedError\nimport a\n", []),
        ("if x:\n    return\nimport a\n", [""]),
    ],
)
def test_guards(body: str, expected: list[str]) -> None:
    """The guard of a statement is the strongest around it; what can never run is left out."""
    assert guards(body) == expected


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* is Python 3.11's")
def test_a_handler_of_groups_guards() -> None:
    """``except* ImportError`` guards as ``except ImportError`` does, a call in it too."""
    assert guards("try:\n    import a\nexcept* ImportError:\n    pass\n") == [TRY]
    call = "def f():\n    import a\ntry:\n    f()\nexcept* ImportError:\n    pass\n"
    assert [guard for _, _, guard in found(call)] == [TRY]


@pytest.mark.parametrize(
    "source, expected",
    [
        ("def f():\n    import a\ntry:\n    f()\nexcept ImportError:\n    pass\n", [TRY]),
        (
            "class C:\n    def f(self):\n        import a\n    def g(self):\n        try:\n            self.f()\n        except ImportError:\n            pass\n",
            [TRY],
        ),
        (
            "async def f():\n    import a\nasync def g():\n    try:\n        await f()\n    except ImportError:\n        pass\n",
            [TRY],
        ),
        # two functions up
        (
            "def f():\n    import a\ndef g():\n    f()\ndef h():\n    try:\n        g()\n    except ImportError:\n        pass\n",
            [TRY],
        ),
        # somebody else calls it too
        (
            "def f():\n    import a\ndef g():\n    f()\ndef i():\n    f()\ndef h():\n    try:\n        g()\n    except ImportError:\n        pass\n",
            [""],
        ),
        # a handler of everything around a call was not written for a missing module
        ("def f():\n    import a\ntry:\n    f()\nexcept Exception:\n    pass\n", [""]),
        ("def f():\n    import a\nf()\n", [""]),
        # recursion alone guards nothing
        ("def f():\n    import a\n    f()\n", [""]),
    ],
)
def test_a_guard_around_the_call_guards_the_function(source: str, expected: list[str]) -> None:
    """A function whose callers provide for an ImportError is guarded by them."""
    assert [guard for _, _, guard in found(source)] == expected


@pytest.mark.parametrize(
    "test, expected",
    [
        ("sys.version_info >= (3, 10)", True),
        ("sys.version_info < (3, 8)", False),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info.major < 3", False),
        ("sys.version_info[:2] >= (3, 10)", True),
        ("(3, 10) <= sys.version_info", True),
        ("sys.platform == 'no-such-platform'", False),
        ("sys.platform.startswith('no-such')", False),
        ("sys.platform in ('a', 'b')", False),
        ("sys.platform not in ('a', 'b')", True),
        ("os.name == 'no-such-system'", False),
        ("platform.python_implementation() == 'NoPy'", False),
        ("platform.system() == 'NoOS'", False),
        ("not False", True),
        ("TYPE_CHECKING or sys.version_info < (3,)", False),
        ("DEBUG", None),
        ("settings.DEBUG", None),
        ("sys.version_info >= needed", None),
        ("sys.version_info[:'x'] == 3", None),
        ("sys.version_info < 'x'", None),
        ("sys.version_info == (3, *x)", None),
        ("1 < x < 3", None),
        ("f()", None),
    ],
)
def test_constant_conditions(test: str, expected: bool | None) -> None:
    """What is the same in every run on this interpreter is known; all else is left open."""
    assert constant(ast.parse(test, mode="eval").body) is expected


def test_the_whole_version_counts() -> None:
    """A comparison with this very version has the answer that Python itself gives."""
    exactly = tuple(sys.version_info[:3])
    for operator in ("<", "<=", ">", ">=", "==", "!="):
        test = f"sys.version_info {operator} {exactly}"
        assert constant(ast.parse(test, mode="eval").body) is eval(test, {"sys": sys})


NAMES = st.sampled_from(["a", "ImportError", "Exception", "sys", "TYPE_CHECKING", "version_info", "f"])
EXPRESSIONS = st.recursive(
    st.one_of(
        NAMES, st.sampled_from(["1", "None", "''", "(3, 8)", "sys.version_info", "sys.platform", "..."])
    ),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["<", "==", "in", "and", "or", "is"]), inner),
        st.builds("(not {})".format, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[:{}]".format, inner, inner),
        st.builds("({}).startswith({})".format, inner, inner),
        st.builds("({}, *{})".format, inner, inner),
        st.builds("({})()".format, inner),
    ),
    max_leaves=8,
)
FRAMES = st.sampled_from(
    [
        "if {0}:\n{1}",
        "if {0}:\n{1}\nelse:\n{1}",
        "try:\n{1}\nexcept {0}:\n{1}",
        "try:\n{1}\nfinally:\n{1}",
        "with {0}:\n{1}",
        "for x in {0}:\n{1}\nelse:\n{1}",
        "while {0}:\n{1}",
        "def f():\n{1}",
        "async def f():\n{1}",
        "class C:\n{1}",
        "match {0}:\n    case 1:\n{2}",
    ]
)
BLOCKS = st.recursive(
    st.sampled_from(["import a", "from . import b", "from ..c import *", "f()", "pass"]),
    lambda inner: st.builds(
        lambda frame, test, body: frame.format(
            test, textwrap.indent(body, "    "), textwrap.indent(body, "        ")
        ),
        FRAMES,
        EXPRESSIONS,
        inner,
    ),
    max_leaves=12,
)


@given(BLOCKS)
def test_no_source_that_parses_makes_it_raise(source: str) -> None:
    """Whatever stands in a module, its statements are listed, each of them one of the module's own."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    nodes = set(ast.walk(tree))
    for one in statements(tree):
        assert one.node in nodes
        assert one.guard in (TRY, CONDITION, "")
