"""``[tool.prodready] celery``, as a string, an array or a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.facts import Location
from pytest_prodready.settings import SettingsError, read
from pytest_prodready.settings.celery import CelerySettings


def celery(root: Path, text: str) -> CelerySettings:
    (root / "pyproject.toml").write_text(f"[tool.prodready]\n{text}\n", encoding="utf-8")
    return read(root, ()).celery


def at(line: int) -> Location:
    return Location("pyproject.toml", line)


@pytest.mark.parametrize(
    "text, app",
    [
        ("", {}),
        ('celery = "src.jobs:app"', {"src.jobs:app": at(2)}),
        ('celery = [\n"a.jobs",\n "b.jobs:app "]', {"a.jobs": at(3), "b.jobs:app": at(4)}),
        ('[tool.prodready.celery]\napp = "src.jobs:app"', {"src.jobs:app": at(3)}),
        ('celery = { app = ["a.jobs", "b.jobs:app"] }', {"a.jobs": at(2), "b.jobs:app": at(2)}),
    ],
)
def test_one_app_or_several(tmp_path: Path, text: str, app: dict[str, Location]) -> None:
    """Each app is known with the line that names it."""
    assert celery(tmp_path, text) == CelerySettings(app=app)


def test_consumed_queues(tmp_path: Path) -> None:
    """The table takes the queues that production's workers consume, each with its line."""
    found = celery(tmp_path, '[tool.prodready.celery]\nconsumes = ["default",\n "mail"]')
    assert found == CelerySettings(consumes={"default": at(3), "mail": at(4)})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("celery = 3", '2: [tool.prodready] "celery" must be a string, not a number: celery = "src.'),
        ('celery = ["src/jobs.py"]', 'not "src/jobs.py" — did you mean "src.jobs"?'),
        ('celery = { app = "two words" }', 'e.g. app = "src.celery_app:celery_app"'),
        ("celery = { app = [1] }", '[tool.prodready.celery] "app" must hold strings only, not a number: app'),
        ('celery = { consume = ["a"] }', 'unknown key "consume" — did you mean "consumes"?'),
        ('celery = { consumes = "a" }', '"consumes" must be an array of strings, not a string: consumes = ['),
        (
            'celery = { consumes = ["a,b"] }',
            '"consumes" must hold the name of one queue in each string: write "a", "b"',
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake names the table, the key and what to write."""
    with pytest.raises(SettingsError) as caught:
        celery(tmp_path, text)
    assert expected in caught.value.mistakes[0]


def test_the_valid_keys_of_the_table_are_listed(tmp_path: Path) -> None:
    """A misspelt key is followed by the keys that there are."""
    with pytest.raises(SettingsError) as caught:
        celery(tmp_path, "celery = { x = 1 }")
    assert caught.value.mistakes[-1].startswith("Valid keys of [tool.prodready.celery]: app, consumes")


def test_the_contract_may_stand_elsewhere(tmp_path: Path) -> None:
    """Below the project, in a directory that is there; the file itself may be written later."""
    (tmp_path / "deploy").mkdir()
    found = celery(tmp_path, '[tool.prodready.celery]\ncontract = "deploy/tasks.toml"')
    assert found == CelerySettings(contract="deploy/tasks.toml", contract_location=at(3))


@pytest.mark.parametrize(
    "value, expected",
    [
        ("/etc/tasks.toml", 'must be a path below the project, such as contract = "deploy/tasks.toml"'),
        ("../tasks.toml", 'must be a path below the project, such as contract = "deploy/tasks.toml"'),
        ("tasks.json", 'must name a TOML file of its own, such as contract = "deploy/tasks.toml"'),
        ("pyproject.toml", 'must name a TOML file of its own, such as contract = "deploy/tasks.toml"'),
        ("deplo/tasks.toml", 'names the directory "deplo", which does not exist — did you mean "deploy"?'),
    ],
)
def test_no_other_place_is_taken_for_the_contract(tmp_path: Path, value: str, expected: str) -> None:
    """Nothing outside the project, and nothing that holds something else, is ever written."""
    (tmp_path / "deploy").mkdir()
    with pytest.raises(SettingsError, match=r"pyproject\.toml:3") as caught:
        celery(tmp_path, f'[tool.prodready.celery]\ncontract = "{value}"')
    assert expected in str(caught.value)
