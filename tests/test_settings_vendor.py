"""``vendor`` in ``[tool.prodready.database]``."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready import settings


def write(root: Path, value: str) -> None:
    (root / "pyproject.toml").write_text(f"[tool.prodready]\ndatabase = {{ vendor = {value} }}\n")


def test_the_vendor_of_production(tmp_path: Path) -> None:
    """One of the vendors that are supported; empty where nothing is written."""
    assert settings.read(tmp_path, ()).database.vendor == ""
    write(tmp_path, '"postgresql"')
    assert settings.read(tmp_path, ()).database.vendor == "postgresql"


@pytest.mark.parametrize(
    "value, meant",
    [('"postgres"', "postgresql"), ('"sqlite3"', "sqlite"), ('"maria-db"', "mariadb")],
)
def test_a_vendor_that_is_not_known(tmp_path: Path, value: str, meant: str) -> None:
    """With its line, the valid names, and what was meant."""
    write(tmp_path, value)
    with pytest.raises(settings.SettingsError) as raised:
        settings.read(tmp_path, ())
    assert raised.value.mistakes[0].startswith(
        'pyproject.toml:2: [tool.prodready.database] "vendor" must be one of '
    )
    assert raised.value.mistakes[0].endswith(f'not {value} — did you mean "{meant}"?')
