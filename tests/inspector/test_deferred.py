# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import ast
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.inspector.conditions import Conditions
from pytest_prodready.inspector.deferred import Reader
from pytest_prodready.inspector.deferred_statement import CONDITION, LAZY, TOP, TRY, Statement


def statements(source: str | ast.Module, at_top: bool = False) -> list[Statement]:
    """Every import that is to be tried."""
    tree = ast.parse(textwrap.dedent(source)) if isinstance(source, str) else source
    return Reader(tree).statements(at_top)


def constant(test: str, before: str = "") -> bool | None:
    """What a condition gives here."""
    return Conditions(ast.parse(before)).constant(ast.parse(test, mode="eval").body)


def found(source: str) -> list[tuple[str, int, str]]:
    """(function, line, guard) of every import statement that is to be tried."""
    return [(one.function, one.line, one.guard) for one in statements(source)]


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
        "(ValueError, *(ImportError,))",
        "(KeyError,) + (ImportError,)",
        "errors_of()",
        "(ValueError, (KeyError, ImportError))",
        "builtins.ImportError",
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
        ("assert False\nimport a\n", []),
        ("sys.exit(1)\nimport a\n", []),
        ("if x:\n    return\nelse:\n    raise E\nimport a\n", []),
        ("if sys.version_info >= (3, 8):\n    return\nimport a\n", []),
        ("if TYPE_CHECKING:\n    return\nimport a\n", [""]),
        ("try:\n    return\nfinally:\n    x()\nimport a\n", []),
        ("try:\n    return\nexcept E:\n    pass\nimport a\n", [""]),
        ("while True:\n    x()\nimport a\n", []),
        ("while True:\n    if x:\n        break\nimport a\n", [""]),
        ("while True:\n    for y in x:\n        break\nimport a\n", []),
        ("while True:\n    def g():\n        import b\n", [""]),
        ("with x:\n    return\nimport a\n", []),
        ("with suppress(KeyError):\n    return\nimport a\n", [""]),
        ("with suppress(ImportError):\n    return x\nimport a\n", [""]),
        ("while 0:\n    import a\nelse:\n    import b\n", [""]),
        ("for x in ():\n    import a\n", []),
        ("if '':\n    import a\n", []),
        ("if __debug__:\n    import a\nelse:\n    import b\n", [""]),
        ("if os.name == 'no-such' or sys.platform == 'no-such':\n    import a\n", []),
        ("if x if False else False:\n    import a\n", []),
        (
            "match sys.platform:\n    case 'no-such' | 'none':\n        import a\n    case _:\n        import b\n",
            [""],
        ),
        ("match x:\n    case 1:\n        import a\n    case _:\n        import b\n", [CONDITION, CONDITION]),
        (
            "match os.name:\n    case 'no' if x:\n        import a\n    case y if x:\n        import b\n    case _:\n        import c\n",
            [CONDITION, CONDITION],
        ),
        # context managers
        ("with suppress(ImportError), other():\n    import a\n", [TRY]),
        ("with other(), suppress(*(ImportError,)) as x:\n    import a\n", [TRY]),
        (
            "with ExitStack() as stack:\n    stack.enter_context(suppress(ImportError))\n    import a\nimport b\n",
            [TRY, ""],
        ),
        (
            "with ExitStack() as stack:\n    import a\n    stack.enter_context(suppress(ImportError))\n    import b\n",
            ["", TRY],
        ),
        ("with ExitStack() as stack:\n    stack.enter_context(suppress(KeyError))\n    import a\n", [""]),
        ("with try_import() as _imports:\n    import a\n", [TRY]),
        ("with pytest.raises(ImportError):\n    import a\n", [TRY]),
        ("with open(x):\n    import a\n", [""]),
        # looking for the module first
        ("if not find_spec('a'):\n    return\nimport a\n", [TRY]),
        ("if find_spec('a') is None:\n    raise E\nimport a.b\n", [TRY]),
        ("if find_spec('a') is None:\n    log()\nimport a\n", [""]),
        ("has = importlib.util.find_spec('a') is not None\nif has:\n    import a\n", [TRY]),
        ("if (spec := find_spec('a')) is not None:\n    import a\n", [TRY]),
        ("if find_spec('b'):\n    import a\n", [CONDITION]),
        ("assert find_spec('a')\nimport a\n", [TRY]),
        ("pytest.importorskip('a')\nimport a\n", [TRY]),
        ("x = pytest.importorskip('a')\nimport b\n", [""]),
        ("if is_a_available():\n    import a\n", [TRY]),
        ("requires_backends(self, 'a')\nimport a\n", [CONDITION]),
        ("self._check_a_installed()\nimport a\n", [CONDITION]),
        ("if not settings.FEATURE:\n    return\nimport a\n", [CONDITION]),
        ("if not settings.tracing_enabled:\n    return\nimport a\n", [CONDITION]),
        ("if job.state == State.DONE:\n    return\nimport a\n", [""]),
        ("try:\n    import a\nexcept ImportError:\n    return\nimport a.b\nimport c\n", [TRY, TRY, ""]),
        ("try:\n    import a\nexcept ImportError:\n    a = None\nimport a.b\n", [TRY, ""]),
        (
            "try:\n    import a\nexcept ImportError:\n    a = None\nif a is not None:\n    import a.b\n",
            [TRY, TRY],
        ),
        (
            "try:\n    import a\nexcept ImportError:\n    pass\nelse:\n    import a.b\n    import c\n",
            [TRY, TRY, ""],
        ),
        # handlers
        (
            "try:\n    import a\nexcept (ValueError, KeyError):\n    pass\nexcept ImportError:\n    pass\n",
            [TRY],
        ),
        (
            "try:\n    try:\n        import a\n    except KeyError:\n        pass\nexcept ImportError:\n    pass\n",
            [TRY],
        ),
        # with the expressions that a compound statement evaluates
        ("if import_module('a').x:\n    pass\n", [""]),
        ("for x in importlib.import_module('a').y:\n    pass\n", [""]),
        ("return __import__('a').b\n", [""]),
        ("x = lambda: import_module('a')\n", [""]),
        ("import_module(name)\nimport_module(f'a.{b}')\nimport_module()\n", []),
        (
            "import_module('.b', package=__package__)\nimport_module('.b', 'other')\nimport_module('.b', __package__)\n",
            ["", ""],
        ),
        ("if x:\n    return\nimport a\n", [""]),
    ],
)
def test_guards(body: str, expected: list[str]) -> None:
    """The guard of a statement is the strongest around it; what can never run is left out."""
    assert guards(body) == expected


@pytest.mark.parametrize(
    "kind, names",
    [
        ("OptionalDependencyErrors", ("OptionalDependencyErrors",)),
        ("(KeyError, ERRORS)", ("ERRORS",)),
        ("errors.OPTIONAL", ("errors.OPTIONAL",)),
        ("(ERRORS, ImportError)", ()),
    ],
)
def test_a_name_that_only_the_real_module_knows_is_kept(kind: str, names: tuple[str, ...]) -> None:
    """Whether such a handler guards is decided on the real object; if not, the import has its outer guard."""
    source = (
        f"def f():\n    if x:\n        try:\n            import a\n        except {kind}:\n            pass\n"
    )
    (one,) = statements(source)
    assert (one.guard, one.caught_by, one.outer) == (TRY, names, CONDITION)


def test_a_handler_of_an_unknown_exception_may_be_a_fallback() -> None:
    """Its imports are tried unless it turns out to stop an ImportError."""
    body, handler = statements("def f():\n    try:\n        import a\n    except E:\n        import b\n")
    assert (body.guard, body.caught_by, body.outer) == (TRY, ("E",), "")
    assert (handler.guard, handler.caught_by, handler.outer) == (TRY, ("E",), CONDITION)


@pytest.mark.parametrize(
    "handlers, absence_only, raises",
    [
        ("except ImportError:\n    pass\n", False, False),
        ("except ModuleNotFoundError:\n    pass\n", True, False),
        ("except ModuleNotFoundError:\n    pass\nexcept Exception:\n    pass\n", False, False),
        ("except (ModuleNotFoundError, KeyError):\n    pass\n", True, False),
        ("except ImportError as e:\n    raise RuntimeError('install a') from e\n", False, True),
        ("except ImportError:\n    log.error('install a')\n    raise\n", False, True),
        ("except ImportError:\n    sys.exit('install a')\n", False, True),
        ("except ImportError:\n    if x:\n        return\n    raise\n", False, False),
        ("except ImportError:\n    import b\n    raise\n", False, False),
    ],
)
def test_what_a_handler_provides_for(handlers: str, absence_only: bool, raises: bool) -> None:
    """One for an absent module does not stop a missing name; one that raises again provides nothing."""
    (one,) = statements("def f():\n" + textwrap.indent(f"try:\n    import a\n{handlers}", "    "))
    assert (one.guard, one.absence_only, one.raises) == (TRY, absence_only, raises)


@pytest.mark.parametrize(
    "before, body, expected",
    [
        ("HAS_A = importlib.util.find_spec('a') is not None", "if HAS_A:\n    import a\n", [TRY]),
        ("HAS_A: bool = bool(find_spec('a'))", "if not HAS_A:\n    raise E\nimport a.b\n", [TRY]),
        (
            "try:\n    import a\n    HAS_A = True\nexcept ImportError:\n    HAS_A = False",
            "if HAS_A:\n    import a.b\n",
            [TRY],
        ),
        (
            "try:\n    import a\nexcept ImportError:\n    HAS_A = False\nelse:\n    HAS_A = True",
            "if HAS_A:\n    import a.b\n",
            [TRY],
        ),
        ("try:\n    import a\nexcept Exception:\n    a = None", "if a:\n    import a.b\n", [TRY]),
        ("try:\n    x()\n    y = 1\nexcept Exception:\n    y = 2", "if y:\n    import a.b\n", [CONDITION]),
        ("def has_a():\n    return find_spec('a') is not None", "if has_a():\n    import a\n", [TRY]),
        (
            "def a_there():\n    try:\n        import a\n    except ImportError:\n        return False\n    return True",
            "if not self.a_there():\n    return\nimport a\n",
            [TRY, TRY],
        ),
        ("from importlib.util import find_spec as there", "if there('a'):\n    import a\n", [TRY]),
        ("from contextlib import suppress as quiet", "with quiet(ImportError):\n    import a\n", [TRY]),
        ("import contextlib as c", "with c.suppress(ImportError):\n    import a\n", [TRY]),
        ("import typing as t", "if t.TYPE_CHECKING:\n    import a\n", []),
        ("from typing import TYPE_CHECKING as TC", "if TC:\n    import a\nelse:\n    import b\n", [""]),
        ("", "if TYPE_CHECKING or x:\n    import a\n", [CONDITION]),
        ("from sys import version_info as v", "if v < (3, 8):\n    import a\n", []),
        ("import sys as _sys", "if _sys.platform == 'no-such':\n    import a\n", []),
        ("PY2 = sys.version_info[0] == 2", "if PY2:\n    import a\n", []),
        ("PY2 = sys.version_info[0] == 2\nPY2 = x", "if PY2:\n    import a\n", [CONDITION]),
        ("DEBUG = False", "if DEBUG:\n    import a\n", [CONDITION]),
        ("import builtins", "try:\n    import a\nexcept builtins.ImportError:\n    pass\n", [TRY]),
    ],
)
def test_guards_that_the_module_prepares(before: str, body: str, expected: list[str]) -> None:
    """Flags, functions and aliases at the top of the module say what a guard in a function is."""
    assert guards(body, before) == expected


@pytest.mark.parametrize(
    "decorator, expected",
    [("skipUnless(find_spec('a'), 'x')", TRY), ("skipif('a' not in sys.modules)", TRY), ("other('a')", "")],
)
def test_a_decorator_may_ask(decorator: str, expected: str) -> None:
    """A function whose decorator looks for the module is called only where there is one."""
    (one,) = statements(f"@{decorator}\ndef f():\n    import a\n")
    assert one.guard == expected


def test_a_flag_around_a_definition_holds_when_it_is_called() -> None:
    """Unlike a ``try`` around it."""
    source = "if find_spec('a'):\n    def f():\n        import a\n"
    assert [guard for _, _, guard in found(source)] == [TRY]


def test_a_flag_of_another_module_is_named() -> None:
    """What it says is looked up where it is made."""
    (one,) = statements(
        "from .compat import HAS_A as A\ndef f():\n    if not A:\n        return\n    import a\n"
    )
    assert one.flags == (".compat.HAS_A",)


def test_lazy_statements_at_the_top() -> None:
    """A statement with the word is one of its own; without it, it may be made lazy from outside, if it can be."""
    tree = ast.parse(
        "from __future__ import x\nimport a\nfrom b import c\nfrom d import *\n"
        "try:\n    import e\nexcept E:\n    pass\nclass C:\n    import f\nwith x:\n    import g\n"
        "if x:\n    import h\nif TYPE_CHECKING:\n    import i\n"
    )
    tree.body[1].is_lazy = 1  # type: ignore[attr-defined]  # Python 3.15's
    assert [(one.imports[0][0], one.kind, one.guard) for one in statements(tree)] == [("a", LAZY, "")]
    assert [(one.imports[0][0], one.kind, one.guard) for one in statements(tree, at_top=True)] == [
        ("a", LAZY, ""),
        ("b", TOP, ""),
        ("h", TOP, CONDITION),
    ]


@pytest.mark.parametrize(
    "source, expected",
    [
        (
            "try:\n    import a\n    from b import c\n    x()\n    import d\nexcept ImportError:\n    pass\n",
            [(False, ["a", "b"])],
        ),
        ("try:\n    import a\nexcept Exception:\n    import b\n", [(True, ["a"])]),
        ("try:\n    import a\nexcept:\n    pass\n", [(True, ["a"])]),
        ("try:\n    import a\nexcept KeyError:\n    pass\n", []),
        ("try:\n    import a\nexcept ImportError:\n    raise E\n", []),
        ("with suppress(ImportError):\n    import a\n", [(False, ["a"])]),
        (
            "if sys.version_info > (3,):\n    try:\n        import a\n    except ImportError:\n        pass\n",
            [(False, ["a"])],
        ),
        ("if x:\n    try:\n        import a\n    except ImportError:\n        pass\n", []),
        ("def f():\n    try:\n        import a\n    except ImportError:\n        pass\n", []),
    ],
)
def test_what_was_tried_at_the_top(source: str, expected: list[tuple[bool, list[str]]]) -> None:
    """Imports that were certainly tried when the module was loaded, and whose failure went on silently."""
    attempts = Reader(ast.parse(source)).attempts_at_top()
    assert [(one.broad, [each.imports[0][0] for each in one.imports]) for one in attempts] == expected


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
        ("sys.version_info.minor < 8", False),
        ("(3, 8) <= sys.version_info < (99,)", True),
        ("(3, 8) <= sys.version_info < needed", None),
        ("x < sys.version_info < (3,)", False),
        ("sys.version_info[1:2] < (8,)", False),
        ("sys.platform.startswith(('no', 'such'))", False),
        ("sys.platform.lower() == 'no-such'", False),
        ("platform.system().lower() in ['nosuch']", False),
        ("sys.implementation.name != 'no-such'", True),
        ("sys.implementation.version >= (3,)", True),
        ("sys.maxsize > 2**31 - 1", True),
        ("sys.maxsize > 2**99999", None),
        ("hasattr(sys, 'no_such_attribute')", False),
        ("hasattr(sys, 'version')", True),
        ("getattr(sys, 'frozen', False)", False),
        ("getattr(x, 'frozen', False)", None),
        ("'no_such' in sys.builtin_module_names", False),
        ("six.PY2", False),
        ("not six.PY3", False),
        ("TYPE_CHECKING is True", False),
        ("x is None", None),
        ("[]", False),
        ("{}", False),
        ("(1, 2)", True),
        ("''", False),
        ("None", False),
        ("bool(0)", False),
        ("bool(x)", None),
        ("True if sys.version_info < (3,) else False", False),
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
    assert constant(test) is expected


def test_the_whole_version_counts() -> None:
    """A comparison with this very version has the answer that Python itself gives."""
    exactly = tuple(sys.version_info[:3])
    for operator in ("<", "<=", ">", ">=", "==", "!="):
        test = f"sys.version_info {operator} {exactly}"
        assert constant(test) is eval(test, {"sys": sys})


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
    lines = {node.lineno for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))}
    for one in statements(tree, at_top=True):
        assert one.line in lines
        assert one.guard in (TRY, CONDITION, "")
        assert one.outer in (TRY, CONDITION, "")
    Reader(tree).attempts_at_top()
