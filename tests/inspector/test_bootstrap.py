# ruff: noqa: E501  # a table of small programs reads best with one in a line
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.inspector.bootstrap import to_json
from tests.inspector.projects import Project
from tests.support import snapshot

REPORT = """\
import sys
before = sorted(sys.modules)
import json, os, traceback
def report(**more):
    seen = {
        "modules": before,
        "path": sys.path,
        "argv": sys.argv,
        "main": sorted(vars(sys.modules["__main__"])),
        "environ": sorted(os.environ),
        "flags": str(sys.flags),
        "cwd": os.getcwd(),
        "stdin": sys.stdin.read(),
        **more,
    }
    with open(os.environ["REPORT_TO"], "w") as file:
        json.dump(seen, file)
"""


def reported(
    project: Project, files: dict[str, str], *, bare: bool = False, **options: object
) -> dict[str, object]:
    """What ``app`` reports of itself: under the inspector, or imported with ``python -c``."""
    to = project.root.parent / "report.json"
    environ = {**os.environ, "REPORT_TO": str(to), "PYTEST_CURRENT_TEST": "x", "PYTEST_XDIST_WORKER": "gw0"}
    if bare:
        project.write(files)
        subprocess.run(
            [sys.executable, "-c", "import app"],
            cwd=project.root,
            env=target.environment(environ),
            stdin=subprocess.DEVNULL,
            check=True,
        )
    else:
        seen = project.inspect(files, environ=environ, **options)  # type: ignore[arg-type]  # passed on
        assert seen.entry.failure is None, seen.failure
        assert seen.problems == ()
    found: dict[str, object] = json.loads(to.read_text())
    return found


def test_the_application_meets_a_pristine_interpreter(project: Project) -> None:
    """Before the entry point's body runs, nothing is loaded that an interpreter does not load by itself."""
    files = {"app.py": REPORT + "report()\n"}
    here, bare = reported(project, files), reported(project, files, bare=True)
    assert isinstance(here["modules"], list)
    assert isinstance(bare["modules"], list)
    more = {name for name in here["modules"] if name not in bare["modules"]}
    ours = {name for name in more if name.partition(".")[0] == "prodready_inspector"}
    assert more - ours <= {"faulthandler", "gc", "marshal", "time", "_thread"}
    kept_for_the_source = {"linecache"}  # since Python 3.13 the text behind -c is remembered there
    assert set(bare["modules"]) - kept_for_the_source <= set(here["modules"])


def test_nothing_of_pytest_is_visible(project: Project) -> None:
    """No module, variable, argument or path entry shows that pytest runs, and ``__main__`` is neutral."""
    seen = reported(project, {"app.py": REPORT + "report()\n"})
    assert not [name for name in seen["modules"] if "pytest" in name]  # type: ignore[attr-defined]
    assert not [name for name in seen["environ"] if "PYTEST" in name]  # type: ignore[attr-defined]
    assert seen["argv"] == ["app"]
    known = ["__builtins__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__"]
    assert seen["main"] == known
    assert seen["path"][0] == str(project.root)  # type: ignore[index]
    assert not [entry for entry in seen["path"] if entry.endswith("inspector")]  # type: ignore[attr-defined]
    assert seen["cwd"] == str(project.root)
    assert seen["stdin"] == ""
    assert seen["flags"] == reported(project, {}, bare=True)["flags"]


MAIN = """
import __main__, os
assert __name__ != "__main__"
FILE = os.path.realpath(__main__.__file__)
assert os.path.isfile(FILE), FILE
assert "pytest" not in FILE, FILE
assert __main__.__spec__ is None
with open(os.environ["REPORT_TO"], "w") as file:
    file.write(os.path.basename(FILE))
"""


@pytest.mark.parametrize("kind, named", [("web", "uvicorn"), ("celery", "celery"), ("module", "gunicorn")])
def test_main_has_the_file_of_a_program(project: Project, kind: str, named: str) -> None:
    """What looks for files beside ``__main__``, or for its name, finds what production has."""
    to = project.root.parent / "main"
    body = f"{MAIN}import celery\nworker = celery.Celery('x')\nasync def app(scope, receive, send): ...\n"
    target = "app:worker" if kind == "celery" else "app:app"
    seen = project.inspect({"app.py": body}, target, kind=kind, environ={**os.environ, "REPORT_TO": str(to)})
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    scripts = Path(sys.executable).parent
    # what is not installed is stood in for
    files = scripts / named, scripts / "gunicorn", Path(sys.executable)
    assert to.read_text() == next(file for file in files if file.is_file()).resolve().name


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_spawned_run_that_file(project: Project, method: str) -> None:
    """They start as in production: nothing of the inspection runs again."""
    body = (
        "import multiprocessing\n"
        f"manager = multiprocessing.get_context({method!r}).Manager()\n"
        "shared = manager.dict(answer=42)\nassert dict(shared) == {'answer': 42}\nmanager.shutdown()\n"
        "async def app(scope, receive, send): ...\n"
    )
    seen = project.inspect({"app.py": body}, "app:app", kind="web")
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()


def test_the_root_comes_first_whatever_the_environment_names(project: Project) -> None:
    """``sys.path`` starts with the root, then the declared directories, each once."""
    source = str(project.root / "src")
    environ = {"PYTHONPATH": str(project.root)}
    seen = project.inspect(
        {"app.py": "import sys\nraise RuntimeError(':'.join(sys.path[:3]))\n", "src/x.py": ""},
        environ={**os.environ, **environ},
        pythonpath=(source,),
    )
    first, second, third = seen.failure.message.split(":")
    assert [first, second] == [str(project.root), source]
    assert third not in (first, second)


@pytest.mark.parametrize(
    "name, text",
    [
        ("json.py", "mine = True\n"),
        ("email/__init__.py", "mine = True\n"),
        ("random.py", "mine = True\n"),
        ("ast.py", "mine = True\n"),
        ("inspect.py", "mine = True\n"),
        ("token.py", "mine = True\n"),
        ("typing.py", "mine = True\n"),
        ("re.py", "mine = True\n"),
        ("enum.py", "mine = True\n"),
        ("dataclasses.py", "mine = True\n"),
    ],
)
def test_a_local_module_takes_effect_as_in_production(project: Project, name: str, text: str) -> None:
    """A local module hides the standard library's for the application, and disturbs the inspection in no way."""
    module = name.removesuffix(".py").removesuffix("/__init__")
    files = {
        "app/__init__.py": "",
        "app/main.py": f"""\
            import {module}
            assert {module}.mine
            def app(environ, start_response):
                import {module} as again
                from {module} import mine
                from app.gone import nothing
            """,
        name: text,
    }
    seen = project.inspect(files, "app.main:app", kind="web", closure=True, packages=("app", module))
    assert seen.entry.failure is None, seen.failure
    assert seen.entry.app is not None
    assert seen.entry.app.interface == "wsgi"
    assert [statement for _, statement, _, _ in seen.broken] == ["from app.gone import nothing"]


@pytest.mark.parametrize(
    "name, lost, hides",
    [
        ("enum", "Enum", True),
        ("re", "compile", True),
        ("typing", "Any", True),
        ("types", "ModuleType", True),
        ("functools", "wraps", True),
        ("functools", "nothing_of_the_kind", False),  # the module that is hidden has no such name either
        ("collections", "deque", True),
        ("inspect", "signature", True),
        ("ast", "parse", True),
        ("os", "nothing_of_the_kind", False),  # loaded at the interpreter's own start, and not to be hidden
    ],
)
def test_a_local_module_that_breaks_the_standard_library_is_named(
    project: Project, name: str, lost: str, hides: bool
) -> None:
    """Where the application fails because its file hides a module, the failure says which file does."""
    seen = project.inspect(
        {"app.py": f"import {name}\nfrom {name} import {lost}\n", f"{name}.py": "x = 1\n"},
        packages=("app", name),
    )
    assert seen.problems == ()
    assert seen.failure.missing is not None
    assert seen.failure.missing.shadow == (f"{name}.py" if hides else "")


@pytest.mark.parametrize(
    "text, fails",
    [
        ("import asyncio\n", sys.version_info >= (3, 11)),
        ("try: import asyncio\nexcept AttributeError: pass\n", False),
    ],
)
def test_a_package_of_the_standard_library_that_is_half_loaded(
    project: Project, text: str, fails: bool
) -> None:
    """What its failed import has left behind, submodules without their package, is not what the steps get."""
    files = {
        "app.py": text + "left = 'asyncio.coroutines' in __import__('sys').modules\n",
        "ssl.py": "x = 1\n",
    }
    seen = project.inspect(files, packages=("app", "ssl"), jobs=("mapping",))
    assert seen.problems == ()
    assert (seen.entry.failure is not None) is fails
    if fails:
        assert seen.failure.missing is not None
        assert seen.failure.missing.shadow == "ssl.py"
    else:
        assert seen.entry.mapping is not None


def test_output_and_descriptors_belong_to_the_application(project: Project) -> None:
    """Banners, floods, closed and replaced streams and descriptors lose no fact."""
    seen = project.inspect(
        {
            "app.py": """\
                import io, os, sys
                print("a banner" * 1000)
                print('["begin", "nonsense", 1]')
                os.write(1, b"x" * 1_000_000)
                os.closerange(3, 256)
                opened = [os.open(os.devnull, os.O_RDWR) for _ in range(250)]
                sys.stdout = io.StringIO()
                sys.stderr = None
                os.chdir("/")
                sys.path[:] = [entry for entry in sys.path if "site-packages" in entry or "lib" in entry]
                def app(environ, start_response): pass
                """
        },
        "app:app",
        kind="web",
    )
    assert seen.problems == ()
    assert seen.entry.failure is None
    assert seen.entry.app is not None
    assert seen.entry.app.interface == "wsgi"


def test_an_application_that_closes_every_descriptor_is_not_judged(project: Project) -> None:
    """What cannot be seen any more is a problem of the gate, neither a fault of the application nor a pass."""
    seen = project.inspect({"app.py": "import os\nos.closerange(3, 4096)\nimport json\n"})
    assert seen.entry.failure is None
    (problem,) = seen.problems
    assert "closed the descriptor" in problem.message


def test_events_never_end_up_in_a_file_of_the_application(project: Project) -> None:
    """A file that the application opens on the number of the closed descriptor stays as it is."""
    seen = project.inspect(
        {
            "app.py": """\
                import os
                os.closerange(3, 4096)
                file = os.open("data.bin", os.O_RDWR | os.O_CREAT)
                for number in (220, 450, 900): os.dup2(file, number)
                import json
                """
        }
    )
    assert (project.root / "data.bin").read_bytes() == b""
    assert len(seen.problems) == 1


def test_the_project_is_left_as_it_was(project: Project) -> None:
    """The inspection writes nothing into the project, bytecode included."""
    files = {
        "app/__init__.py": "from app import part\n",
        "app/part.py": "def f():\n    from app import late\n",
    }
    project.write({**files, "app/late.py": ""})
    before = snapshot(project.root)
    project.inspect({}, closure=True)
    assert snapshot(project.root) == before


def test_warnings_and_tracebacks_show_no_frame_of_ours(project: Project) -> None:
    """Stack levels point where they point without us, and printed tracebacks and stacks look the same."""
    files = {
        "app.py": REPORT
        + """\
import io, warnings
from inner import warned, stack
from broken_catcher import text
report(warned=warned, stack=stack, text=text)
""",
        "inner.py": """\
import traceback, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("here", stacklevel=2)
warned = [(found.filename, found.lineno) for found in caught]
stack = [frame.filename for frame in traceback.extract_stack() if "<string>" not in frame.filename]
""",
        "broken_catcher.py": """\
import traceback
try:
    import raises
except ValueError:
    text = traceback.format_exc()
""",
        "raises.py": "raise ValueError('x')\n",
    }
    here, bare = reported(project, files), reported(project, files, bare=True)
    assert here["warned"] == bare["warned"] == [[str(project.root / "app.py"), 19]]
    assert here["text"] == bare["text"]
    shown = [file for file in here["stack"] if not file.startswith("<frozen")]  # type: ignore[attr-defined]
    ours = [file for file in shown if Path(file).parent.name == "inspector"]
    assert [file for file in shown if file not in ours] == [
        str(project.root / name) for name in ("app.py", "inner.py")
    ]


def test_a_hidden_distribution_is_absent(project: Project) -> None:
    """A distribution outside the runtime closure cannot be imported, found or listed."""
    seen = project.inspect(
        {
            "app.py": """\
                import importlib.metadata, importlib.util
                assert importlib.util.find_spec("packaging") is None
                assert "packaging" not in {found.name for found in importlib.metadata.distributions()}
                try:
                    importlib.metadata.version("packaging")
                except importlib.metadata.PackageNotFoundError:
                    pass
                else:
                    raise AssertionError
                assert importlib.metadata.version("pluggy")
                import packaging
                """
        },
        hidden={"packaging": "packaging"},
    )
    assert seen.failure.type == "ModuleNotFoundError"
    assert seen.failure.location is not None
    assert str(seen.failure.location) == "app.py:11"
    assert seen.failure.missing is not None
    assert seen.failure.missing.distribution == "packaging"
    assert not seen.failure.missing.own


def test_a_local_module_with_the_name_of_a_hidden_one_stays(project: Project) -> None:
    """Only the installed distribution is hidden, not the application's own module of that name."""
    seen = project.inspect(
        {"app.py": "import packaging\nassert packaging.mine\n", "packaging.py": "mine = True\n"},
        hidden={"packaging": "packaging"},
    )
    assert seen.entry.failure is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        'a "b" \\ \n \x00 é 🙂 \ud800',
        [],
        [1, [None]],
        {"a": {"b": ["c"]}},
        (1, 2),
    ],
)
def test_events_are_json(value: object) -> None:
    """The bootstrap's own writer, which may not load ``json``, writes what ``json`` reads."""
    assert json.loads(to_json(value)) == json.loads(json.dumps(value))


def test_what_json_cannot_say_becomes_something_harmless() -> None:
    """No value of an application's makes the writer fail."""
    assert json.loads(to_json([float("nan"), float("inf"), object()])) == [None, None, "<object>"]
