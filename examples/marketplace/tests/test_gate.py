"""What this project wants to be sure of before a deploy, beyond what the gate checks by itself."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.prodready_tasks("finance.tasks.*", at_least=7)
def test_the_finance_tasks_can_run() -> None:
    """The marker is the whole check."""


@pytest.mark.prodready_env("OPENAI_API_KEY")
@pytest.mark.prodready
def test_the_worker_publishes_jobs(prodready_celery: Any) -> None:
    assert "jobs.tasks.sync_job_to_public_catalog" in prodready_celery.tasks


@pytest.mark.prodready
def test_providers_are_shown_to_everybody(prodready_health: Any) -> None:
    answer = prodready_health.client.get("/providers", headers={"X-Forwarded-Proto": "https"})
    assert answer.json() == {"providers": []}
