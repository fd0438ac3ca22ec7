"""``[tool.prodready] health``: what is asked of endpoints, and what must be answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.facts import Expectation, Location
from pytest_prodready.settings import read
from pytest_prodready.settings.health import HealthSettings
from tests.test_settings import mistake, mistakes, settings

PROBE = """
path = "/ready"
status = [200, 503]
text = "pong"
answer_headers = { Content-Type = "application/json", X-Version = "" }
headers = { X-Token = "env:TOKEN" }
refuse_without = ["x-token"]
within = 0.25
role = "startup"
"""
WRONG = [
    ("text = 3", '"text" must be a string, not a number: text = "pong"'),
    ('text = " "', '"text" must not be empty'),
    ('text = "a\\nb"', '"text" holds a control character or a line break'),
    ('answer_headers = "x"', '"answer_headers" must be a table, not a string: answer_headers = {'),
    ("answer_headers = { A = 1 }", '"answer_headers" A must be a string, not a number'),
    ('answer_headers = { "A:" = "x" }', '"answer_headers" is no name of a header "A:"'),
    ('answer_headers = { A = "x\\ny" }', '"answer_headers" A holds a control character'),
    ('headers = { A = "é" }', '"headers" A must hold ASCII characters only'),
    ("within = 0", '"within" must be a number of seconds, above 0 and at most 3600'),
    ('within = "1s"', '"within" must be a number of seconds, above 0 and at most 3600'),
    ("within = inf", '"within" must be a number of seconds, above 0 and at most 3600'),
    ('role = "readi"', '"role" must be "live" or "ready" or "startup" — did you mean "ready"?'),
    ('rol = "ready"', 'unknown key "rol" — did you mean "role"?'),
    ('txt = "pong"', 'unknown key "txt" — did you mean "text"?'),
]


@pytest.mark.parametrize("title", ["[[tool.prodready.health]]", "[[tool.prodready.health.probes]]"])
def test_every_key_of_a_probe_is_read(tmp_path: Path, title: str) -> None:
    """In the short form and in the table; the role is left to the path where nothing is written."""
    found = settings(tmp_path, f'{title}{PROBE}{title}\npath = "/livez"\n').health
    assert found.probes == (
        Expectation(
            path="/ready",
            status=(200, 503),
            headers={"X-Token": "env:TOKEN"},
            refuse_without=("X-Token",),
            source=title,
            location=Location("pyproject.toml", 2),
            role="startup",
            text="pong",
            answer_headers={"Content-Type": "application/json", "X-Version": ""},
            within=0.25,
        ),
        Expectation(path="/livez", source=title, location=Location("pyproject.toml", 11)),
    )


def test_the_table_says_more_than_its_probes(tmp_path: Path) -> None:
    """Everything that stands beside ``probes``."""
    text = """
[tool.prodready.health]
mode = "inprocess"
probe_as = "kubelet"
dependencies = ["DATABASE_URL"]
slow = "/reports?year=1"
"""
    assert settings(tmp_path, text).health == HealthSettings(
        mode="inprocess",
        probe_as="kubelet",
        dependencies=("DATABASE_URL",),
        dependencies_location=Location("pyproject.toml", 5),
        slow="/reports?year=1",
    )


@pytest.mark.parametrize("line, expected", WRONG)
def test_each_mistake_of_a_probe(tmp_path: Path, line: str, expected: str) -> None:
    """Said with the place, and with what a right line looks like."""
    assert expected in mistake(tmp_path, f'health = [{{ path = "/a", {line} }}]')
    (first, *_) = mistakes(tmp_path, f'[[tool.prodready.health.probes]]\npath = "/a"\n{line}\n')
    assert first.startswith("pyproject.toml:3: [[tool.prodready.health.probes]] ")


@pytest.mark.parametrize("path", ["/a\\nb", "/a\\u0000", "/a\\rb"])
def test_a_path_that_no_request_can_have_is_refused_before_anything_runs(tmp_path: Path, path: str) -> None:
    """A line break in it would be another request."""
    assert '"path" holds a control character or a line break' in mistake(
        tmp_path, f'health = [{{ path = "{path}" }}]'
    )


def test_a_settings_file_without_health_asks_nothing(tmp_path: Path) -> None:
    """What is found is asked, then."""
    assert read(tmp_path, []).health == HealthSettings()
