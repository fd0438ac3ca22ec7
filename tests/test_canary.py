"""A password that is searched for everywhere: in what is printed and reported, in facts and process lists."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from pytest_prodready.codec import encode
from tests import servers
from tests.inspector.database.support import django, inspect

pytest.importorskip("sqlalchemy")

SECRET = "canary of the test/7f3a@:%"
FORMS = (SECRET, quote(SECRET, safe=""), quote(SECRET), "7f3a")
"""As it is, and as URLs write it; the last is a part that every other form holds."""
APP = """
import enum, glob, os, time
from sqlalchemy import Enum, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_engine(os.environ["DATABASE_URL"])

class Base(DeclarativeBase): pass

class Status(enum.Enum):
    New = "New"

class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(Enum(Status))

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]

commands = []
for file in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        commands.append(open(file, "rb").read().decode(errors="replace"))
    except OSError:
        pass
open("commands.txt", "w").write("\\n".join(commands))
"""


@pytest.fixture(scope="module")
def account(mariadb_server: str) -> Iterator[str]:
    """User, password, address and database of a user who may read one database."""
    name = f"prodready_canary_{os.getpid()}"
    sql = "CREATE TABLE places (id int PRIMARY KEY, status enum('New'))"
    hosts = ("localhost", "127.0.0.1", "%")
    with servers.database(mariadb_server, f"canary_{os.getpid()}", sql) as url:
        for host in hosts:
            servers.execute(
                mariadb_server,
                f"CREATE USER '{name}'@'{host}' IDENTIFIED BY '{SECRET}'",
                f"GRANT SELECT ON prodready_canary_{os.getpid()}.* TO '{name}'@'{host}'",
            )
        parts = urlsplit(url)
        yield f"{name}:{FORMS[1]}@{parts.hostname}:{parts.port}{parts.path}"
        for host in hosts:
            servers.execute(mariadb_server, f"DROP USER '{name}'@'{host}'")


def broken(account: str, how: str) -> str:
    """The account's URL with one thing wrong."""
    return {
        "": account,
        "refused": account.replace("7f3a", "7f3ax"),
        "lost": account.rpartition("/")[0] + "/prodready_nope",
        "no port": account.replace(":3306", ":1"),
    }[how]


@pytest.mark.parametrize("how", ["", "refused", "lost", "no port"])
@pytest.mark.parametrize("driver", ["pymysql", "aiomysql"])
def test_no_output_and_no_process_shows_it(
    how: str, driver: str, account: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(driver)
    monkeypatch.setenv("DATABASE_URL", f"mysql+{driver}://{broken(account, how)}")
    source = APP
    if driver == "aiomysql":
        source = source.replace("import create_engine", "import URL").replace("create_engine(", "make(")
        source = source.replace("import Enum, create_engine", "import Enum")
        source = "from sqlalchemy.ext.asyncio import create_async_engine as make\n" + source
    pytester.path.joinpath("app.py").write_text(source)
    pytester.makepyprojecttoml(
        '[project]\nname = "shop"\nversion = "1"\n[tool.prodready]\napp = "app:app"\npackages = ["app"]\n'
    )
    result = pytester.runpytest(
        "--prodready",
        "--prodready-select=PRD3",
        "-vv",
        "-rA",
        "--junitxml=junit.xml",
        "--showlocals",
        "--tb=long",
        "-p",
        "no:cacheprovider",
    )
    said = result.stdout.str() + result.stderr.str()
    assert "places.status" in said or "enum-columns" in said  # the database was asked for
    junit = (pytester.path / "junit.xml").read_text()
    commands = (pytester.path / "commands.txt").read_text()
    for place, text in (("output", said), ("junit", junit), ("process list", commands)):
        assert [form for form in FORMS if form in text] == [], place
    if how == "refused":
        assert "refused the login" in said


@pytest.mark.parametrize("how", ["", "refused", "lost", "no port"])
def test_no_fact_of_a_django_project_holds_it(how: str, account: str, tmp_path: Path) -> None:
    """There it stands in the settings, which nothing can blank by its environment variable."""
    pytest.importorskip("django")
    pytest.importorskip("pymysql")
    parts = urlsplit(f"x://{broken(account, how)}")
    password = SECRET.replace("7f3a", "7f3ax") if how == "refused" else SECRET
    entry = {
        "ENGINE": "django.db.backends.mysql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": password,
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    files = django(f"DATABASES = {{'default': {entry!r}}}", "class Place(models.Model): pass")
    seen = inspect(tmp_path, files, {"MYSQL_BY_PYMYSQL": "1"})
    (found,) = seen.databases
    assert (
        found.problem == {"": "", "refused": "refused", "lost": found.problem, "no port": "unreachable"}[how]
    )
    assert bool(found.problem) == bool(how)
    written = json.dumps(encode(seen), ensure_ascii=False)
    assert [form for form in FORMS if form in written] == []
