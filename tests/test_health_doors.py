"""PRD506 and the framework's own builds, end to end: real servers, healthy and broken twins."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pytest_prodready.findings import Finding, Level, Outcome
from tests.support import Run, gate

pytestmark = pytest.mark.wide

SELECT = "--prodready-select=PRD501,PRD502,PRD505,PRD506"
TOKEN = "adm_4711a7e59c21"
SETTINGS = """
    [project]
    name = "shop"
    version = "1"
    dependencies = [{dependencies}]

    [tool.prodready]
    app = "shop.main:app"
    runtime.also = ["{server}"]
    {more}
"""
GUARDED = """
    [[tool.prodready.health]]
    path = "/api/gdpr/status"
    headers = { X-Admin-Token = "env:ADMIN_TOKEN" }
    refuse_without = ["X-Admin-Token"]
"""


def write(root: Path, files: dict[str, str], dependencies: str, server: str, more: str = "") -> None:
    """A project with these modules in its package ``shop``."""
    settings = SETTINGS.format(dependencies=dependencies, server=server, more=more)
    (root / "pyproject.toml").write_text(dedent(settings), encoding="utf-8")
    (root / "shop").mkdir()
    for name, source in {"__init__": "", **files}.items():
        (root / "shop" / f"{name}.py").write_text(dedent(source), encoding="utf-8")


def said(run: Run) -> list[tuple[str, str, str]]:
    """Code, subject and place of every finding."""
    return sorted((one.code, one.subject, str(one.location)) for one in run.findings)


def line_of(source: str, text: str) -> int:
    """The first line that contains a text."""
    return next(at for at, line in enumerate(source.splitlines(), 1) if text in line)


def finding(run: Run, subject: str) -> Finding:
    """The one finding about a subject."""
    (found,) = (one for one in run.findings if one.subject == subject)
    return found


# ------------------------------------------------------------------------------------------- FastAPI

FASTAPI = """\
import secrets
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

app = FastAPI()
key = APIKeyHeader(name="X-API-Key")

class Odd:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        from pydantic_core import core_schema
        return core_schema.is_instance_schema(cls)

class Status(BaseModel):
    erased: int = 0

def admin(x_admin_token: str | None = Header(None)):
    if x_admin_token is None or not ADMIN:
        raise HTTPException(401)

def user(token: HTTPAuthorizationCredentials = Depends(HTTPBearer())):
    if not USER:
        raise HTTPException(401)

def visitor(token: HTTPAuthorizationCredentials | None = Depends(HTTPBearer(auto_error=False))):
    return token

@app.get("/health")
def health(): return {"status": "ok"}

@app.get("/api/gdpr/status", dependencies=[Depends(admin)])
def status() -> Status: return Status()
EXTRA
@app.get("/me", dependencies=[Depends(user)])
def me(): return {"name": "somebody"}

@app.get("/keys", dependencies=[Depends(key)])
def keys(given: str = Depends(key)):
    if not secrets.compare_digest(given, "issued"):
        raise HTTPException(403)

@app.get("/start", dependencies=[Depends(visitor)])
def start(): return {"hello": "everybody"}

@app.get("/auth/logout", dependencies=[Depends(HTTPBearer())])
def logout(): return {"bye": True}
"""
HEAD_TOO = """
@app.head("/api/gdpr/status")
def head(): return Response(media_type="application/json")
@app.get("/api/gdpr/status/")
def slash() -> Status: return Status()
"""
ODD = """
@app.get("/odd")
def odd() -> Odd: return Odd()
"""


def fastapi(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, **changes: str) -> Run:
    """The gate on the FastAPI application, changed."""
    for module in ("fastapi", "uvicorn"):
        pytest.importorskip(module)
    source = FASTAPI.replace("EXTRA", changes.get("EXTRA", ""))
    source = source.replace("ADMIN:", changes.get("ADMIN", f'x_admin_token == "{TOKEN}"') + ":")
    source = source.replace("USER:", changes.get("USER", 'token.credentials == "issued"') + ":")
    monkeypatch.setenv("ADMIN_TOKEN", TOKEN)
    write(pytester.path, {"main": source}, '"fastapi"', "uvicorn", GUARDED)
    return gate(pytester, SELECT)


def test_a_healthy_fastapi_application(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """C7: every door is closed, and everything builds."""
    run = fastapi(pytester, monkeypatch)
    assert said(run) == []
    assert run.status == 0
    assert run.subjects(Outcome.PASSED) == {
        *("server", "/health", "/api/gdpr/status"),
        *("protected /me", "protected /keys", "protected /start", "OpenAPI document /openapi.json"),
    }


def test_a_wrong_token_that_is_taken(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """C7: that it begins as all of them do is no check; the token itself is shown nowhere."""
    run = fastapi(pytester, monkeypatch, ADMIN='x_admin_token.startswith("adm_")')
    assert said(run) == [("PRD506", "/api/gdpr/status", "pyproject.toml:12")]
    assert run.findings[0].message == (
        "GET /api/gdpr/status answered 200 to a wrong value of the header X-Admin-Token: any value will do"
    )
    assert TOKEN not in run.text


def test_detours_of_fastapi(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """C7: HEAD and the slash were registered without the dependency."""
    run = fastapi(pytester, monkeypatch, EXTRA=HEAD_TOO)
    assert [one.message.partition(" answered")[0] for one in run.of(Level.ERROR)] == [
        "HEAD /api/gdpr/status",
        "GET /api/gdpr/status/",
    ]
    assert {(one.code, one.subject) for one in run.findings} == {("PRD506", "/api/gdpr/status")}


def test_a_token_that_nobody_verifies(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """C7, without configuration: the dependency is there, and takes whatever it is given."""
    run = fastapi(pytester, monkeypatch, USER="token")
    place = f"shop/main.py:{line_of(FASTAPI.replace('EXTRA', ''), '/me')}"
    assert said(run) == [("PRD506", "protected /me", place)]
    assert finding(run, "protected /me").message == (
        "GET /me answered 200 to a credential that nobody issued, although Depends(HTTPBearer) guards it: "
        "any will do"
    )


def test_an_openapi_document_that_does_not_build(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The route whose model has no JSON schema is named, at its handler."""
    run = fastapi(pytester, monkeypatch, EXTRA=ODD)
    place = f"shop/main.py:{line_of(FASTAPI.replace('EXTRA', ODD), '/odd')}"
    assert said(run) == [("PRD502", "OpenAPI document /openapi.json", place)]
    assert "cannot be built, at GET /odd: PydanticInvalidForJsonSchema" in run.findings[0].message


# --------------------------------------------------------------------------------------------- Flask

FLASK = """\
from flask import Flask, jsonify
from flask_httpauth import HTTPTokenAuth
from flask_login import LoginManager, login_required

app = Flask(__name__)
app.secret_key = "not-for-production"
CONFIG
login = LoginManager(app)
login.login_view = "sign_in"
tokens = HTTPTokenAuth()

@login.user_loader
def load(name): return None

@tokens.verify_token
def verify(token): return VERIFY

@app.route("/health")
def health(): return jsonify(status="ok")

@app.route("/sign-in")
def sign_in(): return "<form><input type=password></form>"

ORDER

@app.route("/api/orders")
@tokens.login_required
def orders(): return jsonify(orders=[])

@app.route("/api/prices")
@tokens.login_required(optional=True)
def prices(): return jsonify(prices=[])
"""
RIGHT_ORDER = """@app.route("/report")
@login_required
def report(): return jsonify(turnover=1)"""
WRONG_ORDER = """@login_required
@app.route("/report")
def report(): return jsonify(turnover=1)"""

ANONYMOUS = """from flask_httpauth import HTTPBasicAuth

passwords = HTTPBasicAuth()

@passwords.verify_password
def known(name, password): return name or "anonymous"

@app.route("/report")
@passwords.login_required
def report(): return jsonify(turnover=1)"""


def flask(pytester: pytest.Pytester, order: str = RIGHT_ORDER, verify: str = "None", config: str = "") -> Run:
    """The gate on the Flask application, changed."""
    for module in ("flask_login", "flask_httpauth", "gunicorn"):
        pytest.importorskip(module)
    source = FLASK.replace("ORDER", order).replace("VERIFY", verify).replace("CONFIG", config)
    write(pytester.path, {"main": source}, '"flask", "flask-login", "flask-httpauth"', "gunicorn")
    return gate(pytester, SELECT)


def test_a_healthy_flask_application(pytester: pytest.Pytester) -> None:
    """Redirects to the login refuse; what is open to guests is open to all."""
    run = flask(pytester)
    assert said(run) == []
    assert run.status == 0
    assert run.subjects(Outcome.PASSED) == {
        *("server", "/health", "protected /report", "protected /api/orders", "protected /api/prices"),
    }


def test_open_doors_of_a_flask_application(pytester: pytest.Pytester) -> None:
    """C7: the guard stands above the route, and a token is taken unseen."""
    run = flask(pytester, WRONG_ORDER, "True")
    source = FLASK.replace("ORDER", WRONG_ORDER)
    report, orders = line_of(source, "@login_required"), line_of(source, "/api/orders")
    assert said(run) == [
        ("PRD506", "protected /api/orders", f"shop/main.py:{orders}"),
        ("PRD506", "protected /report", f"shop/main.py:{report}"),
    ]
    assert finding(run, "protected /report").message == (
        "GET /report answered 200 without a credential, although @login_required, above the route "
        "guards it: everybody may call it"
    )


def test_a_verifier_may_mean_to_let_everybody_in(pytester: pytest.Pytester) -> None:
    """As celery-director's does while its AUTH_ENABLED is off: it is asked about who sends nothing, too."""
    run = flask(pytester, ANONYMOUS)
    assert run.status == 0
    assert [(one.subject, one.level) for one in run.findings] == [("protected /report", Level.WARNING)]
    message = finding(run, "protected /report").message
    assert message.endswith("(the application's own verify_password let it pass)")


def test_a_login_that_is_switched_off_is_a_warning(pytester: pytest.Pytester) -> None:
    """Settings of a developer's may stand in the job."""
    run = flask(pytester, config='app.config["LOGIN_DISABLED"] = True')
    assert run.status == 0
    assert [(one.subject, one.level) for one in run.findings] == [("protected /report", Level.WARNING)]


# -------------------------------------------------------------------------------------------- Django

DJANGO = {
    "settings": """
        SECRET_KEY = "not-for-production"
        ALLOWED_HOSTS = ["*"]
        INSTALLED_APPS = [
            "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
            "django.contrib.sessions", "django.contrib.messages", "rest_framework",
        ]
        MIDDLEWARE = [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
        ROOT_URLCONF = "shop.urls"
        LOGIN_URL = "/sign-in"
        TEMPLATES = [{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    """,
    "main": """
        import os
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        from django.core.wsgi import get_wsgi_application
        app = get_wsgi_application()
    """,
    "urls": """
        from django.contrib import admin
        from django.urls import include, path
        handler404 = "shop.views.lost"
        urlpatterns = [path("admin/", admin.site.urls), path("", include("shop.inner"))]
    """,
    "inner": """
        from django.urls import path
        from shop import views
        urlpatterns = [
            path("health", views.health), path("report", views.Report.as_view()), path("mine", views.mine),
            path("api/orders", views.Orders.as_view()),
        ]
    """,
    "views": """
        from django.contrib.auth.decorators import login_required
        from django.contrib.auth.mixins import LoginRequiredMixin
        from django.http import HttpResponseNotFound, JsonResponse
        from django.views.generic import View
        from rest_framework.authentication import SessionAuthentication
        from rest_framework.permissions import IsAuthenticated
        from rest_framework.response import Response
        from rest_framework.views import APIView

        def lost(request, exception): return HttpResponseNotFound("no")
        def health(request): return JsonResponse({"status": "ok"})
        @login_required
        def mine(request): return JsonResponse({})
        class Page(View):
            def get(self, request): return JsonResponse({"turnover": 1})
        class Report(LoginRequiredMixin, Page):
            pass
        class Orders(APIView):
            authentication_classes = [SessionAuthentication]
            permission_classes = [IsAuthenticated]
            def get(self, request): return Response([])
    """,
}


CLOSED = """Report(LoginRequiredMixin, Page):
            pass
        class Orders(APIView):
"""
OPEN = """Report(Page, LoginRequiredMixin):
            pass
        class Orders(APIView):
            def check_permissions(self, request): pass
"""


def django(pytester: pytest.Pytester, **changes: tuple[str, str]) -> Run:
    """The gate on the Django application, where in each named module something is replaced."""
    for module in ("rest_framework", "gunicorn"):
        pytest.importorskip(module)
    files = DJANGO | {name: DJANGO[name].replace(*change) for name, change in changes.items()}
    write(pytester.path, files, '"django", "djangorestframework"', "gunicorn")
    return gate(pytester, SELECT)


def test_a_healthy_django_application(pytester: pytest.Pytester) -> None:
    """Logins and permissions refuse, the URL configuration resolves, and the admin stays as it is."""
    run = django(pytester)
    assert said(run) == []
    assert run.status == 0
    assert run.subjects(Outcome.PASSED) == {
        *("server", "/health", "protected /report", "protected /mine", "protected /api/orders"),
        *("URL configuration shop.urls", "handler404 of the URL configuration"),
    }


def test_open_doors_of_a_django_application(pytester: pytest.Pytester) -> None:
    """C7: the mixin stands behind the view that it must come before, and a view overrides the check."""
    run = django(pytester, views=(CLOSED, OPEN))
    source = dedent(DJANGO["views"].replace(CLOSED, OPEN))
    report, orders = line_of(source, "class Report"), line_of(source, "class Orders")
    assert said(run) == [
        ("PRD506", "protected /api/orders", f"shop/views.py:{orders}"),
        ("PRD506", "protected /report", f"shop/views.py:{report}"),
    ]
    levels = {one.subject: one.level for one in run.findings}
    # a check of the application's own may let pass on purpose
    assert levels == {"protected /report": Level.ERROR, "protected /api/orders": Level.WARNING}


def test_a_url_configuration_that_does_not_resolve(pytester: pytest.Pytester) -> None:
    """An included module that raises leaves the application without a route."""
    run = django(pytester, inner=("views.health", "views.helth"))
    (of_urls,) = [one for one in said(run) if one[0] == "PRD505"]
    assert of_urls == ("PRD505", "URL configuration shop.urls", "shop/inner.py:5")
    assert "helth" in finding(run, "URL configuration shop.urls").message


def test_a_template_of_a_health_page(pytester: pytest.Pytester) -> None:
    """Django answers 500 and logs nothing of it; the template's line is known all the same."""
    page = "from django.shortcuts import render\n        def health(request): return render(request, NAME)"
    page = page.replace("NAME", '"health.html"')
    views = ('def health(request): return JsonResponse({"status": "ok"})', page)
    templates = pytester.path / "templates"
    templates.mkdir()
    (templates / "health.html").write_text("<p>fine</p>\n{% endfor %}\n", encoding="utf-8")
    run = django(
        pytester, views=views, settings=('"APP_DIRS": True', '"APP_DIRS": True, "DIRS": ["templates"]')
    )
    assert said(run) == [("PRD502", "/health", "templates/health.html:2")]
    assert "its template health.html does not compile (TemplateSyntaxError: " in run.findings[0].message


def test_an_error_handler_that_does_not_resolve(pytester: pytest.Pytester) -> None:
    """The view that it names is not there."""
    run = django(pytester, urls=("shop.views.lost", "shop.views.gone"))
    assert [(one.code, one.subject) for one in run.findings] == [
        ("PRD502", "handler404 of the URL configuration")
    ]
