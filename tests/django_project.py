"""The small Django project of the tests about Django, and a run of the gate over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_prodready.findings import Finding, Level
from tests.files import write_files
from tests.support import Run, gate

PROJECT = {
    "pyproject.toml": "[project]\nname = 'portal'\nversion = '1'\ndependencies = ['django']\n",
    "manage.py": """\
        import os, sys
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        if __name__ == "__main__":
            from django.core.management import execute_from_command_line
            execute_from_command_line(sys.argv)
        """,
    "site_/__init__.py": "",
    "site_/settings.py": """\
        DEBUG = False
        SECRET_KEY = "0123456789-of-the-test-abcdefghijklmnopqrstuvwxyz-and-more"
        ALLOWED_HOSTS = ["portal.example.org"]
        INSTALLED_APPS = [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.staticfiles",
            "api.apps.ApiConfig",
        ]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "portal.sqlite"}}
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        ROOT_URLCONF = "site_.urls"
        WSGI_APPLICATION = "site_.wsgi.application"
        MIDDLEWARE = [
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ]
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
        STATIC_URL = "/static/"
        SECURE_HSTS_SECONDS = 3600
        SECURE_HSTS_INCLUDE_SUBDOMAINS = True
        SECURE_HSTS_PRELOAD = True
        SECURE_SSL_REDIRECT = True
        CSRF_COOKIE_SECURE = True
        """,
    "site_/urls.py": """\
        from django.urls import include, path
        from api import views
        urlpatterns = [
            path("orders/", views.orders, name="orders"),
            path("shop/", include("api.urls", namespace="shop")),
        ]
        """,
    "site_/wsgi.py": """\
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        application = get_wsgi_application()
        """,
    "api/__init__.py": "",
    "api/apps.py": """\
        from django.apps import AppConfig
        class ApiConfig(AppConfig):
            name = "api"
        """,
    "api/models.py": """\
        import logging
        from django.contrib.auth.models import User
        from django.db import models
        from django.db.models.signals import post_save
        from django.dispatch import receiver

        logger = logging.getLogger(__name__)

        class Profile(models.Model):
            user = models.OneToOneField(User, on_delete=models.CASCADE)

        @receiver(post_save, sender=User)
        def create_profile(sender, instance, created, **kwargs):
            if created:
                logger.info("made")
                Profile.objects.create(user=instance)
        """,
    "api/urls.py": """\
        from django.urls import path
        from api import views
        app_name = "shop"
        urlpatterns = [path("cart/", views.cart, name="cart")]
        """,
    "api/views.py": """\
        from django.shortcuts import redirect, render
        from django.urls import NoReverseMatch, reverse

        def orders(request):
            return render(request, "api/orders.html", {"cart": reverse("shop:cart")})

        def cart(request):
            return redirect("orders")
        """,
    "api/templates/api/orders.html": """\
        {% load static %}
        <a href="{% url 'orders' %}">{% if cart %}<a href="{% url 'shop:cart' %}">{% endif %}</a>
        <img src="{% static 'api/logo.png' %}">
        """,
    "api/static/api/logo.png": "",
}
"""Files of a healthy project: it gives no finding at all."""

Judge = Callable[..., Run]


@pytest.fixture
def portal(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Write the project with some files changed or added, and run the gate's rules about Django over it."""
    pytest.importorskip("django")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    def judge(changed: Mapping[str, str] | None = None, *, more: str = "", codes: str = "PRD7") -> Run:
        write_files(pytester.path, {**PROJECT, **(changed or {})})
        if more:
            with Path("site_/settings.py").open("a", encoding="utf-8") as settings:
                settings.write(more)
        return gate(pytester, f"--prodready-select={codes}")

    return judge


def line(file: str, text: str) -> str:
    """The place of the first line of a file that has ``text``, as a finding shows it."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return f"{file}:{next(number for number, one in enumerate(lines, 1) if text in one)}"


def found(run: Run) -> list[tuple[str, str, str, str]]:
    """Code, level, subject and place of each error and warning."""
    return sorted(map(_row, run.of(Level.ERROR, Level.WARNING)))


def _row(finding: Finding) -> tuple[str, str, str, str]:
    return finding.code, finding.level.value, finding.subject, str(finding.location)
