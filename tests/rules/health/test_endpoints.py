"""Health: facts of servers and answers → findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import Answer, App, Expectation, Facts, Failure, Location, Route, Server
from pytest_prodready.findings import Finding, Level, Outcome
from pytest_prodready.rules.health import server_log
from tests.rules.health.support import (
    APP,
    ROUTES,
    SETTINGS,
    UP,
    expect,
    facts,
    findings,
    found,
    json,
    judged,
    only,
    outcomes,
)

# ------------------------------------------------------------------------------------------- subjects


def test_the_names_are_the_same_before_and_after() -> None:
    """A subject's name comes from what is expected, never from what was answered."""
    wanted = (expect("/a"), expect("/b"), expect("/b", method="POST"), expect("/c"), expect("/c"))
    before = facts(*wanted, server=None)
    after = facts(*wanted, answers=(json("/a", 200, {}),))
    names = ["server", "/a", "GET /b", "POST /b", "/c", "/c #2"]
    assert list(outcomes(before)) == list(outcomes(after)) == names
    assert {outcome for outcome, _ in outcomes(before).values()} == {Outcome.SKIPPED}


def test_nothing_to_serve_is_no_subject() -> None:
    """Without an application, a URL, a command or an expectation there is nothing to judge."""
    assert outcomes(Facts(root="/app")) == {}
    assert list(outcomes(Facts(root="/app", url="https://x"))) == ["server"]
    assert list(outcomes(Facts(root="/app", expectations=(expect(),)))) == ["server", "/health"]
    assert list(outcomes(Facts(root="/app", settings_locations={"serve": SETTINGS}))) == ["server"]


def test_nothing_started_is_skipped_with_its_reason() -> None:
    """Why nothing was started is the reason of every subject."""
    reason = "src.main:app does not load, so nothing was started"
    seen = facts(found(), server=Server("", skipped=reason))
    assert outcomes(seen) == {"server": (Outcome.SKIPPED, reason), "/health": (Outcome.SKIPPED, reason)}


def test_endpoints_of_a_server_that_did_not_start_are_skipped() -> None:
    """One cause, one finding."""
    down = replace(UP, started=False, failure=Failure("exited", "it exited with status 3", status=3))
    assert outcomes(facts(found(), server=down)) == {
        "server": (Outcome.FAILED, ""),
        "/health": (Outcome.SKIPPED, "the server did not start"),
    }
    gone = Server("https://x", failure=Failure("lost", "no"))
    assert outcomes(facts(found(), server=gone))["/health"] == (
        Outcome.SKIPPED,
        "nothing answers at https://x",
    )


def test_an_endpoint_whose_credential_is_not_set_cannot_be_judged() -> None:
    """A variable that is not set is neither a pass nor a fault of the application."""
    wanted = expect("/admin", headers={"X-Token": "env:ADMIN_TOKEN"}, refuse_without=("X-Token",))
    unset = Answer("/admin", unset="ADMIN_TOKEN")
    refused = Answer("/admin", without="X-Token", status=401)
    outcome = outcomes(facts(wanted, answers=(unset, refused), routes=None))["/admin"]
    assert outcome == (
        Outcome.ERRORED,
        "ADMIN_TOKEN is not set, which a header of /admin needs (pyproject.toml:30)",
    )


def test_an_open_endpoint_is_a_fault_also_when_its_credential_is_not_set() -> None:
    """What was proven without the variable stands."""
    wanted = expect("/admin", headers={"X-Token": "env:ADMIN_TOKEN"}, refuse_without=("X-Token",))
    answers = (Answer("/admin", unset="ADMIN_TOKEN"), Answer("/admin", without="X-Token", status=200))
    assert [finding.code for finding in judged(wanted, *answers)] == ["PRD506"]


def test_a_request_that_was_not_answered_without_its_header_is_not_a_pass() -> None:
    """Whether the endpoint refuses is not known then."""
    wanted = expect("/health", headers={"X-Token": "x"}, refuse_without=("X-Token",))
    answers = (
        json("/health", 200, {}),
        Answer("/health", without="X-Token", error="no answer came within 5 s"),
    )
    outcome = outcomes(facts(wanted, answers=answers))["/health"]
    assert outcome == (Outcome.ERRORED, "/health was not answered without X-Token: no answer came within 5 s")


# ---------------------------------------------------------------------------------------- 501: server


def test_a_server_that_runs_is_no_finding() -> None:
    """Started, probed and stopped: nothing to say."""
    assert findings(facts()) == []


LOG = """INFO:     Started server process [1]
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/uvicorn/main.py", line 1, in run
  File "/app/src/main.py", line 12, in <module>
    from src.db import SessionLocal
  File "/venv/lib/python3.11/site-packages/sqlalchemy/orm.py", line 5, in x
ImportError: cannot import name 'SessionLocal' from 'src.db'
"""


def test_a_server_that_does_not_start() -> None:
    """What happened, the application's own error and its line, the command, and the log's end are told."""
    failure = Failure("exited", "it exited with status 1 before it answered", status=1, output=LOG)
    (finding,) = findings(facts(server=replace(UP, started=False, failure=failure)))
    assert (finding.code, finding.subject, finding.level) == ("PRD501", "server", Level.ERROR)
    assert finding.message == (
        "the server did not start: it exited with status 1 before it answered: "
        "ImportError: cannot import name 'SessionLocal' from 'src.db'"
    )
    assert finding.location == Location("src/main.py", 12)
    assert finding.remedy == "Run the command that is shown, and correct what its log says."
    assert finding.details[0] == ("command", "uvicorn src.main:app")
    assert finding.details[1][1].endswith("from 'src.db'")
    assert finding.proof == "ran uvicorn src.main:app, asked 3 times"


def test_a_server_that_leaves_while_it_is_probed() -> None:
    """It started, and that is said."""
    failure = Failure("crashed", "it was ended by SIGSEGV while it was being probed", status=11)
    (finding,) = findings(facts(server=replace(UP, failure=failure)))
    assert finding.message == "the server started, but it was ended by SIGSEGV while it was being probed"
    assert finding.location == APP


@pytest.mark.parametrize("how, remedy", [("left", "Keep the server in the foreground"), ("hung", "Let the")])
def test_the_remedy_follows_what_happened(how: str, remedy: str) -> None:
    """A server in the background and one that never listens need different things."""
    down = replace(UP, started=False, source="serve", failure=Failure(how, "it did"))
    (finding,) = findings(facts(server=down))
    assert finding.remedy.startswith(remedy)


def test_an_instance_that_does_not_answer() -> None:
    """A deployed instance has no command and no log."""
    seen = facts(server=Server("https://x", failure=Failure("lost", "the connection was refused")))
    (finding,) = findings(seen)
    assert finding.message == "nothing answers at https://x: the connection was refused"


@pytest.mark.parametrize(
    "log, line",
    [
        ("", ""),
        ("all well", ""),
        ('ERROR:    Error loading ASGI app. Could not import module "x".', None),
        (
            "  | pydantic_core._pydantic_core.ValidationError: 1 validation error",
            "pydantic_core._pydantic_core.ValidationError: 1 validation error",
        ),
        (
            "KeyError: 'A'\nDuring\nsrc.errors.ConfigError: no key\nERROR: Application startup failed",
            "src.errors.ConfigError: no key",
        ),
    ],
)
def test_the_line_of_the_log_that_says_why(log: str, line: str | None) -> None:
    """The last exception, else the last line about an error."""
    assert server_log.error_line(log) == (log if line is None else line)


def test_a_server_that_could_not_even_be_tried() -> None:
    """Without a command and without a URL the reason stands alone."""
    seen = facts(found(), server=Server("", failure=Failure("lost", "serve is an empty command line")))
    (finding,) = findings(seen)
    assert finding.message == "the server did not start: serve is an empty command line"
    assert (finding.details, finding.proof) == ((), "")
    assert outcomes(seen)["/health"] == (Outcome.SKIPPED, "the server did not start")


# ---------------------------------------------------------------------------------------- 502: status


def test_the_expected_status_is_no_finding() -> None:
    """A list of statuses, any success by default, and an expected failure all pass."""
    assert judged(expect(), json("/health", 204, None)) == []
    assert judged(expect(status=(200, 503)), json("/health", 503, {})) == []
    assert judged(expect(status=(404,)), json("/health", 404, {})) == []


def test_a_readiness_that_says_no_names_its_dependency() -> None:
    """C6: the status and the body in one finding, and which dependency is not ready in another."""
    body = {"status": "not_ready", "checks": {"database": "ok", "redis": "unavailable"}}
    finding, named = judged(
        expect("/api/ready", status=(200,), json={"status": "ready"}), json("/api/ready", 503, body)
    )
    assert (finding.code, finding.level, finding.location) == ("PRD502", Level.ERROR, SETTINGS)
    assert finding.message == "GET /api/ready answered 503, expected 200"
    assert finding.remedy.startswith("Provide what is not ready to the job that runs the gate")
    assert finding.proof == "sent GET /api/ready over HTTP: got 503"
    assert (named.code, named.level, named.location) == ("PRD507", Level.ERROR, SETTINGS)
    assert named.message == "GET /api/ready names what is not ready: redis (unavailable)"


def test_a_found_readiness_that_says_no_shows_how_to_expect_it() -> None:
    """An endpoint that the gate chose fails on 5xx, with the settings that would accept it."""
    body = {"components": {"db": {"status": "DOWN", "error": "refused"}, "mq": {"status": "down"}}}
    finding, named = judged(found("/api/ready"), json("/api/ready", 503, body))
    assert finding.message == "GET /api/ready answered 503, expected a success (2xx)"
    assert finding.location == APP
    assert named.message == "GET /api/ready names what is not ready: db (DOWN: refused), mq (down)"
    wanted = '[[tool.prodready.health]]\npath = "/api/ready"\nstatus = 503'
    assert ("to expect it", wanted) in finding.details


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 429])
def test_a_found_endpoint_that_refuses_is_a_warning(status: int) -> None:
    """The gate has no credentials for what it chose itself."""
    finding = only(
        found(), Answer("/health", status=status, location_header="/login" if status == 301 else "")
    )
    assert (finding.code, finding.level) == ("PRD502", Level.WARNING)
    assert finding.message.endswith("(asked without credentials)")


def test_a_redirect_says_whither() -> None:
    """The target of a redirect is part of the message."""
    finding = only(expect(), Answer("/health", status=308, location_header="https://127.0.0.1/health"))
    assert finding.message == (
        "GET /health answered 308 to https://127.0.0.1/health, expected a success (2xx)"
    )


def test_a_refused_host_is_explained() -> None:
    """ALLOWED_HOSTS without the loopback address is a common reason for 400."""
    finding = only(expect(), Answer("/health", status=400, body="Invalid host header"))
    assert finding.remedy.startswith("The application refuses the host 127.0.0.1")


def test_django_answers_400_to_a_host_that_it_does_not_list() -> None:
    """Its page in production does not say so; the settings to write do."""
    seen = facts(found(), answers=(Answer("/health", status=400, body="<h1>Bad Request (400)</h1>"),))
    django = replace(seen.entries[0], app=App("django.core.handlers.wsgi.WSGIHandler", "wsgi", routes=ROUTES))
    (finding,) = findings(replace(seen, entries=(django,)))
    assert (finding.code, finding.level) == ("PRD502", Level.WARNING)
    assert finding.message == (
        "GET /health answered 400, expected a success (2xx): ALLOWED_HOSTS may refuse 127.0.0.1"
    )
    assert finding.remedy.startswith("Send a host that ALLOWED_HOSTS lists: headers = { Host =")
    wanted = '[[tool.prodready.health]]\npath = "/health"\nheaders = { Host = "…" }'
    assert ("to send it", wanted) in finding.details


@pytest.mark.parametrize(
    "body, said",
    [
        ({"detail": "Database unavailable"}, ': "Database unavailable"'),
        ({"status_code": 503, "detail": "No connection: refused", "extra": {}}, ': "No connection: refused"'),
        ({"error": "timeout", "title": "down"}, ': "timeout"'),
        ({"detail": "Service Unavailable"}, ""),
        ({"detail": {"database": "down", "cache": "ok"}}, ""),
        ({"detail": "x" * 100}, ""),
    ],
)
def test_the_words_of_an_error_are_quoted_and_name_no_dependency(body: object, said: str) -> None:
    """``detail`` and the like tell of the error; what they say is no name of a service."""
    finding, *named = judged(found(), json("/health", 503, body))
    assert finding.message == f"GET /health answered 503, expected a success (2xx){said}"
    assert not any("detail" in other.message for other in named)


@pytest.mark.parametrize(
    "body, said",
    [
        ("database is locked", ': "database is locked"'),
        ('{"n": 1}', ': {"n": 1}'),
        ("Internal Server Error", ""),
        ("<h1>no</h1>", ""),
        ("one\ntwo", ""),
    ],
)
def test_a_short_body_of_an_error_is_quoted(body: str, said: str) -> None:
    """What is short and says more than the status stands in the message."""
    finding = only(found(), Answer("/health", status=500, body=body))
    assert finding.message == f"GET /health answered 500, expected a success (2xx){said}"
    assert not any(title == "to expect it" for title, _ in finding.details)


RAISED = """INFO: "GET /health HTTP/1.1" 500
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/starlette/routing.py", line 9, in app
    await call()
  File "/app/src/routes.py", line 21, in health
    return check()
  File "/app/src/db.py", line 7, in check
    raise RuntimeError("no database")
RuntimeError: no database
INFO:     Shutting down
"""
HANDLED = (Route("/health", ("GET",), "health"), Route("/ready", ("GET",), "api.ready"))


def failing(*answers: Answer, log: str = RAISED, wanted: tuple[Expectation, ...] = ()) -> list[Finding]:
    """The findings of endpoints that were asked of a server with this log."""
    wanted = wanted or tuple(found(answer.path) for answer in answers)
    return findings(facts(*wanted, answers=answers, server=replace(UP, log=log), routes=HANDLED))


def test_a_server_error_is_at_the_line_that_raised() -> None:
    """The traceback of the server's log is shown, and its innermost line of the application is the place."""
    (finding,) = failing(Answer("/health", status=500))
    assert finding.location == Location("src/db.py", 7)
    title, shown = finding.details[-1]
    assert title == "the server's log"
    assert shown.startswith("Traceback (most recent call last):\n")
    assert shown.endswith("\nRuntimeError: no database")


def test_a_server_error_that_the_settings_ask_for_stays_at_their_line() -> None:
    """The traceback is evidence all the same."""
    (finding,) = failing(Answer("/health", status=500), wanted=(expect(),))
    assert (finding.location, finding.details[-1][0]) == (SETTINGS, "the server's log")


def test_a_traceback_of_another_endpoint_is_not_shown() -> None:
    """Of several endpoints that fail each gets the traceback that its handler is in."""
    first, second = failing(Answer("/health", status=500), Answer("/ready", status=503))
    assert first.location == Location("src/db.py", 7)
    assert (second.location, second.details) == (APP, ())


def test_a_deliberate_503_is_not_at_whatever_was_logged_last() -> None:
    """Only what nobody caught is sure to be the traceback that was written last."""
    (finding,) = failing(Answer("/ready", status=503))
    assert (finding.location, finding.details[-1][0]) == (APP, "the server's log")


def test_every_traceback_of_a_log_is_found() -> None:
    """Chained ones, those of exception groups, and one that was cut off; a word alone is none."""
    group = RAISED.replace("Traceback", "  | Traceback").replace("\n  File", "\n  |   File")
    assert len(server_log.tracebacks(RAISED + RAISED)) == 2
    assert server_log.tracebacks(group)[0].splitlines()[1].startswith('  File "/venv/')
    assert server_log.tracebacks("no Traceback (most recent call last):\nhere") == []
    assert len(server_log.tracebacks(RAISED.partition("    raise")[0])) == 1


@pytest.mark.parametrize("expectation", [expect(), found()])
def test_no_full_answer_is_an_error(expectation: Expectation) -> None:
    """An endpoint that hangs or breaks off fails every probe, configured or found."""
    hung = only(expectation, Answer("/health", error="no answer came within 5 s"))
    assert (hung.code, hung.level) == ("PRD502", Level.ERROR)
    assert hung.message == "GET /health was not answered: no answer came within 5 s"
    cut = only(expectation, Answer("/health", status=200, error="the connection was closed"))
    assert cut.message.endswith("the connection was closed, after the status 200")


# ------------------------------------------------------------------------------------------ 503: body


def test_a_subset_is_enough() -> None:
    """Keys that are not expected do not matter, at any depth."""
    wanted = {"summary": {"open": 0}, "list": [{"a": 1}], "pi": 1.0}
    got = {"summary": {"open": 0, "total": 0}, "list": [{"a": 1, "b": 2}], "pi": 1, "breakers": {}}
    assert judged(expect(json=wanted), json("/health", 200, got)) == []


def test_each_difference_is_named_by_its_path() -> None:
    """Path, expected and got, for values that differ, keys that lack, and types that only look alike."""
    wanted = {"status": "ready", "n": {"a": 1, "b": True}, "list": [1, 2]}
    got = {"n": {"a": True, "b": 1}, "list": [1]}
    finding = only(expect(json=wanted), json("/health", 200, got))
    assert (finding.code, finding.location) == ("PRD503", SETTINGS)
    assert finding.details[0][1].splitlines() == [
        'status: expected "ready", not there',
        "n.a: expected 1, got true",
        "n.b: expected true, got 1",
        "list: expected [1, 2], got [1]",
    ]


def test_what_was_blanked_is_not_held_against_the_body() -> None:
    """A value that the gate itself has blanked cannot be compared."""
    assert judged(expect(json={"realm": "our-production"}), json("/health", 200, {"realm": "our-•••"})) == []
    assert judged(expect(json={"realm": "production"}), json("/health", 200, {"realm": "our-•••"})) != []


def test_a_page_is_no_json() -> None:
    """The HTML of a single-page application passes no JSON expectation."""
    page = Answer(
        "/health",
        status=200,
        content_type="text/html; charset=utf-8",
        body="<!doctype html>",
        json_error="the body is a page of HTML or XML",
    )
    finding = only(expect(json={"status": "ok"}), page)
    assert (finding.code, finding.level) == ("PRD503", Level.ERROR)
    assert finding.message == (
        "GET /health answered 200, but not with JSON (text/html): the body is a page of HTML or XML"
    )
    said = replace(page, body="OK", json_error="line 1, column 1: expecting value")
    assert judged(found(), said) == []  # text/html is what Flask and Django call every text
    warned = only(found(), page)
    assert (warned.code, warned.level) == ("PRD503", Level.WARNING)
    assert judged(expect(), page) == []


@pytest.mark.parametrize(
    "body, level",
    [
        ({"status": "ok", "timestamp": "2026-01-01"}, None),
        ({"status": "alive"}, None),
        ({"status": "pass"}, None),
        ("OK", None),
        ([1], None),
        ({"status": 1}, None),
        ({"status": "Not Ready"}, Level.ERROR),
        ({"status": "unhealthy"}, Level.ERROR),
        ({"healthy": False}, Level.ERROR),
        ({"status": "degraded"}, Level.WARNING),
        ({"status": "warn"}, Level.WARNING),
    ],
)
def test_a_found_endpoint_that_succeeds_and_says_no(body: object, level: Level | None) -> None:
    """A success whose own words are clearly negative is an error; half-words are warnings."""
    assert [finding.level for finding in judged(found(), json("/health", 200, body))] == (
        [level] if level else []
    )


def test_a_configured_status_alone_makes_the_body_a_warning() -> None:
    """The user asked for the status only; a body that says no is still shown, on health endpoints."""
    body = {"status": "down", "database": "unreachable"}
    finding, named = judged(expect(status=(200,)), json("/health", 200, body))
    assert (finding.code, finding.level) == ("PRD503", Level.WARNING)
    assert finding.message == 'GET /health answered 200, but its body says "down"'
    assert (named.code, named.level) == ("PRD507", Level.WARNING)
    assert named.message == "GET /health names what is not ready: database (unreachable)"
    assert judged(expect("/items/1"), json("/items/1", 200, {"status": "failed"})) == []


# ----------------------------------------------------------------------------------------- 505: route


def test_a_route_that_does_not_exist() -> None:
    """C7: an expected route that is not registered, with the nearest one that is; one finding, not two."""
    finding = only(expect("/ready", status=(200,)), Answer("/ready", status=404))
    assert (finding.code, finding.location) == ("PRD505", SETTINGS)
    assert finding.message == (
        "GET /ready answered 404: no route of the application serves it; the nearest is /api/ready"
    )
    assert finding.remedy == 'Expect path = "/api/ready", or register /ready.'


def test_a_method_that_a_route_does_not_take() -> None:
    """The methods that it takes are named."""
    finding = only(expect("/items/7", method="POST"), Answer("/items/7", "POST", status=405))
    assert finding.code == "PRD505"
    assert finding.message == "POST /items/7 is not registered: /items/7 takes DELETE, GET only"


@pytest.mark.parametrize("path", ["/health", "/items/7", "/static/logo.svg"])
def test_a_route_that_exists_and_answers_404_is_a_wrong_status(path: str) -> None:
    """Parameters are understood, and a mounted application may serve anything below it."""
    assert only(expect(path), Answer(path, status=404)).code == "PRD502"


@pytest.mark.parametrize("route", [Route("^ready/?$"), Route("/ready/(?P<x>[a-z]+)"), Route("/re")])
def test_doubt_is_no_missing_route(route: Route) -> None:
    """A pattern that is not understood, and what may be a mount, may serve the path."""
    path = "/re/ady" if route.path == "/re" else "/ready"
    assert only(expect(path), Answer(path, status=404), routes=(route,)).code == "PRD502"


def test_unknown_routes_leave_the_answer() -> None:
    """Where the routes cannot be listed, the answer alone says that nothing is there."""
    finding = only(expect("/ready"), Answer("/ready", status=404), routes=None)
    assert (finding.code, finding.message) == ("PRD505", "GET /ready answered 404: no such endpoint there")


# -------------------------------------------------------------------------------------- 506: protected

GUARDED = expect("/health", headers={"X-Admin-Token": "env:T"}, refuse_without=("X-Admin-Token",))


@pytest.mark.parametrize("status", [401, 403])
def test_an_endpoint_that_refuses_is_no_finding(status: int) -> None:
    """With the token it answers, without it refuses."""
    answers = (json("/health", 200, {}), Answer("/health", without="X-Admin-Token", status=status))
    assert judged(GUARDED, *answers) == []


@pytest.mark.parametrize(
    "status, message",
    [
        (200, "GET /health answered 200 without the header X-Admin-Token: everybody may call it"),
        (422, "GET /health answered 422 without the header X-Admin-Token rather than 401 or 403"),
        (500, "GET /health answered 500 without the header X-Admin-Token rather than 401 or 403"),
    ],
)
def test_an_endpoint_that_does_not_refuse(status: int, message: str) -> None:
    """C7: a protected endpoint that answers without its credential."""
    answers = (json("/health", 200, {}), Answer("/health", without="X-Admin-Token", status=status))
    finding = only(GUARDED, *answers)
    assert (finding.code, finding.level, finding.location) == ("PRD506", Level.ERROR, SETTINGS)
    assert finding.message == message
    assert finding.proof == f"sent the same request without X-Admin-Token, and got {status}"


@pytest.mark.parametrize("status", [404, 500])
def test_an_endpoint_that_fails_either_way_is_reported_once(status: int) -> None:
    """The same failure with and without the header says nothing of the protection."""
    answers = (Answer("/health", status=status), Answer("/health", without="X-Admin-Token", status=status))
    assert only(GUARDED, *answers).code == "PRD502"
