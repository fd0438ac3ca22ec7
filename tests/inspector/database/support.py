"""Applications on disk whose databases the real inspector reads, in an interpreter of its own."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from pytest_prodready import target
from pytest_prodready.facts import Entry, InspectedEntry, Location
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.files import write_files

LIMIT = 20.0
DJANGO = """
import os, sys
SECRET_KEY = "of the test"
INSTALLED_APPS = ["shop"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if os.environ.get("MYSQL_BY_PYMYSQL"):
    import pymysql
    pymysql.install_as_MySQLdb()
"""


def inspect(
    root: Path,
    files: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
    *,
    database: str = "",
    limit: float = LIMIT,
    python: str = sys.executable,
    packages: tuple[str, ...] = ("app", "shop", "settings"),
) -> InspectedEntry:
    """Write ``files``, import ``app`` in a fresh interpreter, and read the databases that it would use."""
    write_files(root, files)
    request = Request(
        root=root,
        python=python,
        jobs=frozenset({"module", "mapping", "database", "catalogue"}),
        entries=(Entry("module", "app", "a test", Location("pyproject.toml", 3)),),
        packages=packages,
        database=database,
    )
    (seen,), problems = target.inspect(request, Limits(database=limit), {**os.environ, **(environ or {})})
    assert problems == (), problems
    assert seen.failure is None, seen.failure
    return seen


def django(settings: str, models: str, **more: str) -> dict[str, str]:
    """The files of a project of Django's with one application, ``shop``."""
    return {
        "settings.py": textwrap.dedent(DJANGO) + textwrap.dedent(settings),
        "shop/__init__.py": "",
        "shop/models.py": "from django.db import models\n" + textwrap.dedent(models),
        "app.py": "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\ndjango.setup()\n",
        **more,
    }
