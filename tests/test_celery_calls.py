"""Calls that send tasks, as whoever runs the gate meets them."""

from __future__ import annotations

import pytest

from pytest_prodready.findings import Level
from tests.support import Run, gate

pytest.importorskip("celery")

FILES = {
    "pyproject.toml": '[tool.prodready]\napp = "jobs.web:app"\ncelery = "jobs.worker:celery"\n',
    "jobs/__init__.py": "",
    "jobs/worker.py": "from celery import Celery\n"
    "celery = Celery('jobs', broker='memory://', include=['jobs.tasks'])\n",
    "jobs/tasks.py": "from celery import shared_task\n\n\n@shared_task(bind=True)\n"
    "def sync_job_to_public_catalog(self, job_id, tenant_schema_name):\n    return job_id\n",
    "jobs/signals.py": "from jobs.tasks import sync_job_to_public_catalog\n\n\ndef job_saved(job, tenant):\n"
    "    sync_job_to_public_catalog.delay(job.id, tenant_schema_name=tenant.schema_name)\n",
    "jobs/web.py": "from jobs import signals\n\n\nasync def app(scope, receive, send):\n"
    "    signals.job_saved(scope, scope)\n",
}
SUBJECT = "call:jobs.signals.job_saved:jobs.tasks.sync_job_to_public_catalog"


def run(pytester: pytest.Pytester, replaced: dict[str, tuple[str, str]]) -> Run:
    """Write the project, with one text of a file replaced by another, and judge its calls."""
    for name, text in FILES.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before, after = replaced.get(name, ("", ""))
        assert before in text
        path.write_text(text.replace(before, after) if before else text)
    return gate(pytester, "--prodready-select=PRD208,PRD209")


def errors(found: Run) -> list[tuple[str, str, str]]:
    return [(one.code, one.subject, str(one.location)) for one in found.of(Level.ERROR)]


def test_calls_that_bind_pass(pytester: pytest.Pytester) -> None:
    """The verdict counts the calls and the configurations; a call in the web process alone is one of them."""
    found = run(pytester, {})
    assert errors(found) == []
    found.result.stdout.fnmatch_lines(["celery * 1 of 1 call sites, 1 of 1 Celery apps*"])


@pytest.mark.parametrize(
    "before, after, code",
    [
        (", tenant_schema_name=tenant.schema_name", "", "PRD208"),
        ("tenant_schema_name=", "tenant=", "PRD208"),
        (
            "delay(job.id, tenant_schema_name=tenant.schema_name)",
            "apply_async((1, 2), count_down=3)",
            "PRD209",
        ),
    ],
    ids=["tenant not passed", "a keyword that the task does not take", "a misspelt option"],
)
def test_a_task_that_needs_its_tenant(pytester: pytest.Pytester, before: str, after: str, code: str) -> None:
    """The call in the signal handler is the one error, at its line."""
    found = run(pytester, {"jobs/signals.py": (before, after)})
    assert errors(found) == [(code, SUBJECT, "jobs/signals.py:5")]


def test_a_misspelt_key_of_the_configuration(pytester: pytest.Pytester) -> None:
    """It is the one error, at its line."""
    broker = "broker='memory://'"
    found = run(pytester, {"jobs/worker.py": (broker, f"{broker}, task_rotes={{}}")})
    assert errors(found) == [("PRD209", "jobs.worker:celery", "jobs/worker.py:2")]
