"""The rows of django-celery-beat, in real databases that its own migrations have made."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from postgres import create_database

from pytest_prodready import target
from pytest_prodready.facts import BeatRows, Entry, InspectedEntry
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

pytestmark = pytest.mark.wide

pytest.importorskip("django_celery_beat")

NUMBERS = count(1)
SETTINGS = """\
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django_celery_beat"]
DATABASES = {"default": DATABASE}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {"written": {"task": "proj.app.send", "schedule": 5, "args": ("x",)}}
"""
APP = """\
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
app = Celery("proj", broker="redis://127.0.0.1:1/0")
app.config_from_object("django.conf:settings", namespace="CELERY")
@app.task
def send(to, subject=""): pass
"""
FILL = """\
import datetime, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django_celery_beat.models import *
every = IntervalSchedule.objects.create(every=5, period="minutes")
never = CrontabSchedule.objects.create(minute="0", hour="25")
nightly = CrontabSchedule.objects.create(minute="0", hour="3", timezone="Europe/Vienna")
past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
once = ClockedSchedule.objects.create(clocked_time=past)
def row(name, task="proj.app.send", args='["x"]', **values):
    values = values or {"interval": every}
    if not {"interval", "crontab", "clocked"} & set(values):
        values["interval"] = every
    PeriodicTask.objects.create(name=name, task=task, args=args, **values)
row("fine")
row("fine crontab", crontab=nightly)
row("fine clocked", clocked=once, one_off=True)
row("cleanup", "celery.backend_cleanup", "[]")
row("unknown", "proj.app.sned")
row("lacking", args="[]")
row("no json", args="[1,")
row("no list", args='"x"')
row("keywords", kwargs='["x"]')
row("headers", headers="{")
row("never", crontab=never)
row("unscheduled")
row("zero")
row("disabled", "gone", enabled=False)
row("expired", "gone", expires=past)
row("done", "gone", one_off=True, total_run_count=1)
row("written", "gone")
PeriodicTask.objects.filter(name="unscheduled").update(interval=None)
zero = IntervalSchedule.objects.create(every=0, period="seconds")
PeriodicTask.objects.filter(name="zero").update(interval=zero)
"""
Read = Callable[..., InspectedEntry]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Write a Django project with a database, fill it by a script, and read the rows as the gate does."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "proj.settings")

    def read(database: dict[str, object], fill: str = "", limit: float = 20.0) -> InspectedEntry:
        (tmp_path / "proj").mkdir()
        files = {
            "__init__.py": "",
            "settings.py": SETTINGS.replace("DATABASE}", f"{database!r}}}"),
            "app.py": APP,
        }
        for name, text in files.items():
            (tmp_path / "proj" / name).write_text(textwrap.dedent(text))
        if fill:
            subprocess.run([sys.executable, "-c", fill], cwd=tmp_path, check=True, timeout=120)
        request = Request(
            root=tmp_path,
            python=sys.executable,
            jobs=frozenset({"celery", "rows"}),
            entries=(Entry("celery", "proj.app:app", "a test"),),
            packages=("proj",),
        )
        (seen,), problems = target.inspect(request, Limits(database=limit), os.environ)
        assert problems == ()
        assert seen.failure is None
        return seen

    return read


def rows_of(seen: InspectedEntry) -> BeatRows:
    assert seen.beat_rows is not None
    return seen.beat_rows


def check_filled(found: BeatRows) -> None:
    assert (found.problem, found.chosen) == ("", True)
    rows = {row.name: row for row in found.entries}
    assert set(rows) == {
        *("fine", "fine crontab", "fine clocked", "cleanup", "unknown", "lacking", "no json", "no list"),
        *("keywords", "headers", "never", "unscheduled", "zero"),
    }
    for name in ("fine", "fine crontab", "fine clocked", "cleanup"):
        row = rows[name]
        assert row.registered
        assert row.row
        assert (row.args_error, row.bind_error, row.schedule_error, row.option_error) == ("",) * 4, row
    assert not rows["unknown"].registered
    assert "'to'" in rows["lacking"].bind_error
    assert rows["no json"].args_error.startswith("its args is no JSON (")
    assert rows["no list"].args_error == "its args is the JSON of a str, where beat needs a list"
    assert rows["keywords"].args_error == "its kwargs is the JSON of a list, where beat needs an object"
    assert rows["headers"].args_error.startswith("its headers is no JSON (")
    assert rows["never"].schedule_error.startswith("its crontab cannot be read (")
    assert rows["unscheduled"].schedule_error == "it has no schedule"
    assert rows["zero"].schedule_error == "its interval is 0 seconds"


def test_the_rows_of_a_sqlite_file_are_read_as_beat_reads_them(read: Read, tmp_path: Path) -> None:
    """Rows that are disabled, expired, done, or written anew from the configuration, are left out."""
    file = tmp_path / "db.sqlite3"
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    seen = read(database, FILL)
    check_filled(rows_of(seen))
    assert seen.celery is not None
    assert [entry.name for entry in seen.celery.beat] == ["written"]


def test_the_rows_of_postgresql_are_read_as_beat_reads_them(read: Read, postgres_server: str) -> None:
    """With Django's own backend."""
    pytest.importorskip("psycopg")
    name = f"beat_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(NUMBERS)}"
    parts = urlsplit(create_database(postgres_server, name, "SELECT 1"))
    query = dict(one.split("=") for one in parts.query.split("&") if one)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or query.get("port") or ""),
    }
    check_filled(rows_of(read(database, FILL)))


WRITE = """\
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE django_celery_beat_periodictask")
"""


def test_a_table_that_is_not_there_is_told(read: Read, tmp_path: Path) -> None:
    """The migrations have not run on this database."""
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    found = rows_of(read(database, WRITE))
    assert found.problem == (
        "The table django_celery_beat_periodictask does not exist: it has not been migrated."
    )


def test_a_sqlite_file_that_does_not_exist_is_not_made(read: Read, tmp_path: Path) -> None:
    """To connect would create it."""
    file = tmp_path / "none.sqlite3"
    found = rows_of(read({"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}))
    assert found == BeatRows(True, problem="The SQLite database none.sqlite3 does not exist.")
    assert not file.exists()


def test_a_database_that_nobody_serves_is_told(read: Read) -> None:
    """Without the password, and without an end of the run."""
    pytest.importorskip("psycopg")
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": "never-seen",
        "HOST": "127.0.0.1",
        "PORT": "9",
    }
    found = rows_of(read(database))
    assert found.problem == "Nothing listens at 127.0.0.1:9, where the database shop should be."


def test_a_database_that_never_answers_ends_in_time(read: Read) -> None:
    """The time limit is the database's."""
    pytest.importorskip("psycopg")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
            "HOST": "127.0.0.1",
            "PORT": port,
        }
        found = rows_of(read(database, limit=2))
    assert found.problem == f"The database shop at 127.0.0.1:{port} did not answer within 2 seconds."


def test_a_project_without_django_celery_beat_has_no_rows(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is asked of its database."""
    monkeypatch.setitem(globals(), "SETTINGS", SETTINGS.replace(', "django_celery_beat"', ""))
    seen = read({"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "none.sqlite3")})
    assert seen.beat_rows is None


WRITING = """
def write(instance, **kwargs):
    type(instance).objects.filter(pk=instance.pk).update(task="changed")
def connect(**kwargs):
    from django.db.models.signals import post_init
    from django_celery_beat.models import PeriodicTask
    post_init.connect(write, sender=PeriodicTask)
app.on_after_finalize.connect(connect)
"""
ONE_ROW = FILL[: FILL.index('row("fine crontab"')]


def test_nothing_can_be_written_while_the_rows_are_read(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the application does when a row is loaded is refused by the database itself."""
    monkeypatch.setitem(globals(), "APP", APP + WRITING)
    file = tmp_path / "db.sqlite3"
    found = rows_of(read({"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}, ONE_ROW))
    assert found.problem
    with sqlite3.connect(file) as connection:
        names = connection.execute("SELECT task FROM django_celery_beat_periodictask").fetchall()
    connection.close()
    assert names == [("proj.app.send",)]
