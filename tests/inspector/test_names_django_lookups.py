"""The names that queries and saves ask of models, resolved on the real ones by the whole inspector."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from pytest_prodready.facts import Names
from tests.inspector.projects import Project

pytest.importorskip("django")

SETTINGS = """\
    SECRET_KEY = "0123456789-of-the-test"
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    """
MODELS = """\
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class NoteQuerySet(models.QuerySet):
        def unread(self):
            return self.filter(read=False)

    class Counted(models.Manager):
        def get_queryset(self):
            return super().get_queryset().annotate(likes=models.Count("tags"))

    class Unread(models.Manager):
        def get_queryset(self):
            return super().get_queryset().filter(read=False)

    class Made(models.Manager):
        def get_queryset(self):
            return made(self.model)

    def made(model):
        return model.objects.annotate(**{"any_name": 1})

    class Lenient(models.QuerySet):
        def filter(self, *args, **kwargs):
            kwargs.pop("tenant", None)
            return super().filter(*args, **kwargs)

    class Translating(models.QuerySet):
        def _filter_or_exclude(self, negate, args, kwargs):
            return super()._filter_or_exclude(negate, args, {})

    class Tag(models.Model):
        name = models.CharField(max_length=20)
        content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
        object_id = models.IntegerField()
        about = GenericForeignKey()

    class Label(models.Model):
        name = models.CharField(max_length=20)
        objects = Lenient.as_manager()
        translated = Translating.as_manager()

    class Backwards(models.Transform):
        lookup_name = "backwards"
        output_field = models.TextField()

    class Own(models.TextField):
        def get_lookup(self, name):
            return super().get_lookup("exact")

    class Note(models.Model):
        user = models.ForeignKey(
            User, on_delete=models.CASCADE, related_name="notes", related_query_name="note"
        )
        timestamp = models.DateTimeField()
        read = models.BooleanField(default=False)
        text = models.TextField()
        own = Own(default="")
        data = models.JSONField(default=dict)
        parent = models.ForeignKey("self", null=True, related_name="+", on_delete=models.CASCADE)
        tags = GenericRelation(Tag)
        labels = models.ManyToManyField(Label, through="Labelling")

        objects = NoteQuerySet.as_manager()
        counted = Counted()
        unread = Unread()
        made = Made()

        @property
        def title(self):
            return self.text

        @title.setter
        def title(self, value):
            self.text = value

        def save(self, *args, **kwargs):
            super().save(*args, **kwargs)

    models.TextField.register_lookup(Backwards)

    class Labelling(models.Model):
        note = models.ForeignKey(Note, on_delete=models.CASCADE)
        label = models.ForeignKey(Label, on_delete=models.CASCADE)

    class Place(models.Model):
        name = models.CharField(max_length=20)

        def __init__(self, *args, hue="red", **kwargs):
            super().__init__(*args, **kwargs)
            self.hue = hue

    class Restaurant(Place):
        stars = models.IntegerField()

    class Profile(models.Model):
        user = models.OneToOneField(User, on_delete=models.CASCADE)
        bio = models.TextField()

        def save(self, *args, update_fields=None, **kwargs):
            super().save(*args, update_fields={*update_fields} & {"bio"}, **kwargs)
    """
IMPORTS = """\
from django.core.exceptions import FieldError
from django.db import connection, models
from django.db.models import Case, Count, Exists, F, FilteredRelation, Max, OuterRef, Prefetch, Q
from django.db.models import Subquery, Value, When
from django.db.models.functions import Coalesce, Lower, TruncDay
from django.contrib.auth.models import User
from django.shortcuts import get_list_or_404, get_object_or_404
from shop.models import Label, Note, Place, Profile, Restaurant, Tag
"""
LOOKUPS = """\
Note.objects.filter(created_at=1)  # created_at -> timestamp
Note.objects.exclude(is_read=True)  # is_read -> read
Note.objects.filter(timestamp__date__gte=1, timestamp__year=3, timestamp__date__year__lt=2)
Note.objects.filter(timestamp__dat=1)  # dat -> date
Note.objects.filter(data__a__b__0=1, data__x__icontains=2, data__has_key="a")
Note.objects.filter(text__icontans="x")  # icontans -> icontains
Note.objects.filter(text__backwards="x", text__backwards__startswith="x", own__anything=1)
Note.objects.filter(text__length=1)  # length ->
Note.objects.get(pk=1, user_id=2, user__pk__in=[1], user=3, user__isnull=True, id=4)
Note.objects.filter(user__usernmae="x")  # usernmae -> username
Note.objects.filter(user__profile__bio="x", labels__name="x", labels__isnull=True, tags__name=1)
Note.objects.filter(user__icontains="x")  # icontains ->
Note.objects.filter(labelling__label__name=1, parent__parent__text=1)
User.objects.filter(note__text=1, profile__bio=2)
User.objects.filter(notes__text=1)  # notes -> note
Label.objects.exclude(note__txt=1)  # txt -> text
Label.objects.filter(tenant=1)
Label.translated.filter(anything=1)
Note.objects.unread().filter(txet=1)  # txet -> text
Note.counted.filter(likes__gt=1)
Note.counted.filter(like__gt=1)  # like -> likes
Note.unread.filter(nope=1)  # nope ->
Note.made.filter(any_name=1)
Note.objects.filter(**{"text__contains": 1, "txet": 3})  # txet -> text
User.objects.get(pk=1).notes.filter(tet=1)  # tet -> text
Restaurant.objects.filter(name="x", place_ptr=1, place_ptr__name=2, stars=1)
Place.objects.filter(restaurant__stars=1, stars=2)
Place.objects.filter(restaurant__starz=1)  # starz -> stars
"""
EXPRESSIONS = """\
Note.objects.filter(Q(text="a") | ~Q(txt="b"))  # txt -> text
Note.objects.filter(models.Q(models.Q(usr=1)), text=F("data__x"))  # usr -> user
Note.objects.filter(text=F("txt"))  # txt -> text
Note.objects.filter(user__in=User.objects.filter(username__in=[1]), text=F("data"))
Note.objects.annotate(n=Count("labels")).filter(n__gt=1, n=2).order_by("-n")
Note.objects.annotate(Count("labels")).filter(labels__count__gt=1)
Note.objects.annotate(n=Count("label"))  # label -> labels
Note.objects.annotate(n=Count("id", filter=Q(red=True)))  # red -> read
Note.objects.alias(n=Count("labels")).order_by("-n")
Note.objects.annotate(a=Subquery(Note.objects.filter(text=OuterRef("texd")).values("pk")))  # texd -> text
Note.objects.filter(Exists(Label.objects.all().exclude(note=OuterRef("pk"), name=OuterRef("read"))))
Note.objects.annotate(a=Case(When(read=True, then="text"), default=Value("x")), b=F("a"), c=Lower("b"))
Note.objects.annotate(a=Case(When(raed=True, then=Value(1))))  # raed -> read
Note.objects.annotate(a=Case(When(read=True, then="txt")))  # txt -> text
Note.objects.annotate(a=Coalesce("text", "txt"))  # txt -> text
Note.objects.annotate(d=TruncDay("created"))  # created -> timestamp
Note.objects.aggregate(n=Max("timestamps"))  # timestamps -> timestamp
Note.objects.aggregate(n=Count("*"), m=Count("id", distinct=True))
Note.objects.annotate(r=FilteredRelation("labels", condition=Q(labels__name=1))).filter(r__name=2)
Note.objects.extra(select={"x": "1"}).order_by("x")
Note.objects.annotate(**{name: Value(1)}).filter(whatever=1)
"""
PATHS = """\
Note.objects.order_by("?", "-timestamp", "user__username", "-timestamp__date", "user_id", "pk", "data__a")
Note.objects.order_by("-created")  # created -> timestamp
Note.objects.order_by("user__usernam")  # usernam -> username
Note.objects.order_by(F("timestmp").desc())  # timestmp -> timestamp
Note.objects.union(Note.objects.all()).order_by("whatever")
Note.objects.values("text", "user__username", "user", "labels", "timestamp__year", u=F("user__email"))
Note.objects.values("user").annotate(c=Count("id")).order_by("c")
Note.objects.values(x=F("textt"))  # textt -> text
Note.objects.values_list("txt", flat=True)  # txt -> text
Note.objects.only("text", "user__username", "pk").defer("user__email", "data")
Note.objects.only("txet")  # txet -> text
Note.objects.defer("user__usrname")  # usrname -> username
Note.objects.select_related("user", "user__profile", "parent__user").select_related(None)
Note.objects.select_related("users")  # users -> user
Note.objects.select_related("user_id")  # user_id -> user
Note.objects.select_related("labels")  # labels ->
Note.objects.prefetch_related("labels", "tags", "user__notes", "labelling_set__label", "user__groups")
Note.objects.prefetch_related(*["labels", "lables"])
Note.objects.only(*["text", "txet"])  # txet -> text
Note.objects.prefetch_related("text")  # text ->
Label.objects.prefetch_related("note")  # note -> note_set
Note.objects.prefetch_related(Prefetch("labels", to_attr="mine"), "mine__note_set")
Note.objects.prefetch_related(Prefetch("lables", queryset=Label.objects.all()))  # lables -> labels
Note.objects.prefetch_related(name, "anything")
Tag.objects.prefetch_related("about", "about__user")
Note.objects.dates("timestamp", "day")
Note.objects.latest("created")  # created -> timestamp
Note.objects.distinct("texts")  # texts -> text
Note.objects.in_bulk(field_name="txt")  # txt -> text
get_object_or_404(Note, pk=1, text="x")
get_object_or_404(Note, slug="x")  # slug ->
get_list_or_404(Note.objects.filter(pk=1), tex="x")  # tex -> text
"""
WRITES = """\
Note.objects.create(user=1, text="a", title="b", pk=3, user_id=2)
Note.objects.create(texts="a")  # texts -> text
Note(text="a", title="v", txt="x")  # txt -> text
Place(hue="blue", anything="goes")
Note.objects.get(pk=1).labels.create(name="x", through_defaults={})
Note.objects.get(pk=1).labels.get_or_create(name="x", nmae=1, through_defaults={})  # nmae -> name
Note.objects.get_or_create(text="a", defaults={"read": True, "raed": True})  # raed -> read
Note.objects.update_or_create(text="a", defaults=dict(raed=True))  # raed -> read
Note.objects.update_or_create(txt="a", create_defaults={"read": True})  # txt -> text
Note.objects.filter(pk=1).update(read=True, parent=None, user_id=3, text=F("text"))
Note.objects.filter(pk=1).update(is_read=True)  # is_read -> read
Note.objects.bulk_update([], ["text", "red"])  # red -> read
Note(text="a").save(update_fields=["text", "user"])
Note(text="a").save(update_fields=["texta"])  # texta -> text
Profile(bio="a").save(update_fields=["anything"])
Note(text="a").refresh_from_db(fields=["text", "labels"])
Note(text="a").refresh_from_db(fields=["texta"])  # texta -> text
"""
GUARDED = """\
if connection.vendor == "postgresql":
    Note.objects.filter(text__search="x")
if hasattr(Note, "billing"):
    Note.objects.filter(billing=1)
try:
    Note.objects.filter(older=1)
except FieldError:
    pass
try:
    Note.objects.filter(txt=1)  # txt -> text
except ValueError:
    pass
Note.objects.filter(invoice__isnull=True)
"""
NOT_INSTALLED = """\
    from django.db import models
    from shop.models import Note

    class Bill(models.Model):
        note = models.ForeignKey(Note, related_name="invoice", on_delete=models.CASCADE)
    """


TABLES = {
    "lookups": LOOKUPS,
    "expressions": EXPRESSIONS,
    "paths": PATHS,
    "writes": WRITES,
    "guarded": GUARDED,
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Names:
    """What one run over all tables gave: each is a module of the application."""
    files = {
        "settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/billing/__init__.py": "",
        "shop/billing/models.py": NOT_INSTALLED,
        "app.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\n"
        f"import django\ndjango.setup()\nimport {', '.join(TABLES)}\n",
    }
    for name, table in TABLES.items():
        indented = "".join(f"    {line}\n" for line in table.splitlines())
        files[f"{name}.py"] = f"{IMPORTS}\ndef ask(name):\n{indented}"
    project = Project(tmp_path_factory.mktemp("names"))
    seen = project.inspect(files, packages=("app", "shop", *TABLES), jobs=("names",))
    assert seen.problems == ()
    assert seen.entry.names_asked is not None
    return seen.entry.names_asked


@pytest.mark.parametrize("name", TABLES)
def test_names(names: Names, name: str) -> None:
    """Each line that says so has one name that does not resolve, with the nearest one; others have none."""
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    for cls in names.classes:
        for one in cls.unresolved:
            if one.location.file == f"{name}.py":
                found[one.location.line].add(f"{one.missing} -> {one.near}".strip())
    begin = IMPORTS.count("\n") + 3
    assert dict(found) == {
        number: {line.partition("# ")[2].strip()}
        for number, line in enumerate(TABLES[name].splitlines(), begin)
        if re.search(r"  # .* ->", line)
    }


def test_what_is_silent_was_judged(names: Names) -> None:
    """Names that resolve are counted: silence is not for want of a look."""
    by_model = {cls.name: cls.lookups for cls in names.classes if cls.lookups}
    assert by_model["shop.models.Note"] >= 140
    assert {"shop.models.Label", "shop.models.Place", "shop.models.Restaurant"} <= set(by_model)
