"""Applications that let in only what production's proxy sends are asked as it asks, end to end."""

from __future__ import annotations

import pytest

from pytest_prodready.findings import Outcome
from tests.support import gate

SETTINGS = """
[project]
name = "shop"
version = "1"
dependencies = ["{dependency}"]

[tool.prodready]
app = "main:app"
runtime.also = ["{server}"]
"""
FASTAPI = """\
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

app = FastAPI()
app.add_middleware(HTTPSRedirectMiddleware)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])

@app.get("/health")
def health(): return {"status": "ok"}

def user(token=Depends(HTTPBearer())): raise HTTPException(401)

@app.get("/orders", dependencies=[Depends(user)])
def orders(): return []
"""
DJANGO = """\
from django.conf import settings
settings.configure(
    SECRET_KEY="of-this-test-only", ROOT_URLCONF="main", ALLOWED_HOSTS=[".example.com"], LOGIN_URL="/sign-in",
    SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

def health(request): return JsonResponse({"status": "ok"})
@login_required
def orders(request): return JsonResponse({})

urlpatterns = [path("health", health), path("orders", orders)]
app = get_wsgi_application()
"""


@pytest.mark.parametrize(
    "source, dependency, server", [(FASTAPI, "fastapi", "uvicorn"), (DJANGO, "django", "gunicorn")]
)
def test_behind_a_proxy(pytester: pytest.Pytester, source: str, dependency: str, server: str) -> None:
    """127.0.0.1 is no allowed host, and plain HTTP is sent to https: all is judged nevertheless."""
    for module in (dependency, server):
        pytest.importorskip(module)
    pytester.makepyprojecttoml(SETTINGS.format(dependency=dependency, server=server))
    pytester.makepyfile(main=source)
    run = gate(pytester, "--prodready-select=PRD501,PRD502,PRD506")
    assert run.findings == []
    assert {"server", "/health", "protected /orders"} <= run.subjects(Outcome.PASSED)
    assert run.subjects(Outcome.SKIPPED) == set()


def test_a_test_asks_so_too(pytester: pytest.Pytester) -> None:
    """The fixture's probes need no header of the framework's, either."""
    for module in ("fastapi", "uvicorn"):
        pytest.importorskip(module)
    pytester.makepyprojecttoml(SETTINGS.format(dependency="fastapi", server="uvicorn"))
    pytester.makepyfile(
        main=FASTAPI,
        test_shop="def test_health(prodready_health): prodready_health.probe('/health', status=200)",
    )
    gate(pytester, "--prodready-with-tests", "--prodready-select=PRD501").result.assert_outcomes(passed=2)
