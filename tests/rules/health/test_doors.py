"""PRD506 and the framework's own builds: facts → findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Answer,
    Build,
    Expectation,
    Facts,
    Failure,
    Frame,
    Health,
    Knock,
    Location,
    Operation,
    Scheme,
)
from pytest_prodready.facts.health import BY_HEAD, BY_OPTIONS, BY_SLASH, WRONG_VALUE
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.health import guarded
from pytest_prodready.rules.health.builds import framework_build
from pytest_prodready.rules.health.doors import protected
from tests.rules.health.support import (
    REGISTRY,
    SETTINGS,
    UP,
    expect,
    facts,
    findings,
    json,
    judged,
    only,
    outcomes,
    web,
)

GUARDED = expect("/health", headers={"X-Token": "env:T"}, refuse_without=("X-Token",))
FULL = json("/health", 200, {"status": "ok", "at": 1})
WITHOUT = "without the header X-Token"
LEFT_OUT = Answer("/health", without="X-Token", status=401)


def lacking(status: int, how: str, path: str = "/health", method: str = "GET", **more: Any) -> Answer:
    """An answer to somebody who lacks the header."""
    return Answer(path, method, "X-Token", status=status, how=how, **more)


# -------------------------------------------------------------------------------- what the settings name


def test_an_endpoint_that_refuses_in_every_way() -> None:
    """Also where OPTIONS is answered by the framework, and HEAD is not taken."""
    assert not judged(
        GUARDED,
        FULL,
        LEFT_OUT,
        lacking(403, WRONG_VALUE),
        lacking(405, BY_HEAD, method="HEAD", content_type="application/json"),
        lacking(200, BY_OPTIONS, method="OPTIONS", content_type="text/html"),
        lacking(404, BY_SLASH, "/health/"),
    )


def test_who_is_asked_too_often_may_hold_off_everybody() -> None:
    """The gate's own requests without the header come first; a fault is seen only where they do not."""
    assert not judged(GUARDED, FULL, replace(LEFT_OUT, status=429))
    held_off = replace(FULL, status=429)
    assert only(GUARDED, held_off, replace(LEFT_OUT, status=429)).level is Level.WARNING
    assert only(expect(), held_off).level is Level.ERROR


def test_any_value_will_do() -> None:
    """A wrong value that is answered is an error; one that the endpoint stumbles over a warning."""
    finding = only(GUARDED, FULL, LEFT_OUT, lacking(200, WRONG_VALUE))
    assert (finding.code, finding.level, finding.location) == ("PRD506", Level.ERROR, SETTINGS)
    assert finding.message == (
        "GET /health answered 200 to a wrong value of the header X-Token: any value will do"
    )
    assert finding.proof == "sent a random value of the same shape in X-Token, and got 200"
    stumbled = only(GUARDED, FULL, LEFT_OUT, lacking(500, WRONG_VALUE))
    assert stumbled.level is Level.WARNING
    assert stumbled.message.endswith("a wrong value of the header X-Token rather than 401 or 403")
    for refusal in (400, 404, 422, 302):
        assert not judged(GUARDED, FULL, LEFT_OUT, lacking(refusal, WRONG_VALUE))


def test_an_endpoint_that_needs_no_header_is_one_finding() -> None:
    """That everybody may call it says all of the detours, too."""
    answers = [lacking(200, how) for how in ("", WRONG_VALUE, BY_HEAD, BY_OPTIONS, BY_SLASH)]
    assert only(GUARDED, FULL, *answers).message == (
        "GET /health answered 200 without the header X-Token: everybody may call it"
    )


@pytest.mark.parametrize(
    "location, findings", [("/login?next=/health", 0), ("https://sso.example/start", 0), ("/health/", 1)]
)
def test_a_redirect_to_a_login_refuses(location: str, findings: int) -> None:
    """One that only changes the slash does not."""
    moved = replace(LEFT_OUT, status=307, location_header=location)
    assert len(judged(GUARDED, FULL, moved)) == findings


@pytest.mark.parametrize(
    "answer, message",
    [
        (
            lacking(200, BY_HEAD, method="HEAD", content_type="application/json"),
            f"HEAD /health answered 200 {WITHOUT}: it gives its headers, which GET /health refuses",
        ),
        (
            lacking(200, BY_OPTIONS, method="OPTIONS", body="{…}", json={"status": "ok", "at": 2}),
            f"OPTIONS /health answered 200 {WITHOUT}: it gives its body, which GET /health refuses",
        ),
        (
            lacking(200, BY_SLASH, "/health/", body="{…}", json={"status": "ok", "at": 2}),
            f"GET /health/ answered 200 {WITHOUT}: it gives its body, which GET /health refuses",
        ),
    ],
)
def test_a_detour_that_opens(answer: Answer, message: str) -> None:
    """What the endpoint gives to who has the header comes to who has not."""
    finding = only(GUARDED, FULL, LEFT_OUT, answer)
    assert (finding.code, finding.level, finding.message) == ("PRD506", Level.ERROR, message)


@pytest.mark.parametrize(
    "answer",
    [
        lacking(200, BY_HEAD, method="HEAD"),
        lacking(200, BY_HEAD, method="HEAD", content_type="text/html"),
        lacking(204, BY_OPTIONS, method="OPTIONS"),
        lacking(200, BY_OPTIONS, method="OPTIONS", body="{…}", json={"name": "Health", "parses": []}),
        lacking(200, BY_SLASH, "/health/", body="<!doctype html>", json_error="a page of HTML"),
        lacking(200, BY_SLASH, "/health/", body="{}", json={}),
    ],
)
def test_a_success_that_gives_nothing_of_the_endpoints(answer: Answer) -> None:
    """CORS, the options of Django REST framework, and a page that answers every unknown path."""
    assert not judged(GUARDED, FULL, LEFT_OUT, answer)
    assert not judged(GUARDED, replace(FULL, status=503), LEFT_OUT, answer)[1:]


def test_a_wrong_value_that_is_not_answered_is_not_a_pass() -> None:
    """Whether the endpoint refuses it is not known then; of the detours nothing more is asked."""
    lost = Answer("/health", without="X-Token", how=WRONG_VALUE, error="no answer came within 5 s")
    seen = outcomes(facts(GUARDED, answers=(FULL, LEFT_OUT, lost)))["/health"]
    assert seen == (
        Outcome.ERRORED,
        "/health was not answered with a wrong X-Token: no answer came within 5 s",
    )
    closed = replace(lost, how=BY_HEAD)
    assert outcomes(facts(GUARDED, answers=(FULL, LEFT_OUT, closed)))["/health"][0] is Outcome.PASSED


# ----------------------------------------------------------------------------- what the application declares

PLACE = Location("shop/admin.py", 7)
BEARER = Operation(
    "/admin", (Scheme("authorization", "Bearer"),), source="Depends(HTTPBearer)", location=PLACE
)


def knocked(
    operation: Operation, without: int | None = 401, wrong: int | None = 401, body: str = ""
) -> list[tuple[Outcome, str, tuple[Finding, ...]]]:
    """What is found where an operation answers so."""
    answers = {False: without, True: wrong}
    knocks = tuple(
        Knock(operation.path, sent, Answer(operation.path, status=status, body=body))
        for sent, status in answers.items()
        if status is not None
    )
    return subjects((operation,), knocks)


def subjects(
    operations: tuple[Operation, ...], knocks: tuple[Knock, ...] = (), **more: Any
) -> list[tuple[Outcome, str, tuple[Finding, ...]]]:
    """Outcome, reason and findings of every protected endpoint."""
    entry = web()
    assert entry.app is not None
    entry = replace(entry, app=replace(entry.app, operations=operations))
    seen = Facts(root="/app", entries=(entry,), health=Health(UP, knocks=knocks))
    seen = replace(seen, **more)
    return [
        (judgement.outcome, subject.name if not judgement.reason else judgement.reason, judgement.findings)
        for subject in protected.subjects(seen)
        for judgement in [REGISTRY.judge(protected, subject, seen)]
    ]


def test_an_operation_that_refuses() -> None:
    """In whichever way: also by leading to a login, or where it fails or is not there."""
    for status in (401, 403, 302, 404, 405, 422, 400, 500):
        assert knocked(BEARER, status, status) == [(Outcome.PASSED, "protected /admin", ())]


def test_an_operation_that_is_open() -> None:
    """The guard is written at its handler, and everybody is let in."""
    ((outcome, _, (finding,)),) = knocked(BEARER, 200, 200, '{"users": []}')
    assert outcome is Outcome.FAILED
    assert (finding.code, finding.subject, finding.location) == ("PRD506", "protected /admin", PLACE)
    assert finding.message == (
        "GET /admin answered 200 without a credential, although Depends(HTTPBearer) guards it: "
        "everybody may call it"
    )
    assert finding.proof == "sent GET /admin to the running server: got 200"
    assert finding.details == (("body", '{"users": []}'),)


def test_an_operation_that_takes_any_credential() -> None:
    """It refuses who has none, and nobody verifies what he has; also where its declaration lets all pass."""
    for operation in (BEARER, replace(BEARER, optional=True)):
        ((_, _, (finding,)),) = knocked(operation, 401, 200)
        assert (finding.code, finding.level) == ("PRD506", Level.ERROR)
        assert finding.message == (
            "GET /admin answered 200 to a credential that nobody issued, although Depends(HTTPBearer) "
            "guards it: any will do"
        )


def test_an_optional_credential_is_never_a_fault() -> None:
    """Who has none is served, and so is who has a wrong one."""
    optional = replace(BEARER, optional=True)
    assert knocked(optional, 200, 200) == [(Outcome.PASSED, "protected /admin", ())]
    assert knocked(optional, 404, 200) == [(Outcome.PASSED, "protected /admin", ())]


@pytest.mark.parametrize(
    "doubt, body, said",
    [
        ("LOGIN_DISABLED is set", "", "LOGIN_DISABLED is set"),
        ("", "<form><input type='password'> Log in", "its body speaks of a login"),
        ("", '{"code": 401, "msg": "Unauthorized"}', "its body speaks of a login"),
    ],
)
def test_what_may_be_meant_is_a_warning(doubt: str, body: str, said: str) -> None:
    """Development settings, a page that asks for the login, a refusal in words."""
    ((_, _, (finding,)),) = knocked(replace(BEARER, doubt=doubt), 200, 200, body)
    assert finding.level is Level.WARNING
    assert finding.message.endswith(f"guards it ({said})")


def test_what_is_not_asked() -> None:
    """What the settings protect, what ends a session, a deployed instance, and what is beyond the limit."""
    logout = replace(BEARER, path="/auth/logout")
    assert subjects((logout,)) == []
    assert subjects((Operation("/healthz", source="the OpenAPI document"),)) == []
    configured = Expectation("/admin", headers={"X": "1"}, refuse_without=("X",))
    assert subjects((BEARER,), expectations=(configured,)) == []
    assert subjects((BEARER,), url="https://shop.example") == []
    many = tuple(replace(BEARER, path=f"/{number}") for number in range(guarded.MOST + 3))
    knocks = tuple(Knock(one.path, False, Answer(one.path, status=401)) for one in many)
    found = subjects(many, knocks)
    assert len(found) == guarded.MOST + 1
    assert found[-1] == (Outcome.SKIPPED, "3 more than the 200 that are asked in one run", ())


def test_what_everybody_is_answered_is_not_a_pass() -> None:
    """A host that Django refuses, and a redirect to https, come before every guard."""
    entry = web()
    assert entry.app is not None
    django = replace(entry, app=replace(entry.app, type="django.core.x", operations=(BEARER,)))
    refused = Knock("/admin", False, Answer("/admin", status=400))
    assert subjects((BEARER,), (refused,)) == [(Outcome.PASSED, "protected /admin", ())]
    assert subjects((BEARER,), (refused,), entries=(django,)) == [
        (Outcome.SKIPPED, "/admin answered 400: ALLOWED_HOSTS may refuse 127.0.0.1", ())
    ]
    moved = Answer("/admin", status=301, location_header="https://127.0.0.1/admin")
    assert subjects((BEARER,), (Knock("/admin", False, moved),)) == [
        (Outcome.SKIPPED, "/admin leads to https://127.0.0.1/admin, which was not asked", ())
    ]


def test_what_was_not_answered_is_not_a_pass() -> None:
    """Nothing is known of an operation without an answer, nor without a server."""
    lost = Knock("/admin", False, Answer("/admin", error="no answer came within 5 s"))
    assert subjects((BEARER,), (lost,)) == [
        (Outcome.ERRORED, "/admin was not answered without a credential: no answer came within 5 s", ())
    ]
    down = Health(replace(UP, started=False))
    assert subjects((BEARER,), health=down) == [(Outcome.SKIPPED, "the server did not start", ())]
    assert [outcome for outcome, _, _ in subjects((BEARER,), health=None)] == [Outcome.SKIPPED]


# --------------------------------------------------------------------------------------------- builds


def built(build: Build) -> tuple[str, tuple[Finding, ...]]:
    """Subject and findings of what a framework builds."""
    entry = web()
    assert entry.app is not None
    entry = replace(entry, app=replace(entry.app, builds=(build,)))
    seen = Facts(root="/app", entries=(entry,))
    (subject,) = framework_build.subjects(seen)
    return subject.name, REGISTRY.judge(framework_build, subject, seen).findings


LIBRARY = Frame("/venv/lib/python3.11/site-packages/pydantic/json_schema.py", 9, "handle_invalid")
OWN = Frame("shop/urls.py", 3, "<module>", own=True)


def test_what_builds_is_no_finding() -> None:
    """Each is a subject of its own."""
    assert built(Build("document", "/openapi.json")) == ("OpenAPI document /openapi.json", ())
    assert built(Build("urls", "shop.urls")) == ("URL configuration shop.urls", ())
    assert built(Build("handler", "handler404")) == ("handler404 of the URL configuration", ())


def test_an_openapi_document_that_does_not_build() -> None:
    """Route, line of its handler, and the exception in its own words."""
    failure = Failure(
        "raised", "Cannot generate a JsonSchema\nfor core_schema", "PydanticError", (), "", (LIBRARY,)
    )
    name, (finding,) = built(Build("document", "/openapi.json", failure, PLACE, "GET /odd"))
    assert (finding.code, finding.level, finding.subject) == ("PRD502", Level.ERROR, name)
    assert finding.location == PLACE
    assert finding.message.startswith(
        "the OpenAPI document /openapi.json cannot be built, at GET /odd: PydanticError: Cannot generate"
    )


def test_a_url_configuration_that_does_not_resolve() -> None:
    """No route is registered: the application's own line is the place."""
    failure = Failure("raised", "no such view", "ViewDoesNotExist", frames=(LIBRARY, OWN, LIBRARY))
    _, (finding,) = built(Build("urls", "shop.urls", failure))
    assert (finding.code, finding.location) == ("PRD505", Location("shop/urls.py", 3))
    assert finding.message.startswith(
        "the URL configuration shop.urls does not resolve, so no route is registered: ViewDoesNotExist"
    )


def test_an_error_handler_that_does_not_exist() -> None:
    """Every error that it is for is answered 500."""
    failure = Failure("raised", "Could not import 'shop.missing'", "ViewDoesNotExist")
    _, (finding,) = built(Build("handler", "handler404", failure))
    assert finding.code == "PRD502"
    assert finding.message.startswith("handler404 of the URL configuration names a view that cannot be found")


def test_a_template_that_does_not_compile() -> None:
    """It is no subject of its own: the endpoint that needs it is asked, and fails."""
    failure = Failure("raised", "unexpected '%}'", "TemplateSyntaxError")
    build = Build("template", "health.html", failure, Location("templates/health.html", 2), "/health")
    entry = web()
    assert entry.app is not None
    entry = replace(entry, app=replace(entry.app, builds=(build,)))
    assert list(framework_build.subjects(Facts(root="/app", entries=(entry,)))) == []
    for found, place in ((True, build.location), (False, SETTINGS)):
        wanted = replace(expect(), found=found)
        seen = replace(facts(wanted, answers=(Answer("/health", status=500),)), entries=(entry,))
        (finding,) = findings(seen)
        assert (finding.code, finding.location) == ("PRD502", place)
        assert finding.message == (
            "GET /health answered 500, expected a success (2xx): its template health.html does not compile "
            "(TemplateSyntaxError: unexpected '%}')"
        )
        assert finding.remedy == "Correct templates/health.html:2."
    healthy = replace(facts(expect(), answers=(FULL,)), entries=(entry,))
    assert findings(healthy) == []
