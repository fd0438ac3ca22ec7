"""PRD703 on facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    DjangoProject,
    DjangoTemplate,
    Entry,
    Facts,
    Failure,
    InspectedEntry,
    Location,
    Missing,
    SettingPath,
    StaticReference,
    UrlName,
)
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Registry
from pytest_prodready.rules.django.family import family

LINE = Location("site_/settings.py", 3)
ABSENT = Failure("raised", "", "ImportError", missing=Missing("api.mail", "SMTP", ("Smtp",), own=True))
PATH = SettingPath("EMAIL_BACKEND", "api.mail.SMTP", ABSENT, LINE)
URL = UrlName("order", "reverse", Location("api/views.py", 5), "name", "orders")
PAGE = DjangoTemplate("a.html", Location("a.html", 2), "Invalid filter: 'x'")
STATIC = StaticReference("a.png", Location("a.html", 4), "storage.Manifest", there=False, beside=True)


def judged(**seen: Any) -> list[Finding]:
    project = DjangoProject("site_.settings", **seen)
    facts = Facts("/", entries=(InspectedEntry(Entry("web", "site_.wsgi:app", ""), django=project),))
    registry = Registry([family])
    return [
        one
        for kind in family.kinds
        for subject in kind.subjects(facts)
        for one in registry.judge(kind, subject, facts).findings
    ]


@pytest.mark.parametrize(
    "seen, subject, level, location",
    [
        ({"paths": (PATH,)}, "api.mail.SMTP", Level.ERROR, LINE),
        ({"url_names": (URL,)}, "url:order", Level.ERROR, URL.location),
        ({"url_names": (replace(URL, doubt="it is old"),)}, "url:order", Level.INFO, URL.location),
        ({"templates": (PAGE,)}, "template:a.html", Level.ERROR, PAGE.location),
        ({"templates": (replace(PAGE, doubt="old"),)}, "template:a.html", Level.WARNING, PAGE.location),
        ({"static": (STATIC,)}, "static:a.png", Level.ERROR, STATIC.location),
        ({"static": (replace(STATIC, beside=False),)}, "static:a.png", Level.WARNING, STATIC.location),
    ],
)
def test_what_leads_nowhere(seen: dict[str, Any], subject: str, level: Level, location: Location) -> None:
    """One finding, at the line that names it."""
    (finding,) = judged(**seen)
    assert (finding.code, finding.subject, finding.level, finding.location) == (
        "PRD703",
        subject,
        level,
        location,
    )


def test_what_is_there() -> None:
    """Each is a subject that passes."""
    assert (
        judged(
            paths=(replace(PATH, failure=None),),
            url_names=(replace(URL, lacking=""),),
            templates=(replace(PAGE, message=""),),
            static=(replace(STATIC, there=True),),
        )
        == []
    )


def test_a_path_in_two_settings_is_one_finding() -> None:
    """With both settings, and the nearest name."""
    (finding,) = judged(paths=(PATH, replace(PATH, setting="MAILERS")))
    assert finding.message == (
        "EMAIL_BACKEND and MAILERS name api.mail.SMTP, which does not import: api.mail has no name 'SMTP'"
    )
    assert finding.remedy == "Write Smtp, the nearest name that it has."


def test_what_the_image_may_bring_is_a_warning() -> None:
    """The distribution is installed here, outside the runtime closure."""
    outside = replace(ABSENT, missing=Missing("redis", distribution="redis"))
    (finding,) = judged(paths=(replace(PATH, failure=outside),))
    assert finding.level is Level.WARNING


def test_a_name_in_several_lines_is_one_finding() -> None:
    """A sure line counts more than a doubtful one."""
    doubtful = replace(URL, location=Location("a.html", 1), how="{% url %}", doubt="it is old")
    (finding,) = judged(url_names=(doubtful, URL))
    assert (finding.level, finding.location) == (Level.ERROR, URL.location)
    assert finding.message == 'reverse asks for the URL name "order", and no URL pattern has that name'
    assert finding.remedy == 'Write "orders", the nearest name there is.'
    assert "a.html:1  {% url %}" in finding.details[0][1]
