"""PRD331 on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    AskedClass,
    AttributeRead,
    Entry,
    Facts,
    Failure,
    InspectedEntry,
    Location,
    Names,
)
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.names.attributes import attribute_missing
from pytest_prodready.rules.names.family import asked_class

PLACE = Location("src/scheduler.py", 13)
READ = AttributeRead("website", PLACE, "process", "business.website", "queried", 8, "website_url")
NULLABLE = AttributeRead("id", PLACE, "fields", "provider.user.id", "queried", nullable="Provider.user")
BUSINESS = AskedClass("src.models.LocalBusiness", Location("src/models.py", 7), 4)
WEB, WORKER = (Entry(kind, target, "") for kind, target in (("web", "src.main:app"), ("celery", "src.jobs")))


def faults(*reads: AttributeRead) -> list[Fault]:
    return list(attribute_missing(replace(BUSINESS, missing=reads), Facts("/")))


def test_an_attribute_that_is_missing() -> None:
    """Where, of which class, how that is known, and what to write."""
    assert faults(READ) == [
        Fault(
            "business.website is asked for in process, and src.models.LocalBusiness has no attribute website",
            "Write website_url, the nearest attribute there is.",
            PLACE,
            "the class is known from a row that a query gives at line 8; "
            "asked the class that was loaded as production loads it",
        )
    ]


def test_a_class_of_python_s_own() -> None:
    """It is called as it is written, and nobody is told to give it an attribute."""
    of_python = AskedClass("builtins.tuple", missing=(replace(READ, near=""),))
    entry = InspectedEntry(WEB, names_asked=Names(classes=(of_python,)))
    (subject,) = asked_class.subjects(Facts("/", entries=(entry,)))
    (fault,) = attribute_missing(subject.value, Facts("/"))
    assert subject.name == "tuple"
    assert fault.message == "business.website is asked for in process, and tuple has no attribute website"
    assert fault.remedy == "Write an attribute that tuple has, or pass something else."


@pytest.mark.parametrize(
    "changed, message, remedy, proof",
    [
        ({"near": ""}, "", "Write an attribute that src.models.LocalBusiness has, or give it website.", ""),
        ({"function": ""}, "business.website is asked for, and", "", ""),
        ({"known_line": 0}, "", "", "the class is known from a row that a query gives; asked"),
        ({"of_class": True}, "and the class src.models.LocalBusiness has no attribute website", "", ""),
        ({"known": "unheard of"}, "", "", "the class is known from a known object at line 8"),
    ],
)
def test_what_is_not_known_is_not_said(
    changed: dict[str, object], message: str, remedy: str, proof: str
) -> None:
    """The line that a class is known from, the function, and a name that is near may be missing."""
    (fault,) = faults(replace(READ, **changed))  # type: ignore[arg-type]  # each value is of its field's type
    assert message in fault.message
    assert remedy in fault.remedy
    assert proof in fault.proof


def test_a_class_that_only_an_annotation_says() -> None:
    """A warning: nothing checks what a parameter is passed, or what a function returns."""
    (fault,) = faults(replace(READ, known="annotated", certain=False))
    assert fault.level is Level.WARNING
    assert fault.proof == (
        "the class is known from a value annotated at line 8, by an annotation alone: nothing checks what it "
        "says while the program runs; asked the class that was loaded as production loads it"
    )


def test_a_relation_that_may_be_empty() -> None:
    """A warning that names the relation and the guard."""
    (fault,) = faults(NULLABLE)
    assert fault.level is Level.WARNING
    assert fault.message == (
        "provider.user.id is asked for in fields, and Provider.user may be None: "
        "then it raises AttributeError"
    )
    assert fault.remedy == "Ask first whether provider.user is not None."


def test_a_relation_is_told_of_once() -> None:
    """With every line that asks it; another relation has its own."""
    again = replace(NULLABLE, location=Location("src/other.py", 5), written="self.user.name")
    other = replace(NULLABLE, nullable="Job.owner")
    first, second = faults(NULLABLE, other, again)
    assert first.details == (
        ("all lines that ask it so", f"{PLACE}  provider.user.id\nsrc/other.py:5  self.user.name"),
    )
    assert "Job.owner may be None" in second.message
    assert second.details == ()


def test_every_read_has_its_own_finding() -> None:
    """A class with none has passed."""
    assert len(faults(READ, replace(READ, location=Location("b.py", 2)), NULLABLE)) == 3
    assert faults() == []


def test_each_class_is_one_subject() -> None:
    """Of the entry point that was asked, at the line of its class."""
    seen = (
        InspectedEntry(WORKER),
        InspectedEntry(WEB, names_asked=Names(2, 9, 4, 0, (BUSINESS, AskedClass("decimal.Decimal")))),
    )
    subjects = list(asked_class.subjects(Facts("/", entries=seen)))
    assert [(one.name, one.value.reads, one.location) for one in subjects] == [
        ("src.models.LocalBusiness", 4, BUSINESS.location),
        ("decimal.Decimal", 0, None),
    ]


def test_an_entry_that_does_not_load_leaves_them_unjudged() -> None:
    """A skip with its reason: nothing that was not looked at has passed."""
    failure = Failure("raised", "no module of that name")
    (subject,) = asked_class.subjects(Facts("/", entries=(InspectedEntry(WEB, failure),)))
    assert subject.skipped == "src.main:app does not load"
    assert list(asked_class.subjects(Facts("/", entries=(InspectedEntry(WEB),)))) == []


def test_a_class_that_several_entry_points_ask() -> None:
    """One subject; the line that both have loaded is told of once."""
    again = replace(BUSINESS, reads=3, location=None, missing=(READ, replace(READ, name="webside")))
    entries = tuple(
        InspectedEntry(entry, names_asked=Names(classes=(asked,)))
        for entry, asked in ((WEB, replace(BUSINESS, missing=(READ,))), (WORKER, again))
    )
    (subject,) = asked_class.subjects(Facts("/", entries=entries))
    assert subject.location == BUSINESS.location
    assert (subject.value.reads, [one.name for one in subject.value.missing]) == (7, ["website", "webside"])
