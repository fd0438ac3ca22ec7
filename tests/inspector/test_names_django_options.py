"""The fields that options of forms, admin pages, views, serializers and filters name, each at its line."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.inspector.projects import Project

pytest.importorskip("django")

SETTINGS = """\
    SECRET_KEY = "0123456789-of-the-test"
    INSTALLED_APPS = [
        "django.contrib.admin",
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.messages",
        "shop",
    ]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    ROOT_URLCONF = "shop.urls"
    """
MODELS = """\
    from django.contrib.auth.models import User
    from django.db import models

    class Note(models.Model):
        user = models.ForeignKey(User, on_delete=models.CASCADE)
        timestamp = models.DateTimeField()
        read = models.BooleanField(default=False)
        text = models.TextField()

        def excerpt(self):
            return self.text[:9]

    class Line(models.Model):
        note = models.ForeignKey(Note, on_delete=models.CASCADE)
        number = models.IntegerField()
    """
ADMIN = """\
    from django import forms
    from django.contrib import admin
    from shop.models import Line, Note

    class NoteForm(forms.ModelForm):
        more = forms.CharField()

        class Meta:
            model = Note
            fields = ["text", "read"]
            exclude = ["usr"]  # usr -> user
            widgets = {
                "text": forms.Textarea,
                "raed": forms.CheckboxInput,  # raed -> read
                "elsewhere": forms.TextInput,
            }
            labels = {"more": "More"}
            localized_fields = "__all__"

    class LineInline(admin.TabularInline):
        model = Line
        fields = ["number", "nmuber"]  # nmuber -> number

    @admin.register(Note)
    class NoteAdmin(admin.ModelAdmin):
        form = NoteForm
        inlines = [LineInline]
        search_fields = ["^text", "user__username", "pk", "timestamp__year", "line__number__exact"]
        list_select_related = ["user"]
        readonly_fields = ["excerpt"]
        fieldsets = [
            (None, {"fields": ["text", ("read", "more")]}),
            ("More", {"fields": ["excerpt", "txet"]}),  # txet -> text
        ]

    class Odd(Note):
        class Meta:
            proxy = True

    @admin.register(Odd)
    class OddAdmin(admin.ModelAdmin):
        search_fields = [
            "user",  # icontains ->
            "=txt",  # txt -> text
            "user__usernmae",  # usernmae -> username
        ]
        list_select_related = ["users"]  # users -> user

    class Counted(Note):
        class Meta:
            proxy = True

    @admin.register(Counted)
    class CountedAdmin(admin.ModelAdmin):
        search_fields = ["likes"]
        fields = ["anything"]

        def get_queryset(self, request):
            return super().get_queryset(request).annotate(likes=1)

        def get_form(self, request, obj=None, change=False, **kwargs):
            return NoteForm
    """
VIEWS = """\
    from django.views.generic import CreateView, ListView
    from shop.models import Note

    class Create(CreateView):
        model = Note
        fields = [
            "text",
            "txet",  # txet -> text
        ]

    class Listing(ListView):
        queryset = Note.objects.annotate(likes=Note.objects.values("pk")[:1])
        ordering = ["-likes", "-created_at"]  # created_at -> timestamp

    class Base(ListView):
        ordering = "anything"

    class Given(ListView):
        model = Note
        ordering = "anything"

        def get_queryset(self):
            return Note.objects.all()
    """
REST = """\
    from rest_framework import filters, generics, serializers
    from shop.models import Note

    class NoteSerializer(serializers.ModelSerializer):
        more = serializers.CharField()

        class Meta:
            model = Note
            fields = [
                "url",
                "pk",
                "id",
                "text",
                "excerpt",
                "line_set",
                "user_id",
                "more",
                "shown",
                "txet",  # txet -> text
            ]
            extra_kwargs = {"shown": {"source": "read"}}

    class WithoutSerializer(serializers.ModelSerializer):
        class Meta:
            model = Note
            exclude = ["text", "usr"]  # usr -> user

    class OddSerializer(serializers.ModelSerializer):
        class Meta:
            model = Note
            fields = ["anything"]

        def build_unknown_field(self, name, model):
            return serializers.ReadOnlyField, {}

    class Notes(generics.ListAPIView):
        queryset = Note.objects.all()
        filter_backends = [filters.SearchFilter, filters.OrderingFilter]
        search_fields = ["$text", "user__username", "txt"]  # txt -> text
        ordering_fields = ["timestamp", ("read", "Read"), "created_at"]  # created_at -> timestamp
        ordering = ["-timestmp"]  # timestmp -> timestamp

    class Without(generics.ListAPIView):
        queryset = Note.objects.all()
        filter_backends = []
        search_fields = ["anything"]
    """
FILTERS = """\
    import django_filters
    from shop.models import Note

    class NoteFilter(django_filters.FilterSet):
        text = django_filters.CharFilter(lookup_expr="icontains")
        who = django_filters.CharFilter(field_name="user__usernmae")  # usernmae -> username
        txet = django_filters.CharFilter()  # txet -> text
        own = django_filters.CharFilter(method="by_own")
        popularity = django_filters.NumberFilter()

        class Meta:
            model = Note
            fields = ["read"]

        def by_own(self, queryset, name, value):
            return queryset
    """


def inspected(
    project: Project, files: Mapping[str, str], loads: str
) -> dict[str, list[tuple[int, str, bool]]]:
    """File → line, what is missing and the nearest name, and whether it is certain."""
    files = {
        "settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/urls.py": "from django.contrib import admin\nurlpatterns = []\n",
        "app.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\n"
        f"import django\ndjango.setup()\nimport {loads}\n",
        **files,
    }
    seen = project.inspect(files, packages=("app", "shop"), jobs=("names",))
    assert (seen.entry.failure, seen.problems) == (None, ())
    assert seen.entry.names_asked is not None
    found: dict[str, list[tuple[int, str, bool]]] = {}
    for cls in seen.entry.names_asked.classes:
        for one in cls.unresolved:
            row = one.location.line or 0, f"{one.missing} -> {one.near}".strip(), one.certain
            found.setdefault(one.location.file, []).append(row)
    return {file: sorted(rows) for file, rows in found.items()}


def marked(source: str, *doubtful: str) -> list[tuple[int, str, bool]]:
    """What the remarks in a source say is found there."""
    return [
        (number, remark.strip(), remark.strip() not in doubtful)
        for number, line in enumerate(source.splitlines(), 1)
        if " -> " in f"{(remark := line.partition('  # ')[2])} "
    ]


def test_forms_and_admin_pages(project: Project) -> None:
    """What Django's checks leave to the first request; in forms, what nothing ever says is a warning."""
    found = inspected(project, {"shop/admin.py": ADMIN}, "shop.admin")
    assert found == {"shop/admin.py": marked(ADMIN, "usr -> user", "raed -> read")}


def test_views(project: Project) -> None:
    """The fields of a view's form, and its ordering by the live queryset with its annotations."""
    found = inspected(project, {"shop/views.py": VIEWS}, "shop.views")
    assert found == {"shop/views.py": marked(VIEWS)}


def test_serializers(project: Project) -> None:
    """Fields that are neither declared nor any attribute of the model, and what filter backends resolve."""
    pytest.importorskip("rest_framework")
    found = inspected(project, {"shop/rest.py": REST}, "shop.rest")
    assert found == {"shop/rest.py": marked(REST)}


def test_filters(project: Project) -> None:
    """Declared filters: a warning, as a view may give a queryset that has the name."""
    pytest.importorskip("django_filters")
    found = inspected(project, {"shop/filters.py": FILTERS}, "shop.filters")
    assert found == {"shop/filters.py": marked(FILTERS, "usernmae -> username", "txet -> text")}
