from __future__ import annotations

from pytest_prodready.facts import Facts, Location
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.environment import family, variable

LINE = Location("pyproject.toml", 4)


def test_required_variables() -> None:
    """PRD601 for each that is not set, at the line that requires it; those that are set pass."""
    facts = Facts(
        "/",
        required_env=("SECRET_KEY", "API_KEY"),
        unset_env=("API_KEY",),
        settings_locations={"required_env": LINE},
    )
    registry = Registry([family])
    judged = {subject.name: registry.judge(variable, subject, facts) for subject in variable.subjects(facts)}
    assert judged["SECRET_KEY"] == Judgement(Outcome.PASSED)
    assert judged["API_KEY"].findings == (
        Finding(
            "PRD601",
            Level.ERROR,
            "API_KEY",
            "the environment variable API_KEY is not set, or empty",
            "Set API_KEY.",
            LINE,
        ),
    )


def test_nothing_is_required_by_default() -> None:
    """No settings, no subject."""
    assert list(variable.subjects(Facts("/"))) == []
