"""The six laws: each has a test here that fails when it is broken."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.support import QUIET, Example, gate, snapshot

HEAVY = ("httpx", "celery", "sqlalchemy", "asyncio", "importlib_metadata", "packaging")
WITHOUT_SERVER = ("--prodready-ignore", "PRD5")


def project(pytester: pytest.Pytester, **files: str) -> Path:
    """A small project of modules; a double underscore in a name stands for a slash."""
    for name, text in files.items():
        path = pytester.path / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pytester.path


# ----------------------------------------------------------------------- 1: errors are proven


def test_law_1_what_is_only_suspected_fails_nothing_unless_the_user_is_strict(
    example: Callable[..., Example],
) -> None:
    broken = example("D2b")

    lenient = broken.gate("pyproject.toml::database")
    strict = broken.gate("pyproject.toml::database", "--prodready-strict")

    assert ({"PRD303"}, 0) == (lenient.codes(Level.WARNING), lenient.status)
    assert ({"PRD303"}, 1) == (strict.codes(Level.ERROR), strict.status)


# ------------------------------------------------------------------ 2: nothing ran is not a pass


def test_law_2_a_project_with_nothing_to_check_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.prodready]\n")

    run = gate(pytester)

    assert {"PRD902"} == run.codes(Level.ERROR)
    assert run.status == 1
    run.result.stdout.fnmatch_lines(["*NOT READY*"])


def test_law_2_a_gate_whose_every_check_is_skipped_fails(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = example()
    arguments = ("-k", "places.status", "--prodready-select", "PRD302")
    assert healthy.gate(*arguments).status == 0
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:9/none")

    run = healthy.gate(*arguments)

    assert {"places.status"} == run.subjects(Outcome.SKIPPED)
    assert run.status == 1
    run.result.stdout.fnmatch_lines(["1 skipped, database: *", "*NOT READY*"])


def test_law_2_a_skip_is_counted_with_its_reason_and_fails_when_strict(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = example()
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:9/none")

    lenient = healthy.gate(*WITHOUT_SERVER)
    strict = healthy.gate(*WITHOUT_SERVER, "--prodready-strict")

    assert "places.status" in lenient.subjects(Outcome.SKIPPED)
    assert lenient.status == 0
    lenient.result.stdout.fnmatch_lines(["database*skipped*", "* skipped, database: *127.0.0.1*"])
    assert "places.status" in strict.subjects(Outcome.FAILED)
    assert strict.status == 1


# --------------------------------------------------- 3: the application stays in its own interpreter


def test_law_3_the_pytest_process_never_imports_the_application(
    example: Callable[..., Example],
) -> None:
    project = example()
    (project.root / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish():\n"
        "    print('LOADED', sorted(name for name in sys.modules if name.partition('.')[0] == 'src'))\n"
    )
    (project.root / "tests" / "test_gate.py").unlink()

    result = project.pytester.runpytest_subprocess("--prodready", "-s", *QUIET)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*LOADED []"])


def test_law_3_the_application_sees_no_trace_of_pytest(pytester: pytest.Pytester) -> None:
    project(
        pytester,
        main=(
            "import json, os, sys\n"
            "seen = dict(modules=[m for m in sys.modules if 'pytest' in m], argv=sys.argv,\n"
            "            env=[v for v in os.environ if 'PYTEST' in v], path=sys.path[0], cwd=os.getcwd())\n"
            "raise RuntimeError(json.dumps(seen))\n"
        ),
    )
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\npackages = ["main"]\n')

    run = gate(pytester)

    (found,) = run.of(Level.ERROR)
    seen = json.loads(found.message.partition("RuntimeError: ")[2])
    root = str(pytester.path)
    assert {"modules": [], "argv": ["uvicorn", "main:app"], "env": [], "path": root, "cwd": root} == seen


def test_law_3_a_development_package_is_invisible_to_the_application(pytester: pytest.Pytester) -> None:
    project(pytester, main="import hypothesis\n\nasync def app(scope, receive, send): ...\n")
    pytester.makepyprojecttoml(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["httpx"]\n'
        '[tool.prodready]\napp = "main:app"\npackages = ["main"]\n'
    )

    run = gate(pytester, *WITHOUT_SERVER)

    (found,) = run.of(Level.ERROR)
    assert (found.code, str(found.location)) == ("PRD105", "main.py:1")
    assert "hypothesis" in found.message


# --------------------------------------------------------------------- 4: the gate changes nothing


def test_law_4_nothing_is_written_into_the_project(example: Callable[..., Example]) -> None:
    healthy = example()
    (healthy.root / "tests" / "test_gate.py").unlink()  # pytest itself compiles the tests that it runs
    before = snapshot(healthy.root)

    assert healthy.pytester.runpytest_subprocess("--prodready", *QUIET).ret == 0

    assert before == snapshot(healthy.root)


def test_law_4_the_database_is_left_as_it_was(example: Callable[..., Example]) -> None:
    healthy = example()
    asyncpg = pytest.importorskip("asyncpg")

    async def state() -> list[object]:
        connection = await asyncpg.connect(healthy.url.replace("+asyncpg", ""))
        try:
            rows = await connection.fetch(
                "select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables order by 1"
            )
            types = await connection.fetch("select typname, oid from pg_type where typtype = 'e' order by 1")
            # a relation that is made, dropped, altered or rewritten shows here
            relations = await connection.fetch(
                "select relname, oid, relfilenode, relnatts, relchecks from pg_class"
                " where relnamespace = 'public'::regnamespace order by 1"
            )
            return [*map(tuple, rows), *map(tuple, types), *map(tuple, relations)]
        finally:
            await connection.close()

    before = asyncio.run(state())
    assert healthy.gate().status == 0
    assert before == asyncio.run(state())


CANARY = "canary-9f3a77c1e5"


def test_law_4_no_secret_appears_anywhere(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = example("C6")
    monkeypatch.setenv("ADMIN_TOKEN", CANARY)
    monkeypatch.setenv("PAYMENT_API_KEY", CANARY + "-key")
    main = broken.root / "src" / "main.py"
    main.write_text(
        main.read_text() + "\nimport os, sys\nprint('starting with', os.environ['PAYMENT_API_KEY'])\n"
        "names = ('PAYMENT_API_KEY', 'ADMIN_TOKEN')\n"
        "raise RuntimeError('cannot use ' + ' and '.join(map(os.environ.get, names)))\n"
    )

    result = broken.pytester.runpytest_subprocess("--prodready", "--junitxml", "report.xml", "-vv", *QUIET)

    assert result.ret == 1
    everything = result.stdout.str() + result.stderr.str() + (broken.root / "report.xml").read_text()
    assert "cannot use" in everything
    assert CANARY not in everything


# --------------------------------------------------------------------------- 5: the gate always ends


@pytest.mark.parametrize(
    "body, said",
    [
        ("import threading\nthreading.Event().wait()\n", "nothing came back within"),
        ("while True: pass\n", "nothing came back within"),
        ("import sys\nsys.exit('no key')\n", "sys.exit was called"),
        ("import os\nos._exit(3)\n", "os._exit(3)"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "SIGKILL"),
        ("import ctypes\nctypes.string_at(0)\n", "SIGSEGV"),
        ("import os\nwhile True: os.write(1, b'x' * 65536)\n", "nothing came back within"),
    ],
    ids=["blocks", "spins", "sys.exit", "os._exit", "killed", "crashes", "floods"],
)
def test_law_5_a_hostile_import_ends_as_a_finding_that_names_the_module(
    body: str, said: str, pytester: pytest.Pytester
) -> None:
    project(pytester, main="import shop.work\n", shop__work=body)
    (pytester.path / "shop" / "__init__.py").touch()
    pytester.makepyprojecttoml(
        '[tool.prodready]\napp = "main:app"\npackages = ["main", "shop"]\n'
        f"limits = {{ load = {3 if 'nothing came back' in said else 60} }}\n"
    )

    run = gate(pytester)

    (found,) = run.of(Level.ERROR)
    assert (found.code, found.subject) == ("PRD109", "main:app")
    assert said in found.message
    assert "shop.work" in found.message
    if found.location is not None and "killed" not in said:
        assert found.location.file in ("shop/work.py", "pyproject.toml")
    assert run.status == 1


# ----------------------------------------------------------------------------- 6: off costs nothing


def test_law_6_without_the_flag_nothing_is_imported_collected_or_printed(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.prodready]\napp = "not.there:app"\nnonsense = 1\n')
    pytester.makepyfile(test_one="def test_one(): pass")
    pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        f"    print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])\n"
        "    print('OURS', sorted(m for m in sys.modules if m.startswith('pytest_prodready')))\n"
    )

    on, off = (
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-s",
                "-p",
                "no:hypothesispytest",
                "-p",
                "no:anyio",
                *QUIET,
                *arguments,
            ],
            cwd=pytester.path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for arguments in ((), ("-p", "no:prodready"))
    )

    ours = "OURS ['pytest_prodready', 'pytest_prodready.fixtures', 'pytest_prodready.markers', "
    assert ours + "'pytest_prodready.options', 'pytest_prodready.plugin', 'pytest_prodready.stash']" in on
    assert [line for line in off.splitlines() if line.startswith("HEAVY")] == [
        line for line in on.splitlines() if line.startswith("HEAVY")
    ]
    assert "1 passed" in on
    assert "prodready:" not in on


def test_law_3_what_a_conftest_sets_for_the_tests_is_not_production(pytester: pytest.Pytester) -> None:
    project(
        pytester, main="import os\nkey = os.environ['APP_KEY']\n\nasync def app(scope, receive, send): ...\n"
    )
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\npackages = ["main"]\n')
    pytester.makeconftest("import os\nos.environ['APP_KEY'] = 'test'\n")
    pytester.makepyfile(
        test_one="def test_one(prodready_imports):\n    assert prodready_imports('main').failure\n"
    )

    alone = pytester.runpytest_subprocess("--prodready", *WITHOUT_SERVER, *QUIET)
    spread = pytester.runpytest_subprocess("--prodready", *WITHOUT_SERVER, *QUIET, "-n", "1")

    for result in (alone, spread):
        result.stdout.fnmatch_lines(["*PRD101 error: main:app does not import: *APP_KEY is not set*"])
        assert result.parseoutcomes()["passed"] == 1  # the test sees what the gate sees
