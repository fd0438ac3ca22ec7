"""Where a session keeps its gate; light enough to be imported while the gate is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_prodready.gate import Gate

GATE: pytest.StashKey[Gate] = pytest.StashKey()
"""The gate of this session; absent while it is off."""

ENVIRON: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""The environment as the job gave it, before a conftest.py or a plugin arranged it for the tests."""

OFF = "opted in to the gate: it runs with --prodready"
"""Why a marked test is skipped while the gate is off."""
