"""Hand-written tests: the markers check their preconditions, the fixtures give the facts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support import QUIET, Example, gate

MARKED = """
import enum
import pytest

class Status(enum.Enum):
    New = "New"
    Selected = "Selected"
    Maybe = "Maybe"
    Not_a_Fit = "Not a Fit"
    Archived = "Archived"

class Other(enum.Enum):
    New = "New"
    Lost = "Lost"

@pytest.mark.prodready_import("src.main:app")
def test_imports(): pass

@pytest.mark.prodready_import("src.audit_trail:never_written")
def test_imports_broken(): pass

@pytest.mark.prodready_tasks("src.finance.tasks.*", at_least=7)
def test_tasks(): pass

@pytest.mark.prodready_tasks("src.finance.tasks.*", at_least=8)
def test_tasks_too_few(): pass

@pytest.mark.prodready_enum(Status, "sitemap_import_curation_status")
def test_enum(): pass

@pytest.mark.prodready_enum(Status, "places.status")
def test_enum_of_a_column(): pass

@pytest.mark.prodready_enum(Other, "sitemap_import_curation_status")
def test_enum_broken(): pass

@pytest.mark.prodready_enum(Other, "no_such_type")
def test_enum_unknown(): pass

@pytest.mark.prodready_requires("celery>=5.3")
def test_requires(): pass

@pytest.mark.prodready_requires("celery>=99")
def test_requires_broken(): pass

@pytest.mark.prodready_health("/ready", status=200, json={"status": "ready"})
def test_health(): pass

@pytest.mark.prodready_health("/ready", status=200, json={"status": "resting"})
def test_health_broken(): pass

@pytest.mark.prodready_env("DATABASE_URL")
def test_env(): pass

@pytest.mark.prodready_env("DATABASE_URL", "NOT_SET_HERE")
def test_env_broken(): pass

@pytest.mark.prodready_tasks(atleast=7)
def test_misspelt(): pass

@pytest.mark.prodready
def test_plain(): pass
"""

FIXTURES = """
import pytest

def test_fixture_imports(prodready_imports):
    assert prodready_imports("src.main:app").failure is None
    broken = prodready_imports("src.nowhere:app")
    assert broken.failure.type == "ModuleNotFoundError"
    with pytest.raises(pytest.fail.Exception, match="no module src.nowhere|src.nowhere does not exist"):
        prodready_imports.check("src.nowhere:app")

def test_fixture_celery(prodready_celery):
    assert len(prodready_celery.tasks) >= 9
    assert prodready_celery.beat
    prodready_celery.check("src.finance.tasks.sync_stripe_payments")
    with pytest.raises(pytest.fail.Exception, match="no task nowhere"):
        prodready_celery.check("nowhere")

def test_fixture_enums(prodready_enums):
    assert "Not a Fit" in prodready_enums.labels("sitemap_import_curation_status")
    assert prodready_enums.labels("places.status") == prodready_enums.labels("public.places.status")

def test_fixture_dependencies(prodready_dependencies):
    prodready_dependencies.require("celery>=5.3")
    assert "fastapi" in prodready_dependencies.installed
    assert {"fastapi", "celery"} <= {one.name for one in prodready_dependencies.declared}
    with pytest.raises(pytest.fail.Exception, match="celery"):
        prodready_dependencies.require("celery>=99")

def test_fixture_health(prodready_health):
    assert prodready_health.client.get("/healthz").json() == {"status": "alive"}
    prodready_health.probe("/ready", status=200, json={"status": "ready"})
    with pytest.raises(pytest.fail.Exception, match="418"):
        prodready_health.probe("/healthz", status=418)
"""


def write(project: Example, text: str) -> None:
    """Replace the example's own gate tests by these."""
    (project.root / "tests" / "test_gate.py").write_text("# prodready\n" + text)


def test_each_marker_checks_its_precondition_before_the_body(example: Callable[..., Example]) -> None:
    project = example()
    write(project, MARKED)

    run = project.gate("tests/test_gate.py", "-v")

    broken = {"imports_broken", "tasks_too_few", "enum_broken", "enum_unknown", "requires_broken"}
    broken |= {"health_broken", "env_broken", "misspelt"}
    failed = {
        subject.rpartition("test_")[2]
        for subject, one in run.judgements.items()
        if one.outcome.value == "failed"
    }
    assert broken == failed
    assert len(run.judgements) == 16
    run.result.stdout.fnmatch_lines_random(
        [
            "*src.audit_trail has no name 'never_written'*",
            "*the worker has 7 tasks that match src.finance.tasks.*, not at least 8",
            "PRD601: the environment variable NOT_SET_HERE is not set",
            "prodready_tasks: *it is written prodready_tasks(pattern, at_least=1)*",
            "celery * is installed, but * >=99*",
        ]
    )
    assert "INTERNALERROR" not in run.text


def test_marked_tests_are_skipped_visibly_without_the_flag(example: Callable[..., Example]) -> None:
    project = example()
    write(project, MARKED + FIXTURES)

    result = project.pytester.runpytest_inprocess("-rs", "tests/test_gate.py", *QUIET)

    result.assert_outcomes(skipped=21)
    result.stdout.fnmatch_lines(["*opted in to the gate: it runs with --prodready*"])


def test_each_fixture_gives_the_facts(example: Callable[..., Example]) -> None:
    project = example()
    write(project, FIXTURES)

    run = project.gate("tests/test_gate.py")

    assert run.status == 0
    run.result.assert_outcomes(passed=5)


def test_unknown_markers_are_refused_where_pytest_is_strict(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\naddopts = "--strict-markers"\n')
    pytester.makepyfile(test_one="import pytest\n@pytest.mark.prodready_env('X')\ndef test_one(): pass\n")

    result = pytester.runpytest_inprocess(*QUIET)

    result.assert_outcomes(skipped=1)


def test_a_fixture_without_what_it_needs_skips_with_its_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml("[tool.prodready]\n")
    pytester.makepyfile(
        test_one="def test_celery(prodready_celery): pass\ndef test_health(prodready_health):\n"
        "    prodready_health.client\n"
    )

    run = gate(pytester, "-rs", "test_one.py")

    run.result.assert_outcomes(skipped=2)
    assert "no Celery app was found" in run.text
    assert run.status == 1
