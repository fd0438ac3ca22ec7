"""The dependencies of crafted environments: silence on healthy ones, each fault with its code and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_prodready.distributions import inspect
from pytest_prodready.facts import Bound, Dependencies, Facts
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules import dependencies as rules
from pytest_prodready.settings import read
from tests.environments import CASES, Case, Crafted
from tests.support import MATRIX, gate


def findings(crafted: Crafted) -> list[Finding]:
    """What the rules say of the environment, without the application."""
    seen, problems = inspect(crafted.root, read(crafted.root, {}), crafted.interpreter)
    assert problems == []
    facts = Facts(str(crafted.root), interpreter=crafted.interpreter, dependencies=seen)
    registry = Registry([rules.family])
    return [
        found
        for kind in registry.kinds
        for subject in kind.subjects(facts)
        for found in registry.judge(kind, subject, facts).findings
    ]


def shown(found: Finding) -> tuple[str, str, str, str]:
    """Code, level, subject and place; no place where it is none of the project's."""
    place = str(found.location or "")
    return found.code, found.level.value, found.subject, "" if place.startswith("/") else place


@pytest.mark.parametrize("case", [one for one in CASES if not one.loads], ids=lambda case: case.name)
def test_each_environment_is_judged(case: Case, tmp_path: Path) -> None:
    """A healthy environment gives no finding at all, a faulty one exactly its own."""
    crafted = Crafted.at(tmp_path)
    case.build(crafted)
    expected = [(case.code, case.level, case.subject, case.place)] if case.code else []
    assert list(map(shown, findings(crafted))) == expected


@pytest.mark.parametrize("case", [one for one in CASES if one.loads], ids=lambda case: case.name)
def test_each_environment_is_judged_with_what_the_application_imports(
    case: Case,
    pytester: pytest.Pytester,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """The same where the finding depends on the production closure: in a real environment, end to end."""
    crafted = Crafted.at(tmp_path, real=True)
    case.build(crafted)
    with (crafted.root / "pyproject.toml").open("a") as file:
        file.write('[tool.prodready]\napp = "shop.main:app"\n')
    monkeypatch.chdir(crafted.root)
    run = gate(
        pytester, "--prodready-select=PRD4,PRD1", f"--prodready-python={crafted.python}", str(crafted.root)
    )
    found = list(map(shown, run.of(Level.ERROR, Level.WARNING)))
    for code, level, subject, place in found if case.incident else ():
        record_property(MATRIX, f"{case.incident:<4} {code} {level:<8} {subject} {place}")
    assert found == [(case.code, case.level, case.subject, case.place)]
    assert run.status == (1 if case.level == "error" else 0)


def test_there_are_twenty_of_each() -> None:
    """As the benchmark promises."""
    assert [sum(bool(one.code) is faulty for one in CASES) for faulty in (False, True)] == [20, 20]


def test_what_hidden_distributions_require_of_each_other() -> None:
    """What only an extra that nobody asked for brings does not come with them, nor what is in sight."""
    dependencies = Dependencies(
        declared=True,
        sources=(),
        hidden={"celery": "celery", "kombu": "kombu", "redis": "redis", "vine": "vine"},
        bounds=(
            Bound("celery", "kombu", ">=5"),
            Bound("celery", "redis", ">=4", extra="redis", asked=False),
            Bound("celery", "click", ">=8"),
            Bound("flask", "click", ">=8"),
            Bound("kombu", "vine", ""),
        ),
    )
    assert dependencies.among_hidden() == {"celery": ("kombu",), "kombu": ("vine",)}
