"""PRD701 over small Django projects: Django's system checks under the settings of the entry point."""

from __future__ import annotations

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.django_project import PROJECT, Judge, found, line

CHECKS = """\
    from django.core.checks import Error, Warning, register

    @register()
    def of_the_portal(app_configs, **kwargs):
        return [Error("the portal has no owner", hint="Name one.", id="portal.E001")]

    @register(deploy=True)
    def reaches_out(app_configs, **kwargs):
        import socket
        try:
            socket.create_connection(("127.0.0.1", 9))
        except Exception:
            pass
        return [Error("nobody answers", id="portal.E002")]

    @register()
    def exits(app_configs, **kwargs):
        raise SystemExit(3)

    @register()
    def raises(app_configs, **kwargs):
        raise ValueError("no such thing")

    @register(deploy=True)
    def silenced(app_configs, **kwargs):
        return [Error("never shown", id="portal.E003")]
    """


def test_a_healthy_project_gives_no_finding(portal: Judge) -> None:
    """With all rules of the family; and the verdict says how much was looked at."""
    run = portal()
    assert (found(run), run.status) == ([], 0)
    assert "check:django.core.checks.security.base.check_debug" in run.subjects(Outcome.PASSED)
    assert {
        "site_.urls",
        "url:shop:cart",
        "template:api/orders.html",
        "signal:post_save:auth.User",
    } <= run.subjects(Outcome.PASSED)


def test_what_is_wrong_behind_every_proxy_is_an_error_at_its_line(portal: Judge) -> None:
    """DEBUG, a guessable key and no hosts; what a proxy may do as well is a warning."""
    run = portal(
        more="DEBUG = True\nSECRET_KEY = 'django-insecure-1'\nALLOWED_HOSTS = []\nSECURE_SSL_REDIRECT = 0\n"
    )
    settings = "site_/settings.py"
    assert found(run) == [
        ("PRD701", "error", "security.W009", line(settings, "insecure")),
        ("PRD701", "error", "security.W018", line(settings, "DEBUG = True")),
        ("PRD701", "error", "security.W020", line(settings, "ALLOWED_HOSTS = []")),
        ("PRD701", "warning", "security.W008", line(settings, "SECURE_SSL_REDIRECT = 0")),
    ]


def test_what_a_variable_of_production_may_change_is_a_warning(
    portal: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that runs the gate may well have another key than production."""
    run = portal(
        more="import os\nSECRET_KEY = os.environ.get('KEY', 'of the job')\nDEBUG = 'X' not in os.environ\n"
    )
    assert [(level, subject) for _, level, subject, _ in found(run)] == [
        ("warning", "security.W009"),
        ("warning", "security.W018"),
    ]


@pytest.mark.wide
def test_checks_of_the_application(portal: Judge) -> None:
    """Its errors are errors, what reaches out is stopped and noted, what raises is named, silence is kept."""
    run = portal(
        {"api/checks.py": CHECKS, "api/models.py": "from api import checks\n"},
        more="SILENCED_SYSTEM_CHECKS = ['portal.E003']\n",
        codes="PRD701",
    )
    assert found(run) == [
        ("PRD701", "error", "portal.E001", "site_/settings.py"),
        ("PRD701", "warning", "check:api.checks.exits", line("api/checks.py", "raise SystemExit")),
        ("PRD701", "warning", "check:api.checks.raises", line("api/checks.py", "raise ValueError")),
    ]
    (note,) = run.of(Level.INFO)
    assert note.subject == "check:api.checks.reaches_out"
    assert "was about to open a connection" in note.message


@pytest.mark.wide
def test_a_check_that_hangs(portal: Judge) -> None:
    """It is a problem by its name, and what was seen before stands."""
    checks = """\
        import time
        from django.core.checks import register

        @register(deploy=True)
        def hangs(app_configs, **kwargs):
            time.sleep(600)
        """
    changed = {"api/checks.py": checks, "api/models.py": "from api import checks\n"}
    changed["pyproject.toml"] = f"{PROJECT['pyproject.toml']}[tool.prodready.limits]\nload = 6\n"
    run = portal(changed, more="EMAIL_BACKEND = 'api.mail.Backend'\n")
    assert run.codes(Level.ERROR) == {"PRD703", "PRD901"}
    assert "step check api.checks.hangs" in run.text


@pytest.mark.wide
def test_a_field_is_named_at_its_line(portal: Judge) -> None:
    """Django would refuse every command."""
    models = """\
        from django.db import models

        class Order(models.Model):
            price = models.DecimalField(max_digits=2)
        """
    run = portal({"api/models.py": models}, codes="PRD701")
    assert found(run) == [("PRD701", "error", "fields.E130", line("api/models.py", "price"))]
    assert "api.Order.price: DecimalFields must define" in run.text


@pytest.mark.wide
def test_without_a_web_application_nothing_is_served_in_debug_mode(portal: Judge) -> None:
    """The management commands alone: a warning."""
    run = portal({"site_/wsgi.py": ""}, more="DEBUG = True\nWSGI_APPLICATION = None\n", codes="PRD701")
    assert ("PRD701", "warning", "security.W018", line("site_/settings.py", "DEBUG = True")) in found(run)
