"""Django's migrations beside the models and the database, as whoever runs the gate meets them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_prodready.findings import Level, Outcome
from tests.files import write_files
from tests.support import Run, gate, snapshot

pytestmark = pytest.mark.wide

pytest.importorskip("django")

BEGIN = "from django.db import migrations, models\n"
SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['django']\n",
    "manage.py": """\
        import os, sys
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        if __name__ == "__main__":
            from django.core.management import execute_from_command_line
            execute_from_command_line(sys.argv)
        """,
    "site_/__init__.py": "",
    "site_/settings.py": """\
        INSTALLED_APPS = ["shop", "django.contrib.contenttypes", "django.contrib.auth"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite"}}
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        SECRET_KEY = "of the test"
        ROOT_URLCONF = "site_.urls"
        WSGI_APPLICATION = "site_.wsgi.application"
        USE_TZ = True
        """,
    "site_/urls.py": "urlpatterns = []\n",
    "site_/wsgi.py": """\
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
        application = get_wsgi_application()
        """,
    "shop/__init__.py": "",
    "shop/models.py": """\
        from django.db import models
        class Order(models.Model):
            name = models.CharField(max_length=20)
        class Legacy(models.Model):
            class Meta:
                managed = False
        class Recent(Order):
            class Meta:
                proxy = True
        """,
    "shop/migrations/__init__.py": "",
}


class Shop:
    """The project of these tests."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root: Path = pytester.path

    def write(self, files: Mapping[str, str]) -> None:
        """Add or replace files."""
        write_files(self.root, files)

    def migration(self, name: str, after: str, operations: str = "", more: str = "") -> None:
        """Add a migration whose dependencies stand on its third line."""
        dependencies = f'[("shop", "{after}")]' if after else "[]"
        text = f"class Migration(migrations.Migration):\n    dependencies = {dependencies}\n"
        self.write({f"shop/migrations/{name}.py": f"{BEGIN}{text}    operations = [{operations}]\n{more}"})

    def manage(self, *arguments: str) -> None:
        """Run manage.py as a developer does."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=self.root, check=True, capture_output=True
        )

    def gate(self, *arguments: str) -> Run:
        """Run the gate."""
        return gate(self.pytester, "--prodready-select=PRD32", *arguments)


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The project with its first migration, applied."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    made = Shop(pytester)
    made.write(SHOP)
    made.manage("makemigrations", "shop", "--name=first")
    made.manage("migrate")
    return made


def found(run: Run) -> list[tuple[str, Level, str, str]]:
    """Code, level, subject and place of each finding."""
    rows = [(one.code, one.level, one.subject, str(one.location)) for one in run.findings]
    return sorted(rows, key=lambda row: (row[0], row[1].value, *row[2:]))


def test_a_migrated_database_passes_and_nothing_is_changed(shop: Shop) -> None:
    """With unmanaged and proxy models, with a squashed migration, and with rows that it has replaced."""
    shop.migration("0002_more", "0001_first")
    shop.manage("migrate")
    shop.manage("squashmigrations", "shop", "0002", "--no-input", "--squashed-name=all")
    before = snapshot(shop.root)
    run = shop.gate()
    assert found(run) == []
    assert run.subjects(Outcome.PASSED) == {"migrations:shop", "migrations:django:default"}
    assert {name: data for name, data in snapshot(shop.root).items() if "__pycache__" not in name} == before


def test_conflicting_migrations(shop: Shop) -> None:
    """PRD321 at the one that was added last; beside it the database is behind."""
    shop.migration("0002_a", "0001_first")
    shop.migration("0002_b", "0001_first")
    run = shop.gate()
    assert found(run) == [
        ("PRD321", Level.ERROR, "migrations:shop", "shop/migrations/0002_b.py:3"),
        ("PRD322", Level.WARNING, "migrations:django:default", "shop/migrations/0002_a.py:3"),
    ]
    assert "makemigrations --merge shop" in run.text


@pytest.mark.parametrize(
    "text, place",
    [
        (f"{BEGIN}from shop import gone\n", "shop/migrations/0002_more.py:2"),
        (
            f"{BEGIN}class Migration(migrations.Migration):\n    dependencies = [('shop', '0009')]\n",
            "shop/migrations/0002_more.py:3",
        ),
    ],
)
def test_migrations_that_django_cannot_load(shop: Shop, text: str, place: str) -> None:
    """PRD321 once, at the line."""
    shop.write({"shop/migrations/0002_more.py": text})
    assert found(shop.gate()) == [("PRD321", Level.ERROR, "migrations:django", place)]


def test_models_that_differ_from_the_migrations(shop: Shop) -> None:
    """PRD323 for each change that breaks, at its line, and once for the rest; no database is needed."""
    shop.write(
        {
            "shop/models.py": """\
                from django.db import models
                class Order(models.Model):
                    name = models.CharField(max_length=20, null=True, help_text="more")
                    total = models.IntegerField()
                    class Meta:
                        ordering = ["name"]
                class Customer(models.Model):
                    orders = models.ManyToManyField(Order)
                """
        }
    )
    (shop.root / "shop.sqlite").unlink()
    run = shop.gate("--prodready-select=PRD323")
    assert found(run) == [
        ("PRD323", Level.ERROR, "migrations:shop", "shop/models.py:3"),
        ("PRD323", Level.ERROR, "migrations:shop", "shop/models.py:4"),
        ("PRD323", Level.ERROR, "migrations:shop", "shop/models.py:7"),
        ("PRD323", Level.WARNING, "migrations:shop", "shop/models.py:2"),
    ]
    assert "Change Meta options on order" in run.text
    assert not (shop.root / "shop.sqlite").exists()


def test_what_the_applications_own_makemigrations_leaves_out_is_not_said(shop: Shop) -> None:
    """Its command hides the help texts; what it leaves to Django's is said, and nothing after that is run."""
    field = 'name = models.CharField(max_length=20, help_text="more")'
    models = SHOP["shop/models.py"].replace("name = models.CharField(max_length=20)", field)
    shop.write({"shop/models.py": models})
    run = shop.gate("--prodready-select=PRD323")
    assert found(run) == [("PRD323", Level.WARNING, "migrations:shop", "shop/models.py:3")]
    shop.write(
        {
            "shop/management/__init__.py": "",
            "shop/management/commands/__init__.py": "",
            "shop/management/commands/makemigrations.py": """\
                from pathlib import Path
                from django.core.management.commands.makemigrations import Command as Djangos
                from django.db import models
                def without_help(field, deconstruct=models.Field.deconstruct):
                    name, path, arguments, options = deconstruct(field)
                    options.pop("help_text", None)
                    return name, path, arguments, options
                class Command(Djangos):
                    def handle(self, *labels, **options):
                        models.Field.deconstruct = without_help
                        super().handle(*labels, **options)
                        Path("written.txt").touch()
                """,
        }
    )
    shop.manage("makemigrations", "--check", "--dry-run")
    (shop.root / "written.txt").unlink()
    assert found(shop.gate("--prodready-select=PRD323")) == []
    shop.write({"shop/models.py": models.replace("max_length=20", "max_length=30, null=True")})
    run = shop.gate("--prodready-select=PRD323")
    assert found(run) == [("PRD323", Level.ERROR, "migrations:shop", "shop/models.py:3")]
    assert not (shop.root / "written.txt").exists()


def test_texts_are_compared_untranslated(shop: Shop) -> None:
    """As makemigrations compares them, whatever the language of the site is."""
    models = SHOP["shop/models.py"].replace("max_length=20", 'max_length=20, verbose_name=_("Monday")')
    begin = "from django.utils.translation import gettext_lazy as _\n"
    shop.write({"shop/models.py": begin + textwrap.dedent(models)})
    shop.manage("makemigrations", "shop")
    shop.manage("migrate")
    shop.write({"site_/settings.py": textwrap.dedent(SHOP["site_/settings.py"]) + 'LANGUAGE_CODE = "de"\n'})
    shop.manage("makemigrations", "--check", "--dry-run")
    assert found(shop.gate("--prodready-select=PRD323")) == []


def test_a_database_that_is_behind_or_ahead(shop: Shop) -> None:
    """PRD322 by what is recorded; the deployment that migrates makes behind a note."""
    shop.migration(
        "0002_more", "0001_first", 'migrations.AddField("order", "x", models.TextField(null=True))'
    )
    models = SHOP["shop/models.py"].replace(
        "max_length=20)\n", "max_length=20)\n            x = models.TextField(null=True)\n", 1
    )
    shop.write({"shop/models.py": models, "Procfile": "release: python manage.py migrate\n"})
    place = "shop/migrations/0002_more.py:3"
    assert found(shop.gate()) == [("PRD322", Level.INFO, "migrations:django:default", place)]
    with sqlite3.connect(shop.root / "shop.sqlite") as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0009_later', 1)"
        )
    connection.close()
    run = shop.gate()
    assert [(one.code, one.level) for one in run.of(Level.ERROR)] == [("PRD322", Level.ERROR)]
    assert "The database has applied 0009_later of shop" in run.text


def test_an_application_without_migrations_beside_django_evolution(shop: Shop) -> None:
    """It makes the tables of applications without migrations; those that have some are judged."""
    models = SHOP["shop/models.py"].replace("max_length=20", "max_length=30")
    installed = SHOP["site_/settings.py"].replace('["shop"', '["shop", "book"')
    shop.write(
        {
            "book/__init__.py": "",
            "book/models.py": "from django.db import models\nclass Page(models.Model): ...\n",
            "site_/settings.py": installed,
        }
    )
    assert found(shop.gate("--prodready-select=PRD323")) == [
        ("PRD323", Level.ERROR, "migrations:book", "book/models.py:2")
    ]
    shop.write(
        {
            "django_evolution/__init__.py": "",
            "shop/models.py": models.replace("max_length=30", "max_length=30, null=True"),
            "site_/settings.py": installed.replace('"book"', '"book", "django_evolution"'),
        }
    )
    assert found(shop.gate("--prodready-select=PRD323")) == [
        ("PRD323", Level.ERROR, "migrations:shop", "shop/models.py:3")
    ]


def test_an_application_without_migrations_beside_operations_of_postgresql(shop: Shop) -> None:
    """PRD323 for its tables, and PRD324 for a schema that only SQLite was seen to take."""
    shop.write(
        {
            "book/__init__.py": "",
            "book/models.py": "from django.db import models\nclass Page(models.Model): ...\n",
            "site_/settings.py": SHOP["site_/settings.py"].replace('["shop"', '["shop", "book"'),
        }
    )
    more = "from django.contrib.postgres.operations import BtreeGistExtension\n"
    shop.migration(
        "0002_more", "0001_first", "", f"{more}Migration.operations.append(BtreeGistExtension())\n"
    )
    pytest.importorskip("psycopg")
    shop.write({"pyproject.toml": SHOP["pyproject.toml"].replace("'django'", "'django', 'psycopg'")})
    shop.manage("migrate")
    assert found(shop.gate()) == [
        ("PRD323", Level.ERROR, "migrations:book", "book/models.py:2"),
        ("PRD324", Level.WARNING, "migrations:vendor", "shop/migrations/0002_more.py:6"),
    ]
