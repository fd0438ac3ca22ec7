"""PRD331 on faithful copies of the incidents: the attribute, its line, the class and the nearest name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.django_project import PROJECT, found, line
from tests.files import write_files
from tests.support import Run, gate

Judge = Callable[..., Run]
CODES = "--prodready-select=PRD331,PRD9"

CURATION = {
    "pyproject.toml": """\
        [project]
        name = "curation"
        version = "1"
        dependencies = ["fastapi", "sqlalchemy"]
        """,
    "src/__init__.py": "",
    "src/main.py": """\
        from fastapi import FastAPI
        from src.services import scheduler
        app = FastAPI()
        @app.get("/health")
        def health():
            return {"status": "ok"}
        """,
    "src/models.py": """\
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        class Base(DeclarativeBase):
            pass

        class LocalBusiness(Base):
            __tablename__ = "local_businesses"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            website_url: Mapped[str | None]
            contacts: Mapped[list["Contact"]] = relationship(back_populates="business")

        class Contact(Base):
            __tablename__ = "contacts"
            id: Mapped[int] = mapped_column(primary_key=True)
            website: Mapped[str]
            business_id: Mapped[int] = mapped_column(ForeignKey("local_businesses.id"))
            business: Mapped[LocalBusiness] = relationship(back_populates="contacts")
        """,
    "src/services/__init__.py": "",
    "src/services/scheduler.py": """\
        import logging
        from sqlalchemy import select
        from sqlalchemy.ext.asyncio import AsyncSession
        from src.models import LocalBusiness

        logger = logging.getLogger(__name__)

        async def process_pending(session: AsyncSession) -> int:
            result = await session.execute(select(LocalBusiness).limit(10))
            done = 0
            for business in result.scalars().all():
                try:
                    submit(business)
                    done += 1
                finally:
                    logger.info(f"processing {business.name}: {business.website_url}")
            return done

        def submit(business):
            for contact in business.contacts:
                logger.debug("%s %s", contact.website, business.name)
        """,
}
"""System D, healthy: its scheduler logs each business."""

DIRECTORY = {
    **PROJECT,
    "api/models.py": """\
        from django.contrib.auth.models import User
        from django.db import models

        class Provider(models.Model):
            company_name = models.CharField(max_length=100)
            city = models.CharField(max_length=100)
            user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

            def as_row(self):
                return {"name": self.company_name, "city": self.city}
        """,
    "api/mapping.py": """\
        from api.models import Provider

        def provider_fields(provider: Provider) -> dict:
            return {
                "business_name": provider.company_name,
                "owner": provider.user.id if provider.user is not None else None,
            }

        def sync(known):
            return known or [provider_fields(one) for one in Provider.objects.filter(city="Berlin")]
        """,
    "api/listing.py": """\
        from django.core.cache import cache

        def listed():
            found = cache.get("listed")
            if found is not None:
                cache.touch("listed", 60)
            return found

        def forget():
            if hasattr(cache, "expire"):
                cache.expire("listed", 0)
        """,
    "api/views.py": """\
        from django.shortcuts import redirect, render
        from django.urls import reverse

        def orders(request):
            from api.listing import listed
            from api.mapping import sync
            return render(request, "api/orders.html", {"cart": reverse("shop:cart"), "rows": sync(listed())})

        def cart(request):
            return redirect("orders")
        """,
}
"""Systems A and E, healthy."""


@pytest.fixture
def judge(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Write a project with one text of one file replaced, and run the gate over it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    def run(project: Mapping[str, str], file: str = "", old: str = "", new: str = "") -> Run:
        files = dict(project)
        if file:
            assert old in files[file]
            files[file] = files[file].replace(old, new, 1)
        write_files(pytester.path, files)
        return gate(pytester, CODES)

    return run


def test_d3_an_attribute_in_a_log_line(judge: Judge) -> None:
    """``business.website`` in a scheduler; another model has that attribute, and its own is near."""
    pytest.importorskip("fastapi")
    pytest.importorskip("sqlalchemy")
    file = "src/services/scheduler.py"
    run = judge(CURATION, file, "business.website_url", "business.website")
    place = line(file, "business.website}")
    assert found(run) == [("PRD331", "error", "src.models.LocalBusiness", place)]
    one = run.findings[0]
    assert one.message == (
        "business.website is asked for in process_pending, "
        "and src.models.LocalBusiness has no attribute website"
    )
    assert one.remedy == "Write website_url, the nearest attribute there is."
    assert one.proof.startswith("the class is known from a row that a query gives")


def test_a5_an_attribute_in_a_field_mapping(judge: Judge) -> None:
    """``provider.business_name``; the same word is a key of the dict that it stands in."""
    pytest.importorskip("django")
    file = "api/mapping.py"
    run = judge(DIRECTORY, file, "provider.company_name", "provider.business_name")
    assert found(run) == [("PRD331", "error", "api.models.Provider", line(file, "provider.business_name"))]
    assert run.findings[0].remedy == "Write company_name, the nearest attribute there is."


ELSEWHERE = {
    **DIRECTORY,
    "pyproject.toml": PROJECT["pyproject.toml"].replace("'django'", "'django', 'celery'")
    + "[tool.prodready]\ncelery = 'work:app'\n",
    "work.py": """\
        import os
        from celery import Celery
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        app = Celery("work", broker="memory://", include=["jobs"])
        """,
    "jobs.py": """\
        import django
        django.setup()
        from api.models import Provider
        from work import app

        @app.task
        def greet():
            return [provider.company_nmae for provider in Provider.objects.all()]
        """,
    "api/management/__init__.py": "",
    "api/management/commands/__init__.py": "",
    "api/management/commands/towns.py": """\
        from django.core.management import BaseCommand
        from api.models import Provider

        class Command(BaseCommand):
            def handle(self, **options):
                for provider in Provider.objects.all():
                    self.stdout.write(provider.ctiy)
        """,
}
"""A task and a management command that the web application never loads."""


def test_what_the_web_application_does_not_load(judge: Judge) -> None:
    """Is judged where the worker and manage.py load it; the class is one subject."""
    pytest.importorskip("django")
    pytest.importorskip("celery")
    run = judge(ELSEWHERE)
    assert found(run) == [
        ("PRD331", "error", "api.models.Provider", line("api/management/commands/towns.py", "ctiy")),
        ("PRD331", "error", "api.models.Provider", line("jobs.py", "company_nmae")),
    ]


def test_a6_a_relation_that_may_be_empty(judge: Judge) -> None:
    """``provider.user.id`` without a guard, where ``user`` may be null."""
    pytest.importorskip("django")
    file = "api/mapping.py"
    run = judge(
        DIRECTORY, file, "provider.user.id if provider.user is not None else None", "provider.user.id"
    )
    assert [(code, level, place) for code, level, _, place in found(run)] == [
        ("PRD331", "warning", line(file, "provider.user.id"))
    ]
    assert "Provider.user may be None" in run.findings[0].message
    assert run.findings[0].remedy == "Ask first whether provider.user is not None."


def test_e3_a_call_that_this_cache_lacks(judge: Judge) -> None:
    """``cache.expire`` is there with Redis alone; behind ``hasattr`` it is right."""
    pytest.importorskip("django")
    file = "api/listing.py"
    run = judge(DIRECTORY, file, "cache.touch(", "cache.expire(")
    subject = "django.core.cache.backends.locmem.LocMemCache"
    assert found(run) == [("PRD331", "error", subject, line(file, "cache.expire("))]
    assert "what the settings configure" in run.findings[0].proof


@pytest.mark.parametrize(
    "project, subject, module",
    [
        (CURATION, "src.models.LocalBusiness", "sqlalchemy"),
        (DIRECTORY, "api.models.Provider", "django"),
    ],
    ids=["curation", "directory"],
)
def test_the_healthy_copies_are_silent(
    judge: Judge, project: Mapping[str, str], subject: str, module: str
) -> None:
    """Not for want of looking: the class is among the subjects that passed."""
    pytest.importorskip(module)
    run = judge(project)
    assert run.of(Level.ERROR, Level.WARNING) == []
    assert subject in run.subjects(Outcome.PASSED)


HOSTILE = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n[tool.prodready]\napp = 'shop.web:app'\n",
    "shop/__init__.py": "",
    "shop/web.py": """\
        from shop import generated, models, newer
        def app(environ, start_response):
            start_response("200 OK", [])
            return [b""]
        def total(order: models.Order):
            return order.total, order.absent
        def shown(one: models.Raising, quiet: models.Quiet, lazy: models.Lazy):
            return one.absent, quiet.absent, lazy.absent
        def made():
            return generated.Row().field_3, generated.Row().field_x
        """,
    "shop/models.py": """\
        class Meta(type):
            def __getattribute__(cls, name):
                raise RuntimeError(name)
        class Hashless(type):
            def __hash__(cls):
                raise RuntimeError("hash")
            def __eq__(cls, other):
                raise RuntimeError("eq")
        Raising = Meta.__new__(Meta, "Raising", (), {"there": 1})
        class Quiet(metaclass=Hashless):
            there = 1
        class Lazy:
            def __getattr__(self, name):
                raise SystemExit(name)
        class Order:
            there = 1
            @property
            def total(self):
                raise SystemExit("a property was evaluated")
        """,
    "shop/generated.py": "class Row:\n    def __init__(self):\n"
    + "".join(f"        self.field_{number} = {number}\n" for number in range(3000)),
    "shop/newer.py": """\
        import sys
        class Order:
            there = 1
        def ask():
            return Order().absent_in_a_file_that_does_not_parse
        with open(__file__, "a") as own:
            own.write("\\ntype X[T] = list[T] ??\\n")
        """,
}
"""Classes that raise when they are looked at, generated code, and a source that does not parse any more."""


def test_what_cannot_be_looked_at(judge: Judge) -> None:
    """Classes that raise are passed over, no property is evaluated, and the rest is judged all the same."""
    run = judge(HOSTILE)
    web = "shop/web.py"
    assert found(run) == [
        ("PRD331", "error", "shop.generated.Row", line(web, "field_x")),
        ("PRD331", "warning", "shop.models.Order", line(web, "order.absent")),
    ]


TOOL = {
    "pyproject.toml": """\
        [project]
        name = "shop"
        version = "1"
        [project.scripts]
        shop = "shop.cli:main"
        """,
    "shop/__init__.py": "",
    "shop/cli.py": """\
        from shop.orders import Order

        def main():
            order = Order()
            print(order.total)
        """,
    "shop/orders.py": "class Order:\n    def __init__(self):\n        self.total = 1\n",
    "shop/web.py": """\
        from shop.orders import Order

        def app(environ, start_response):
            return [Order().total]
        """,
}


@pytest.mark.parametrize("app, looked_at", [("", True), ("[tool.prodready]\napp = 'shop.web:app'\n", False)])
def test_scripts_are_read_where_nothing_else_starts(judge: Judge, app: str, looked_at: bool) -> None:
    """With a web application, its interpreter reads what it loads; the script is not even started."""
    project = {**TOOL, "pyproject.toml": dedent(TOOL["pyproject.toml"]) + app}
    run = judge(project, "shop/cli.py", "order.total", "order.totl")
    place = line("shop/cli.py", "order.totl")
    assert found(run) == ([("PRD331", "error", "shop.orders.Order", place)] if looked_at else [])
