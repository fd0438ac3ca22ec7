"""What a request must carry so that the framework lets it in."""

from __future__ import annotations

import pytest

from tests.inspector.projects import Project

DJANGO = """\
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF="app", {settings})
urlpatterns = []
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""
STARLETTE = """\
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
HOSTS = Middleware(TrustedHostMiddleware, allowed_hosts=["*.example.com"])
"""
BOTH = {"Host": "www.example.com", "X-Forwarded-Proto": "https"}


def entrance(project: Project, text: str) -> dict[str, str]:
    """That of the application that a module ``app`` makes."""
    seen = project.inspect({"app.py": text}, "app:app", kind="web", packages=("app",))
    assert seen.entry.failure is None, seen.failure
    assert seen.entry.app is not None
    return seen.entry.app.entrance


@pytest.mark.parametrize(
    "settings, expected",
    [
        ("ALLOWED_HOSTS=['*']", {}),
        ("ALLOWED_HOSTS=[]", {}),
        ("ALLOWED_HOSTS=['shop.example.com', '127.0.0.1']", {}),
        ("ALLOWED_HOSTS=['.example.com', 'other.org']", {"Host": "example.com"}),
        ("ALLOWED_HOSTS=['*'], SECURE_SSL_REDIRECT=True", {"X-Forwarded-Proto": "https"}),
        (
            "SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=('HTTP_X_FORWARDED_SSL', 'on')",
            {"X-Forwarded-Ssl": "on"},
        ),
    ],
)
def test_django(project: Project, settings: str, expected: dict[str, str]) -> None:
    """The first allowed host, and the header that says https."""
    pytest.importorskip("django")
    assert entrance(project, DJANGO.format(settings=settings)) == expected


@pytest.mark.parametrize(
    "hosts, expected", [(None, {}), (["127.0.0.1"], {}), ([".example.com"], {"Host": "example.com"})]
)
def test_flask(project: Project, hosts: object, expected: dict[str, str]) -> None:
    """The hosts that it trusts, where it is told them."""
    pytest.importorskip("flask")
    source = f"from flask import Flask\napp = Flask('app')\napp.config['TRUSTED_HOSTS'] = {hosts!r}\n"
    assert entrance(project, source) == expected


@pytest.mark.parametrize(
    "made, expected",
    [
        ("Starlette()", {}),
        ("Starlette(middleware=[HOSTS, Middleware(HTTPSRedirectMiddleware)])", BOTH),
        ("TrustedHostMiddleware(Starlette(), allowed_hosts=['example.com'])", {"Host": "example.com"}),
        ("TrustedHostMiddleware(Starlette(), allowed_hosts=['127.0.0.1'])", {}),
    ],
)
def test_starlette(project: Project, made: str, expected: dict[str, str]) -> None:
    """Its own middleware, of the application or around it."""
    pytest.importorskip("starlette")
    assert entrance(project, f"{STARLETTE}app = {made}\n") == expected
