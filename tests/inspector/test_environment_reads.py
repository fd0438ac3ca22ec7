"""Which variables the application's lines read, seen in real interpreters."""

from __future__ import annotations

import os

import pytest

from tests.inspector.projects import Project

Row = tuple[str, str, str, int | None, str]


def rows(project: Project, text: str, environ: dict[str, str] | None = None, **files: str) -> list[Row]:
    """Name, how, state, line and reader of each read of app.py."""
    given = {**os.environ, **(environ or {})}
    written = {"app.py": text, **{f"{name}.py": one for name, one in files.items()}}
    seen = project.inspect(written, packages=("app", *files), environ=given)
    assert seen.problems == ()
    return [
        (read.name, read.how, read.state, read.location.line, read.reader)
        for read in seen.entry.environment_reads
    ]


def test_ways_to_read(project: Project) -> None:
    """Each way with its line, whether it has a default, and the state of the variable; never a value."""
    text = """\
    import os
    os.environ["SET_ONE"]
    os.environ.get("GET_ONE")
    os.getenv("GETENV_ONE", "x")
    "IN_ONE" in os.environ
    os.environ.setdefault("DEFAULT_ONE", "x")
    os.environ.pop("POP_ONE", None)
    os.environ["EMPTY_ONE"]
    try:
        os.environ["CAUGHT_ONE"]
    except KeyError:
        pass
    os.environ["WRITTEN_ONE"] = "x"
    """
    assert rows(project, text, {"SET_ONE": "hidden-value", "EMPTY_ONE": ""}) == [
        ("SET_ONE", "required", "set", 2, ""),
        ("GET_ONE", "optional", "unset", 3, ""),
        ("GETENV_ONE", "default", "unset", 4, ""),
        ("IN_ONE", "asked", "unset", 5, ""),
        ("DEFAULT_ONE", "default", "set", 6, ""),
        ("POP_ONE", "optional", "unset", 7, ""),
        ("EMPTY_ONE", "required", "empty", 8, ""),
        ("CAUGHT_ONE", "required", "unset", 10, ""),
    ]


def test_loops_over_all_variables_ask_for_none(project: Project) -> None:
    text = """\
    import os
    {**os.environ}; dict(os.environ); os.environ.copy(); list(os.environ.items())
    [os.environ[name] for name in os.environ]
    os.environ == {}
    """
    assert rows(project, text) == []


def test_os_environ_stays_what_it_is(project: Project) -> None:
    """Type, copies, comparison, children and errors are those of an interpreter alone."""
    text = """\
    import copy, os, subprocess, sys
    assert type(os.environ) is os._Environ
    assert os.environ == dict(os.environ) == os.environ.copy() == copy.copy(os.environ)
    assert dict(copy.deepcopy(os.environ)) == dict(os.environ)
    os.environ["MADE_HERE"] = "1"
    assert os.environ["MADE_HERE"] == os.environb[b"MADE_HERE"].decode() == "1"
    code = "import os; assert os.environ['MADE_HERE'] == '1'"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    del os.environ["MADE_HERE"]
    assert "MADE_HERE" not in os.environ and os.environ | {"A": "1"}
    for wrong in (1, b"x", None):
        try:
            os.environ[wrong]
        except TypeError as error:
            assert str(error).startswith("str expected"), error
        else:
            raise AssertionError(wrong)
    os.environ["NOT_THERE"]
    """
    seen = project.inspect({"app.py": text})
    assert (seen.failure.type, seen.failure.message) == ("KeyError", "'NOT_THERE'")
    reads = [(read.name, read.how, read.state) for read in seen.entry.environment_reads]
    assert reads[-1] == ("NOT_THERE", "required", "unset")


def test_what_libraries_read_for_themselves_is_left_out(project: Project) -> None:
    """The import of a library, and what it does with its own variables, is not the application's reading."""
    text = """\
    import os, ssl, tempfile, webbrowser
    os.path.expanduser("~")
    tempfile.gettempdir()
    webbrowser.get
    """
    assert rows(project, text) == []


def test_the_line_is_that_of_the_read(project: Project) -> None:
    """Of a helper of the application's it is the helper's; threads are seen, too."""
    helper = "import os\ndef need(name):\n    return os.environ[name]\n"
    text = """\
    import threading
    from helper import need
    need("A_ONE"); need("A_TWO")
    thread = threading.Thread(target=need, args=("A_THREE",))
    thread.start(); thread.join()
    """
    given = {"A_ONE": "1", "A_TWO": "2", "A_THREE": "3"}
    assert [row[:4] for row in rows(project, text, given, helper=helper)] == [
        ("A_ONE", "required", "set", 3),
        ("A_TWO", "required", "set", 3),
        ("A_THREE", "required", "set", 3),
    ]


def test_python_decouple(project: Project) -> None:
    pytest.importorskip("decouple")
    (project.root / ".env").write_text("FROM_FILE=1\n")
    text = """\
    from decouple import config
    config("WITH", default="")
    config("WITHOUT")
    config("FROM_FILE")
    config("NONE_ONE", default=None)
    """
    reads = dict.fromkeys(rows(project, text, {"WITHOUT": "1"}))
    assert [*reads] == [
        ("WITH", "default", "unset", 2, "python-decouple"),
        ("WITHOUT", "required", "set", 3, "python-decouple"),
        ("FROM_FILE", "required", "file", 4, "python-decouple"),
        ("NONE_ONE", "optional", "unset", 5, "python-decouple"),
    ]


def test_environs(project: Project) -> None:
    pytest.importorskip("environs")
    text = """\
    from environs import Env
    env = Env()
    env.str("WITH", "x")
    env("WITHOUT")
    with env.prefixed("PRE_"):
        env.int("INNER")
    """
    assert rows(project, text, {"WITHOUT": "1", "PRE_INNER": "2"}) == [
        ("WITH", "default", "unset", 3, "environs"),
        ("WITHOUT", "required", "set", 4, "environs"),
        ("PRE_INNER", "required", "set", 6, "environs"),
    ]


def test_django_environ(project: Project) -> None:
    pytest.importorskip("environ")
    text = """\
    import environ
    env = environ.Env(DEBUG_ONE=(bool, False))
    env("DEBUG_ONE")
    env("WITHOUT")
    env.str("WITH", default="x")
    """
    assert rows(project, text, {"WITHOUT": "1"}) == [
        ("DEBUG_ONE", "default", "unset", 3, "django-environ"),
        ("WITHOUT", "required", "set", 4, "django-environ"),
        ("WITH", "default", "unset", 5, "django-environ"),
    ]


def test_starlette(project: Project) -> None:
    pytest.importorskip("starlette")
    text = """\
    from starlette.config import Config
    config = Config()
    config("WITH", default="x")
    config("WITHOUT")
    """
    assert list(dict.fromkeys(rows(project, text, {"WITHOUT": "1"}))) == [
        ("WITH", "default", "unset", 3, "starlette.config"),
        ("WITHOUT", "required", "set", 4, "starlette.config"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ = dict(os.environ)\nos.environ['PATH']\n",
        "import os\ndel os.environ.encodekey\n",
        (
            "import os, sys\nsys.setrecursionlimit(60)\ndef f():\n    os.environ.get('A'); f()\n"
            "try:\n    f()\nexcept RecursionError:\n    sys.setrecursionlimit(1000)\n"
        ),
        "import os\nfor at in range(5000):\n    os.environ.get(f'A_{at}')\n",
    ],
)
def test_hostile_applications(project: Project, text: str) -> None:
    """What an application does to its environment never breaks its start, and the reads are bounded."""
    seen = project.inspect({"app.py": text})
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    assert len(seen.entry.environment_reads) <= 2000
