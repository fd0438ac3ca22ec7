from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_prodready import rules
from pytest_prodready.facts import Facts, Location
from pytest_prodready.facts.linters import SELECTION
from pytest_prodready.findings import Fault, Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Family, Kind, Registry, Subject

FACTS = Facts("/")
TEXTS: Any = {"checks": "It checks.", "reason": "It matters.", "remedy": "Mend it."}


def family(*codes: str, name: str = "numbers") -> tuple[Family, Kind[int]]:
    """A family whose rules find every negative number faulty."""
    made = Family(name)

    @made.kind("number", "numbers", needs={"web"})
    def number(facts: Facts) -> Iterator[Subject[int]]:
        yield Subject("one", 1)

    for code in codes:

        @made.rule(code, f"slug-{code.lower()}", number, **TEXTS)
        def negative(value: int, facts: Facts) -> Iterator[Fault]:
            if value < 0:
                yield Fault(f"{value} is negative", "", Location("a.py", 1), "seen", (("title", "body"),))
            if value == -2:
                yield Fault("and even", "Halve it.", level=Level.WARNING)
            if value == 0:
                raise ZeroDivisionError("boom")

    return made, number


def test_a_subject_without_fault_passes() -> None:
    """No finding, no reason."""
    made, number = family("PRD998")
    assert Registry([made]).judge(number, Subject("one", 1), FACTS) == Judgement(Outcome.PASSED)


def test_a_fault_becomes_a_finding() -> None:
    """With the rule's code and level and, where the fault has none, the rule's remedy."""
    made, number = family("PRD998")
    judgement = Registry([made]).judge(number, Subject("minus two", -2), FACTS)
    assert judgement == Judgement(
        Outcome.FAILED,
        (
            Finding(
                "PRD998",
                Level.ERROR,
                "minus two",
                "-2 is negative",
                "Mend it.",
                Location("a.py", 1),
                "seen",
                (("title", "body"),),
            ),
            Finding("PRD998", Level.WARNING, "minus two", "and even", "Halve it."),
        ),
    )


def test_warnings_fail_nothing() -> None:
    """A subject with a warning has passed."""
    made, _ = family()

    @made.kind("word", "words")
    def word(facts: Facts) -> Iterator[Subject[str]]:
        yield Subject("a", "a")

    @made.rule("PRD997", "long", word, level=Level.WARNING, **TEXTS)
    def long(value: str, facts: Facts) -> Iterator[Fault]:
        yield Fault("too long", "")

    judgement = Registry([made]).judge(word, Subject("a", "a"), FACTS)
    assert judgement.outcome is Outcome.PASSED
    assert [finding.level for finding in judgement.findings] == [Level.WARNING]


def test_a_rule_that_raises_makes_the_subject_errored() -> None:
    """Our mistake is never a pass, and says which rule made it; what was found before is kept."""
    made, number = family("PRD998")

    @made.rule("PRD999", "other", number, **TEXTS)
    def other(value: int, facts: Facts) -> Iterator[Fault]:
        yield Fault("found", "")
        raise KeyError("lost")

    judgement = Registry([made]).judge(number, Subject("one", 1), FACTS)
    assert judgement.outcome is Outcome.ERRORED
    assert [finding.message for finding in judgement.findings] == ["found"]
    assert "PRD999" in judgement.reason
    assert "KeyError" in judgement.reason
    assert (
        Registry([made])
        .judge(number, Subject("zero", 0), FACTS)
        .reason.startswith("rule PRD998 itself failed")
    )


def test_a_subject_that_is_skipped_or_errored_is_not_judged() -> None:
    """The reason is kept, and no rule runs."""
    made, number = family("PRD998")
    registry = Registry([made])
    skipped = registry.judge(number, Subject("x", 0, skipped="no database"), FACTS)
    assert skipped == Judgement(Outcome.SKIPPED, reason="no database")
    errored = registry.judge(number, Subject("x", 0, errored="lost"), FACTS)
    assert errored == Judgement(Outcome.ERRORED, reason="lost")


@pytest.mark.parametrize("codes", [("PRD998", "PRD998"), ("PRD998", "prd998")])
def test_duplicates_are_refused(codes: tuple[str, str]) -> None:
    """Two rules of one code or one slug are a mistake of ours that no run survives."""
    first, _ = family(codes[0])
    second, _ = family(codes[1], name="other")
    with pytest.raises(ValueError, match="two rules are called"):
        Registry([first, second])


def test_a_rule_whose_facts_nobody_gathers_is_refused() -> None:
    """A misspelt need would leave its subjects without facts, and the rule without a word."""
    made = Family("numbers")

    @made.kind("number", "numbers", needs={"celry"})
    def number(facts: Facts) -> Iterator[Subject[int]]:
        yield Subject("one", 1)

    @made.rule("PRD998", "negative", number, **TEXTS)
    def negative(value: int, facts: Facts) -> Iterator[Fault]:
        yield Fault("is negative", "")

    with pytest.raises(ValueError, match="PRD998 needs celry, which no job gathers"):
        Registry([made])


def test_a_rule_without_a_kind_is_refused() -> None:
    """It would never run."""
    made = Family("x")

    @made.rule("PRD998", "x", **TEXTS)
    def never(value: object, facts: Facts) -> Iterator[Fault]:
        yield Fault("x", "")

    with pytest.raises(ValueError, match="judges no kind"):
        Registry([made])


@pytest.mark.parametrize(
    "select, ignore, expected",
    [
        ((), (), ["PRD101", "PRD102", "PRD201"]),
        (("PRD1",), (), ["PRD101", "PRD102"]),
        (("PRD102", "PRD2"), (), ["PRD102", "PRD201"]),
        ((), ("PRD1",), ["PRD201"]),
        (("PRD1",), ("PRD102",), ["PRD101"]),
        (("PRD1",), ("PRD",), []),
    ],
)
def test_selection(select: tuple[str, ...], ignore: tuple[str, ...], expected: list[str]) -> None:
    """By codes or their beginnings; kinds that no selected rule judges are gone, with what they need."""
    registry = Registry([family("PRD101", "PRD102")[0], family("PRD201", name="other")[0]])
    chosen = registry.select(select, ignore)
    assert list(chosen.rules) == expected
    assert len(chosen.kinds) == len({code[:4] for code in expected})
    assert list(registry.rules) == ["PRD101", "PRD102", "PRD201"]


def test_a_rule_about_the_gate_itself_is_part_of_every_selection() -> None:
    """Only leaving it out by name switches it off."""
    assert "PRD901" in rules.registry().select(["PRD2"]).rules
    assert "PRD902" not in rules.registry().select(["PRD2"]).rules
    assert "PRD901" not in rules.registry().select(ignore=["PRD901"]).rules


def test_the_rules_of_this_version_are_complete() -> None:
    """Every rule has its words, each a sentence, and a code of the gate's form or of its linter's."""
    registry = rules.registry()
    assert registry.rules
    for code, rule in registry.rules.items():
        assert code in SELECTION or (len(code) == 6 and code.startswith("PRD"))
        for text in (rule.checks, rule.reason, rule.remedy):
            assert text[0].isupper() or text[0] == "["
            assert text.endswith(".")
        assert rule.slug == rule.slug.lower()
        assert " " not in rule.slug
