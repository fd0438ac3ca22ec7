"""What a framework builds when it is first asked for it, built in the target."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Build
from tests.inspector.projects import Project
from tests.inspector.test_web_operations import SETTINGS, WSGI, operations


def builds(project: Project, text: str, load: float = 60.0, **more: str) -> dict[str, Build]:
    """The builds of the application that a module ``app`` makes, by name."""
    files = {"app.py": text, **{f"{name}.py": source for name, source in more.items()}}
    settings = "settings" if "settings" in more else ""
    seen = project.inspect(
        files,
        "app:app",
        kind="web",
        packages=("app", *more),
        settings_module=settings,
        jobs=("health",),
        load=load,
    )
    assert seen.entry.failure is None, seen.failure
    assert seen.problems == ()
    assert seen.entry.app is not None
    return {one.name: one for one in seen.entry.app.builds}


FASTAPI = """\
from __future__ import annotations
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, PlainSerializer, create_model

app = FastAPI({options})
router = APIRouter(prefix="/shop")

class Fine(BaseModel):
    name: str

class Odd:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        from pydantic_core import core_schema
        return core_schema.is_instance_schema(cls)

@app.get("/fine")
def fine() -> Fine: ...
{route}
app.include_router(router)
"""
ODD = """\
@router.get("/odd")
def odd() -> Odd: ...
"""


def test_an_openapi_document(project: Project) -> None:
    """It builds; one that does not names its route; an application without one has nothing to build."""
    pytest.importorskip("fastapi")
    assert builds(project, FASTAPI.format(options="", route="")) == {
        "/openapi.json": Build("document", "/openapi.json")
    }
    broken = builds(project, FASTAPI.format(options="openapi_url='/api.json'", route=ODD))["/api.json"]
    assert broken.failure is not None
    assert broken.failure.type == "PydanticInvalidForJsonSchema"
    assert (broken.culprit, str(broken.location)) == ("GET /shop/odd", "app.py:19")
    assert builds(project, FASTAPI.format(options="openapi_url=None", route=ODD)) == {}


def test_an_openapi_document_of_the_applications_own(project: Project) -> None:
    """What the application puts in its place is called, and ends in the limit of the entry point."""
    pytest.importorskip("fastapi")
    own = "from fastapi import FastAPI\napp = FastAPI()\ndef own():\n    {body}\napp.openapi = own\n"
    raised = builds(project, own.format(body="return {}['paths']"))["/openapi.json"]
    assert raised.failure is not None
    assert (raised.failure.type, str(raised.failure.location)) == ("KeyError", "app.py:4")
    hung = builds(project, own.format(body="__import__('time').sleep(600)"), load=5.0)["/openapi.json"]
    assert hung.failure is not None
    assert (hung.failure.how, str(hung.failure.location)) == ("hung", "app.py:4")
    left = builds(project, own.format(body="__import__('os')._exit(3)"))["/openapi.json"]
    assert left.failure is not None
    assert (left.failure.how, str(left.failure.location)) == ("left", "app.py:4")


DJANGO = SETTINGS.replace(', "rest_framework"', "")
INCLUDING = "from django.urls import include, path\nurlpatterns = [path('in/', include('inner'))]\n"


def test_a_url_configuration(project: Project) -> None:
    """It resolves with what it includes, and so do the views of the errors."""
    pytest.importorskip("django")
    healthy = builds(
        project,
        WSGI,
        settings=DJANGO,
        urls=INCLUDING + "handler404 = 'inner.missing'\n",
        inner="urlpatterns = []\ndef missing(request, exception): ...\n",
    )
    assert healthy == {"urls": Build("urls", "urls"), "handler404": Build("handler", "handler404")}


def test_a_url_configuration_that_does_not_resolve(project: Project) -> None:
    """Of an included one the line that raises is known, and of a handler its name."""
    pytest.importorskip("django")
    found = builds(
        project,
        WSGI,
        settings=DJANGO,
        urls=INCLUDING + "handler500 = 'inner.crashed'\n",
        inner="from inner_views import home\nurlpatterns = []\n",
        inner_views="def house(request): ...\n",
    )
    assert list(found) == ["urls"]  # what is said of it is said of its handlers
    failure = found["urls"].failure
    assert failure is not None
    assert failure.missing is not None
    assert (failure.missing.module, failure.missing.name) == ("inner_views", "home")
    assert str(failure.location) == "inner.py:1"
    without = builds(project, WSGI, settings=DJANGO, urls="urlpatterns = []\nhandler500 = 'urls.crashed'\n")
    assert {name: one.failure is not None for name, one in without.items()} == {
        "urls": False,
        "handler500": True,
    }


BROKEN = "ok\n{% for x in %}\n"


FLASK = """\
from flask import Flask, render_template
app = Flask("app")
@app.get("/healthz")
def healthz(): return render_template("health.html")
@app.get("/other")
def other(): return render_template("other.html")
"""
STARLETTE = """\
from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates
app = FastAPI(openapi_url=None)
pages = Jinja2Templates("templates")
@app.get("/healthz")
def healthz(request: Request): return pages.TemplateResponse(request, "health.html")
"""


@pytest.mark.parametrize("module, text", [("flask", FLASK), ("fastapi", STARLETTE)])
def test_the_template_of_a_health_page(project: Project, module: str, text: str) -> None:
    """It is compiled by the application's own engine; the line that does not is known. No other page is."""
    pytest.importorskip(module)
    pytest.importorskip("jinja2")
    project.write({"templates/health.html": "ok", "templates/other.html": BROKEN})
    assert builds(project, text) == {"health.html": Build("template", "health.html")}
    project.write({"templates/health.html": BROKEN})
    (broken,) = builds(project, text).values()
    assert broken.failure is not None
    assert broken.failure.type == "TemplateSyntaxError"
    assert (broken.culprit, str(broken.location)) == ("/healthz", "templates/health.html:2")


def test_the_template_of_djangos_health_page(project: Project) -> None:
    """Also where the class of the view names it; one that is not there is a fault of the view."""
    pytest.importorskip("django")
    backend = "django.template.backends.django.DjangoTemplates"
    settings = f"{DJANGO}TEMPLATES = [{{'BACKEND': '{backend}', 'DIRS': ['templates']}}]\n"
    urls = """\
from django.shortcuts import render
from django.urls import path
from django.views.generic import TemplateView
class Page(TemplateView):
    template_name = "live.html"
def ready(request): return render(request, "missing.html")
urlpatterns = [path("health/", TemplateView.as_view(template_name="health.html")),
               path("ready", ready), path("live", Page.as_view())]
"""
    project.write({"templates/health.html": BROKEN, "templates/live.html": BROKEN})
    found = builds(project, WSGI, settings=settings, urls=urls)
    assert {name: (one.culprit, str(one.location)) for name, one in found.items() if one.failure} == {
        "live.html": ("/live", "templates/live.html:2"),
        "health.html": ("/health/", "templates/health.html:2"),
        "missing.html": ("/ready", "urls.py:6"),
    }


LITESTAR = """\
from litestar import Litestar, get
@get("/guarded", security=[{"bearer": []}], operation_id="guarded")
async def guarded() -> str: ...
@get("/open", operation_id="OPEN")
async def opened() -> str: ...
app = Litestar([guarded, opened])
"""


def test_the_openapi_document_of_litestar(project: Project) -> None:
    """Built where Litestar serves it; what it says of security is known from it."""
    pytest.importorskip("litestar")
    assert builds(project, LITESTAR) == {"/schema/openapi.json": Build("document", "/schema/openapi.json")}
    twice = builds(project, LITESTAR.replace("OPEN", "guarded"))["/schema/openapi.json"]
    assert twice.failure is not None
    assert "operation_ids must be unique" in twice.failure.message
    (said,) = operations(project, LITESTAR).values()
    assert (said.path, said.source) == ("/guarded", "the OpenAPI document")
