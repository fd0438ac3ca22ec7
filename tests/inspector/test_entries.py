# ruff: noqa: E501  # a table of small programs reads best with one in a line
"""Scripts and management commands in interpreters of their own: what they get, and what is seen of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Command, Entry, InspectedEntry, Problem
from pytest_prodready.inspection import STOPPED
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.projects import Project

pytestmark = pytest.mark.wide

SHOWN = "import sys\nclass Shown(Exception): ...\nraise Shown('|'.join([*sys.argv, '', *sys.path]))\n"
EMAIL = {"email/__init__.py": "", "shop/__init__.py": "", "shop/cli.py": "import smtplib\ndef main(): ...\n"}
SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.contenttypes', 'shop']\nUSE_TZ = True\n"
SHOP = {
    "shop/__init__.py": "",
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "proj/__init__.py": "",
    "proj/settings.py": SETTINGS,
    "manage.py": "raise SystemExit('it must not run')\n",
}
COMMAND = "from django.core.management import BaseCommand\nclass Command(BaseCommand): ...\n"


def inspect(
    project: Project,
    files: Mapping[str, str],
    *entries: Entry,
    load: float = 60.0,
    packages: tuple[str, ...] = ("shop", "proj", "manage"),
    pythonpath: str = "",
    hidden: Mapping[str, str] | None = None,
) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    """Write ``files`` and load the entries."""
    project.write(files)
    request = Request(
        root=project.root,
        python=sys.executable,
        jobs=frozenset({"script", "commands", "closure", "mapping"}),
        entries=entries,
        packages=packages,
        hidden=dict(hidden or {}),
        hidden_distributions=tuple(set((hidden or {}).values())),
    )
    return target.inspect(request, Limits(load=load), {**os.environ, "PYTHONPATH": pythonpath})


def script(name: str, project: Project, **more: object) -> Entry:
    """A console script of a project that is not installed."""
    options: dict[str, object] = {"started": "console", "behind": (str(project.root),), "pythonpath": ()}
    return Entry("script", name, "a test", **{**options, **more})  # type: ignore[arg-type]  # passed on


def commands(project: Project, directory: str = "", **more: object) -> Entry:
    first = str(project.root / directory)
    return Entry("commands", "manage.py", "a test", None, "proj.settings", (first,), "file", **more)  # type: ignore[arg-type]  # passed on


def shown(seen: InspectedEntry) -> tuple[list[str], list[str]]:
    """The arguments and ``sys.path`` that a module has shown by raising them."""
    assert seen.failure is not None
    argv, _, path = seen.failure.message.partition("||")
    return argv.split("|"), path.split("|")


def test_the_path_of_a_console_script(project: Project) -> None:
    """The interpreter's directory first, PYTHONPATH next, the project nowhere but at the end."""
    given = str(project.root / "given")
    (seen,), problems = inspect(project, {"shop.py": SHOWN}, script("shop:main", project), pythonpath=given)
    argv, path = shown(seen)
    assert problems == ()
    assert path[:2] == [str(Path(sys.executable).parent), given]
    assert path[-1] == str(project.root)
    assert path.count(str(project.root)) == 1
    assert argv == ["shop:main"]


def test_the_path_of_an_installed_console_script(project: Project) -> None:
    """Where the package is found, its import root is not added: a module that is not packaged is missing."""
    site = {"site/shop/__init__.py": "import settings_beside\n", "settings_beside.py": ""}
    given = str(project.root / "site")
    (seen,), _ = inspect(project, site, script("shop:main", project), pythonpath=given)
    assert seen.failure is not None
    assert seen.failure.missing is not None
    assert seen.failure.missing.module == "settings_beside"


def test_a_directory_of_the_same_name_is_no_installation(project: Project) -> None:
    """A directory without an ``__init__.py`` may be anything's: the project's own package is loaded."""
    files = {"data/shop/readme.txt": "", **EMAIL}
    given = str(project.root / "data")
    (seen,), problems = inspect(project, files, script("shop.cli:main", project), pythonpath=given)
    assert (seen.failure, problems) == (None, ())


@pytest.mark.parametrize("started, healthy", [("console", True), ("module", False)])
def test_a_local_email(project: Project, started: str, healthy: bool) -> None:
    """It hides the standard library's for ``python -m``, and not for a console script."""
    (seen,), problems = inspect(project, EMAIL, script("shop.cli:main", project, started=started))
    assert ((seen.failure is None), problems) == (healthy, ())


def test_the_path_of_management_commands(project: Project) -> None:
    """The directory of manage.py first; the working directory only if it is that one; its own additions last."""
    files = {"backend/proj/__init__.py": "", "backend/proj/settings.py": SHOWN, "email/__init__.py": ""}
    last = str(project.root / "apps")
    (seen,), _ = inspect(project, files, commands(project, "backend", behind=(last,)))
    argv, path = shown(seen)
    assert (path[0], path[-1], str(project.root) in path) == (str(project.root / "backend"), last, False)
    assert argv == ["manage.py"]


def test_scripts_of_one_module_share_an_interpreter(project: Project) -> None:
    """What one of them lacks is that one's failure; what was seen is told once."""
    body = "import os\nclass Group:\n    def __call__(self): ...\n    @staticmethod\n    def sub(): ...\ncli = Group()\nprint('loaded')\ndef __getattr__(name):\n    if name == 'late': return print\n    raise AttributeError(name)\n"
    names = ("clj", "cli", "cli.sub", "cli.sup", "late", "os")
    entries = [script(f"shop:{name}", project) for name in names]
    seen, problems = inspect(project, {"shop.py": body}, *entries)
    failures = {one.entry.target: one.failure.message for one in seen if one.failure is not None}
    assert problems == ()
    assert failures == {
        "shop:clj": "cannot import name 'clj' from 'shop'",
        "shop:cli.sup": "cannot import name 'cli.sup' from 'shop'",
        "shop:os": "shop:os is a module, and cannot be called",
    }
    assert [len(one.modules) for one in seen] == [0, 1, 0, 0, 0, 0]
    assert seen[0].failure is not None
    missing = seen[0].failure.missing
    assert missing is not None
    assert (missing.module, missing.name, "cli" in missing.available) == ("shop", "clj", True)


def test_a_module_of_the_settings_need_not_name_anything(project: Project) -> None:
    """It is only imported, and what its functions reach belongs to the closure."""
    files = {
        "shop/__init__.py": "",
        "shop/worker.py": "def run():\n    from shop import jobs\n",
        "shop/jobs.py": "",
    }
    (seen,), problems = inspect(project, files, Entry("script", "shop.worker", "a test", pythonpath=()))
    assert problems == ()
    assert sorted(module.name for module in seen.modules) == ["shop", "shop.jobs", "shop.worker"]


def failures(seen: InspectedEntry) -> dict[str, str]:
    """Command → how its import ended, and where."""
    return {
        one.name: f"{one.failure.how} {one.failure.location}" if one.failure is not None else ""
        for one in seen.commands
    }


def test_management_commands(project: Project) -> None:
    """Each is loaded by itself, manage.py is not run, and Django's own commands are none of ours."""
    at = "shop/management/commands"
    files = {
        **SHOP,
        "shop/models.py": "from django.db import models\nclass Order(models.Model):\n    def save(self):\n        from shop import audit\n",
        "shop/audit.py": "",
        "shop/unused.py": "",
        f"{at}/fine.py": COMMAND,
        f"{at}/removed.py": f"from shop.models import Ordr\n{COMMAND}",
        f"{at}/leaves.py": "import sys\nsys.exit(3)\n",
        f"{at}/empty.py": "",
        f"{at}/_base.py": "raise ValueError\n",
    }
    (seen,), problems = inspect(project, files, commands(project))
    assert problems == ()
    assert seen.failure is None
    assert failures(seen) == {
        "empty": "raised None",
        "fine": "",
        "leaves": f"exited {at}/leaves.py:2",
        "removed": f"raised {at}/removed.py:1",
    }
    first = seen.commands[0]
    assert first == Command("empty", "shop.management.commands.empty", first.location, first.failure)
    assert first.failure is not None
    assert first.failure.missing is not None
    assert first.failure.missing.name == "Command"
    assert "shop.audit" in {module.name for module in seen.modules}
    assert seen.unreached == (f"{at}/_base.py", "shop/unused.py")


def test_what_the_import_of_a_command_does(project: Project) -> None:
    """It is the application's doing, whether or not the modules that it reaches are looked at."""
    pytest.importorskip("django")
    files = {**SHOP, "shop/management/commands/sync.py": "import os\nos.system('true')\n" + COMMAND}
    project.write(files)
    for jobs in (frozenset({"commands"}), frozenset({"commands", "closure"})):
        request = Request(
            root=project.root,
            python=sys.executable,
            jobs=jobs,
            entries=(commands(project),),
            packages=("shop", "proj", "manage"),
        )
        (seen,), problems = target.inspect(request, Limits(), os.environ)
        assert problems == ()
        (effect,) = seen.effects
        assert (effect.kind, effect.detail, effect.times) == ("subprocess", "true", 1)
        assert str(effect.location) == "shop/management/commands/sync.py:2"
        assert effect.module == "shop.management.commands.sync"


def test_commands_that_stop_the_interpreter_hide_no_other(project: Project) -> None:
    """Those behind one that hangs, crashes or leaves are loaded in another interpreter."""
    at = "shop/management/commands"
    files = {
        **SHOP,
        f"{at}/a_leaves.py": "import os\nos._exit(0)\n",
        f"{at}/b_fine.py": COMMAND,
        f"{at}/c_hangs.py": "import threading\nthreading.Event().wait()\n",
        f"{at}/d_crashes.py": "import os\nos.abort()\n",
        f"{at}/e_broken.py": "import not_there\n",
        f"{at}/f_fine.py": COMMAND,
    }
    (seen,), problems = inspect(project, files, commands(project), load=10)
    assert problems == ()
    assert failures(seen) == {
        "a_leaves": f"left {at}/a_leaves.py:2",
        "b_fine": "",
        "c_hangs": f"hung {at}/c_hangs.py:2",
        "d_crashes": f"crashed {at}/d_crashes.py:2",
        "e_broken": f"raised {at}/e_broken.py:1",
        "f_fine": "",
    }
    assert seen.modules


def test_too_many_commands_that_stop_the_interpreter(project: Project) -> None:
    """They end in bounded time, and that the others were not looked at is said."""
    files = {f"shop/management/commands/c{at}.py": "import os\nos._exit(1)\n" for at in range(8)}
    (seen,), problems = inspect(project, {**SHOP, **files}, commands(project))
    assert len(seen.commands) == STOPPED
    assert [problem.message for problem in problems] == [
        "5 commands stop the interpreter; those behind them were not looked at"
    ]


def test_settings_that_do_not_load(project: Project) -> None:
    """A fault of the set-up is the entry's, and no command is told of."""
    files = {**SHOP, "proj/settings.py": SETTINGS.replace("'shop'", "'shopp'")}
    (seen,), problems = inspect(project, files, commands(project))
    assert (problems, seen.commands) == ((), ())
    assert seen.failure is not None
    assert seen.failure.message == "No module named 'shopp'"


def test_a_script_does_not_configure_mappers(project: Project) -> None:
    """It may load half of the models, and use none of them."""
    pytest.importorskip("sqlalchemy")
    body = "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship\nclass Base(DeclarativeBase): ...\nclass Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    user = relationship('User')\ndef main(): ...\n"
    (seen,), problems = inspect(project, {"shop.py": body}, script("shop:main", project))
    assert (seen.failure, seen.mapping, problems) == (None, None, ())


def test_files_that_nothing_reaches(project: Project) -> None:
    """Sources below the packages, and modules of that name, which no import has reached; they are not executed."""
    files = {
        "shop/__init__.py": "import shop.used\ndef f():\n    import shop.broken\ndef main(): ...\n",
        "shop/used.py": "",
        "shop/broken.py": "raise ValueError\n",
        "shop/__main__.py": "raise SystemExit\n",
        "shop/tests/test_x.py": "raise ValueError\n",
        "shop/deep/er/one.py": "raise ValueError\n",
        "shop/.hidden/one.py": "",
        "shop/__pycache__/two.py": "",
        "other/__init__.py": "raise ValueError\n",
        "tool.py": "raise ValueError\n",
        "stranger.py": "",
    }
    (seen,), problems = inspect(
        project, files, script("shop:main", project), packages=("shop", "other", "tool", "gone")
    )
    assert problems == ()
    assert seen.unreached == (
        "other/__init__.py",
        "shop/__main__.py",
        "shop/deep/er/one.py",
        "shop/tests/test_x.py",
        "tool.py",
    )
