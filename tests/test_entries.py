"""Scripts and management commands, as whoever runs the gate meets them."""

from __future__ import annotations

import pytest

from pytest_prodready import inspection
from pytest_prodready.child import Ending
from pytest_prodready.facts import InspectedEntry, Problem
from pytest_prodready.findings import Level
from pytest_prodready.observed import Seen, result
from tests.files import write_files
from tests.support import Run, gate

PROJECT = "[project]\nname = 'shop'\nversion = '1'\n"
APP = "async def app(scope, receive, send): ...\n"
DJANGO = {
    "manage.py": """\
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
""",
    "proj/__init__.py": "",
    "proj/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\nROOT_URLCONF = 'proj.urls'\n"
    "WSGI_APPLICATION = 'proj.wsgi.application'\n",
    "proj/urls.py": "urlpatterns = []\n",
    "proj/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n"
    "application = get_wsgi_application()\n",
    "shop/__init__.py": "",
    "shop/models.py": "class Order: ...\n",
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "shop/management/commands/sync.py": "from django.core.management import BaseCommand\n"
    "from shop.models import Order\nclass Command(BaseCommand): ...\n",
    "shop/management/commands/purge.py": "from django.core.management import BaseCommand\n"
    "from shop.models import Basket\nclass Command(BaseCommand): ...\n",
}


@pytest.fixture(autouse=True)
def _no_path_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the job has in PYTHONPATH counts in each child, too."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


def run(pytester: pytest.Pytester, files: dict[str, str], *arguments: str) -> Run:
    """Write the project and run the gate's import family over it."""
    write_files(pytester.path, files)
    return gate(pytester, "--prodready-select=PRD1,PRD9", *arguments)


def errors(run: Run) -> list[tuple[str, str, str]]:
    return [(found.code, found.subject, str(found.location)) for found in run.of(Level.ERROR)]


def test_a_management_command_that_imports_a_removed_model(pytester: pytest.Pytester) -> None:
    """It is the one error; the other command, the web app and the header are as they should be."""
    pytest.importorskip("django")
    found = run(pytester, {**DJANGO, "pyproject.toml": "[tool.prodready]\n"})
    assert errors(found) == [("PRD101", "manage.py purge", "shop/management/commands/purge.py:2")]
    assert {"proj.wsgi:application", "manage.py sync"} <= set(found.judgements)
    found.result.stdout.fnmatch_lines(
        [
            "prodready: commands: manage.py (DJANGO_SETTINGS_MODULE proj.settings)",
            "imports * 2 of 2 entry points, 1 of 2 management commands, *",
        ]
    )


def test_settings_that_do_not_load_are_one_error(pytester: pytest.Pytester) -> None:
    """The web app and the management commands fail for the same cause, which is told once."""
    pytest.importorskip("django")
    broken = DJANGO["proj/settings.py"].replace("'shop'", "'shopp'")
    found = run(pytester, {**DJANGO, "proj/settings.py": broken, "pyproject.toml": "[tool.prodready]\n"})
    assert [subject for _, subject, _ in errors(found)] == ["proj.wsgi:application"]
    assert "manage.py cannot set Django up" in found.text


def test_a_console_script_whose_function_is_missing(pytester: pytest.Pytester) -> None:
    """The place is the line that declares it, the remedy the nearest name."""
    scripts = "[project.scripts]\nshop = 'shop.cli:mian'\nok = 'shop.cli:main'\n"
    files = {"pyproject.toml": PROJECT + scripts, "shop/__init__.py": "", "shop/cli.py": "def main(): ...\n"}
    found = run(pytester, files)
    assert errors(found) == [("PRD101", "shop.cli:mian", "pyproject.toml:5")]
    assert "Write main, the nearest name that it has." in found.text
    found.result.stdout.fnmatch_lines(["prodready: scripts: 2 (pyproject.toml [[]project.scripts])"])


def test_a_console_script_beside_a_local_email(pytester: pytest.Pytester) -> None:
    """An installed script never sees the directory beside its package, so that nothing is hidden from it."""
    files = {
        "pyproject.toml": f"{PROJECT}[project.scripts]\nshop = 'shop.cli:main'\n",
        "email/__init__.py": "",
        "shop/__init__.py": "",
        "shop/cli.py": "import smtplib\ndef main(): ...\n",
    }
    found = run(pytester, files)
    assert (errors(found), found.status) == ([], 0)
    assert "1 of 1 entry points" in found.text


def test_what_the_settings_name_is_started_as_a_module(pytester: pytest.Pytester) -> None:
    """Its own failure is found, and what its functions reach belongs to the closure."""
    files = {
        "pyproject.toml": "[tool.prodready]\nentry_points = ['worker', 'jobs:run', 'jbos']\n",
        "main.py": APP,
        "worker.py": "def run():\n    from helper import nothing\n",
        "helper.py": "",
        "jobs.py": "def run(): ...\n",
    }
    found = run(pytester, files)
    assert {(code, subject) for code, subject, _ in errors(found)} == {
        ("PRD101", "python -m jbos"),
        ("PRD104", "worker"),
    }
    assert "prodready: scripts: 3 ([tool.prodready] entry_points)" in found.text


@pytest.mark.parametrize(
    "number, words", [(1, "file that nothing reaches was"), (2, "files that nothing reaches were")]
)
def test_files_that_nothing_reaches_are_counted(pytester: pytest.Pytester, number: int, words: str) -> None:
    """By all entry points together; they are not executed, and nothing fails for them."""
    files = {
        "pyproject.toml": "[tool.prodready]\napp = 'shop.main:app'\nentry_points = ['shop.worker']\n",
        "shop/__init__.py": "",
        "shop/main.py": APP,
        "shop/worker.py": "",
        **{f"shop/left{at}.py": "raise ValueError\n" for at in range(number)},
    }
    found = run(pytester, files)
    assert found.status == 0
    assert f"imports: {number} source {words} not imported" in found.text


def test_no_file_is_left(pytester: pytest.Pytester) -> None:
    """Nothing is said where there is nothing to say."""
    found = run(pytester, {"pyproject.toml": "[tool.prodready]\napp = 'main:app'\n", "main.py": APP})
    assert "nothing reaches" not in found.text


def test_mistakes_in_the_new_settings_are_one_usage_error(pytester: pytest.Pytester) -> None:
    """Each with its line, and with what was meant."""
    settings = """\
        [tool.prodready]
        entry_points = ["src/worker.py", 3, "pkg.jobs:main()"]
        [tool.prodready.imports]
        forbid = ["netwrok", "everything"]
        forbiden = []
        [tool.prodready.imports.forbidden_at_import]
        "src.main:app" = "torch"
        "src main" = ["torch"]
        "src.other:app" = ["scikit-learn"]
        """
    found = run(pytester, {"pyproject.toml": settings})
    assert found.status == pytest.ExitCode.USAGE_ERROR
    found.result.stderr.fnmatch_lines(
        [
            '*pyproject.toml:2: *"entry_points" must hold "module" or*did you mean "src.worker"?',
            '*pyproject.toml:2: *"entry_points" must hold strings only, not a number*',
            '*pyproject.toml:2: *"entry_points" must hold*did you mean "pkg.jobs:main"?',
            '*pyproject.toml:4: *"forbid" names the effect "netwrok"*did you mean "network"?',
            '*pyproject.toml:4: *"forbid" names the effect "everything"*there are: network, subprocess,*',
            '*pyproject.toml:5: *unknown key "forbiden"*did you mean "forbid"?',
            '*pyproject.toml:7: *"src.main:app" must be an array of strings*',
            "*pyproject.toml:8: *no import string*",
            '*pyproject.toml:9: *must hold names of modules*did you mean "scikit_learn"?',
        ]
    )


FORBIDDING = "[tool.prodready]\napp = 'main:app'\nimports.forbidden_at_import = { 'mian:app' = ['torch'] }\n"


def test_an_entry_point_that_does_not_exist_is_a_usage_error(pytester: pytest.Pytester) -> None:
    """What the settings forbid for it would otherwise be forbidden to nobody."""
    found = run(pytester, {"pyproject.toml": FORBIDDING + PROJECT, "main.py": APP})
    assert found.status == pytest.ExitCode.USAGE_ERROR
    found.result.stderr.fnmatch_lines(
        ['*pyproject.toml:3: *names the entry point "mian:app", which does not exist*mean "main:app"?']
    )


def test_a_module_that_a_start_must_not_load(pytester: pytest.Pytester) -> None:
    """An error at the application's own line that loads it, for the entry point that must not."""
    settings = """\
        [tool.prodready]
        app = "main:app"
        entry_points = ["jobs"]
        [tool.prodready.imports.forbidden_at_import]
        "main:app" = ["wave"]
        """
    files = {
        "pyproject.toml": settings,
        "main.py": f"import sounds\n{APP}",
        "sounds.py": "import os\nimport wave\n",
        "jobs.py": "import wave\n",
    }
    found = run(pytester, files)
    assert errors(found) == [("PRD108", "main:app", "sounds.py:2")]
    (forbidden,) = found.of(Level.ERROR)
    assert forbidden.message == "main:app loads wave at start, which the settings forbid"
    assert "main → sounds → wave" in forbidden.remedy
    assert found.status == 1
    later = run(pytester, {**files, "sounds.py": "def play():\n    import wave\n"})
    assert (later.of(Level.ERROR), later.status) == ([], 0)


def test_an_entry_point_that_only_metadata_could_name_is_a_finding(pytester: pytest.Pytester) -> None:
    """Where the project's files leave its scripts open, the run itself tells."""
    found = run(pytester, {"pyproject.toml": FORBIDDING, "main.py": APP})
    assert (found.codes(Level.ERROR), found.status) == ({"PRD901"}, 1)
    assert 'did you mean "main:app"?' in found.text


def test_a_test_gets_scripts_and_commands_as_they_are_started(pytester: pytest.Pytester) -> None:
    """The fixture's facts are those of the entry point, wherever the project has one of that name."""
    pytest.importorskip("django")
    test = """\
        def test_facts(prodready_imports):
            assert prodready_imports("shop.cli:main").entry.started == "console"
            names = {one.name: one.failure is None for one in prodready_imports("manage.py").commands}
            assert names == {"purge": False, "sync": True}
            assert prodready_imports("shop.models:Order").entry.kind == "module"
            assert "no name 'Basket'" in prodready_imports.faults("manage.py")[0]
        """
    scripts = f"{PROJECT}[project.scripts]\nshop = 'shop.cli:main'\n"
    files = {**DJANGO, "pyproject.toml": scripts, "shop/cli.py": "import email\ndef main(): ...\n"}
    found = run(pytester, {**files, "test_it.py": test}, "test_it.py")
    found.result.assert_outcomes(passed=1)


def test_the_import_rules_load_the_worker_and_nothing_else_of_celery(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its modules are judged; tasks, beat and queues are not looked at, as no rule that is selected asks."""
    pytest.importorskip("celery")
    seen: list[InspectedEntry] = []

    def kept(told: Seen, ending: Ending) -> tuple[InspectedEntry, list[Problem]]:
        entry, problems = result(told, ending)
        seen.append(entry)
        return entry, problems

    monkeypatch.setattr(inspection, "result", kept)
    files = {
        "pyproject.toml": f"{PROJECT}[tool.prodready]\ncelery = 'shop.jobs:app'\npackages = ['shop']\n",
        "shop/__init__.py": "",
        "shop/jobs.py": "from celery import Celery\napp = Celery('shop', broker='memory://')\n"
        "@app.task\ndef send():\n    from shop.gone import mail\n",
    }
    for selected, tasks in (("PRD1", None), ("PRD1,PRD2", ["shop.jobs.send"])):
        found = run(pytester, files, f"--prodready-select={selected}")
        assert ("PRD104", "shop.jobs", "shop/jobs.py:5") in errors(found)
        (entry,) = seen
        assert (entry.celery and [task.name for task in entry.celery.tasks]) == tasks
        seen.clear()
