"""Database servers that the tests use: a MariaDB that is there, with databases of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.services import missing

MARIADB = "PRODREADY_TEST_MARIADB"
"""The URL of a MariaDB or MySQL server on which databases named ``prodready_…`` may be created."""
USUAL = "mysql://root@127.0.0.1:3306"


def mariadb() -> str:
    """The URL of a running server; without one the test ends here."""
    pymysql = pytest.importorskip("pymysql")
    url = os.environ.get(MARIADB) or USUAL
    try:
        with connected(url):
            return url
    except pymysql.MySQLError as error:
        missing("mariadb", f"no MariaDB answers ({type(error).__name__}); start one, or set {MARIADB}")


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection of the test's own."""
    import pymysql

    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/") or None,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=10,
    )
    try:
        yield connection
    finally:
        connection.close()


def execute(url: str, *statements: str) -> Sequence[tuple[Any, ...]]:
    """Run statements; gives the rows of the last one."""
    rows: Sequence[tuple[Any, ...]] = ()
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            rows = cursor.fetchall()
    return rows


@contextmanager
def database(server: str, name: str, *statements: str) -> Iterator[str]:
    """A database ``prodready_<name>`` in which the statements were run; it is dropped afterwards."""
    url = urlsplit(server)._replace(path=f"/prodready_{name}").geturl()
    execute(
        server,
        f"DROP DATABASE IF EXISTS prodready_{name}",
        f"CREATE DATABASE prodready_{name} CHARACTER SET utf8mb4",
    )
    try:
        execute(url, *statements)
        yield url
    finally:
        execute(server, f"DROP DATABASE IF EXISTS prodready_{name}")
