"""An ordinary unit test: the gate leaves it alone."""

from __future__ import annotations

import pytest
from src.curation.websites import host_of


@pytest.mark.parametrize("website", ["https://www.Example.com/menu", "example.com", "www.example.com"])
def test_host_is_the_same_however_it_is_typed(website: str) -> None:
    assert host_of(website) == "example.com"
