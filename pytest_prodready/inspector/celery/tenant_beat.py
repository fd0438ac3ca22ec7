"""Which beat entries send a task from no tenant's schema."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..project import Project

Facts = dict[str, Any]
CARRIER = "tenant_schemas_celery"
"""The library whose scheduler sends an entry once for each tenant, and whose tasks carry the schema."""
DEPLOYED = re.compile(r"(?i)^(Procfile.*|Dockerfile.*|.*\.(ya?ml|sh|service|conf|ini))$")
LARGEST = 200_000
"""Bytes of a file that may start beat."""


def knows_tenants(app: Any, project: Project) -> bool:
    """Whether beat sends an entry once for each tenant, by the settings or by its command."""
    chosen = app.conf.beat_scheduler
    name = chosen if isinstance(chosen, str) else str(getattr(chosen, "__module__", ""))
    if not name.startswith("celery.beat"):
        return True  # the library's, or one of the application's own
    return any(_names_it(file) for file in _deployment(project.root))


def _deployment(root: str) -> Iterator[str]:
    for directory, below, files in os.walk(root):
        deep = os.path.relpath(directory, root).count(os.sep) >= 1
        below[:] = [] if deep else [name for name in below if not name.startswith(".")]
        yield from (os.path.join(directory, name) for name in files if DEPLOYED.match(name))


def _names_it(file: str) -> bool:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return CARRIER in opened.read(LARGEST)
    except OSError:
        return False


def without_tenant(app: Any, query: Facts, carried: bool) -> list[str]:
    """The beat entries of a task that name no tenant: in a header, or in its parameter."""
    schedule = app.conf.beat_schedule
    found = []
    for key, entry in schedule.items() if isinstance(schedule, Mapping) else ():
        fields = entry if isinstance(entry, Mapping) else getattr(entry, "__dict__", {})
        if fields.get("task") != query["task"]:
            continue
        options = fields.get("options")
        headers = options.get("headers") if isinstance(options, Mapping) else None
        named = isinstance(headers, Mapping) and "_schema_name" in headers
        if carried and not query["enters"] and not named:
            found.append(str(key))
        elif not carried and query["parameter"]:
            args, keywords = fields.get("args") or (), fields.get("kwargs") or {}
            given = isinstance(args, (list, tuple)) and len(args) > query["position"] >= 0
            if isinstance(keywords, Mapping) and query["parameter"] not in keywords and not given:
                found.append(str(key))
    return found
