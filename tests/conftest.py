"""What the tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

# Its import replaces the standard library's finder of distributions; pytester would undo one half of that only.
import importlib_metadata  # noqa: F401 - imported for what it does
import pytest

# An inner run in this process must find the modules that the tests know, not second copies of them.
import pytest_prodready.access
import pytest_prodready.setup  # noqa: F401 - as above

pytest_plugins = ["pytester"]

sys.path.append(str(Path(__file__).parent.parent / "examples"))  # the examples are scripts, no package

from postgres import NoPostgresError, create_database, postgres
from stage import copy_example, environment

from tests.support import Example

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created; it runs for the whole session.

    Without one the test is skipped with its reason, unless PRODREADY_REQUIRE_SERVICES names postgres.
    """
    try:
        server = postgres()
        url = server.__enter__()
    except NoPostgresError as reason:
        if "postgres" in os.environ.get("PRODREADY_REQUIRE_SERVICES", ""):
            pytest.fail(f"PRODREADY_REQUIRE_SERVICES asks for PostgreSQL: {reason}")
        pytest.skip(str(reason))
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
def example(
    pytester: pytest.Pytester, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Example]:
    """Copy the curation example, with a fault or healthy, and give it its own database and environment."""

    def make(fault: str | None = None) -> Example:
        root = copy_example(pytester.path / "project", fault)
        name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_NUMBERS)}"
        url = create_database(postgres_server, name, (root / "schema.sql").read_text(encoding="utf-8"))
        for variable, value in environment(url).items():
            monkeypatch.setenv(variable, value)
        monkeypatch.chdir(root)
        return Example(root, url, pytester)

    return make
