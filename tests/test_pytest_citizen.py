"""The generated items behave as tests do: selected, pasted, distributed, listed, written to JUnit."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from pytest_prodready.findings import Outcome
from tests.support import Example

TASK = "pyproject.toml::celery::src.finance.tasks.sync_stripe_payments"
WITHOUT_SERVER = ("--prodready-ignore", "PRD5")


def test_a_pasted_node_id_runs_exactly_that_subject(example: Callable[..., Example]) -> None:
    run = example("A1").gate(TASK)

    assert {"src.finance.tasks.sync_stripe_payments"} == set(run.judgements)
    assert run.status == 1
    run.result.assert_outcomes(failed=1)


def test_a_pasted_node_id_with_slashes_runs_that_endpoint(example: Callable[..., Example]) -> None:
    run = example().gate("pyproject.toml::health::/api/gdpr/status")

    assert {"/api/gdpr/status"} == run.subjects(Outcome.PASSED)
    run.result.assert_outcomes(passed=1)


def test_a_family_can_be_run_by_its_id(example: Callable[..., Example]) -> None:
    run = example().gate("pyproject.toml::dependencies")

    assert {"fastapi", "celery", "python"} < set(run.judgements)
    assert not any(subject.startswith("src") for subject in run.judgements)


def test_k_selects_by_the_subjects_name(example: Callable[..., Example]) -> None:
    run = example().gate("-k", "sync_stripe_payments or Not_there")

    assert {"src.finance.tasks.sync_stripe_payments"} == set(run.judgements)
    assert run.status == 0


def test_k_that_selects_nothing_is_pytests_status_5(example: Callable[..., Example]) -> None:
    assert example().gate("-k", "no_such_subject").status == pytest.ExitCode.NO_TESTS_COLLECTED


def test_m_selects_the_generated_items_and_the_marked_tests(example: Callable[..., Example]) -> None:
    run = example().gate("-m", "prodready", *WITHOUT_SERVER)

    assert "src.finance.tasks.sync_stripe_payments" in run.judgements
    assert run.status == 0


def test_lf_runs_only_what_failed(example: Callable[..., Example]) -> None:
    broken = example("A1")
    first = broken.pytester.runpytest_subprocess("--prodready", *WITHOUT_SERVER)
    again = broken.pytester.runpytest_subprocess("--prodready", *WITHOUT_SERVER, "--lf")

    failed = first.parseoutcomes()["failed"]
    assert failed == 9  # one module, seven tasks, one marked test
    again.assert_outcomes(failed=failed)
    again.stdout.fnmatch_lines(["*run-last-failure: rerun previous 9 failures*"])


def test_two_workers_judge_the_facts_that_the_controller_gathered(example: Callable[..., Example]) -> None:
    broken = example("A1")
    alone = broken.gate()

    spread = broken.pytester.runpytest_subprocess("--prodready", "-n", "2", "-p", "no:cacheprovider", "-v")

    assert spread.ret == 1
    spread.assert_outcomes(**{word: alone.result.parseoutcomes()[word] for word in ("passed", "failed")})
    spread.stdout.fnmatch_lines([f"*FAILED {TASK}*", "*NOT READY: *"])
    lines = spread.stdout.str()
    assert alone.text.partition("NOT READY")[2].partition(" (-v")[0] in lines
    assert lines.count("NOT READY") == 1


def test_collect_only_lists_the_subjects_and_opens_no_connection(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = example()
    # nothing listens there: a connection would show as a skip, a server as a log
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:9/none")

    run = project.gate("--collect-only", "-q")

    run.result.stdout.fnmatch_lines_random(
        [TASK, "pyproject.toml::database::places.status", "pyproject.toml::health::/ready"]
    )
    assert run.status == 0
    assert run.judgements == {}
    assert "READY" not in run.text


def test_junit_xml_holds_every_subject_with_its_reason(example: Callable[..., Example]) -> None:
    broken = example("A1")
    broken.gate("--junitxml", "report.xml", *WITHOUT_SERVER)

    cases = {
        f"{case.get('classname')}::{case.get('name')}": case
        for case in ET.parse(broken.root / "report.xml").iter("testcase")
    }
    failed = cases["pyproject.toml.celery::src.finance.tasks.sync_stripe_payments"].find("failure")
    assert failed is not None
    assert "PRD204" in (failed.text or "")
    assert "UserSubscription" in (failed.text or "")
    properties = {
        (node.get("name"), node.get("value"))
        for node in cases["pyproject.toml.celery::src.finance.tasks.sync_stripe_payments"].iter("property")
    }
    assert ("prodready.error", "PRD204") in properties
    assert cases["pyproject.toml.dependencies::fastapi"].find("failure") is None


def test_ordinary_tests_are_not_even_imported(example: Callable[..., Example]) -> None:
    project = example()
    (project.root / "tests" / "test_loud.py").write_text("raise SystemExit('imported')\n")

    run = project.gate(*WITHOUT_SERVER)

    assert run.status == 0
    assert not any("test_ordinary" in subject for subject in run.judgements)


def test_with_tests_runs_the_gate_and_the_ordinary_tests(example: Callable[..., Example]) -> None:
    project = example()

    run = project.gate("--prodready-with-tests", *WITHOUT_SERVER)

    assert "test_ordinary" in run.text
    assert "src.finance.tasks.sync_stripe_payments" in run.judgements
    assert run.status == 0


def test_a_marked_test_that_cannot_be_imported_is_an_error_beside_the_results(
    example: Callable[..., Example],
) -> None:
    project = example()
    (project.root / "tests" / "test_broken.py").write_text("import not_there  # prodready\n")

    run = project.gate(*WITHOUT_SERVER)

    assert run.status == 1
    assert "src.finance.tasks.sync_stripe_payments" in run.subjects(Outcome.PASSED)
    run.result.stdout.fnmatch_lines(["*NOT READY*"])


def test_the_items_work_where_plugins_are_loaded_by_hand(
    example: Callable[..., Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = example()
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    result = project.pytester.runpytest_subprocess(
        "-p", "pytest_prodready.plugin", "--prodready", "-p", "no:cacheprovider", *WITHOUT_SERVER
    )

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*READY*"])
