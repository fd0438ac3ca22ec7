from __future__ import annotations

import compileall
import importlib.util
import os
import py_compile
import sys
from pathlib import Path

import pytest

from pytest_prodready.facts import Importer, Location, Missing, Module, Shadow, Twin
from tests.inspector.projects import Project, Seen

pytestmark = pytest.mark.wide

LIBRARY = "lib/site-packages"


def load(project: Project, files: dict[str, str], *pythonpath: str, **options: object) -> Seen:
    """The closure of the module ``app``, with these directories of the project on the path."""
    places = tuple(str(project.root / place) for place in pythonpath)
    files = {"app/__init__.py": "", **files}
    return project.inspect(files, closure=True, pythonpath=places, **options)  # type: ignore[arg-type]  # passed on


def shadow(seen: Seen, name: str) -> Shadow:
    """The shadow that a module throws."""
    found = seen.modules[name].shadow
    assert found is not None
    return found


def missing(seen: Seen) -> Missing:
    """What the failing entry point could not find."""
    assert seen.failure.missing is not None
    return seen.failure.missing


def conflicting(seen: Seen) -> dict[str, Module]:
    """The modules of which there is something to say."""
    return {
        name: module
        for name, module in seen.modules.items()
        if module.shadow or module.twin or module.compiled or module.also
    }


# ------------------------------------------------------------------------------------- shadows


def test_a_library_that_gets_the_local_module_is_named_with_its_line(project: Project) -> None:
    """Of a standard module; `cgi.parse` is there, `sched.scheduler` is used in a function and is not."""
    seen = load(
        project,
        {
            "app/__init__.py": "import library\n",
            "local/sched.py": "def plan(): ...\n",
            f"{LIBRARY}/library.py": "import os\nimport sched\n\ndef run():\n    return sched.scheduler()\n",
        },
        "local",
        LIBRARY,
    )
    found = shadow(seen, "sched")
    assert (seen.modules["sched"].file, found.path_entry, found.because) == (
        "local/sched.py",
        "local",
        "start",
    )
    assert found.standard
    assert Path(found.hidden).name == "sched.py"
    (importer,) = found.importers
    assert (importer.module, importer.own, importer.missing) == ("library", False, ("scheduler",))
    assert importer.location == Location(f"{project.root}/{LIBRARY}/library.py", 2)


@pytest.mark.parametrize(
    "use",
    [
        "def f(): return sched.plan()",
        "def f():\n    try:\n        return sched.scheduler()\n    except AttributeError: ...",
        "def f(): return sched.scheduler() if hasattr(sched, 'scheduler') else None",
        "def f():\n    if hasattr(sched, 'scheduler'): return sched.scheduler()",
        "def f():\n    if sys.version_info < (3,): return sched.scheduler()",
        "def f(sched): return sched.scheduler()",
        "def f():\n    with contextlib.suppress(AttributeError): sched.scheduler()",
        "def f(x: 'sched.scheduler'): ...",
        "def f(): return sched.never_was_there()",
        "def f(): sched.scheduler = 1",
        "def f():\n    from sched import plan, made",
    ],
)
def test_what_a_library_does_not_miss(project: Project, use: str) -> None:
    """It is there, provided for, of another meaning, or not in the hidden module either."""
    seen = load(
        project,
        {
            "app/__init__.py": "import library\n",
            "local/sched.py": "def plan(): ...\nglobals()['made'] = 1\n",
            f"{LIBRARY}/library.py": f"import contextlib, sched, sys\n{use}\n",
        },
        "local",
        LIBRARY,
    )
    assert [importer.missing for importer in shadow(seen, "sched").importers] == [()]


@pytest.mark.parametrize(
    "use, lost",
    [
        ("from email import message_from_string", "message_from_string"),
        ("import email.mime.text", "mime"),
        ("from email.mime.text import MIMEText", "mime"),
        ("import email as mail; mail.charset", "charset"),
    ],
)
def test_every_form_of_import_that_misses_something(project: Project, use: str, lost: str) -> None:
    """In a function of a library, which is not called here."""
    seen = load(
        project,
        {
            "app/__init__.py": "import library\n",
            "email/__init__.py": "",
            f"{LIBRARY}/library.py": f"import email\ndef f():\n    {use}\n",
        },
        LIBRARY,
    )
    found = shadow(seen, "email")
    assert (found.path_entry, found.because) == (".", "directory")
    assert [importer.missing for importer in found.importers] == [(lost,)]


def test_compiled_modules_of_the_standard_library(project: Project) -> None:
    """Those in files of their own can be hidden, those inside of the interpreter cannot."""
    names = ("resource", "termios", "grp", "pwd", "atexit", "time", "_socket")
    seen = load(
        project,
        {
            "app/__init__.py": "import library\n",
            **{f"{name}.py": "VALUES = 1\n" for name in names},
            f"{LIBRARY}/library.py": "".join(
                f"try:\n    import {name}\nexcept ImportError:\n    {name} = None\n" for name in names
            ),
        },
        LIBRARY,
    )
    found = {name for name, module in seen.modules.items() if module.shadow is not None}
    assert found == {name for name in names if name not in sys.builtin_module_names}
    assert all([one.module for one in shadow(seen, name).importers] == ["library"] for name in found)


def test_a_local_module_that_breaks_a_lazy_package(project: Project) -> None:
    """`from lazy import Thing` says that there is no such name, whatever AttributeError its maker met."""
    lazy = """\
        def __getattr__(name):
            if name != "Thing":
                raise AttributeError(name)
            from lazy.real import Thing
            return Thing
        """
    seen = load(
        project,
        {
            "app/__init__.py": "from lazy import Thing\n",
            "sched.py": "VALUES = 1\n",
            f"{LIBRARY}/lazy/__init__.py": lazy,
            f"{LIBRARY}/lazy/real.py": "import sched\nclass Thing:\n    plan = sched.scheduler()\n",
        },
        LIBRARY,
    )
    found = missing(seen)
    assert (found.module, found.name, found.shadow) == ("sched", "scheduler", "sched.py")
    assert str(seen.failure.location) == "app/__init__.py:1"
    assert (Path(seen.failure.frames[-1].file).name, seen.failure.frames[-1].line) == ("real.py", 3)


def test_a_lazy_package_without_the_name(project: Project) -> None:
    """A local module that nobody misses anything of is not the cause."""
    seen = load(
        project,
        {
            "app/__init__.py": "import sched\nfrom lazy import Thing\n",
            "sched.py": "VALUES = 1\n",
            f"{LIBRARY}/lazy/__init__.py": "def __getattr__(name):\n    raise AttributeError(name)\n",
        },
        LIBRARY,
    )
    assert (missing(seen).module, missing(seen).name, missing(seen).shadow) == ("lazy", "Thing", "")


@pytest.mark.skipif("distutils" in sys.stdlib_module_names, reason="the standard library still has distutils")
def test_a_local_module_that_breaks_setuptools_behind_distutils(project: Project) -> None:
    """Its finder says nothing of why it cannot bring distutils."""
    finder = """\
        import importlib, sys
        class Finder:
            def find_spec(self, name, path, target=None):
                if name == "distutils":
                    try:
                        importlib.import_module("setuptools._distutils")
                    except Exception:
                        return None
        sys.meta_path.insert(0, Finder())
        """
    seen = load(
        project,
        {
            "app/__init__.py": "import finder, library\n",
            "sched.py": "VALUES = 1\n",
            f"{LIBRARY}/finder.py": finder,
            f"{LIBRARY}/library.py": "import distutils.version\n",
            f"{LIBRARY}/setuptools/__init__.py": "from sched import scheduler\n",
            f"{LIBRARY}/setuptools/_distutils/__init__.py": "",
        },
        LIBRARY,
    )
    found = missing(seen)
    assert (found.module, found.name, found.shadow) == ("sched", "scheduler", "sched.py")


def test_own_importers_of_an_own_module(project: Project) -> None:
    """They may well mean it; what is only in the hidden one is said all the same."""
    seen = load(
        project,
        {
            "app/__init__.py": "import app.good, app.bad\n",
            "app/good.py": "import sched\n\n\ndef f(): sched.plan()\n",
            "app/bad.py": "\nfrom sched import plan\nimport sched\ndef f(): sched.scheduler()\n",
            "sched.py": "def plan(): ...\n",
        },
    )
    assert shadow(seen, "sched").importers == (
        Importer("app.bad", Location("app/bad.py", 2), own=True, missing=("scheduler",)),
        Importer("app.good", Location("app/good.py", 1), own=True),
    )


@pytest.mark.parametrize(
    "files, pythonpath",
    [
        ({"app/email/__init__.py": "", "app/__init__.py": "import app.email, email.mime\n"}, ()),
        ({"abc.py": "1/0\n", "time.py": "1/0\n", "app/__init__.py": "import abc, time\n"}, ()),
        ({"msvcrt.py": "", "app/__init__.py": "import msvcrt\n"}, ()),
        ({"app/__init__.py": "import library\n", "library/__init__.py": ""}, ()),
        # a copy of the application, another release of it, or a distribution of the project's own name
        (
            {
                "app/__init__.py": "x = 1\n",
                f"{LIBRARY}/app/__init__.py": "x = 1\n",
                f"{LIBRARY}/shop-1.dist-info/top_level.txt": "app\n",
            },
            (LIBRARY,),
        ),
        (
            {
                "pyproject.toml": '[project]\nname = "My_Shop"\n',
                f"{LIBRARY}/app/__init__.py": "x = 1\n",
                f"{LIBRARY}/app/other.py": "",
                f"{LIBRARY}/my_shop-1.dist-info/RECORD": "app/__init__.py,,\n",
            },
            (LIBRARY,),
        ),
        (
            {
                "app/a.py": "",
                "app/b.py": "",
                "app/c.py": "",
                f"{LIBRARY}/app/__init__.py": "x = 1\n",
                f"{LIBRARY}/app/a.py": "",
                f"{LIBRARY}/app/b.py": "",
                f"{LIBRARY}/other-1.dist-info/RECORD": "app/__init__.py,,\n",
            },
            (LIBRARY,),
        ),
        # a portion of a namespace, and stubs
        ({f"{LIBRARY}/app/other.py": ""}, (LIBRARY,)),
        ({f"{LIBRARY}/app-stubs/__init__.pyi": ""}, (LIBRARY,)),
        # another directory of the same project
        ({"other/app/__init__.py": "x = 1\n"}, ("other",)),
    ],
)
def test_what_hides_nothing(project: Project, files: dict[str, str], pythonpath: tuple[str, ...]) -> None:
    """Only what the real ``sys.path`` exposes and what is no other distribution's."""
    assert conflicting(load(project, files, *pythonpath)) == {}


def test_what_is_not_there_in_production_is_not_hidden(project: Project) -> None:
    """A distribution outside the runtime closure."""
    files = {
        "app/__init__.py": "import redis\n",
        "redis.py": "",
        f"{LIBRARY}/redis/__init__.py": "class Redis: ...\n",
        f"{LIBRARY}/redis-5.dist-info/RECORD": "redis/__init__.py,,\n",
    }
    seen = load(project, files, LIBRARY, hidden={"redis": "redis"})
    assert conflicting(seen) == {}


def test_an_installed_module_that_is_hidden(project: Project) -> None:
    """With the distribution that brings it, and what the application itself would find there alone."""
    seen = load(
        project,
        {
            "app/__init__.py": "import redis\ndef f(): redis.Redis()\n",
            "redis.py": "",
            f"{LIBRARY}/redis/__init__.py": "class Redis: ...\n",
            f"{LIBRARY}/redis-5.dist-info/RECORD": "redis/__init__.py,,\n",
        },
        LIBRARY,
    )
    found = shadow(seen, "redis")
    assert (found.standard, found.distribution) == (False, "redis")
    assert found.hidden == str(project.root / LIBRARY / "redis/__init__.py")
    assert found.importers == (Importer("app", Location("app/__init__.py", 1), own=True, missing=("Redis",)),)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("import email.mime\n", "email/__init__.py"),
        ("from email import message_from_string\n", "email/__init__.py"),
        ("from email.charset import Charset\n", "email/__init__.py"),
        ("import email\nemail.message_from_string\n", "email/__init__.py"),
        ("from email import never_was_there\n", ""),
        ("import email.never_was_there\n", ""),
    ],
)
def test_an_import_that_fails_for_a_shadow(project: Project, text: str, expected: str) -> None:
    """And one that would fail without it just as well."""
    seen = load(project, {"app/__init__.py": text, "email/__init__.py": ""})
    assert missing(seen).shadow == expected


def test_a_module_that_imports_itself_by_mistake(project: Project) -> None:
    """Its own name is the one that it wants from elsewhere; it is gone again when its body has failed."""
    seen = load(project, {"app/__init__.py": "import sched\n", "sched.py": "from sched import scheduler\n"})
    assert missing(seen).shadow == "sched.py"


# --------------------------------------------------------------------------------------- twins


@pytest.mark.parametrize(
    "files, expected",
    [
        (
            {"app/x.py": "a = 1\n", "app/x/__init__.py": ""},
            ("app.x", "app/x/__init__.py", Twin("app/x/", "app/x.py", "package")),
        ),
        (
            {"app/x.py": "a = 1\n", "app/x/y.py": ""},
            ("app.x", "app/x.py", Twin("app/x.py", "app/x/", "module")),
        ),
        (
            {"app/Models.py": "", "app/models.py": ""},
            ("app.models", "app/models.py", Twin("app/models.py", "app/Models.py", "case")),
        ),
        (
            {"app/Util/__init__.py": "", "app/util/__init__.py": ""},
            ("app.util", "app/util/__init__.py", Twin("app/util/", "app/Util/", "case")),
        ),
        (
            {"app/__init__.py": "import app.Models\n", "app/Models.py": "", "app/models.py": ""},
            ("app.Models", "app/Models.py", Twin("app/Models.py", "app/models.py", "case")),
        ),
        (
            {"app.py": "a = 1\n"},
            ("app", "app/__init__.py", Twin("app/", "app.py", "package")),
        ),
    ],
)
def test_two_files_of_one_name(
    project: Project, files: dict[str, str], expected: tuple[str, str, Twin]
) -> None:
    """Both, and which one an import finds."""
    (found,) = conflicting(load(project, files)).values()
    assert (found.name, found.file, found.twin) == expected


@pytest.mark.parametrize(
    "files",
    [
        {"app/x.py": "# moved\n", "app/x/__init__.py": ""},
        {"app/x.py": '"""Moved."""\n', "app/x/__init__.py": ""},
        {"app/x.pyi": "a: int\n", "app/x/__init__.py": ""},
        {"app/x.py": "a = 1\n", "app/x/data.json": "{}"},
        {"app/templates.py": "a = 1\n", "app/templates/letter.py": ""},
        {"app/x.py": "a = 1\n", "app/x/not-a-module.py": ""},
        {"app/tests.py": "a = 1\n", "app/tests/__init__.py": ""},
        {"app/Static/a.css": "", "app/static/a.css": ""},
        {"app/models.py": "", "app/Models/__init__.py": ""},
        {"docs.py": "a = 1\n", "docs/__init__.py": ""},
        {
            "app/__init__.py": "import app.x\n",
            "app/x.py": "__path__ = [__file__[:-3]]\nimport app.x.y\n",
            "app/x/y.py": "",
        },
    ],
)
def test_what_is_no_second_file(project: Project, files: dict[str, str]) -> None:
    """Nothing is lost, nothing could be meant, or nothing of production's is near it."""
    assert conflicting(load(project, files)) == {}


def test_a_loser_that_is_loaded_by_its_path_is_none(project: Project) -> None:
    """Somebody knows about it."""
    text = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('app_x_old', __file__[:-11] + 'x.py')\n"
        "sys.modules['app_x_old'] = importlib.util.module_from_spec(spec)\n"
    )
    files = {"app/__init__.py": text, "app/x.py": "a = 1\n", "app/x/__init__.py": ""}
    assert conflicting(load(project, files)) == {}


@pytest.mark.parametrize(
    "files, expected",
    [
        (
            {"app/x.py": "a = 1\n", "app/x/__init__.py": "", "app/__init__.py": "from app.x import a\n"},
            "app/x.py",
        ),
        ({"app/x.py": "a = 1\n", "app/x/__init__.py": "", "app/__init__.py": "from app.x import b\n"}, ""),
        ({"app/x.py": "a = 1\n", "app/x/y.py": "", "app/__init__.py": "import app.x.y\n"}, "app/x/"),
        ({"app/x.py": "a = 1\n", "app/x/y.py": "", "app/__init__.py": "import app.x.z\n"}, ""),
    ],
)
def test_an_import_that_fails_for_a_twin(project: Project, files: dict[str, str], expected: str) -> None:
    """And one that would fail without it just as well."""
    assert missing(load(project, files)).twin == expected


# ------------------------------------------------------------------------------------ compiled


def compiled(project: Project, name: str, to: str, text: str = "x = 1\n") -> Path:
    """A compiled file of the project whose source is gone again."""
    project.write({name: text})
    (project.root / to).parent.mkdir(parents=True, exist_ok=True)
    py_compile.compile(str(project.root / name), str(project.root / to), doraise=True)
    (project.root / name).unlink()
    return project.root / to


def test_a_module_without_its_source(project: Project) -> None:
    """It runs, and its file is the compiled one."""
    compiled(project, "app/old.py", "app/old.pyc")
    seen = load(project, {"app/__init__.py": "import app.old\n"})
    found = seen.modules["app.old"]
    assert (found.compiled, found.file) == ("sourceless", "app/old.pyc")


def test_what_nothing_loaded_but_a_walk_would_find(project: Project) -> None:
    """A migration that was deleted, and left its compiled file where Django finds it."""
    compiled(project, "app/migrations/0002_old.py", "app/migrations/0002_old.pyc")
    seen = load(project, {"app/migrations/0001_initial.py": "", "app/migrations/__init__.py": ""})
    found = seen.modules["app.migrations.0002_old"]
    assert (found.compiled, found.file) == ("unloaded", "app/migrations/0002_old.pyc")


def test_a_cache_without_its_source_is_not_importable(project: Project) -> None:
    """Deleting a source leaves it behind, and nothing ever runs it."""
    compiled(project, "app/old.py", f"app/__pycache__/old.{sys.implementation.cache_tag}.pyc")
    assert conflicting(load(project, {})) == {}


def test_a_compiled_file_of_another_interpreter_is_not_importable(project: Project) -> None:
    """It lies about for ever, and is never run."""
    project.write({"app/old.pyc": "not of this interpreter"})
    assert conflicting(load(project, {})) == {}


def test_an_application_shipped_without_sources_leaves_nothing_behind(project: Project) -> None:
    """Its unloaded modules are as they are meant to be."""
    for name in ("__init__", "used", "unused"):
        text = "import app.used\n" if name == "__init__" else ""
        compiled(project, f"app/{name}.py", f"app/{name}.pyc", text)
    (project.root / "app/__init__.py").unlink(missing_ok=True)
    seen = project.inspect({}, closure=True)
    assert {name: module.compiled for name, module in seen.modules.items()} == {
        "app": "sourceless",
        "app.used": "sourceless",
    }


MODES = py_compile.PycInvalidationMode


@pytest.mark.parametrize(
    "mode, expected",
    [(MODES.UNCHECKED_HASH, "stale"), (MODES.CHECKED_HASH, ""), (MODES.TIMESTAMP, "")],
)
def test_a_compiled_file_that_is_trusted_unseen(project: Project, mode: MODES, expected: str) -> None:
    """Only an unchecked one goes on to run when its source has changed."""
    project.write({"app/__init__.py": "import app.x\n", "app/x.py": "a = 1\n"})
    py_compile.compile(str(project.root / "app/x.py"), doraise=True, invalidation_mode=mode)
    assert conflicting(project.inspect({}, closure=True)) == {}
    seen = project.inspect({"app/x.py": "a = 'another length'\n"}, closure=True)
    assert seen.modules["app.x"].compiled == expected


@pytest.mark.parametrize("text, expected", [("a = 2\n", "stale"), ("a = 1\n", "")])
def test_a_source_of_the_same_size_and_time(project: Project, text: str, expected: str) -> None:
    """As a build with fixed times makes it."""
    project.write({"app/__init__.py": "import app.x\n", "app/x.py": "a = 1\n"})
    source = project.root / "app/x.py"
    os.utime(source, (1e9, 1e9))
    compileall.compile_file(source, quiet=2)
    assert Path(importlib.util.cache_from_source(str(source))).is_file()
    source.write_text(text)
    os.utime(source, (1e9, 1e9))
    assert project.inspect({}, closure=True).modules["app.x"].compiled == expected


# -------------------------------------------------------------------------------- second names


def test_one_file_under_two_names(project: Project) -> None:
    """Each with the application's modules that hold it."""
    seen = load(
        project,
        {
            "src/__init__.py": "",
            "src/models.py": "class Order: ...\n",
            "src/a.py": "from src.models import Order\n",
            "src/b.py": "import models\n",
            "src/c.py": "from models import Order\n",
            "app/__init__.py": "import src.a, src.b, src.c\n",
        },
        "src",
        packages=("app", "src"),
    )
    (found,) = conflicting(seen).values()
    assert (found.name, found.file) == ("src.models", "src/models.py")
    assert [(one.name, one.importers) for one in found.also] == [
        ("src.models", ("src.a",)),
        ("models", ("src.b", "src.c")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import app.x, sys\nsys.modules['x'] = app.x\nimport x\n",
        "import app.x, importlib\nimportlib.reload(app.x)\n",
        "import app.x, sys\nold = app.x\ndel sys.modules['app.x']\nimport app.x\n",
        "import app.x, runpy\nrunpy.run_path(app.x.__file__, run_name='__main__')\n",
        "import app.x, sys\nsys.modules['__main__'].__file__ = app.x.__file__\n",
        (
            "import app.x, importlib.machinery, sys, types\nm = types.ModuleType('config')\n"
            "importlib.machinery.SourceFileLoader('config', app.x.__file__).exec_module(m)\n"
            "m.__file__ = app.x.__file__\nsys.modules['config'] = m\n"
        ),
    ],
)
def test_what_is_no_second_name(project: Project, text: str) -> None:
    """An alias, a reload, the main program, a file that is loaded by its path."""
    assert conflicting(load(project, {"app/__init__.py": text, "app/x.py": ""})) == {}


def test_odd_modules_are_passed_by(project: Project) -> None:
    """Proxies that raise, and modules whose file is no text, stop nothing."""
    text = (
        "import sys, types\n"
        "class Odd:\n    def __getattribute__(self, name): raise RuntimeError(name)\n"
        "sys.modules['odd'] = Odd()\nsys.modules['none'] = None\n"
        "sys.modules['strange'] = types.ModuleType('strange')\n"
        "sys.modules['strange'].__file__ = 3\nsys.path.append(3)\nsys.path.append('/nowhere')\n"
    )
    assert conflicting(load(project, {"app/__init__.py": text})) == {}
