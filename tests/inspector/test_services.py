"""Which services an application's configuration names, seen in real interpreters; none is asked."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Entry, Service
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.inspector.projects import Project

ASGI = "async def app(scope, receive, send): ...\n"
Row = tuple[str, str, str, int, str, str]


def services(
    project: Project, files: dict[str, str], entry: str, kind: str = "web", **environ: str
) -> list[Service]:
    project.write(files)
    packages = tuple(sorted({name.partition("/")[0].removesuffix(".py") for name in files}))
    request = Request(
        root=project.root,
        python=sys.executable,
        jobs=frozenset({kind, "services"}),
        entries=(Entry(kind, entry, "a test"),),
        packages=packages,
    )
    (seen,), problems = target.inspect(request, Limits(), {**os.environ, **environ})
    assert seen.failure is None, seen.failure
    assert problems == ()
    assert "hunter22" not in repr(seen)
    return list(seen.services)


def shown(found: list[Service]) -> list[Row]:
    return [(one.kind, one.role, one.host, one.port, one.setting, str(one.location or "")) for one in found]


SETTINGS = """\
SECRET_KEY = "x"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.test", "PASSWORD": "hunter22"},
    "local": {"ENGINE": "django.db.backends.postgresql", "NAME": "a socket"},
    "file": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"},
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:hunter22@cache.test/1"},
    "more": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": ["m.test:11212"]},
    "here": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
"""
WSGI = """\
import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "conf"
application = get_wsgi_application()
"""


def test_django(project: Project) -> None:
    """Databases, caches and the mail server, each at the line of its setting."""
    pytest.importorskip("django")
    mail = 'EMAIL_HOST = "mail.test"\nEMAIL_PORT = 587\nEMAIL_HOST_PASSWORD = "hunter22"\n'
    found = services(project, {"conf.py": SETTINGS + mail, "wsgi.py": WSGI}, "wsgi:application")
    assert shown(found) == [
        ("postgresql", "database", "db.test", 5432, "DATABASES['default']", "conf.py:2"),
        ("redis", "cache", "cache.test", 6379, "CACHES['default']", "conf.py:7"),
        ("memcached", "cache", "m.test", 11212, "CACHES['more']", "conf.py:7"),
        ("smtp", "mail server", "mail.test", 587, "EMAIL_HOST", "conf.py:12"),
    ]


@pytest.mark.parametrize(
    "settings, sends, expected",
    [
        ("", "", []),  # Django's own default, and nobody sends
        (
            "",
            "from django.core.mail import send_mail\n",
            [("smtp", "mail server", "localhost", 25, "EMAIL_HOST, which no setting changes", "")],
        ),
        (
            'EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"\n',
            "",
            [("smtp", "mail server", "localhost", 25, "EMAIL_HOST, which no setting changes", "conf.py:2")],
        ),
        ('EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"\nEMAIL_HOST = "x.test"\n', "", []),
    ],
)
def test_django_mail(project: Project, settings: str, sends: str, expected: list[Row]) -> None:
    pytest.importorskip("django")
    files = {"conf.py": 'SECRET_KEY = "x"\n' + settings, "wsgi.py": WSGI + sends}
    assert shown(services(project, files, "wsgi:application")) == expected


def test_celery(project: Project) -> None:
    pytest.importorskip("celery")
    text = """\
    from celery import Celery
    app = Celery("app")
    app.conf.update(
        broker_url="amqp://me:hunter22@a.test//;amqp://me:hunter22@b.test:5673//",
        result_backend="redis://:hunter22@r.test:6380/1",
    )
    """
    assert shown(services(project, {"work.py": text}, "work:app", "celery")) == [
        ("amqp", "broker", "a.test", 5672, "broker_url of Celery", "work.py:4"),
        ("amqp", "broker", "b.test", 5673, "broker_url of Celery", "work.py:4"),
        ("redis", "result backend", "r.test", 6380, "result_backend of Celery", "work.py:5"),
    ]


def test_sqlalchemy(project: Project) -> None:
    pytest.importorskip("sqlalchemy")
    text = """\
    from sqlalchemy import create_engine
    engine = create_engine("postgresql+psycopg2://me:hunter22@db.test:5433/x")
    """
    assert shown(services(project, {"main.py": text + ASGI}, "main:app")) == [
        ("postgresql", "database", "db.test", 5433, "the engine main.engine", "main.py:2")
    ]


def test_flask(project: Project) -> None:
    pytest.importorskip("flask")
    text = """\
    from flask import Flask
    app = Flask("main")
    app.config["MAIL_SERVER"] = "mail.test"
    app.config["MAIL_PORT"] = 2525
    app.config.update(CACHE_REDIS_URL="redis://:hunter22@c.test:6379/0")
    """
    found = services(project, {"main.py": text}, "main:app")
    assert [row[:4] for row in shown(found)] == [
        ("smtp", "mail server", "mail.test", 2525),
        ("redis", "Redis", "c.test", 6379),
    ]
    assert [row[5] for row in shown(found)] == ["main.py:3", "main.py:5"]


def test_variables_and_constants(project: Project) -> None:
    """What was read of the environment, and constants; the application's own addresses are no services."""
    text = """\
    import os
    SEARCH = os.environ["SEARCH_URL"]
    SITE = os.environ["SITE_URL"]
    NOTHING = os.environ.get("QUEUE_URL")
    CACHE_URL = "redis://c.test"
    DOCS = "https://docs.test/"
    REDIS_HOST, REDIS_PORT = "r.test", 6399
    SMTP_HOST = "mail.test"
    """
    found = services(
        project,
        {"main.py": text + ASGI},
        "main:app",
        SEARCH_URL="https://me:hunter22@search.test/x?key=hunter22",
        SITE_URL="https://site.test",
    )
    assert shown(found) == [
        ("http", "HTTP service", "search.test", 443, "the variable SEARCH_URL", "main.py:2"),
        ("redis", "Redis", "c.test", 6379, "main.CACHE_URL", "main.py:5"),
        ("redis", "Redis", "r.test", 6399, "main.REDIS_HOST", ""),
        ("smtp", "mail server", "mail.test", 25, "main.SMTP_HOST", "main.py:8"),
    ]
    assert found[0].tls


def test_pydantic_settings(project: Project) -> None:
    pytest.importorskip("pydantic_settings")
    text = """\
    from pydantic import PostgresDsn, SecretStr
    from pydantic_settings import BaseSettings
    class Settings(BaseSettings):
        dsn: PostgresDsn
        smtp_host: str = "mail.test"
        smtp_port: int = 465
        sentry: str = ""
    settings = Settings()
    """
    found = services(project, {"main.py": text + ASGI}, "main:app", DSN="postgresql://me:hunter22@db.test/x")
    assert [(row[:5]) for row in shown(found)] == [
        ("postgresql", "database", "db.test", 5432, "settings.dsn"),
        ("smtp", "mail server", "mail.test", 465, "settings.smtp_host"),
    ]
    assert [one.tls for one in found] == [False, True]


@pytest.mark.parametrize(
    "value",
    [
        "redis://",
        "redis://h:port",
        "redis://[::1",
        "redis://a b/",
        "://",
        "redis://h:99999",
        "nonsense://h",
        "x" * 50,
    ],
)
def test_addresses_that_are_none(project: Project, value: str) -> None:
    text = f"import os\nos.environ['SOME_URL']\nSOME_URL = {value!r}\n"
    assert services(project, {"main.py": text + ASGI}, "main:app", SOME_URL=value) == []
