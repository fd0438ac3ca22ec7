"""An ordinary unit test: the gate leaves it alone."""

from __future__ import annotations

import pytest
from jobs.headlines import headline


@pytest.mark.parametrize("title", ["Baker", " Baker! ", "Baker."])
def test_a_headline_is_the_same_however_the_title_is_typed(title: str) -> None:
    assert headline(title, "Miller & Sons") == "Baker at Miller & Sons"
