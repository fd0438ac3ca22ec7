"""PRD601, PRD602 and PRD603 end to end: healthy and broken applications, as a user runs the gate."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pytest_prodready.findings import Level, Outcome
from tests import services
from tests.probes.test_services import listening, mail
from tests.support import Run, gate

pytest.importorskip("uvicorn")

ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
LIFESPAN = """
import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        if not os.getenv("API_KEY"):
            await send({"type": "lifespan.startup.failed", "message": "API_KEY is not set"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""
KEY = "sk-hidden-key-4711"
E2 = "from decouple import config\nDEBUG = config('DEBUG', default=False, cast=bool)\n"
MENDED = "if not DEBUG and not OPENAI_API_KEY:\n    raise RuntimeError('OPENAI_API_KEY must be set')\n"
READ = "OPENAI_API_KEY = config('OPENAI_API_KEY', default='')\n"


def write(root: Path, text: str, *settings: str) -> None:
    (root / "main.py").write_text(text)
    lines = ["[tool.prodready]", "app = 'main:app'", *settings]
    (root / "pyproject.toml").write_text("\n".join(lines) + "\n")


def run(pytester: pytest.Pytester, *arguments: str) -> Run:
    made = gate(pytester, "--prodready-select=PRD6,PRD9", *arguments)
    assert KEY not in made.text
    assert "hunter22" not in made.text
    return made


def told(made: Run) -> list[tuple[str, str, str, str]]:
    """Code, level, subject and place of each finding."""
    return sorted(
        (found.code, found.level.value, found.subject, str(found.location or "")) for found in made.findings
    )


def test_a_key_whose_absence_is_not_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Incident E2: the application starts without its key, whether the job has the key or not."""
    pytest.importorskip("decouple")
    write(pytester.path, E2 + READ + ASGI, "required_env = ['OPENAI_API_KEY']")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    unset = run(pytester)
    assert told(unset) == [
        ("PRD601", "error", "OPENAI_API_KEY", "pyproject.toml:3"),
        ("PRD602", "error", "without:OPENAI_API_KEY", "main.py:3"),
    ]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    given = run(pytester)
    assert told(given) == [("PRD602", "error", "without:OPENAI_API_KEY", "main.py:3")]
    assert given.status == 1
    (found,) = given.findings
    assert found.message == (
        "main:app starts without the environment variable OPENAI_API_KEY, which required_env declares"
    )


def test_a_key_whose_absence_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """E2 mended: nothing with the key; without it, the variable is what is missing."""
    pytest.importorskip("decouple")
    write(pytester.path, E2 + READ + MENDED + ASGI, "required_env = ['OPENAI_API_KEY']")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    made = run(pytester)
    assert (told(made), made.status) == ([], 0)
    assert made.subjects(Outcome.PASSED) == {"OPENAI_API_KEY", "without:OPENAI_API_KEY"}
    monkeypatch.delenv("OPENAI_API_KEY")
    assert told(run(pytester)) == [("PRD601", "error", "OPENAI_API_KEY", "pyproject.toml:3")]


def test_a_refusal_at_the_start_of_the_server(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is checked only before the first request is a refusal, too."""
    write(pytester.path, LIFESPAN, "required_env = ['API_KEY']")
    monkeypatch.setenv("API_KEY", KEY)
    made = run(pytester)
    assert (told(made), made.status) == ([], 0)
    assert "without:API_KEY" in made.subjects(Outcome.PASSED)


def test_a_refusal_that_does_not_say_why(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import os\nkey = os.environ.get('API_KEY')\nlength = len(key)\n" + ASGI
    write(pytester.path, text, "required_env = ['API_KEY']")
    monkeypatch.setenv("API_KEY", KEY)
    made = run(pytester)
    assert told(made) == [("PRD602", "warning", "without:API_KEY", "main.py:3")]
    assert made.status == 0


def test_a_file_that_brings_it_back(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a .env file the variable cannot be taken away: nothing is claimed."""
    pytest.importorskip("decouple")
    (pytester.path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
    write(pytester.path, E2 + READ + ASGI, "required_env = ['OPENAI_API_KEY']")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = run(pytester)
    assert told(made) == []
    assert made.subjects(Outcome.SKIPPED) == {"without:OPENAI_API_KEY"}


def test_a_variable_without_which_it_does_not_load(pytester: pytest.Pytester) -> None:
    """Without any setting: the variable is named at the line that reads it."""
    write(pytester.path, "import os\n\nkey = os.environ['NOT_SET_HERE']\n" + ASGI)
    made = gate(pytester, "--prodready-select=PRD1,PRD6,PRD9")
    assert told(made) == [
        ("PRD101", "error", "main:app", "main.py:3"),
        ("PRD601", "error", "NOT_SET_HERE", "main.py:3"),
    ]
    assert all("the environment variable NOT_SET_HERE is not set" in found.message for found in made.findings)


@pytest.mark.parametrize(
    "library, text",
    [
        ("decouple", "from decouple import config\n\nkey = config('NOT_SET_HERE')\n"),
        ("environs", "from environs import Env\nenv = Env()\nkey = env('NOT_SET_HERE')\n"),
        ("environ", "import environ\nenv = environ.Env()\nkey = env('NOT_SET_HERE')\n"),
    ],
)
def test_the_same_through_a_library(pytester: pytest.Pytester, library: str, text: str) -> None:
    pytest.importorskip(library)
    write(pytester.path, text + ASGI)
    made = gate(pytester, "--prodready-select=PRD1,PRD6,PRD9")
    assert told(made) == [
        ("PRD101", "error", "main:app", "main.py:3"),
        ("PRD601", "error", "NOT_SET_HERE", "main.py:3"),
    ]
    assert all("the environment variable NOT_SET_HERE is not set" in found.message for found in made.findings)


SETTINGS = """\
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    not_set_here: str
@lru_cache
def get_settings():
    return Settings()
"""


def test_settings_that_the_first_request_builds(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application starts, and its settings cannot be built."""
    pytest.importorskip("pydantic_settings")
    write(pytester.path, SETTINGS + ASGI)
    assert told(run(pytester)) == [("PRD601", "error", "NOT_SET_HERE", "main.py:4")]
    monkeypatch.setenv("NOT_SET_HERE", KEY)
    healthy = run(pytester)
    assert (told(healthy), healthy.status) == ([], 0)
    assert healthy.subjects(Outcome.PASSED) == {"NOT_SET_HERE"}


def test_settings_that_the_start_builds(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pydantic_settings")
    write(pytester.path, SETTINGS + "settings = Settings()\n" + ASGI)
    assert told(run(pytester)) == [("PRD601", "error", "NOT_SET_HERE", "main.py:8")]


def test_an_application_that_requires_nothing(pytester: pytest.Pytester) -> None:
    """Reads with defaults, caught ones and questions are no findings, and no starts are made."""
    text = """\
import os
A = os.environ.get("NOT_SET_A")
B = os.getenv("NOT_SET_B", "x")
try:
    C = os.environ["NOT_SET_C"]
except KeyError:
    C = "x"
"""
    write(pytester.path, text + ASGI)
    made = gate(pytester, "--prodready-ignore=PRD5", "-v")
    assert not {code for code in made.codes() if code.startswith("PRD6")}
    assert "environment of main:app: 3 variables read" in made.text
    rows = [line.split() for line in made.text.splitlines() if line.startswith("  NOT_SET_")]
    assert rows == [
        ["NOT_SET_A", "None", "unset", "main.py:2"],
        ["NOT_SET_B", "default", "unset", "main.py:3"],
        ["NOT_SET_C", "no", "default", "unset", "main.py:5"],
    ]


DJANGO = """\
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
DATABASES = {}
ROOT_URLCONF = "urls"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "localhost"
EMAIL_PORT = %d
EMAIL_HOST_PASSWORD = "hunter22"
"""
WSGI = """\
import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "conf"
app = get_wsgi_application()
"""


def test_a_mail_server_that_is_not_there(pytester: pytest.Pytester) -> None:
    """Incident B4: asked only with --prodready-live, and named with its setting."""
    pytest.importorskip("django")
    write(pytester.path, WSGI)
    (pytester.path / "urls.py").write_text("urlpatterns = []\n")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        (pytester.path / "conf.py").write_text(DJANGO % port)
        assert "PRD603" not in run(pytester).codes()
        made = run(pytester, "--prodready-live")
    assert told(made) == [("PRD603", "error", f"live:smtp:localhost:{port}", "conf.py:6")]
    (found,) = made.of(Level.ERROR)
    assert f"the mail server at localhost:{port} (SMTP) cannot be reached" in found.message
    assert "Connection refused" in found.message
    assert "EMAIL_HOST" in found.remedy

    heard: list[bytes] = []
    with listening(mail(heard)) as port:
        (pytester.path / "conf.py").write_text(DJANGO % port)
        healthy = run(pytester, "--prodready-live")
    assert (told(healthy), healthy.status) == ([], 0)
    assert healthy.subjects(Outcome.PASSED) == {f"live:smtp:localhost:{port}"}
    assert b"EHLO localhost\r\n" in heard


def test_services_of_a_celery_app(pytester: pytest.Pytester) -> None:
    """A real Redis answers; a result backend where nothing listens does not."""
    pytest.importorskip("celery")
    url = services.url("redis")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        text = (
            f"from celery import Celery\napp = Celery('work', broker={url!r})\n"
            f"app.conf.result_backend = 'redis://:hunter22@127.0.0.1:{port}/0'\n"
        )
        (pytester.path / "work.py").write_text(text)
        (pytester.path / "pyproject.toml").write_text("[tool.prodready]\ncelery = 'work:app'\n")
        made = run(pytester, "--prodready-live")
    assert told(made) == [("PRD603", "error", f"live:redis:127.0.0.1:{port}", "work.py:3")]
    assert "the result backend at" in made.findings[0].message
    assert len(made.subjects(Outcome.PASSED)) == 1


def test_a_listing_opens_no_connection(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: --collect-only starts no server and greets nobody."""
    monkeypatch.setenv("API_KEY", KEY)
    heard: list[bytes] = []
    with listening(mail(heard)) as port:
        text = f"import os\nSMTP_HOST = '127.0.0.1'\nSMTP_PORT = {port}\nos.environ['API_KEY']\n"
        write(pytester.path, text + ASGI, "required_env = ['API_KEY']")
        made = run(pytester, "--prodready-live", "--collect-only", "-q")
    assert heard == []
    assert made.status == 0
