"""After every test here nothing may be left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.probes.support import left_behind


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process and no thread outlives the test that started it."""
    before = set(threading.enumerate())
    yield
    assert left_behind() == []
    assert [thread.name for thread in set(threading.enumerate()) - before if "prodready" in thread.name] == []
