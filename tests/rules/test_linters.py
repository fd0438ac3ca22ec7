"""What ruff says is passed on under its own codes, as warnings, each once."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import (
    Entry,
    Facts,
    Failure,
    InspectedEntry,
    LintedFile,
    Linting,
    Location,
    Module,
    Remark,
    Replaced,
)
from pytest_prodready.facts.linters import SELECTION
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.rules import registry
from pytest_prodready.rules.linters.family import source_file
from pytest_prodready.rules.linters.ruff import RULES

REGISTRY = registry()
ENTRY = Entry("web", "shop.main:app", "Procfile, web")
TWICE = Replaced("f", Location("shop/a.py", 3), Location("shop/a.py", 9))
LOADED = InspectedEntry(ENTRY, modules=(Module("shop.a", "shop/a.py", replaced=(TWICE,)),))
BROKEN = InspectedEntry(ENTRY, Failure("raised", "boom", "RuntimeError"))


def judge(linting: Linting | None, seen: InspectedEntry = LOADED) -> dict[str, Judgement]:
    """Subject → what the rules say of it."""
    facts = Facts("/", ("shop",), entries=(seen,), linting=linting)
    return {
        subject.name: REGISTRY.judge(source_file, subject, facts) for subject in source_file.subjects(facts)
    }


def of(*remarks: Remark, file: str = "shop/a.py") -> tuple[Finding, ...]:
    """The findings about one file of which ruff says this."""
    return judge(Linting("ruff 0.12.0", (LintedFile(file, remarks),)))[file].findings


def test_there_is_a_rule_for_each_code_that_ruff_is_asked_for() -> None:
    """What nobody shows need not be asked for, and the reverse."""
    assert tuple(RULES) == SELECTION


@pytest.mark.parametrize("code", SELECTION)
def test_a_remark_is_a_warning_under_its_own_code(code: str) -> None:
    """At its line, in ruff's words, with what to do instead; it fails nothing."""
    assert of(Remark(code, 12, "what ruff says")) == (
        Finding(
            code,
            Level.WARNING,
            "shop/a.py",
            "what ruff says",
            RULES[code].remedy,
            Location("shop/a.py", 12),
            "ruff 0.12.0 says so of the source; nothing was seen to fail",
        ),
    )


def test_every_remark_of_a_file_is_told_and_of_every_file() -> None:
    """Several of one code are several findings; a file without any has passed."""
    files = (
        LintedFile("shop/a.py", (Remark("S110", 2, "one"), Remark("S110", 5, "two"))),
        LintedFile("shop/b.py"),
    )
    judged = judge(Linting("ruff 0.12.0", files))
    assert {name: one.outcome for name, one in judged.items()} == {
        "shop/a.py": Outcome.PASSED,
        "shop/b.py": Outcome.PASSED,
    }
    assert [found.message for found in judged["shop/a.py"].findings] == ["one", "two"]
    assert judged["shop/b.py"].findings == ()


def test_what_prd112_tells_is_not_told_again() -> None:
    """Only at the very line: another file's line, or another code there, is told."""
    assert of(Remark("F811", 9, "again")) == ()
    assert len(of(Remark("F811", 10, "again"))) == 1
    assert len(of(Remark("F811", 9, "again"), file="shop/b.py")) == 1
    assert len(of(Remark("S108", 9, "/tmp"))) == 1


def test_a_file_that_ruff_cannot_read_is_skipped_in_its_words() -> None:
    """It has not passed."""
    judged = judge(Linting("ruff 0.12.0", (LintedFile("shop/a.py", unread="no UTF-8"),)))
    assert judged == {
        "shop/a.py": Judgement(Outcome.SKIPPED, reason="ruff 0.12.0 cannot read it: no UTF-8"),
    }


@pytest.mark.parametrize("linting", [None, Linting("ruff 0.12.0")])
def test_where_nobody_was_asked_or_nothing_was_there_there_is_no_subject(linting: Linting | None) -> None:
    """Where ruff is not installed, or failed, the family says nothing."""
    assert judge(linting) == {}


def test_an_entry_point_that_does_not_load_leaves_nothing_to_ask_about() -> None:
    """Which is a skip, with its reason."""
    assert judge(Linting("ruff 0.12.0"), BROKEN) == {
        "sources": Judgement(Outcome.SKIPPED, reason="shop.main:app does not load"),
    }
