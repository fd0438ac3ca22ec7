"""PRD502, 503, 504, 505 and 507 end to end: what real servers answer, against what the settings expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.support import MATRIX, Run, gate

pytestmark = pytest.mark.wide

SELECTED = "--prodready-select=PRD502,PRD503,PRD504,PRD505,PRD507"
SETTINGS = """\
[project]
name = "shop"
version = "1"
dependencies = ["{framework}"]

[tool.prodready]
app = "shop:app"
runtime.also = ["{server}"]
serve = "{serve}"

[[tool.prodready.health]]
path = "/ready"
status = 200
json = {{ status = "ready" }}

[[tool.prodready.health]]
path = "/text"
text = "in stock"
answer_headers = {{ Content-Type = "text/plain", X-Version = "" }}

[[tool.prodready.health]]
path = "/quick"
within = {within}

[[tool.prodready.health]]
path = "/orders"
method = "HEAD"

[[tool.prodready.health]]
path = "/report"
"""
LINES = {"/ready": 12, "/text": 17, "/quick": 22, "/orders": 26, "/report": 30}
FASTAPI = """
import asyncio
from fastapi import FastAPI, Response

app = FastAPI()
WELL = {well}


@app.get("/ready")
def ready(response: Response):
    response.status_code = 200 if WELL else 503
    said = {{"database": "ok" if WELL else "refused", "redis": "ok" if WELL else "timeout", "s3": "ok"}}
    return {{"status": "ready" if WELL else "not_ready", "checks": said}}


@app.get("/text")
def text():
    if WELL:
        return Response("all is in stock", media_type="text/plain", headers={{"X-Version": "7"}})
    return Response("sold out", media_type="text/html")


@app.get("/quick")
async def quick():
    await asyncio.sleep(0 if WELL else 0.05)
    return {{}}


@app.api_route("/orders", methods=["GET", "HEAD"] if WELL else ["GET"])
def orders():
    return []


@app.get("/report" if WELL else "/reports")
def report():
    return {{}}


@app.get("/system/health")
def health():
    body = {{"status": "UP", "components": {{"db": {{"status": "UP"}}, "cache": {{"status": "UP"}}}}}}
    if not WELL:
        body["components"]["cache"] = {{"status": "DOWN", "details": {{"error": "no route to cache"}}}}
    return body
"""
FLASK = """
import time
from flask import Flask

app = Flask("shop")
WELL = {well}


@app.get("/ready")
def ready():
    said = {{"database": "ok" if WELL else "refused", "redis": "ok" if WELL else "timeout", "s3": "ok"}}
    return {{"status": "ready" if WELL else "not_ready", "checks": said}}, 200 if WELL else 503


@app.get("/text")
def text():
    if WELL:
        return "all is in stock", {{"Content-Type": "text/plain", "X-Version": "7"}}
    return "sold out"


@app.get("/quick")
def quick():
    time.sleep(0 if WELL else 0.05)
    return {{}}


@app.route("/orders", methods=["GET"] if WELL else ["POST"])
def orders():
    return []


@app.get("/report" if WELL else "/reports")
def report():
    return {{}}


@app.get("/system/health")
def health():
    body = {{"status": "pass", "checks": {{"cache:responseTime": [{{"status": "pass"}}]}}}}
    if not WELL:
        body["checks"]["cache:responseTime"] = [{{"status": "fail", "output": "no route to cache"}}]
    return body, {{"Content-Type": "application/health+json"}}
"""
DJANGO = """
import time
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

WELL = {well}
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="shop", SECRET_KEY="of-this-test-only")


def ready(request):
    said = {{"database": "ok" if WELL else "refused", "redis": "ok" if WELL else "timeout", "s3": "ok"}}
    body = {{"status": "ready" if WELL else "not_ready", "checks": said}}
    return JsonResponse(body, status=200 if WELL else 503)


def text(request):
    if WELL:
        return HttpResponse("all is in stock", "text/plain", headers={{"X-Version": "7"}})
    return HttpResponse("sold out")


def quick(request):
    time.sleep(0 if WELL else 0.05)
    return JsonResponse({{}})


@require_http_methods(["GET", "HEAD"] if WELL else ["POST"])
def orders(request):
    return JsonResponse({{}})


def report(request):
    return JsonResponse({{}})


def health(request):
    cache = "working" if WELL else "unavailable: no route to cache"
    return JsonResponse({{"status": "ok", "services": {{"DatabaseBackend": "working", "cache": cache}}}})


urlpatterns = [
    path("ready", ready),
    path("text", text),
    path("quick", quick),
    path("orders", orders),
    path("report" if WELL else "reports", report),
    path("system/health", health),
]
app = get_wsgi_application()
"""


@dataclass(frozen=True)
class Stack:
    """An application and its server."""

    framework: str
    server: str
    serve: str
    shop: str
    allowed: str
    """The methods that the broken one takes for ``/orders``."""
    cache: str
    """What the broken one's health says of its cache."""


STACKS = {
    "FastAPI, uvicorn": Stack(
        "fastapi",
        "uvicorn",
        "uvicorn shop:app --port {port}",
        FASTAPI,
        "GET",
        "cache (DOWN: no route to cache)",
    ),
    "Flask, gunicorn": Stack(
        "flask",
        "gunicorn",
        "gunicorn shop:app --bind 127.0.0.1:{port} --workers 2",
        FLASK,
        "OPTIONS, POST",
        "cache:responseTime (fail: no route to cache)",
    ),
    "Django, gunicorn": Stack(
        "django",
        "gunicorn",
        "gunicorn shop:app --bind 127.0.0.1:{port} --threads 4",
        DJANGO,
        "POST",
        "cache (unavailable: no route to cache)",
    ),
}


def run(pytester: pytest.Pytester, stack: Stack, well: bool, *arguments: str) -> Run:
    """The gate over the healthy or the broken twin."""
    pytest.importorskip(stack.framework)
    pytest.importorskip(stack.server)
    within = 20 if well else 0.01
    settings = SETTINGS.format(
        framework=stack.framework, server=stack.server, serve=stack.serve, within=within
    )
    pytester.path.joinpath("pyproject.toml").write_text(settings, encoding="utf-8")
    pytester.makepyfile(shop=stack.shop.format(well=well))
    return gate(pytester, *(arguments or [SELECTED]))


@pytest.mark.parametrize("name", STACKS)
def test_a_healthy_application_has_no_finding(name: str, pytester: pytest.Pytester) -> None:
    """Every key of a probe is met, and found health routes say that all is well."""
    seen = run(pytester, STACKS[name], well=True)
    assert seen.findings == []
    assert seen.status == 0
    assert seen.subjects(Outcome.PASSED) >= {*LINES, "/system/health"}


@pytest.mark.parametrize("name", STACKS)
def test_each_fault_is_named_with_code_subject_and_line(
    name: str, pytester: pytest.Pytester, record_property: Callable[[str, object], None]
) -> None:
    """One finding for the status, the body, the header, the time, the method, the route and what is down."""
    stack = STACKS[name]
    seen = run(pytester, stack, well=False)
    errors = {
        (found.code, found.subject, found.location.line if found.location else 0)
        for found in seen.of(Level.ERROR)
    }
    for code, subject, _ in sorted(errors):
        record_property(MATRIX, f"{name:<20} {code} error    {subject}")
    assert errors == {
        ("PRD502", "/ready", LINES["/ready"]),
        ("PRD507", "/ready", LINES["/ready"]),
        ("PRD503", "/text", LINES["/text"]),
        ("PRD504", "/quick", LINES["/quick"]),
        ("PRD505", "/orders", LINES["/orders"]),
        ("PRD505", "/report", LINES["/report"]),
    }
    messages = {found.message for found in seen.findings}
    assert messages >= {
        "GET /ready answered 503, expected 200",
        "GET /ready names what is not ready: database (refused), redis (timeout)",
        'GET /text answered 200, but its body has no "in stock"',
        f"HEAD /orders is not registered: /orders takes {stack.allowed} only",
        "GET /report answered 404: no route of the application serves it; the nearest is /reports",
    }
    assert any(said.startswith("GET /quick takes ") and said.endswith(" its budget") for said in messages)
    (doubtful,) = seen.of(Level.WARNING)
    assert (doubtful.code, doubtful.subject) == ("PRD507", "/system/health")
    assert doubtful.message == f"GET /system/health names what is not ready: {stack.cache}"


def test_a_named_dependency_alone_may_be_asked_for(pytester: pytest.Pytester) -> None:
    """``--prodready-select PRD507`` starts the server, asks, and fails by what the body says."""
    seen = run(pytester, STACKS["FastAPI, uvicorn"], False, "--prodready-select=PRD507")
    assert seen.codes(Level.ERROR) == {"PRD507"}
    assert seen.status == 1
