"""The same small service in several frameworks, healthy or with a fault, behind several servers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHECKS = '''\
"""What the service depends on."""
import os

import psycopg
import redis


def database():
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3).close()
    except psycopg.Error:
        return "down"
    return "ok"


def cache():
    client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=3)
    try:
        client.ping()
    except redis.RedisError:
        return "down"
    finally:
        client.close()
    return "ok"


def report():
    checks = {"database": database(), "redis": cache()}
    well = set(checks.values()) == {"ok"}
    return {"status": "ready" if well else "not_ready", "checks": checks}


def pretence():
    return {"status": "ready", "checks": {"database": "ok", "redis": "ok"}}


def allowed(token):
    return token == os.environ["ADMIN_TOKEN"]
'''

FASTAPI = """\
import asyncio
from contextlib import asynccontextmanager

import checks
from fastapi import Depends, FastAPI, Header, HTTPException, Response


@asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(0)


def admin(x_admin_token: str = Header("")):
    if not checks.allowed(x_admin_token):
        raise HTTPException(401)


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
def alive():
    return {"status": "alive"}


@app.get("/ready")
def ready(response: Response):
    report = checks.report()
    response.status_code = 200 if report["status"] == "ready" else 503
    return report


@app.get("/api/gdpr/status", dependencies=[Depends(admin)])
def gdpr():
    return {"requests": 0}
"""

STARLETTE = """\
import asyncio
from contextlib import asynccontextmanager

import checks
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


@asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(0)


def alive(request):
    return JSONResponse({"status": "alive"})


def ready(request):
    report = checks.report()
    return JSONResponse(report, status_code=200 if report["status"] == "ready" else 503)


def gdpr(request):
    if not checks.allowed(request.headers.get("x-admin-token")):
        return JSONResponse({}, status_code=401)
    return JSONResponse({"requests": 0})


app = Starlette(
    lifespan=lifespan,
    routes=[Route("/healthz", alive), Route("/ready", ready), Route("/api/gdpr/status", gdpr)],
)
"""

LITESTAR = """\
import asyncio
from contextlib import asynccontextmanager
from typing import Any

import checks
from litestar import Litestar, Response, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler


@asynccontextmanager
async def lifespan(app: Litestar):
    yield
    await asyncio.sleep(0)


def admin(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    if not checks.allowed(connection.headers.get("x-admin-token")):
        raise NotAuthorizedException


@get("/healthz", sync_to_thread=False)
def alive() -> dict[str, str]:
    return {"status": "alive"}


@get("/ready", sync_to_thread=True)
def ready() -> Response[dict[str, Any]]:
    report = checks.report()
    return Response(report, status_code=200 if report["status"] == "ready" else 503)


@get("/api/gdpr/status", sync_to_thread=False, guards=[admin])
def gdpr() -> dict[str, int]:
    return {"requests": 0}


app = Litestar([alive, ready, gdpr], lifespan=[lifespan])
"""

FLASK = """\
import checks
from flask import Flask, request

app = Flask(__name__)


@app.get("/healthz")
def alive():
    return {"status": "alive"}


@app.get("/ready")
def ready():
    report = checks.report()
    return report, 200 if report["status"] == "ready" else 503


@app.get("/api/gdpr/status")
def gdpr():
    if not checks.allowed(request.headers.get("X-Admin-Token")):
        return {}, 401
    return {"requests": 0}
"""

DJANGO = """\
import os

import checks
import django
from django.conf import settings
from django.http import JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=os.environ["ADMIN_TOKEN"], USE_TZ=True
)


def alive(request):
    return JsonResponse({"status": "alive"})


def ready(request):
    report = checks.report()
    return JsonResponse(report, status=200 if report["status"] == "ready" else 503)


def gdpr(request):
    if not checks.allowed(request.headers.get("X-Admin-Token")):
        return JsonResponse({}, status=401)
    return JsonResponse({"requests": 0})


urlpatterns = [path("healthz", alive), path("ready", ready), path("api/gdpr/status", gdpr)]
django.setup()

from django.core.{interface} import get_{interface}_application

app = get_{interface}_application()
"""

SETTINGS = """\
[tool.prodready]
app = "service:app"
packages = ["service", "checks"]
limits = {{ stop = {stop} }}

[tool.prodready.health]
dependencies = ["DATABASE_URL", "REDIS_URL"]

[[tool.prodready.health.probes]]
path = "/ready"
status = 200
json = {{ status = "ready" }}

[[tool.prodready.health.probes]]
path = "/api/gdpr/status"
headers = {{ X-Admin-Token = "env:ADMIN_TOKEN" }}
refuse_without = ["X-Admin-Token"]
"""

FRAMEWORKS = {
    "fastapi": FASTAPI,
    "starlette": STARLETTE,
    "litestar": LITESTAR,
    "flask": FLASK,
    "django": DJANGO.replace("{interface}", "wsgi"),
    "django-asgi": DJANGO.replace("{interface}", "asgi"),
}
SERVERS = {
    "uvicorn": ("uvicorn", "uvicorn service:app --host 0.0.0.0 --port $PORT"),
    "gunicorn": ("gunicorn", "gunicorn service:app --bind 0.0.0.0:$PORT --workers 2"),
    "gunicorn-uvicorn": (
        "uvicorn_worker",
        "gunicorn service:app -k uvicorn_worker.UvicornWorker --bind 0.0.0.0:$PORT",
    ),
    "hypercorn": ("hypercorn", "hypercorn service:app --bind 0.0.0.0:$PORT"),
    "waitress": ("waitress", "waitress-serve --listen=*:$PORT service:app"),
}
"""Name → the module that it needs, and the line of the Procfile."""
ASGI = [
    (one, on)
    for one in ("fastapi", "starlette", "litestar")
    for on in ("uvicorn", "gunicorn-uvicorn", "hypercorn")
]
WSGI = [(one, on) for one in ("flask", "django") for on in ("gunicorn", "waitress")]
CELLS = [*ASGI, ("django-asgi", "uvicorn"), *WSGI]
"""Framework and server, each a real application behind a real server."""

DEAF = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n"
"""Lines that keep a process from leaving."""
FAULTS = {
    "C7": (
        (", dependencies=[Depends(admin)]", ""),
        (", guards=[admin]", ""),
        ("if not checks.allowed(", "if () == ("),
    ),
    "C8": (
        ("asyncio.sleep(0)", "asyncio.sleep(600)"),
        ("app = Flask", f"{DEAF}app = Flask"),
        ("app = get_wsgi", f"{DEAF}app = get_wsgi"),
    ),
    "control": (("checks.report()", "checks.pretence()"),),
}
"""What each fault replaces in a source; of several forms the one that is there."""


@dataclass(frozen=True)
class Service:
    """One cell of the matrix."""

    framework: str
    server: str

    @property
    def modules(self) -> tuple[str, str]:
        """What has to be installed for it."""
        return self.framework.partition("-")[0], SERVERS[self.server][0]

    def write(self, root: Path, *faults: str, stop: float = 20) -> None:
        """Lay the project out in ``root``, with faults or without."""
        source = FRAMEWORKS[self.framework]
        for fault in faults:
            old, new = next(pair for pair in FAULTS[fault] if pair[0] in source)
            source = source.replace(old, new)
        (root / "service.py").write_text(source, encoding="utf-8")
        (root / "checks.py").write_text(CHECKS, encoding="utf-8")
        (root / "Procfile").write_text(f"web: {SERVERS[self.server][1]}\n", encoding="utf-8")
        (root / "pyproject.toml").write_text(SETTINGS.format(stop=stop), encoding="utf-8")
