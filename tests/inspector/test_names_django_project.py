"""Values of Django through the whole inspector: which reads of a project ask for what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.inspector.names_support import inspect

pytest.importorskip("django")

SETTINGS = """\
    SECRET_KEY = "0123456789-of-the-test"
    INSTALLED_APPS = [
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.messages", "django.contrib.sessions", "shop",
    ]
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    USE_TZ = True
    ROOT_URLCONF = "shop.urls"
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    SHOP_LIMIT = 3
    SHOP_ON = False
    if SHOP_ON:
        SHOP_KEY = "a"
    MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    """
MODULES = {
    "shop/rows.py": """\
        from django.conf import settings
        from django.core.cache import cache, caches
        from django.db.models import Count, Prefetch
        from django.shortcuts import get_object_or_404
        from django.utils import timezone
        from shop.models import Note, Offer, Order, Shop


        def rows():
            offer = Offer.objects.filter(pk=1).first()
            if offer is None:
                return
            print(offer.titel)  # titel -> title
            print(offer.title.uper())  # uper -> upper
            print(offer.made_at.isoformt())  # isoformt -> isoformat
            print(f"{offer.shop.nam}")  # nam -> name
            for order in offer.orders.select_related("offer"):
                print(order.offr)  # offr -> offer
                print(order.offer.titles)  # titles -> title
            print(Offer.objects.aget(pk=1).title)  # title ->
            print([one.total for one in Offer.objects.annotate(total=Count("orders"))])
            print([one.totla for one in Offer.objects.annotate(total=Count("orders"))])  # totla -> total
            print(Offer.objects.filter(pk=1).actve())  # actve -> active
            made, new = Shop.objects.get_or_create(name="a")
            print(made.open_form, new)  # open_form -> open_from
            print(get_object_or_404(Offer, pk=1).pricee)  # pricee -> price
            print(Offer.objects.best().prise)  # prise -> price


        def guarded(offer: Offer):
            if hasattr(offer, "extra_title"):
                print(offer.extra_title)
            try:
                print(offer.other_title)
            except AttributeError:
                pass
            offer.noted = 1
            print(offer.noted, getattr(offer, "third", None))
            for one in Offer.objects.prefetch_related(Prefetch("notes", to_attr="kept")):
                print(one.kept)


        def narrowed(flag):
            offers = Offer.objects.all()
            if flag:
                offers = offers.filter(active=True)
            for one in offers[:3]:
                print(one.titel)  # titel -> title
            print((offers | Offer.objects.none()).first().pk)


        def configured():
            cache.set("a", 1)
            cache.expire("a", 3)  # expire ->
            caches["default"].get("a")
            print(settings.SHOP_LIMIT, settings.DEBUG, settings.configured)
            print(settings.SHOP_LIMITS)  # SHOP_LIMITS -> SHOP_LIMIT
            print(getattr(settings, "SHOP_OTHER", 1), settings.SHOP_KEY)
        """,
    "shop/admin.py": """\
        from django.contrib import admin
        from shop.models import Offer, Order, Shop


        @admin.register(Offer)
        class OfferAdmin(admin.ModelAdmin):
            list_display = ["shown", "title"]
            actions = ["close"]

            def shown(self, obj):
                return obj.titel  # titel -> title

            @admin.display(description="x")
            def other(self, one):
                return one.prise  # prise -> price

            def close(self, request, queryset):
                for one in queryset.active():
                    print(one.pk)
                queryset.actve()  # actve -> active

            def save_model(self, request, obj, form, change):
                print(obj.pricee)  # pricee -> price

            def helper(self, thing):
                return thing.anything


        class Counting(admin.ModelAdmin):
            readonly_fields = ["made"]

            def get_queryset(self, request):
                return super().get_queryset(request).annotate(made_orders=1)

            def made(self, obj):
                return obj.made_orders


        admin.site.register([Order, Shop], Counting)
        """,
    "shop/receivers.py": """\
        from django.db.models.signals import post_save, pre_delete
        from django.dispatch import Signal, receiver
        from shop.models import Offer, Order, Shop

        own = Signal()


        @receiver(post_save, sender=Offer)
        def saved(sender, instance, created, **kwargs):
            print(instance.titel, sender.objects)  # titel -> title


        @receiver([post_save, pre_delete], sender=Order)
        @receiver(post_save, sender=Shop)
        def several(sender, instance, **kwargs):
            print(instance.anything)


        @receiver(post_save)
        def every(sender, instance, **kwargs):
            print(instance.anything)


        @receiver(own)
        @receiver(post_save, sender=Shop)
        def called_by_others(sender, instance, **kwargs):
            print(instance.anything)
        """,
    "shop/views.py": """\
        from django import forms
        from django.views.generic import DetailView, FormView, UpdateView, View
        from shop.models import Offer, Shop


        class OfferForm(forms.ModelForm):
            class Meta:
                model = Offer
                fields = ["title"]

            def clean(self):
                print(self.instance.titel)  # titel -> title
                return self.cleaned_data


        class Detail(DetailView):
            model = Offer

            def get(self, request, *args, **kwargs):
                print(self.get_object().titel)  # titel -> title
                print(self.object.prise)  # prise -> price
                print(request.methd)  # methd -> method
                print(self.request.GET.getlst("a"))  # getlst -> getlist
                print(request.user.usernme)  # usernme -> username
                print(request.user.is_authenticated, request.session.session_key)
                request.noted = 1
                return super().get(request)


        class Own(DetailView):
            model = Offer

            def get_object(self, queryset=None):
                return Shop.objects.first()

            def get(self, request):
                print(self.object.anything, request.noted)


        class Base(DetailView):
            def get(self, request):
                print(self.object.anything)


        class OfShops(Base):
            model = Shop


        class OfOffers(Base):
            model = Offer


        class Update(UpdateView):
            form_class = OfferForm
            model = Offer

            def form_valid(self, form):
                print(form.instance.prise)  # prise -> price
                print(form.save().titel)  # titel -> title
                print(form.anything)  # anything ->
                return super().form_valid(form)
        """,
    "shop/urls.py": """\
        from django.urls import path
        from shop import views

        urlpatterns = [path("a", views.Detail.as_view())]
        """,
    "shop/wsgi.py": """\
        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()
        """,
    "shop/code.py": "from shop import admin, receivers, rows, urls, views, wsgi\n",
}


API = {
    "shop/serializers.py": """\
        from rest_framework import serializers
        from shop.models import Offer


        class OfferSerializer(serializers.ModelSerializer):
            owner_name = serializers.SerializerMethodField()

            class Meta:
                model = Offer
                fields = ["title", "owner_name"]

            def get_owner_name(self, offer):
                print(offer.annotated_by_a_view)
                return offer.shop.nmae  # nmae -> name

            def get_other(self, thing):
                return thing.shop.nmae


        class Titles(serializers.ListSerializer):
            def titles(self):
                return [one.title for one in self.instance]


        class TitleSerializer(OfferSerializer):
            class Meta(OfferSerializer.Meta):
                list_serializer_class = Titles


        class OwnListSerializer(OfferSerializer):
            @classmethod
            def many_init(cls, *args, **kwargs):
                return Titles(*args, **kwargs)


        def save(data):
            serializer = OfferSerializer(data=data)
            serializer.is_vald()  # is_vald -> is_valid
            serializer.is_valid()
            print(serializer.validated_data, serializer.erors)  # erors -> errors
            many = OfferSerializer(Offer.objects.all(), many=True)
            print(many.dtaa)  # dtaa -> data
            print(TitleSerializer(data, many=True).titels())  # titels -> titles
            print(TitleSerializer(data, many=True).data, OwnListSerializer(data, many=True).anything)
            print(OfferSerializer(data, many=len(data) > 1).anything)
            print(OfferSerializer(data, many=False).anything)
        """,
    "shop/api.py": """\
        from django.db.models import Count
        from rest_framework import generics, viewsets
        from shop.models import Offer
        from shop.serializers import OfferSerializer


        class Offers(viewsets.ModelViewSet):
            queryset = Offer.objects.annotate(total=Count("orders"))
            serializer_class = OfferSerializer

            def list(self, request):
                print(self.get_object().total)
                print(self.get_object().totl)  # totl -> total
                self.get_queryset().actve()  # actve -> active
                serializer = self.get_serializer(data=request.data)
                serializer.is_vald()  # is_vald -> is_valid
                print(self.request.anything)


        class Own(generics.GenericAPIView):
            queryset = Offer.objects.values("title")

            def get(self, request):
                print(self.get_object().anything)


        class Base(generics.GenericAPIView):
            queryset = Offer.objects

            def get(self, request):
                print(self.get_object().counted_below)


        class Below(Base):
            queryset = Offer.objects.annotate(counted_below=Count("orders"))
        """,
    "shop/code.py": "from shop import api\n",
}


OWN_SETTINGS = {
    "shop/own.py": """\
        from django.conf import LazySettings


        class Kept(LazySettings):
            LEVEL = 3

            def is_known(self, name):
                return hasattr(self, name)

            def load(self):
                self.loaded_at = 1


        class Answering(LazySettings):
            def __getattr__(self, name):
                return super().__getattr__(name) if name.isupper() else name


        class Storing(LazySettings):
            def load(self, rows):
                for row in rows:
                    setattr(self, row, rows[row])


        kept = Kept()
        kept.given = 1
        answering = Answering()
        storing = Storing()
        READ = kept.SHOP_LIMIT, answering.SHOP_LIMIT, storing.SHOP_LIMIT
        """,
    "shop/code.py": """\
        from django.conf import settings
        from shop.own import answering, kept, storing


        def read():
            print(kept.is_known("A"), kept.LEVEL, kept.load(), kept.loaded_at, kept.given)
            print(kept.SHOP_LIMIT, kept.DEBUG, kept.configured, kept.SHOP_KEY)
            print(kept.SHOP_LIMITS)  # SHOP_LIMITS -> SHOP_LIMIT
            print(kept.is_knwon("A"))  # is_knwon -> is_known
            print(settings.is_known("A"))  # is_known ->
            print(answering.anything, storing.anything)
        """,
}


def test_reads_of_an_own_object_that_falls_back_on_the_settings(tmp_path: Path) -> None:
    """Its class and itself are asked first; one that may have any name is not judged."""
    _judge(tmp_path, OWN_SETTINGS)


def test_reads_of_what_is_not_there(tmp_path: Path) -> None:
    """Exactly the lines that say so, with the nearest name."""
    _judge(tmp_path, MODULES)


MANAGERS = {
    "shop/managers.py": """\
        from django.db import models
        from django.db.models.manager import BaseManager
        from shop.models import Offer, Shop


        def save(offer, name, value):
            field = getattr(offer, name)
            if isinstance(field, models.Manager):
                field.set(value)
                print(field.through, field.source_field, field.instance)
                field.creat(name=value)  # creat -> create


        def given(offers: BaseManager, several: "models.Manager[Offer]"):
            offers.clear()
            several.aadd(1)


        def known():
            Shop.objects.set([])  # set ->
            Offer.objects.first().watchers.set([])


        class OwnManager(models.Manager):
            def mine(self):
                return self.instance, self.fliter()  # fliter -> filter


        class Own(models.Model):
            objects = OwnManager()

            class Meta:
                app_label = "shop"
        """,
    "shop/code.py": "from shop import managers\n",
}


def test_a_manager_that_may_be_of_a_relation(tmp_path: Path) -> None:
    """Django makes the classes of these on first access; one that is known exactly is not of them."""
    _judge(tmp_path, MANAGERS)


VERSIONS = {
    "shop/compat.py": """\
        import django

        NEW = django.VERSION >= (5, 0)


        def is_new():
            return NEW
        """,
    "shop/rows.py": """\
        from django.conf import settings
        from shop import compat
        from shop.compat import NEW as IS_NEW, is_new
        from shop.models import Shop


        def rows(flag):
            if IS_NEW and flag:
                return Shop.objects.nwe()
            if compat.NEW:
                Shop.objects.nwe()
            if not compat.is_new():
                Shop.objects.nwe()
            print(Shop.objects.nwe() if is_new() else Shop.objects.odl())


        def beside(flag):
            if flag:
                Shop.objects.nwe()  # nwe ->
        """,
    "shop/code.py": "from shop import rows\n",
}


def test_a_condition_on_a_version_in_another_module(tmp_path: Path) -> None:
    """The name that keeps its answer is known wherever it is imported."""
    _judge(tmp_path, VERSIONS)


def test_reads_of_what_serializers_and_views_of_an_api_do_not_have(tmp_path: Path) -> None:
    """An object that a view may annotate is asked for nothing but its relations."""
    pytest.importorskip("rest_framework")
    _judge(tmp_path, API)


ANNOTATED = {
    "shop/urls.py": "from shop import admin\nurlpatterns = []\n",
    "shop/admin.py": """\
        from django.contrib import admin
        from shop.models import Offer

        @admin.register(Offer)
        class OfferAdmin(admin.ModelAdmin):
            def save_model(self, request, obj: Offer, form, change):
                print(obj.pricee)

            def helper(self, thing: Offer):
                print(thing.titel)
        """,
}


def test_what_the_framework_passes_confirms_an_annotation(tmp_path: Path) -> None:
    """The object that an admin class saves is of its model; nobody checks what a helper is passed."""
    names = inspect(tmp_path, {"shop/settings.py": SETTINGS, **ANNOTATED})
    found = {one.name: one.certain for cls in names.classes for one in cls.missing}
    assert found == {"pricee": True, "titel": False}


LIBRARY = {
    "beside/__init__.py": "",
    "beside/serials.py": """\
        from django.conf import settings

        NAMES = ["LIB_BY_DATA"]


        def later():
            settings.LIB_STORED = 1
            setattr(
                settings,
                "LIB_BY_NAME",
                getattr(settings, "LIB_ONLY_READ", 1),
            )
            print(settings.LIB_ASKED == 1)


        class Own:
            def __init__(self):
                self.LIB_OF_OWN = 1
        """,
    "beside/defaults.py": """\
        from django.conf import settings


        def later():
            for name in ["LIB_BY_DATA"]:
                setattr(settings, name, 1)
        """,
    "shop/code.py": """\
        from django.conf import settings
        from beside import defaults, serials


        def shown():
            print(settings.LIB_STORED, settings.LIB_BY_NAME, settings.LIB_BY_DATA)
            print(settings.LIB_ONLY_READ)  # LIB_ONLY_READ ->
            print(settings.LIB_ASKED)  # LIB_ASKED ->
            print(settings.LIB_OF_OWN)  # LIB_OF_OWN ->
        """,
}
"""A package that is none of the application's, whose functions store settings when they are called."""


def test_settings_that_a_library_stores_later(tmp_path: Path) -> None:
    """A store in a loaded library gives the setting; that it reads one, or has the name itself, does not."""
    _judge(tmp_path, LIBRARY)


RELATED = {
    "shop/code.py": """\
        from django.db import models


        class Region(models.Model):
            country = models.CharField(max_length=2)
            code = models.CharField(max_length=9)

            class Meta:
                app_label = "shop"
                unique_together = [("country", "code")]


        class Branch(models.Model):
            country = models.CharField(max_length=2)
            area = models.CharField(max_length=9, null=True)
            region = models.ForeignObject(
                Region, models.CASCADE, ["country", "area"], ["country", "code"], null=True
            )
            main = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")

            class Meta:
                app_label = "shop"

            def by_columns(self):
                if not self.area:
                    return self.region.code  # empty
                return self.region.code

            def by_column(self):
                return self.main.area if self.main_id else None

            def given(self, make, data):
                self.main = make(data)
                self.main.save()

            def given_nothing_to_another(self, make, other):
                other.main = make(data)
                self.main.delete()  # empty


        def given(branch: Branch, make):
            branch.main = make()
            branch.main.save()
        """,
}


def test_relations_that_a_column_or_an_assignment_shows_to_be_there(tmp_path: Path) -> None:
    """All columns of a relation are asked of Django, and what was just assigned is not empty."""
    names = inspect(tmp_path, {"shop/settings.py": SETTINGS, **RELATED})
    lines = RELATED["shop/code.py"].splitlines()
    expected = [number for number, line in enumerate(lines, 1) if line.endswith("# empty")]
    found = {one.location.line for cls in names.classes for one in cls.missing if one.nullable}
    assert found == set(expected)


def _judge(root: Path, modules: Mapping[str, str]) -> None:
    names = inspect(root, {"shop/settings.py": SETTINGS, **modules})
    expected = set()
    for file, text in modules.items():
        for number, line in enumerate(text.splitlines(), 1):
            _, mark, said = line.partition("  # ")
            if mark:
                missing, _, near = said.partition(" ->")
                expected.add((f"{file}:{number}", missing, near.strip()))
    found = {
        (f"{one.location.file}:{one.location.line}", one.name, one.near)
        for cls in names.classes
        for one in cls.missing
        if not one.nullable
    }
    assert sorted(found - expected) == []
    assert sorted(expected - found) == []
