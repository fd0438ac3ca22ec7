"""The documentation says what the code does: no more, and no less."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from pytest_prodready import fixtures, markers, rules, settings
from pytest_prodready.settings import celery, database, health, probes

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
RULE_PAGES = DOCS / "rules"
PAGES = (README, *sorted(DOCS.rglob("*.md")))
RULES = rules.registry().rules
PROJECT = """
[project]
name = "shop"
version = "1"
[project.optional-dependencies]
postgres = []
[dependency-groups]
server = []
"""


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def title(page: Path) -> str:
    return text(page).partition("\n")[0]


def rows(markdown: str) -> list[list[str]]:
    """The cells of every row of the tables, without the heads and the rules below them."""
    cells = [line.strip("|").split(" | ") for line in markdown.splitlines() if line.startswith("|")]
    heads = {number - 1 for number, row in enumerate(cells) if set("".join(row)) <= set("-| ")}
    return [
        [cell.strip() for cell in row]
        for number, row in enumerate(cells)
        if number not in heads and number - 1 not in heads
    ]


def toml(page: Path) -> str:
    """The first TOML example of a page."""
    found = re.search(r"^```toml\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_page_with_its_code_and_name(code: str) -> None:
    """The title of a rule's page holds its code and its slug."""
    assert re.split(r"[\s:·]+", title(RULE_PAGES / f"{code}.md")) == ["#", code, RULES[code].slug]


def test_no_page_is_about_a_rule_that_is_not_there() -> None:
    """Each page of docs/rules is about a rule of the registry."""
    assert {page.stem for page in RULE_PAGES.glob("*.md")} - {"README"} == set(RULES)


def test_the_table_of_rules_is_the_registry() -> None:
    """docs/rules/README.md lists the registry's rules, in its order, with name, level and sentence."""
    expected = [
        [f"[{rule.code}]({rule.code}.md)", rule.slug, rule.level.value, rule.checks]
        for rule in RULES.values()
    ]
    assert rows(text(RULE_PAGES / "README.md")) == expected


def test_the_readme_names_every_rule_and_no_other() -> None:
    """The table of families in the README has the codes of the registry, in its order."""
    assert re.findall(r"\[([A-Z]+\d+)\]", text(README)) == list(RULES)


def test_the_documentation_names_only_options_that_exist(pytester: pytest.Pytester) -> None:
    """The README names every option, and no page names one that `pytest --help` does not."""
    declared = set(
        re.findall(r"^  (--prodready[a-z-]*)", pytester.runpytest("--help").stdout.str(), re.MULTILINE)
    )
    written = {page: set(re.findall(r"--prodready[a-z-]*", text(page))) for page in PAGES}
    assert written[README] == declared
    assert {page.name: names - declared for page, names in written.items() if names - declared} == {}


@pytest.mark.parametrize("page", [README, DOCS / "writing-tests.md"], ids=lambda page: page.name)
def test_markers_and_fixtures_are_all_named_and_exist(page: Path) -> None:
    """The README and docs/writing-tests.md name every marker and fixture, and no other."""
    existing = set(markers.CHECKS) | fixtures.NAMES
    assert set(re.findall(r"\bprodready_[a-z_]+", text(page))) == existing


def test_markers_are_written_as_they_are_declared() -> None:
    """docs/writing-tests.md gives each marker its declared signature and sentence."""
    declared = [line.partition(": ")[::2] for line in markers.DECLARED[1:]]
    written = {row[0].strip("`"): row[1] for row in rows(text(DOCS / "writing-tests.md"))}
    assert [(name, written.get(name, "")) for name, _ in declared] == [
        (name, sentence.rstrip(".")) for name, sentence in declared
    ]


def test_every_key_of_the_settings_is_documented() -> None:
    """docs/settings.md has a table for each table of the settings, with exactly its keys."""
    documented = {
        section.partition("\n")[0].strip("`[]"): [row[0].strip("`") for row in rows(section)]
        for section in text(DOCS / "settings.md").split("\n## ")[1:]
    }
    assert documented == {
        "tool.prodready": [one.name for one in fields(settings.Settings) if one.name != "locations"],
        "tool.prodready.celery": list(celery.KEYS),
        "tool.prodready.database": list(database.KEYS),
        "tool.prodready.runtime": [one.name for one in fields(settings.Runtime)],
        "tool.prodready.imports": [one.name for one in fields(settings.Imports)],
        "tool.prodready.limits": [one.name for one in fields(settings.Limits)],
        "tool.prodready.health": list(health.KEYS),
        "tool.prodready.health.probes": list(probes.PROBE_KEYS),
        "tool.prodready.waivers": [one.name for one in fields(settings.Waiver) if one.name != "location"],
    }


def test_the_documented_limits_are_the_defaults() -> None:
    """docs/settings.md gives each time limit its default."""
    written = {row[0].strip("`"): row[2] for row in rows(text(DOCS / "settings.md"))}
    for limit in fields(settings.Limits):
        assert written[limit.name] == f"{limit.default:g}"


@pytest.mark.parametrize("page", [README, DOCS / "settings.md"], ids=lambda page: page.name)
def test_the_example_of_the_settings_is_accepted(page: Path, tmp_path: Path) -> None:
    """Who copies the example into a project that has what it names gets no complaint."""
    (tmp_path / "src").mkdir()
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "pyproject.toml").write_text(PROJECT + toml(page), encoding="utf-8")
    assert settings.read(tmp_path, RULES).app == "src.main:app"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there, and a heading that it has."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        headings = re.findall(r"^#+ (.+)$", text(file), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, target
