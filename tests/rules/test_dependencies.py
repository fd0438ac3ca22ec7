from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import Dependencies, Distribution, Facts, Location, Requirement
from pytest_prodready.findings import Finding, Outcome
from pytest_prodready.registry import Registry, Subject
from pytest_prodready.requirements.line import requirement as line
from pytest_prodready.rules import dependencies as rules

PLACE = Location("requirements.txt", 7)
MARKERS = {"python_version": "3.11"}


def declared(text: str, *, at: int = 7, constraint: bool = False) -> Requirement:
    return line(text, Location("requirements.txt", at), MARKERS, constraint=constraint)


def facts(*requirements: Requirement, **installed: str) -> Facts:
    present = tuple(
        Distribution(name.replace("_", "-"), version, "/env/site-packages")
        for name, version in installed.items()
    )
    return Facts(
        "/project",
        dependencies=Dependencies(
            declared=True,
            sources=("requirements.txt",),
            requirements=requirements,
            installed=present,
            python="3.11.7",
        ),
    )


def findings(seen: Facts) -> list[Finding]:
    registry = Registry([rules.family])
    found: list[Finding] = []
    for kind in registry.kinds:
        for subject in kind.subjects(seen):
            found.extend(registry.judge(kind, subject, seen).findings)
    return found


def subjects(seen: Facts) -> list[Subject[rules.Required]]:
    return list(rules.requirement.subjects(seen))


@pytest.mark.parametrize(
    "text, version",
    [
        ("openpyxl==3.1.5", "3.1.5"),
        ("OpenPyXL>=3.1", "3.2.0rc1"),
        ("openpyxl==3.1.*", "3.1.5.post1"),
        ("openpyxl>=3.1", "3.2.dev4"),
        ("openpyxl==1.2", "1.2+local.7"),
        ("openpyxl", "0"),
        ("openpyxl>=9; python_version < '3'", "1"),
        ("openpyxl @ https://example.com/x.zip", "1"),
        ("openpyxl>=1", "unknown-by-todays-rules"),
        ("openpyxl===2012c-x", "2012c-x"),
    ],
)
def test_satisfied(text: str, version: str) -> None:
    """Canonical names, pre-releases installed on purpose, post, dev, local, markers, URLs: no finding."""
    assert findings(facts(declared(text), openpyxl=version)) == []


def test_not_installed() -> None:
    """PRD401 names the line that declares it and what to install."""
    (found,) = findings(facts(declared("OpenPyXL>=3.1"), pandas="2"))
    assert (found.code, found.subject, found.location) == ("PRD401", "openpyxl", PLACE)
    assert found.message == "openpyxl is declared, but not installed"
    assert found.remedy == 'Install it: pip install "OpenPyXL>=3.1".'
    assert found.details == (("declared", "requirements.txt:7: OpenPyXL>=3.1"),)


def test_misspelt_name() -> None:
    """PRD401 names the installed distribution that was probably meant, and no plugin of it."""
    (found,) = findings(facts(declared("openpyxI"), openpyxl="3", openpyxi_something_else="1"))
    assert "if openpyxl was meant, which is installed, correct the name" in found.remedy
    (found,) = findings(facts(declared("redis"), celery_redbeat="1", django_redis="1"))
    assert "meant" not in found.remedy


def test_one_subject_for_each_distribution() -> None:
    """Two declarations of one distribution are one subject: absent, it is reported once, with both places."""
    seen = facts(declared("a>=1", at=1), declared("A<3", at=2), declared("b; python_version < '3'"))
    assert [subject.name for subject in subjects(seen)] == ["a"]
    (found,) = findings(seen)
    assert found.details == (("declared", "requirements.txt:1: a>=1\nrequirements.txt:2: A<3"),)


def test_outside_the_range() -> None:
    """PRD402 shows declared and installed side by side, at the declaring line."""
    (found,) = findings(facts(declared("openpyxl[extra]>=3.1", at=3), openpyxl="3.0.10"))
    assert (found.code, found.subject, found.location) == (
        "PRD402",
        "openpyxl",
        Location("requirements.txt", 3),
    )
    assert found.message == "openpyxl 3.0.10 is installed, but declared as >=3.1"
    assert 'pip install "openpyxl[extra]>=3.1"' in found.remedy
    assert ("installed", "openpyxl 3.0.10 in /env/site-packages") in found.details


@pytest.mark.parametrize(
    "text, version", [("a>=3.1", "3.1rc1"), ("a<3", "3.0rc1"), ("a==1.2+x", "1.2+y"), ("a===1", "1.0")]
)
def test_outside_by_the_rules_of_versions(text: str, version: str) -> None:
    """A pre-release comes before its release, and local versions and exact texts differ."""
    assert [found.code for found in findings(facts(declared(text), a=version))] == ["PRD402"]


def test_constraints_bound_and_ask_for_nothing() -> None:
    """PRD402 at the constraint's own line; a constrained distribution that nobody asks for is no subject."""
    seen = facts(
        declared("a"),
        declared("a<2", at=1, constraint=True),
        declared("z==1", constraint=True),
        a="2.0",
        z="9",
    )
    (found,) = findings(seen)
    assert (found.code, found.location) == ("PRD402", Location("requirements.txt", 1))
    assert found.message == "a 2.0 is installed, but constrained to <2"
    elsewhere = declared("a<2; python_version < '3'", constraint=True)
    assert findings(facts(declared("a"), elsewhere, a="2.0")) == []


def test_unreadable_line() -> None:
    """PRD401 at the line that cannot be read, with the right form; the rest is judged."""
    found, other = findings(facts(declared("fastapi=>1"), declared("b")))
    assert (found.code, found.subject) == ("PRD401", "requirements.txt:7")
    assert found.message.startswith('"fastapi=>1" cannot be read as a requirement: ')
    assert "name>=1.0" in found.remedy
    assert other.subject == "b"


def test_nothing_declared_is_skipped_with_its_reason() -> None:
    """Nothing declared is not a pass."""
    seen = Facts("/project", dependencies=Dependencies(declared=False))
    (subject,) = subjects(seen)
    judgement = Registry([rules.family]).judge(rules.requirement, subject, seen)
    assert (subject.name, judgement.outcome) == ("requirements", Outcome.SKIPPED)
    assert (
        judgement.reason
        == "no runtime requirements are declared (looked at pyproject.toml, requirements files)"
    )
    assert subjects(Facts("/project")) == []


@pytest.mark.parametrize(
    "wanted, version, fits",
    [
        (">=3.10", "3.11.7", True),
        (">=3.12", "3.11.7", False),
        ("<3.12", "3.11.7", True),
        (">=3.15", "3.15.0b1+", True),
        ("==3.11.*", "3.11.7", True),
        ("three", "3.11.7", False),
    ],
)
def test_python(wanted: str, version: str, fits: bool) -> None:
    """PRD407 compares as pip does: a beta of 3.15 is 3.15."""
    seen = facts()
    assert seen.dependencies is not None
    changed = replace(
        seen.dependencies,
        requires_python=wanted,
        python=version,
        requires_python_location=Location("pyproject.toml", 3),
    )
    found = findings(replace(seen, dependencies=changed))
    assert [(one.code, one.subject, one.location) for one in found] == (
        [] if fits else [("PRD407", "python", Location("pyproject.toml", 3))]
    )


def test_no_python_subject_without_a_declaration() -> None:
    """A project that says nothing about Python has nothing to compare."""
    assert list(rules.python.subjects(facts())) == []


@pytest.mark.parametrize(
    "text, messages",
    [
        ("openpyxl>=3.0", []),
        ("openpyxl[x]>=3.0 ; python_version > '3'", []),
        ("absent ; python_version < '3'", []),
        ("openpyxl>=3.1", ["openpyxl 3.0.10 is installed, but declared as >=3.1"]),
        ("absent", ["absent is declared, but not installed"]),
        ("not one", None),
    ],
)
def test_require(text: str, messages: list[str] | None) -> None:
    """``require`` answers for one requirement what the generated items answer for the declared ones."""
    dependencies = facts(openpyxl="3.0.10").dependencies
    assert dependencies is not None
    faults = rules.require(text, dependencies, MARKERS)
    if messages is None:
        assert faults[0].message.startswith('"not one" cannot be read as a requirement')
    else:
        assert [fault.message for fault in faults] == messages
