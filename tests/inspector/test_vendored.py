"""Which directories of an application are copies of distributions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.inspector.django.vendored import is_vendored
from pytest_prodready.inspector.project import Project

FILES = ["vendor/forms-1.0.dist-info/METADATA", "shop-1.0.dist-info/METADATA", "plain/other/a.html"]


@pytest.mark.parametrize(
    "directory, expected",
    [
        ("vendor/forms/templates", True),
        ("vendor/shop/templates", False),
        ("shop/templates", False),
        ("other/templates", False),
        ("plain/other/templates", False),
        ("vendored/forms/templates", False),
    ],
)
def test_vendored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, expected: bool) -> None:
    """By metadata beside the package; neither the root nor the application's own packages are."""
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    for entry in ("", "vendor", "plain"):
        monkeypatch.syspath_prepend(str(tmp_path / entry))
    project = Project(str(tmp_path), ("shop",))
    assert is_vendored(str(tmp_path / directory), project) is expected
