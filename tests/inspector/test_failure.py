# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import pytest

from pytest_prodready.facts import Failure, Missing
from tests.inspector.projects import Project


def failure(project: Project, files: dict[str, str], packages: tuple[str, ...] = ("app",)) -> Failure:
    """Why importing ``app`` fails."""
    seen = project.inspect(files, packages=packages)
    assert seen.problems == ()
    return seen.failure


def missing(project: Project, files: dict[str, str]) -> Missing:
    """What importing ``app`` could not find."""
    found = failure(project, files).missing
    assert found is not None
    return found


def test_a_missing_name(project: Project) -> None:
    """The module, the name, what there is instead, and the way to the line."""
    files = {
        "app/__init__.py": "from app.main import run\n",
        "app/main.py": "\n\nfrom app.audit import log_event\n",
        "app/audit.py": "def log_audit_event(): pass\n_private = 1\n",
    }
    seen = failure(project, files)
    assert seen.missing == Missing(
        "app.audit", "log_event", ("_private", "log_audit_event"), "app/audit.py", own=True
    )
    assert (seen.how, seen.type, seen.module) == ("raised", "ImportError", "app.main")
    assert "builtins.ImportError" in seen.bases
    assert [(frame.file, frame.line, frame.function, frame.text) for frame in seen.frames] == [
        ("app/__init__.py", 1, "<module>", "from app.main import run"),
        ("app/main.py", 3, "<module>", "from app.audit import log_event"),
    ]


def test_a_missing_module_of_the_application(project: Project) -> None:
    """Its would-be siblings are what there is instead."""
    found = missing(
        project, {"app/__init__.py": "import app.modles\n", "app/models.py": "", "app/sub/x.py": ""}
    )
    assert found == Missing("app.modles", "", ("models", "sub"), "app/__init__.py", own=True)


def test_a_missing_distribution(project: Project) -> None:
    """Its top-level name is not the application's, though it may begin like it."""
    found = missing(project, {"app.py": "import app_plugin\n"})
    assert (found.module, found.name, found.own, found.distribution) == ("app_plugin", "", False, "")


def test_a_local_module_that_hides_the_standard_library(project: Project) -> None:
    """The file that stands in its place is named."""
    found = missing(project, {"app.py": "import email.mime\n", "email/__init__.py": ""})
    assert (found.module, found.shadow) == ("email.mime", "email/__init__.py")


def test_a_module_beside_a_package_of_its_name(project: Project) -> None:
    """The file that can never be imported is named, for a missing name and for a missing module."""
    files = {
        "app/__init__.py": "from app.tasks import run\n",
        "app/tasks.py": "run = 1\n",
        "app/tasks/__init__.py": "",
    }
    assert missing(project, files).twin == "app/tasks.py"
    assert missing(project, {"app/__init__.py": "import app.tasks.run\n"}).twin == "app/tasks.py"


@pytest.mark.parametrize(
    "body, expected",
    [
        # the cause is said, or the exception is raised in the handler itself
        (
            "try:\n    import gone\nexcept ImportError as error:\n    raise RuntimeError('x') from error\n",
            "gone",
        ),
        ("try:\n    import gone\nexcept ImportError:\n    raise RuntimeError('install gone')\n", "gone"),
        # something else fails while the absence is handled, or after it
        ("try:\n    import gone\nexcept ImportError:\n    import os\n    os.environ['NO_SUCH']\n", ""),
        ("try:\n    import gone\nexcept ImportError:\n    raise RuntimeError('x') from None\n", ""),
        ("try:\n    import gone\nexcept ImportError:\n    pass\nraise RuntimeError\n", ""),
        # no ImportError that says what it lacks
        ("raise ImportError('libGL.so.1: cannot open shared object file', name='cv2', path='cv2.so')\n", ""),
        ("raise ImportError\n", ""),
        ("raise ImportError('x', name=3)\n", ""),
        ("import os\nos.nothing\n", "os"),
        ("object().nothing\n", ""),
        ("raise AttributeError\n", ""),
    ],
)
def test_what_is_missing_behind_other_exceptions(project: Project, body: str, expected: str) -> None:
    """An ImportError is taken for the reason only where it is one."""
    found = failure(project, {"app.py": body}).missing
    assert (found.module if found else "") == expected


def test_a_circular_import_says_so(project: Project) -> None:
    """The name is missing because the module is not finished."""
    files = {
        "app/__init__.py": "import app.a\n",
        "app/a.py": "from app.b import y\nx = 1\n",
        "app/b.py": "from app.a import x\ny = 1\n",
    }
    seen = failure(project, files)
    assert "partially initialized" in seen.message
    assert seen.missing is not None
    assert (seen.missing.module, seen.missing.name, seen.module) == ("app.a", "x", "app.b")


@pytest.mark.parametrize(
    "text, line",
    [("x = 1\nif:\n", 2), ("def f():\nreturn\n", 2), ("if 1:\n\tx = 1\n        y = 1\n", 3), ("x = '\n", 1)],
)
def test_a_syntax_error_points_into_the_file(project: Project, text: str, line: int) -> None:
    """The place is the faulty line, not the import that read it, and the module is the faulty one."""
    seen = failure(project, {"app/__init__.py": "import app.bad\n", "app/bad.py": text})
    assert (str(seen.location), seen.module) == (f"app/bad.py:{line}", "app.bad")


def test_a_failure_in_a_library_points_to_the_application_s_line(project: Project) -> None:
    """The innermost line of the application is the one that can be changed."""
    seen = failure(project, {"app.py": "import json\n\njson.loads('{')\n"})
    assert str(seen.location) == "app.py:3"
    assert seen.frames[0].own
    assert not seen.frames[-1].own
    assert seen.frames[-1].text == ""


def test_a_long_stack_is_cut_in_the_middle(project: Project) -> None:
    """Both of its ends are kept."""
    seen = failure(project, {"app.py": "def f(n):\n    if not n: raise ValueError\n    f(n - 1)\nf(500)\n"})
    assert len(seen.frames) == 40
    assert (seen.frames[0].line, seen.frames[-1].line) == (4, 2)


@pytest.mark.parametrize(
    "body",
    [
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n",
        "class E(Exception):\n    def __str__(self): return 3\nraise E\n",
        "class S(str):\n    def __len__(self): raise ValueError\nraise Exception(S('x'))\n",
        "raise Exception('x' * 1_000_000)\n",
        "raise Exception('\\ud800 \\x00 \\u2028')\n",
        "exec(compile('1/0', 'no/such/file.py', 'exec'))\n",
        "exec('1/0')\n",
        "error = ValueError()\nerror.__context__ = KeyError()\nerror.__context__.__context__ = error\nraise error\n",
        "import sys\nsys.exit(object())\n",
        "import sys\nsys.exit(10 ** 30)\n",
    ],
)
def test_odd_exceptions_are_facts_all_the_same(project: Project, body: str) -> None:
    """An exception that cannot even be printed is described, with its place."""
    seen = failure(project, {"app.py": body})
    assert seen.location is not None
    assert seen.location.file == "app.py"
    assert len(seen.message) <= 4002
