"""Real applications, loaded by the real inspector in interpreters of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.facts import Celery, Entry, InspectedEntry
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.files import write_files
from tests.inspector.celery.support import Inspect, Load


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """Write the files of a project, and load its Celery app in a fresh interpreter."""

    def inspect(
        files: dict[str, str], app: str = "proj.app:app", packages: tuple[str, ...] = ("proj",)
    ) -> InspectedEntry:
        write_files(tmp_path, {"proj/__init__.py": "", **files})
        request = Request(
            root=tmp_path,
            python=sys.executable,
            jobs=frozenset({"celery"}),
            entries=(Entry("celery", app, "a test"),),
            packages=packages,
        )
        (seen,), problems = target.inspect(request, Limits(), os.environ)
        assert problems == ()
        return seen

    return inspect


@pytest.fixture
def load(inspect: Inspect) -> Load:
    """As ``inspect``, for an app that loads."""

    def load(
        files: dict[str, str], app: str = "proj.app:app", packages: tuple[str, ...] = ("proj",)
    ) -> Celery:
        seen = inspect(files, app, packages)
        assert seen.failure is None
        assert seen.celery is not None
        return seen.celery

    return load
