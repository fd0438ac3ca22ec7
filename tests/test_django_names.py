"""PRD703 over small Django projects: what settings, code and templates name."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.django_project import PROJECT, Judge, found, line

VIEWS = """\
    from django.conf import settings
    from django.shortcuts import redirect, render
    from django.urls import NoReverseMatch, reverse, reverse_lazy

    SUCCESS = reverse_lazy("shop:carts")

    def orders(request):
        try:
            reverse("never")
        except NoReverseMatch:
            pass
        if settings.DEBUG:
            reverse("debug")
        reverse("admin_of_an_optional_application")
        return render(request, "api/orders.html")

    def cart(request):
        redirect("https://example.org")
        redirect("/orders/")
        reverse("orders", urlconf="api.urls")
        return redirect("order")
    """
OPTIONAL = "urlpatterns = [path('', view, name='admin_of_an_optional_application')]\n"


def test_paths_in_the_settings(portal: Judge) -> None:
    """Each at its line, with the nearest name; what one module raises is shown at its own line."""
    run = portal(
        {
            "api/mail.py": "class SmtpBackend: pass\n",
            "api/auth.py": "import no_such_distribution\n",
            "api/context.py": "def portal(request):\n    return {}\n",
        },
        more="""
EMAIL_BACKEND = "api.mail.SMTPBackend"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "api.auth.Backend",
]
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "other": {"BACKEND": "api.caches.Cache"},
}
TEMPLATES[0]["OPTIONS"] = {"context_processors": ["api.context.portals", "api.context.portal"]}
MIDDLEWARE.append("django.middleware.gzip.GZipMiddleware")
""",
        codes="PRD703",
    )
    settings = "site_/settings.py"
    assert found(run) == [
        ("PRD703", "error", "api.auth.Backend", line(settings, "api.auth.Backend")),
        ("PRD703", "error", "api.caches.Cache", line(settings, "api.caches")),
        ("PRD703", "error", "api.context.portals", line(settings, "api.context.portals")),
        ("PRD703", "error", "api.mail.SMTPBackend", line(settings, "api.mail")),
    ]
    by_subject = {one.subject: one for one in run.findings}
    mail = by_subject["api.mail.SMTPBackend"]
    assert mail.message == (
        "EMAIL_BACKEND names api.mail.SMTPBackend, which does not import: api.mail has no name 'SMTPBackend'"
    )
    assert mail.remedy.startswith("Write SmtpBackend")
    assert by_subject["api.context.portals"].remedy.startswith("Write portal,")


@pytest.mark.parametrize(
    "setting, path",
    [("MIDDLEWARE", "api.middleware.Gone"), ("INSTALLED_APPS", "api.app.ApiConfig")],
)
def test_a_path_for_which_the_start_fails(portal: Judge, setting: str, path: str) -> None:
    """The entry point's own finding names no line of the settings."""
    run = portal(more=f"{setting}.append('{path}')\n", codes="PRD703")
    assert found(run) == [("PRD703", "error", path, line("site_/settings.py", path))]
    assert run.findings[0].message == (
        f"{setting} names {path}, which does not import: the module {path.rpartition('.')[0]} does not exist"
    )


SPLIT = {
    "settings_of/__init__.py": "",
    "settings_of/base.py": PROJECT["site_/settings.py"],
    "settings_of/production.py": """\
        import environ
        from .base import *
        env = environ.Env()
        SECRET_KEY = env("PORTAL_SECRET")
        AUTHENTICATION_BACKENDS = ["api.auth.Gone"]
        DATABASE_ROUTERS = ["api.routers.Router"]
        PUBLIC_SCHEMA_URLCONF = "site_.public_urls"
        CELERY_BEAT_SCHEDULER = "api.beat:Scheduler"
        """,
    "pyproject.toml": PROJECT["pyproject.toml"].replace("'django'", "'django', 'django-environ'"),
    ".env": "PORTAL_SECRET=0123456789-of-the-test\nDJANGO_SETTINGS_MODULE=settings_of.production\n",
    "manage.py": 'import environ\nenviron.Env.read_env(".env")\n' + dedent(PROJECT["manage.py"]),
    "site_/wsgi.py": """\
        import environ
        from django.core.wsgi import get_wsgi_application
        environ.Env.read_env(".env")
        application = get_wsgi_application()
        """,
}


def test_a_package_of_settings_named_in_a_file_of_variables(portal: Judge) -> None:
    """By django-environ; each setting at its line, and no secret anywhere."""
    pytest.importorskip("environ")
    run = portal(SPLIT, codes="PRD703")
    place = "settings_of/production.py"
    assert found(run) == [
        ("PRD703", "error", "api.auth.Gone", line(place, "api.auth.Gone")),
        ("PRD703", "error", "api.beat:Scheduler", line(place, "api.beat")),
        ("PRD703", "error", "api.routers.Router", line(place, "api.routers")),
        ("PRD703", "error", "site_.public_urls", line(place, "site_.public_urls")),
    ]
    assert "0123456789" not in run.text


def test_url_names(portal: Judge) -> None:
    """In code and templates; not where the name is provided for, optional, or of another configuration."""
    page = """\
        {% url 'orders' %}
        {% url 'shop:basket' %}
        {% url 'nothing' as optional %}
        {% if settings.DEBUG %}{% url 'debug_page' %}{% endif %}
        """
    run = portal(
        {"api/views.py": VIEWS, "api/templates/api/orders.html": page, "api/optional.py": OPTIONAL},
        codes="PRD703",
    )
    views = "api/views.py"
    assert found(run) == [
        ("PRD703", "error", "url:order", line(views, 'redirect("order")')),
        ("PRD703", "error", "url:shop:basket", "api/templates/api/orders.html:2"),
        ("PRD703", "error", "url:shop:carts", line(views, "reverse_lazy(")),
    ]
    assert {one.subject for one in run.of(Level.INFO)} == {"url:debug", "url:debug_page"}
    assert {one.remedy for one in run.of(Level.ERROR) if one.subject != "url:shop:basket"} == {
        'Write "orders", the nearest name there is.',
        'Write "shop:cart", the nearest name there is.',
    }


@pytest.mark.wide
def test_templates(portal: Judge) -> None:
    """Those that do not compile; not those of Jinja or of a template for templates."""
    run = portal(
        {
            "api/templates/api/orders.html": "{% include 'api/part.html' %}\n",
            "api/templates/api/part.html": "\n{% if cart %}\n{{ cart|no_such_filter }}\n{% endif %}\n",
            "api/templates/404.html": "{% load no_such_library %}\n",
            "api/templates/api/old.html": "{% endif %}\n",
            "api/templates/api/jinja.html": "{% set x = 1 %}{{ x }}\n",
        },
        codes="PRD703",
    )
    assert found(run) == [
        ("PRD703", "error", "template:404.html", "api/templates/404.html:1"),
        ("PRD703", "error", "template:api/part.html", "api/templates/api/part.html:3"),
        ("PRD703", "warning", "template:api/old.html", "api/templates/api/old.html:1"),
    ]


@pytest.mark.wide
@pytest.mark.parametrize(
    "storage, expected",
    [
        (
            "ManifestStaticFilesStorage",
            [
                ("PRD703", "error", "static:api/banner.png", "api/templates/api/orders.html:3"),
                ("PRD703", "error", "static:api/parts.png", "api/templates/api/named_by_parts.html:1"),
                ("PRD703", "warning", "static:dist/app.js", "api/templates/api/orders.html:4"),
            ],
        ),
        ("StaticFilesStorage", []),
    ],
)
def test_static_files(portal: Judge, storage: str, expected: list[tuple[str, str, str, str]]) -> None:
    """Only where the storage hashes names; what a build may make later is a warning."""
    page = """\
        {% load static %}
        {% static 'api/logo.png' %}
        {% static 'api/banner.png' %}
        {% static 'dist/app.js' %}
        """
    backend = f"django.contrib.staticfiles.storage.{storage}"
    run = portal(
        {
            "api/templates/api/orders.html": page
            + "{% if settings.X %}{% include 'api/x.html' %}{% endif %}\n",
            "api/templates/api/x.html": "{% load static %}{% static 'api/x.png' %}",
            "api/templates/api/named_by_parts.html": "{% load static %}{% static 'api/parts.png' %}",
        },
        more=f"""
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "{backend}"}},
}}
""",
        codes="PRD703",
    )
    assert found(run) == expected


RENDERING = """\
    from django.conf import settings
    from django.shortcuts import redirect, render
    from api import compat

    def form(request):
        enabled = settings.SHOWN
        if not enabled:
            return "api/hidden.html"
        if compat.is_crispy():
            return "api/crispy.html"
        if compat.HAS_CHARTS:
            return "api/charts.html"
        if request.method == "POST":
            return "api/posted.html"
        return "api/plain.html"

    def orders(request):
        if settings.SHOWN:
            return render(request, "api/orders.html", {"form": form(request)})
        return render(request, "api/closed.html")

    def cart(request):
        return redirect("orders")
    """
COMPAT = """\
    from django.conf import settings

    try:
        import no_such_charts
        HAS_CHARTS = True
    except ImportError:
        HAS_CHARTS = False

    def is_crispy():
        return "crispy_forms" in settings.INSTALLED_APPS
    """
INCLUDING = """\
    {% if settings.ACCOUNTS %}{% include "api/account.html" %}{% include "api/both.html" %}{% endif %}
    {% if cart %}{% include "./part.html" %}{% include "api/both.html" %}{% endif %}
    {# {% include "api/said.html" %} #}{% comment %}{% include "api/said.html" %}{% endcomment %}
    """
BROKEN = "{% load no_such_library %}\n"


def test_templates_behind_a_condition(portal: Judge) -> None:
    """No error where all that names a template, or what includes it, stands behind the configuration."""
    certain = ["both", "part", "plain", "posted", "profile_form"]
    doubtful = ["account", "base", "charts", "closed", "crispy", "crispy_form", "hidden", "inner", "said"]
    files = {f"api/templates/api/{one}.html": BROKEN for one in (*certain, *doubtful)}
    files["api/templates/api/account.html"] += "{% include 'api/inner.html' %}{% extends 'api/base.html' %}\n"
    files["api/templates/api/orders.html"] = INCLUDING
    files |= {"api/views.py": RENDERING, "api/compat.py": COMPAT}
    run = portal(files, more="SHOWN = True\n", codes="PRD703")
    levels = [(one, "error") for one in certain] + [(one, "warning") for one in doubtful]
    assert found(run) == sorted(
        ("PRD703", level, f"template:api/{one}.html", f"api/templates/api/{one}.html:1")
        for one, level in levels
    )
    inner = next(one for one in run.findings if one.subject == "template:api/inner.html")
    assert inner.message.endswith(
        "; what names the template stands behind a condition (if settings.ACCOUNTS)"
    )


def test_url_names_behind_a_condition(portal: Judge) -> None:
    """A note in a template that is included so, or that only a library would render; else an error."""
    orders = """\
        {% if settings.ACCOUNTS %}{% include "api/account.html" %}{% endif %}
        {% include "api/part.html" %}
        """
    run = portal(
        {
            "api/templates/api/orders.html": orders,
            "api/templates/api/account.html": "{% extends 'api/base.html' %}{% url 'account_email' %}\n",
            "api/templates/api/base.html": "{% url 'account_base' %}\n",
            "api/templates/account/email.html": "{% url 'account_own' %}\n",
            "api/templates/api/part.html": "{% url 'account_part' %}\n",
        },
        codes="PRD703",
    )
    assert found(run) == [("PRD703", "error", "url:account_part", "api/templates/api/part.html:1")]
    noted = {one.subject for one in run.of(Level.INFO)}
    assert noted == {"url:account_email", "url:account_base", "url:account_own"}


def test_templates_of_a_vendored_distribution(portal: Judge) -> None:
    """They are not the application's to correct."""
    path = "import os, sys\nsys.path.insert(0, os.path.abspath('vendor'))\n"
    run = portal(
        {
            "site_/__init__.py": path,
            "vendor/forms/__init__.py": "",
            "vendor/forms/templates/forms/form.html": BROKEN,
            "vendor/forms-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: forms\nVersion: 1.0\n",
            "api/templates/api/orders.html": "{% include 'forms/form.html' %}\n",
        },
        more="INSTALLED_APPS.append('forms')\n",
        codes="PRD703",
    )
    assert found(run) == []
    assert "template:api/orders.html" in run.subjects(Outcome.PASSED)
