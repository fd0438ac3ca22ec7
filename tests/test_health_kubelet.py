"""PRD510 end to end: what a kubelet gets of Django behind gunicorn, and of FastAPI behind uvicorn."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_prodready.findings import Level
from tests.support import Run, gate

pytestmark = pytest.mark.wide

for needed in ("django", "fastapi", "gunicorn", "uvicorn"):
    pytest.importorskip(needed)

DJANGO = {
    "pyproject.toml": """
        [project]
        name = "shop"
        version = "1"
        dependencies = ["django"]

        [tool.prodready]
        app = "shop.wsgi:application"
        runtime.also = ["gunicorn"]
    """,
    "shop/__init__.py": "",
    "shop/settings.py": """
        SECRET_KEY = "of the test, and long enough to be one of production's, too"
        ROOT_URLCONF = "shop.urls"
        MIDDLEWARE = ["django.middleware.security.SecurityMiddleware",
                      "django.middleware.common.CommonMiddleware"]
    """,
    "shop/urls.py": """
        from django.http import JsonResponse
        from django.urls import path

        urlpatterns = [
            path(name, lambda request: JsonResponse({"status": "ok"})) for name in ("healthz", "health")
        ]
    """,
    "shop/wsgi.py": """
        import os

        from django.core.wsgi import get_wsgi_application

        os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
        application = get_wsgi_application()
    """,
    "manage.py": """
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    """,
}
FASTAPI = {
    "pyproject.toml": """
        [project]
        name = "shop"
        version = "1"
        dependencies = ["fastapi"]

        [tool.prodready]
        app = "shop.main:app"
        runtime.also = ["uvicorn"]
        health.probe_as = "kubelet"
    """,
    "shop/__init__.py": "",
    "shop/main.py": """
        import asyncio

        from fastapi import FastAPI
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        app = FastAPI()
    """,
}
SLOW = """
    @app.get("/ready")
    async def ready():
        await asyncio.sleep(30)


    @app.get("/live/")
    async def live():
        return {"status": "alive"}


    @app.get("/startupz")
    async def started():
        return {"status": "ok"}
"""
MANIFEST = """
    kind: Deployment
    spec:
      template:
        spec:
          containers:
            - name: web
              image: shop
              livenessProbe:
                httpGet:
                  path: {path}
                  port: 8000
                  {headers}
            - name: metrics
              readinessProbe:
                httpGet: {{path: /-/ready, port: 9090}}
"""
HOSTS = "ALLOWED_HOSTS = ['shop.example.com', '127.0.0.1']\n"


@pytest.fixture
def judged(pytester: pytest.Pytester) -> Callable[..., Run]:
    """Run the gate's family of health on a project of these files."""

    def run(files: dict[str, str], manifest: str = "", **appended: str) -> Run:
        for name, text in {**files, "deploy/web.yaml": manifest}.items():
            more = appended.get(name.rpartition("/")[2].partition(".")[0], "")
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(text) + dedent(more))
        return gate(pytester, "--prodready-select=PRD5")

    return run


def manifest(path: str = "/healthz", headers: str = "") -> str:
    return MANIFEST.format(path=path, headers=headers)


def told(run: Run) -> list[tuple[str, Level, str, str]]:
    """What was found: code, level, subject, and the place."""
    return [
        (found.code, found.level, found.subject, str(found.location))
        for found in run.of(Level.ERROR, Level.WARNING)
    ]


PROBED = ("PRD510", Level.ERROR, "kubelet /healthz", "deploy/web.yaml:11")


@pytest.mark.parametrize("hosts", ["ALLOWED_HOSTS = ['shop.example.com']\n", HOSTS])
def test_a_host_that_is_not_allowed(judged: Callable[..., Run], hosts: str) -> None:
    run = judged(DJANGO, manifest(), settings=hosts)
    # one cause, one finding, also where the gate's own request is refused alike
    assert [found for found in told(run) if found[2].endswith("/healthz")] == [PROBED]
    assert "ALLOWED_HOSTS" in run.text
    assert "httpHeaders: [{name: Host, value: …}]" in run.text


def test_a_probe_with_a_host(judged: Callable[..., Run]) -> None:
    headers = "httpHeaders: [{name: host, value: shop.example.com}]"
    run = judged(DJANGO, manifest(headers=headers), settings=HOSTS)
    assert (told(run), run.status) == ([], 0)
    assert "1 of 1 kubelet probes" in run.text


def test_an_address_that_the_deployment_tells(
    judged: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    told_in = "env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]"
    given = manifest().replace("image: shop", told_in)
    hosts = 'import os\nALLOWED_HOSTS = ["127.0.0.1", os.environ.get("POD_IP", "shop.example.com")]\n'
    run = judged(DJANGO, given, settings=hosts)
    assert [found[:3] for found in told(run)] == [("PRD510", Level.WARNING, "kubelet /healthz")]
    monkeypatch.setenv("POD_IP", "10.1.2.3")
    run = judged(DJANGO, given, settings=hosts)
    assert (told(run), run.status) == ([], 0)


def test_without_a_manifest_a_name_of_kubernetes_is_a_warning(judged: Callable[..., Run]) -> None:
    run = judged(DJANGO, settings=HOSTS)
    assert [found[:3] for found in told(run)] == [("PRD510", Level.WARNING, "kubelet /healthz")]
    assert run.status == 0


def test_a_redirect_to_https(judged: Callable[..., Run]) -> None:
    secure = "ALLOWED_HOSTS = ['*']\nSECURE_SSL_REDIRECT = True\n"
    run = judged(DJANGO, manifest(), settings=secure)
    assert [found for found in told(run) if found[2].endswith("/healthz")] == [PROBED]
    assert 'SECURE_REDIRECT_EXEMPT = [r"^healthz$"]' in run.text
    run = judged(DJANGO, manifest(), settings=secure + 'SECURE_REDIRECT_EXEMPT = ["^health"]\n')
    assert (told(run), run.status) == ([], 0)


def test_a_path_that_the_application_lacks(judged: Callable[..., Run]) -> None:
    lacking = manifest("/gone", "readinessProbe: {httpGet: {path: /healthz}}").replace(
        "                  readinessProbe", "              readinessProbe"
    )
    run = judged(DJANGO, lacking, settings="ALLOWED_HOSTS = ['*']\n")
    assert told(run) == [("PRD505", Level.ERROR, "/gone", "deploy/web.yaml:11")]


def test_fastapi_as_the_settings_say(judged: Callable[..., Run]) -> None:
    trusted = "app.add_middleware(TrustedHostMiddleware, allowed_hosts=['127.0.0.1'])\n"
    run = judged(FASTAPI, main=dedent(SLOW) + trusted)
    assert [found[:3] for found in told(run) if found[0] == "PRD510"] == [
        ("PRD510", Level.ERROR, "kubelet /live/"),
        ("PRD510", Level.ERROR, "kubelet /startupz"),
    ]
    assert "TrustedHostMiddleware" in run.text
    run = judged(FASTAPI, main=dedent(SLOW).replace("30", "2"))
    (late,) = run.findings
    assert (late.code, late.level, late.subject) == ("PRD510", Level.ERROR, "kubelet /ready")
    assert "no answer three times in a row: no answer came within 1 s" in late.message
