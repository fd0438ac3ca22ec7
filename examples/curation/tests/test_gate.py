"""What this project wants to be sure of before a deploy, beyond what the gate checks by itself."""

from __future__ import annotations

from typing import Any

import pytest
from src.enums import PlaceStatus


@pytest.mark.prodready_enum(PlaceStatus, "sitemap_import_curation_status")
def test_curators_can_reject_a_place() -> None:
    assert PlaceStatus("Not a Fit") is PlaceStatus.Not_a_Fit


@pytest.mark.prodready_tasks("src.finance.tasks.*", at_least=7)
def test_the_finance_tasks_can_run() -> None:
    """The marker is the whole check."""


@pytest.mark.prodready
def test_the_worker_publishes_the_sitemap(prodready_celery: Any) -> None:
    assert "src.curation.tasks.publish_sitemap" in prodready_celery.tasks
