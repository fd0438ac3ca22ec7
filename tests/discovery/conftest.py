"""What the tests of discovery share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_prodready.discovery import Discovered, discover
from pytest_prodready.settings import Settings, read

Discover = Callable[..., Discovered]


@pytest.fixture
def found(tmp_path: Path) -> Discover:
    """Write the files of a project, then discover it with its own settings."""

    def write_and_discover(files: Mapping[str, str], **environ: str) -> Discovered:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        settings: Settings = read(tmp_path, ())
        before = sorted(tmp_path.rglob("*"))
        discovered = discover(tmp_path, settings, environ)
        assert sorted(tmp_path.rglob("*")) == before
        return discovered

    return write_and_discover
