"""A small Django project whose values the tests follow, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_prodready.codec import decode
from pytest_prodready.facts.names import Names
from tests.files import write_files

ROOT = Path(__file__).resolve().parents[2]
SHOP = {
    "shop/__init__.py": "",
    "shop/settings.py": """\
        SECRET_KEY = "0123456789-of-the-test"
        INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        USE_TZ = True
        CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            "files": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "x"},
        }
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
        EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        """,
    "shop/models.py": """\
        from django.contrib.auth.models import User
        from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
        from django.contrib.contenttypes.models import ContentType
        from django.db import models
        from django.db.models import Count


        class OfferQuerySet(models.QuerySet):
            def active(self):
                return self.filter(active=True)

            def counted(self):
                offers = self.annotate(total=Count("orders"))
                if self.ordered:
                    offers = offers.reverse()
                return offers

            def best(self):
                return self.active().order_by("-price").first()

            def titles(self):
                return [one.title for one in self]

            async def abest(self):
                return await self.afirst()


        class OfferManager(models.Manager.from_queryset(OfferQuerySet)):
            def get_queryset(self):
                return super().get_queryset().select_related("owner")

            def make(self, **fields):
                return self.create(**fields)


        class CountedManager(models.Manager):
            def get_queryset(self):
                return OfferQuerySet(self.model, using=self._db).annotate(orders_made=Count("orders"))


        class OddManager(models.Manager):
            def get_queryset(self):
                return build(self.model)


        def build(model):
            return models.QuerySet(model)


        class Place(models.Model):
            name = models.CharField(max_length=9)


        class Shop(Place):
            open_from = models.TimeField(null=True)


        class Note(models.Model):
            text = models.TextField()
            content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
            object_id = models.PositiveIntegerField()
            about = GenericForeignKey()


        class Dated(models.Model):
            made_at = models.DateTimeField(auto_now_add=True)

            class Meta:
                abstract = True


        class Offer(Dated):
            title = models.CharField(max_length=9)
            price = models.DecimalField(max_digits=9, decimal_places=2)
            ends = models.DateField(null=True)
            picture = models.FileField()
            data = models.JSONField(default=dict)
            owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
            shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="offers")
            watchers = models.ManyToManyField(User, related_name="watched")
            notes = GenericRelation(Note)
            active = models.BooleanField(default=True)
            objects = OfferManager()
            counted = CountedManager()
            odd = OddManager()
            bare = OfferQuerySet.as_manager()


        class Order(models.Model):
            offer = models.OneToOneField(Offer, on_delete=models.CASCADE)
            offers = models.ManyToManyField(Offer, related_name="orders")
        """,
    "shop/code.py": """\
        from django import forms
        from django.apps import apps
        from django.contrib.auth import get_user_model
        from django.core.cache import cache, caches
        from django.core.files.storage import default_storage, storages
        from django.core.mail import get_connection
        from django.db.models import Count, F, Prefetch, Q, Sum
        from django.shortcuts import aget_object_or_404, get_list_or_404, get_object_or_404
        from shop.models import *


        class OfferForm(forms.ModelForm):
            class Meta:
                model = Offer
                fields = ["title"]


        class SavingForm(OfferForm):
            def save(self, commit=True):
                return 1
        """,
}
"""Its files: models with their own managers, and a module that names what the expressions use."""


def follow(
    root: Path,
    expressions: Iterable[str],
    *,
    files: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What expressions over the project give, as ``names_child`` describes it.

    Args:
        root: where the project is written.
        expressions: as they would stand in ``shop/code.py``.
        files: changed or added files of the project.
        given: names, in order, and the expressions that they stand for in the others.
    """
    told: dict[str, str] = _ask(root, files, {"given": dict(given or {}), "expressions": list(expressions)})
    return told


def inspect(root: Path, files: Mapping[str, str]) -> Names:
    """What the inspector says of the whole project, with some files changed or added."""
    return decode(Names, _ask(root, files, {"given": {}, "expressions": []}))


def _ask(root: Path, files: Mapping[str, str] | None, request: Mapping[str, object]) -> Any:
    write_files(root, {**SHOP, **(files or {})})
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-m", "tests.inspector.names_child"],
        input=json.dumps({"root": str(root), "module": "shop.code", **request}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
