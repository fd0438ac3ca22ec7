"""Which code around a line would stop an exception, read from its source while it runs."""

from __future__ import annotations

import runpy
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_prodready.inspector import guards

STOPS = {
    "a handler of its class": """
        try:
            ask()
        except ImportError:
            pass
    """,
    "a handler of a base, in a tuple": """
        try:
            ask()
        except (KeyError, Exception):
            value = None
    """,
    "a bare handler": """
        try:
            ask()
        except:
            log = 1
    """,
    "suppress": """
        import contextlib
        with contextlib.suppress(KeyError, ImportError):
            ask()
    """,
    "a class that cannot be looked up": """
        try:
            ask()
        except errors["missing"]:
            pass
    """,
    "a handler that sometimes raises": """
        try:
            ask()
        except ImportError as error:
            if error.name != "x":
                raise
    """,
    "a handler that leaves early": """
        def load():
            try:
                ask()
            except ImportError as error:
                if error.name.startswith("x"):
                    return None
                raise
        load()
    """,
    "a try around the call": """
        def load():
            ask()
        try:
            load()
        except ImportError:
            pass
    """,
}
PASSES = {
    "nothing": "ask()",
    "another class": """
        try:
            ask()
        except (KeyError, ValueError):
            pass
    """,
    "a handler that raises anew": """
        try:
            ask()
        except ImportError as error:
            raise RuntimeError("it is needed") from error
    """,
    "a handler that leaves the program": """
        import sys
        try:
            ask()
        except ImportError:
            sys.exit(1)
    """,
    "a search that stops for what it searches alone": """
        def load(name):
            try:
                ask()
            except ImportError as error:
                if error.name == name:
                    return None
                raise
        load("x")
    """,
    "finally": """
        try:
            ask()
        finally:
            done = True
    """,
    "the handler itself": """
        try:
            raise ImportError
        except ImportError:
            ask()
    """,
    "a try around the definition": """
        try:
            def load():
                ask()
        except ImportError:
            pass
        load()
    """,
    "an earlier handler that matches": """
        try:
            ask()
        except ModuleNotFoundError:
            raise
        except ImportError:
            pass
    """,
}


@pytest.mark.parametrize(
    "source,stops",
    [
        *(pytest.param(source, True, id=name) for name, source in STOPS.items()),
        *(pytest.param(source, False, id=name) for name, source in PASSES.items()),
    ],
)
def test_what_stops_an_exception(tmp_path: Path, source: str, stops: bool) -> None:
    file = tmp_path / "code.py"
    file.write_text(textwrap.dedent(source))
    answers = []

    def ask() -> None:
        guard = guards.stopping(
            sys._getframe(1), ModuleNotFoundError("x", name="x"), str(Path(__file__)), lambda _: True
        )
        answers.append(guard is not None and guard[0] == str(file))

    runpy.run_path(str(file), {"ask": ask, "errors": {}})

    assert answers == [stops]


@pytest.mark.parametrize(
    "source,answer",
    [
        ("ask()", False),
        ("if True:\n    ask()", True),
        ("for _ in range(1):\n    ask()", True),
        ("value = 1 and ask()", True),
        ("def f():\n    ask()\nif True:\n    f()", False),
        ("def f(x):\n    if x:\n        ask()\nf(1)", True),
    ],
)
def test_what_runs_under_a_condition(tmp_path: Path, source: str, answer: bool) -> None:
    file = tmp_path / "code.py"
    file.write_text(source)
    answers = []

    runpy.run_path(str(file), {"ask": lambda: answers.append(guards.conditional(sys._getframe(1)))})

    assert answers == [answer]
