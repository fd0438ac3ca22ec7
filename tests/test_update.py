"""``--prodready-update`` and what later runs make of the contract, from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready import contract
from pytest_prodready.findings import Level, Outcome
from tests.support import QUIET, Run, gate, snapshot

pytestmark = pytest.mark.wide

pytest.importorskip("celery")

FILE = contract.FILE
APP = "from celery import Celery\napp = Celery('jobs', broker='memory://')\napp.conf.imports = ['mail']\n"
MAIL = """\
from jobs import app

@app.task
def send(to, subject=""): ...

@app.task(bind=True, queue="bulk")
def newsletter(self, *, issue): ...
"""
SETTINGS = '[tool.prodready]\ncelery = "jobs:app"\n'
WRITTEN = contract.HEAD + (
    '"mail.newsletter" = { takes = "(*, issue)", queue = "bulk" }\n'
    '"mail.send" = { takes = "(to, subject=...)", queue = "celery" }\n'
)


@pytest.fixture
def root(pytester: pytest.Pytester) -> Path:
    """A worker with two tasks."""
    pytester.makepyprojecttoml(SETTINGS)
    pytester.makepyfile(jobs=APP, mail=MAIL)
    return pytester.path


def update(pytester: pytest.Pytester, *arguments: str) -> Run:
    return gate(pytester, "--prodready-update", "--prodready-select", "PRD210", *arguments)


def judged(pytester: pytest.Pytester, *arguments: str) -> Run:
    return gate(pytester, "--prodready-select", "PRD210", *arguments)


def test_the_contract_is_written_once_and_then_kept(root: Path, pytester: pytest.Pytester) -> None:
    """One run writes it and judges by it, the next finds it up to date, and none writes anything else."""
    before = snapshot(root)
    first = update(pytester)
    assert first.status == 0
    assert (root / FILE).read_text(encoding="utf-8") == WRITTEN
    first.result.stdout.fnmatch_lines(
        [f"prodready: wrote {FILE}: 2 tasks; commit it", "*READY: 3 of 3 checks*"]
    )
    assert {"contract:mail.send", "contract:mail.newsletter", f"contract:{FILE}"} == set(first.judgements)

    second = update(pytester)
    assert second.status == 0
    second.result.stdout.fnmatch_lines(
        [f"prodready: {FILE} is up to date: 2 tasks", f"*contract: 2 tasks ({FILE})"]
    )
    assert snapshot(root) == {**before, FILE: WRITTEN.encode()}


def test_without_the_flag_nothing_is_written(root: Path, pytester: pytest.Pytester) -> None:
    """Law 4: neither the contract, nor anything else, and a stale contract stays as it is."""
    (root / FILE).write_text(contract.HEAD, encoding="utf-8")
    before = snapshot(root)
    run = judged(pytester)
    assert run.status == 0
    assert [found.level for found in run.findings] == [Level.INFO]
    assert snapshot(root) == before


def test_what_breaks_old_messages_is_found_with_its_line(root: Path, pytester: pytest.Pytester) -> None:
    """A renamed task and a new required parameter, each once; accepted by an update on purpose."""
    assert update(pytester).status == 0
    text = MAIL.replace("def send(to, ", "def send(to, tenant, ").replace(
        "def newsletter", "def weekly_newsletter"
    )
    (root / "mail.py").write_text(text)

    broken = judged(pytester)
    assert broken.status == 1
    found = {one.subject: (one.code, str(one.location)) for one in broken.of(Level.ERROR)}
    assert found == {
        "contract:mail.send": ("PRD210", "mail.py:4"),
        "contract:mail.newsletter": ("PRD210", f"{FILE}:5"),
    }
    broken.result.stdout.fnmatch_lines(
        [
            "PRD210 error: mail.newsletter is gone: messages of the last release that name it are discarded*",
            "*Was it renamed to mail.weekly_newsletter (mail.py:7)? Let a worker answer to both names*",
            '*@shared_task(name="mail.newsletter", bind=True)',
            "*def newsletter_by_its_old_name(self, [*]args, [*][*]kwargs):",
            "*raise self.replace(weekly_newsletter.si([*]args, [*][*]kwargs))",
            "PRD210 error: mail.send has tenant before subject now: *",
            "*Put it behind the others, with a default: (to, subject=…, tenant=None).",
            "*NOT READY*",
        ]
    )

    accepted = update(pytester)
    assert accepted.status == 0
    accepted.result.stdout.fnmatch_lines(
        [f"prodready: wrote {FILE}: 2 tasks (1 added, 1 removed, 1 changed); commit it"]
    )
    assert judged(pytester).status == 0


def test_the_alias_of_the_remedy_keeps_the_contract(root: Path, pytester: pytest.Pytester) -> None:
    """What the finding says is what to paste, and it is enough."""
    assert update(pytester).status == 0
    text = MAIL.replace("def newsletter", "def weekly_newsletter")
    (root / "mail.py").write_text(text)
    (finding,) = judged(pytester).of(Level.ERROR)
    alias = finding.remedy.partition("\n")[2].rpartition("\nOn purpose")[0]
    (root / "mail.py").write_text(f"{text}\nfrom celery import shared_task\n{alias}\n")
    assert judged(pytester).of(Level.ERROR) == []


def test_collect_only_writes_nothing(root: Path, pytester: pytest.Pytester) -> None:
    """A listing changes nothing, and says that it did not."""
    before = snapshot(root)
    run = update(pytester, "--collect-only")
    run.result.stdout.fnmatch_lines([f"prodready: --collect-only writes nothing: {FILE} is as it was"])
    assert snapshot(root) == before


@pytest.mark.parametrize(
    "files, reason",
    [
        ({"mail.py": "import not_there\n"}, "*PRD201 error: jobs:app does not load*"),
        ({"jobs.py": APP + "app.autodiscover_tasks(['mial'])\n"}, "*which does not exist*"),
        (
            {"mail.py": MAIL + "app.tasks.pop(send.name)\n"},
            "mail.py:4: PRD203 error: mail.send is not registered*",
        ),
        ({"mail.py": ""}, "it has none"),
    ],
)
def test_a_partial_registry_never_overwrites(
    root: Path, pytester: pytest.Pytester, files: dict[str, str], reason: str
) -> None:
    """While the worker lacks tasks that it ought to have, the old contract stands and the run fails."""
    (root / FILE).write_text(WRITTEN, encoding="utf-8")
    for name, text in files.items():
        (root / name).write_text(text)
    run = update(pytester)
    assert run.status == 1
    assert (root / FILE).read_text(encoding="utf-8") == WRITTEN
    line = f"{FILE} is not written, as the worker lacks tasks: {reason}"
    run.result.stdout.fnmatch_lines([f"prodready: {line}", line, "NOT READY*"])


def test_a_file_that_cannot_be_written_fails_the_run(root: Path, pytester: pytest.Pytester) -> None:
    """The order was not obeyed; that is no green run."""
    (root / FILE).mkdir()
    run = update(pytester)
    assert run.status == 1
    run.result.stdout.fnmatch_lines([f"prodready: {FILE} cannot be written: Is a directory"])


def test_a_merge_conflict_is_found_and_an_update_resolves_it(root: Path, pytester: pytest.Pytester) -> None:
    """The rest of the gate runs all the same."""
    (root / FILE).write_text(f"<<<<<<< HEAD\n{WRITTEN}", encoding="utf-8")
    run = judged(pytester)
    assert run.status == 1
    (found,) = run.of(Level.ERROR)
    assert (str(found.location), found.message) == (f"{FILE}:1", f"{FILE} holds a merge conflict")
    assert update(pytester).status == 0
    assert (root / FILE).read_text(encoding="utf-8") == WRITTEN


def test_the_settings_may_name_another_file(root: Path, pytester: pytest.Pytester) -> None:
    """It must be there, unless it is to be written now."""
    (root / "deploy").mkdir()
    pytester.makepyprojecttoml('[tool.prodready.celery]\napp = "jobs:app"\ncontract = "deploy/tasks.toml"\n')
    missing = judged(pytester)
    (found,) = missing.of(Level.ERROR)
    assert (str(found.location), missing.status) == ("pyproject.toml:3", 1)
    assert found.message == "deploy/tasks.toml does not exist, though pyproject.toml:3 names it"

    assert update(pytester).status == 0
    assert (root / "deploy" / "tasks.toml").read_text(encoding="utf-8") == WRITTEN
    assert not (root / FILE).exists()
    assert judged(pytester).of() == []


def test_under_xdist_the_controller_alone_writes(root: Path, pytester: pytest.Pytester) -> None:
    """Its workers judge by what it has written."""
    pytest.importorskip("xdist")
    result = pytester.runpytest_subprocess(
        "--prodready", "--prodready-update", "--prodready-select", "PRD210", "-n", "2", *QUIET
    )
    assert result.ret == 0
    assert (root / FILE).read_text(encoding="utf-8") == WRITTEN
    assert result.stdout.str().count(f"wrote {FILE}") == 1
    result.stdout.fnmatch_lines(["celery *2 of 2 tasks of the contract*"])


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (("-k", "send"), "--prodready-update writes down all tasks together: leave out -k"),
        (("-m", "prodready"), "--prodready-update writes down all tasks together: leave out -m"),
        (("--deselect", "a", "--lf"), "*together: leave out --deselect, --lf"),
        (("pyproject.toml::celery",), "*together: leave out the names of files and tests"),
        (("jobs.py",), "*together: leave out the names of files and tests"),
        (("--prodready-ignore", "PRD2"), "--prodready-update is about PRD210, which is not selected"),
    ],
)
def test_a_part_of_a_run_is_no_release(
    root: Path, pytester: pytest.Pytester, arguments: tuple[str, ...], expected: str
) -> None:
    """It is a usage error that names what to leave out, and nothing is written."""
    # not QUIET: --lf is of the cache's plugin
    result = pytester.runpytest_inprocess("--prodready", "--prodready-update", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{expected}"])
    assert not (root / FILE).exists()


def test_an_update_outside_the_gate_is_a_usage_error(root: Path, pytester: pytest.Pytester) -> None:
    """Whoever leaves out --prodready is told the whole line."""
    result = pytester.runpytest_inprocess("--prodready-update", *QUIET)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*write pytest --prodready --prodready-update"])
    assert not (root / FILE).exists()


def test_an_update_without_a_celery_app_is_a_usage_error(pytester: pytest.Pytester) -> None:
    """There is nothing that a contract could be about."""
    pytester.makepyprojecttoml("[tool.prodready]\n")
    run = update(pytester)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "--prodready-update: no Celery app was found" in run.text


def test_a_contract_without_its_app_is_skipped_and_said(pytester: pytest.Pytester) -> None:
    """Nothing was compared, so nothing has passed."""
    pytester.makepyprojecttoml("[tool.prodready]\n")
    (pytester.path / FILE).write_text(WRITTEN, encoding="utf-8")
    run = judged(pytester)
    assert "contract:tasks" in run.subjects(Outcome.SKIPPED)
    run.result.stdout.fnmatch_lines(
        ["1 skipped, celery: no Celery app was found, so its tasks are not known"]
    )
