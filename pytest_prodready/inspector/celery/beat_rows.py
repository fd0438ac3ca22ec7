"""The rows of django-celery-beat, read as its scheduler reads them: read-only, on a connection of our own."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import Any

from ..database.connecting import Address, explain
from . import beat_entry

Facts = dict[str, Any]
APP = "django_celery_beat"
MOST = 10_000
"""Rows that are read."""
DRIVERS = {"postgresql": ("psycopg", "psycopg2"), "mysql": ("MySQLdb",), "sqlite": ("sqlite3",)}


class UnreadableError(Exception):
    """The table cannot be read; the message says why in a sentence."""


def read(app: Any, limit: float) -> Facts | None:
    """The ``BeatRows`` of a Django project that has django-celery-beat among its apps; else ``None``.

    Args:
        app: the loaded Celery app.
        limit: seconds that the database may take.
    """
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if apps is None or not apps.ready or not apps.is_installed(APP):
        return None
    facts: Facts = {"chosen": APP in str(app.conf.beat_scheduler)}
    try:
        enabled = _enabled(apps.get_model(APP, "PeriodicTask"), limit)
    except UnreadableError as error:
        return {**facts, "problem": str(error)}
    return {**facts, "entries": [row for one in enabled if (row := _row(one, app)) is not None]}


def _enabled(model: Any, limit: float) -> list[Any]:
    """The enabled rows with their schedules.

    Raises:
        UnreadableError: they cannot be read.
    """
    from django.db import connections, router, transaction
    from django.db.utils import load_backend

    alias = str(router.db_for_read(model))
    settings = dict(connections.settings[alias])
    settings["OPTIONS"] = dict(settings.get("OPTIONS") or {})
    settings["OPTIONS"].pop("pool", None)  # the pool belongs to the application
    settings["AUTOCOMMIT"] = True
    address = Address("", "", "", str(settings.get("NAME") or "(unnamed)"))
    held: Any = connections
    known = getattr(held._connections, alias, None)
    wrapper = None
    try:
        backend = load_backend(settings["ENGINE"])
        vendor = str(backend.DatabaseWrapper.vendor)
        address = _address(vendor, settings)
        if vendor in ("postgresql", "mysql"):
            settings["OPTIONS"].setdefault("connect_timeout", max(1, int(limit)))
        wrapper = connections[alias] = backend.DatabaseWrapper(settings, alias)
        _before(wrapper, vendor)
        with transaction.atomic(using=alias):
            _begin(wrapper, vendor, int(limit * 1000))
            schedules = ("crontab", "interval", "solar", "clocked")
            enabled = model._base_manager.using(alias).filter(enabled=True).select_related(*schedules)
            return list(enabled.order_by("name")[:MOST])
    except UnreadableError:
        raise
    except Exception as error:
        table = str(model._meta.db_table)
        if table in str(error):
            raise UnreadableError(f"The table {table} does not exist: it has not been migrated.") from None
        raise UnreadableError(str(explain(error, address, limit)["detail"])) from None
    finally:
        if wrapper is not None:
            wrapper.close()
            del connections[alias]
            if known is not None:
                connections[alias] = known


def _address(vendor: str, settings: dict[str, Any]) -> Address:
    """Where the database is.

    Raises:
        UnreadableError: it is a file that does not exist, which a connection would make.
    """
    name = str(settings.get("NAME") or "(unnamed)")
    driver = next((one for one in DRIVERS.get(vendor, ()) if one in sys.modules), "")
    if vendor == "sqlite":
        no_path = ":memory:" in name or name.startswith("file:")
        if not no_path and not os.path.isfile(name):
            raise UnreadableError(f"The SQLite database {os.path.basename(name)} does not exist.")
        return Address(vendor, driver, name, name)
    host = str(settings.get("HOST") or "localhost")
    port = settings.get("PORT")
    return Address(vendor, driver, f"{host}:{port}" if port else host, name)


def _before(wrapper: Any, vendor: str) -> None:
    with wrapper.cursor() as cursor:
        if vendor == "mysql":
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        elif vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")


def _begin(wrapper: Any, vendor: str, milliseconds: int) -> None:
    with wrapper.cursor() as cursor:
        if vendor in ("postgresql", "oracle"):
            cursor.execute("SET TRANSACTION READ ONLY")
        if vendor == "postgresql":
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")
            cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")


def _row(row: Any, app: Any) -> Facts | None:
    """The ``BeatEntry`` of one row; ``None`` for one that beat will not send again, or will write anew."""
    if row.name in app.conf.beat_schedule:
        return None  # beat writes the entry of the configuration over it when it starts
    now = dt.datetime.now(dt.timezone.utc)
    expires = row.expires
    if expires is not None and (expires if expires.tzinfo else expires.replace(tzinfo=dt.timezone.utc)) < now:
        return None
    if row.one_off and row.total_run_count > 0:
        return None
    args, args_error = _json(row.args, "args", list)
    keywords, kwargs_error = _json(row.kwargs, "kwargs", dict)
    _, headers_error = _json(row.headers, "headers", dict)
    schedule, schedule_error = _schedule(row, app)
    # of the queue nothing is known here: django-celery-beat does not ask the configuration for it
    fields = {"task": row.task, "args": args, "kwargs": keywords, "schedule": schedule}
    facts = beat_entry.describe(str(row.name), fields, app)
    wrong = args_error or kwargs_error or headers_error
    if wrong:
        facts |= {"args_error": wrong, "bind_error": "", "arguments": ""}
    return {**facts, "schedule_error": schedule_error, "row": True, "location": None}


def _json(text: Any, name: str, kind: type) -> tuple[Any, str]:
    """What a column holds, and why beat leaves out or disables the row for it."""
    try:
        value = json.loads(text) if text else kind()
    except ValueError as error:
        return kind(), f"its {name} is no JSON ({error})"
    if not isinstance(value, kind):
        shape = "a list" if kind is list else "an object"
        return kind(), f"its {name} is the JSON of a {type(value).__name__}, where beat needs {shape}"
    return value, ""


def _schedule(row: Any, app: Any) -> tuple[Any, str]:
    """The schedule that the row's own model makes, and why beat leaves the row out for it."""
    held = next((one for one in (row.interval, row.crontab, row.solar, row.clocked) if one is not None), None)
    if held is None:
        return None, "it has no schedule"
    try:
        schedule = held.schedule
    except Exception as error:
        kind = type(held).__name__.removesuffix("Schedule").lower()
        return None, f"its {kind} cannot be read ({error}), and beat leaves the row out without a word"
    return schedule, beat_entry.due_error(schedule, app)
