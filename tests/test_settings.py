from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_prodready.facts import Expectation, Location
from pytest_prodready.settings import Limits, Runtime, Settings, SettingsError, Waiver, read
from pytest_prodready.settings.celery import CelerySettings
from pytest_prodready.settings.database import DatabaseSettings

CODES = ("PRD101", "PRD204", "PRD301", "PRD302", "PRD304")


def write(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return root


def settings(root: Path, text: str) -> Settings:
    return read(write(root, text), CODES)


def mistakes(root: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(root, text)
    return caught.value.mistakes


def mistake(root: Path, text: str) -> str:
    """The one mistake of a table with one line, without its place."""
    only, *hints = mistakes(root, f"[tool.prodready]\n{text}\n")
    assert all(hint.startswith(("Valid keys of [", "Known codes: PRD101")) for hint in hints)
    assert only.startswith(("pyproject.toml:2: [tool.prodready", "pyproject.toml:2: [[tool.prodready"))
    return only.partition("] ")[2]


@pytest.mark.parametrize("text", ["", "[tool.pytest.ini_options]\n", "tool = 3\n", "[tool.prodready]\n"])
def test_no_table_means_the_defaults(tmp_path: Path, text: str) -> None:
    """A project that says nothing gets the defaults."""
    assert settings(tmp_path, text) == Settings()


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """A project without a pyproject.toml gets the defaults."""
    assert read(tmp_path, CODES) == Settings()


def test_every_setting_is_read(tmp_path: Path) -> None:
    """Everything that the documentation shows is read as it is meant."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "requirements.txt").touch()
    found = settings(
        tmp_path,
        """\
[project.optional-dependencies]
postgres = ["psycopg"]
[dependency-groups]
server = ["gunicorn"]
[tool.prodready]
app = "src.main:create_app()"
celery = "src.celery_app"
packages = ["src"]
pythonpath = ["lib"]
database = "env:DATABASE_URL"
required_env = ["SECRET_KEY"]
serve = "uvicorn src.main:app --port {port}"
limits = { load = 120, probe = 0.5 }

[tool.prodready.runtime]
extras = ["Postgres"]
groups = ["server"]
also = ["gunicorn"]
requirements = ["requirements.txt"]

[[tool.prodready.health]]
path = "/ready"
status = [200, 204]
method = "head"
json = { status = "ready", checks = [1, 2.5, true] }
headers = { X-Admin-Token = "env:ADMIN_TOKEN", Accept = "application/json" }
refuse_without = ["x-admin-token"]

[[tool.prodready.waivers]]
code = "PRD304"
subject = "orders.status"
reason = "ships with the next release"
until = 2026-12-31
""",
    )
    assert found.app == "src.main:create_app()"
    assert found.celery == CelerySettings(app={"src.celery_app": Location("pyproject.toml", 7)})
    assert (found.packages, found.pythonpath) == (("src",), ("lib",))
    assert found.database == DatabaseSettings(url="env:DATABASE_URL")
    assert found.required_env == ("SECRET_KEY",)
    assert found.runtime == Runtime(("Postgres",), ("server",), ("gunicorn",), ("requirements.txt",))
    assert found.serve == "uvicorn src.main:app --port {port}"
    assert found.limits == Limits(load=120.0, probe=0.5)
    assert found.health.probes == (
        Expectation(
            path="/ready",
            status=(200, 204),
            method="HEAD",
            json={"status": "ready", "checks": [1, 2.5, True]},
            headers={"X-Admin-Token": "env:ADMIN_TOKEN", "Accept": "application/json"},
            refuse_without=("X-Admin-Token",),
            source="[[tool.prodready.health]]",
            location=Location("pyproject.toml", 22),
        ),
    )
    until = dt.date(2026, 12, 31)
    place = Location("pyproject.toml", 30)
    assert found.waivers == (Waiver("PRD304", "orders.status", "ships with the next release", until, place),)
    assert found.locations["app"] == Location("pyproject.toml", 6)


def test_all_mistakes_are_listed_at_once(tmp_path: Path) -> None:
    """Mistakes of all tables come in one error, by their lines, and the valid keys once after them."""
    with pytest.raises(SettingsError) as caught:
        settings(
            tmp_path,
            """\
[tool.prodready]
aap = "src.main:app"
databse = "app"
packages = "src"
[[tool.prodready.health]]
path = "/ready"
sttaus = 200
[[tool.prodready.waivers]]
code = "PRD305"
subject = "a"
reason = "b"
until = 2026-01-01
""",
        )
    assert str(caught.value).splitlines() == [
        'pyproject.toml:2: [tool.prodready] unknown key "aap" — did you mean "app"?',
        'pyproject.toml:3: [tool.prodready] unknown key "databse" — did you mean "database"?',
        (
            'pyproject.toml:4: [tool.prodready] "packages" must be an array of strings, not a string: '
            'packages = ["src"]'
        ),
        'pyproject.toml:7: [[tool.prodready.health]] unknown key "sttaus" — did you mean "status"?',
        (
            'pyproject.toml:9: [[tool.prodready.waivers]] "code" names the rule "PRD305", which does '
            'not exist — did you mean "PRD301"?'
        ),
        (
            "Valid keys of [tool.prodready]: app, celery, entry_points, packages, pythonpath, database, "
            "required_env, runtime, imports, serve, health, waivers, limits"
        ),
        (
            "Valid keys of [[tool.prodready.health]]: path, status, method, json, text, answer_headers, "
            "headers, refuse_without, within, role"
        ),
        "Known codes: PRD101, PRD204, PRD301, PRD302, PRD304",
    ]


@pytest.mark.parametrize(
    "text, place",
    [
        ("[tool.prodready\n", "pyproject.toml:1:16: is not valid TOML: "),
        ("[a]\nb = 1\nc = \n", "pyproject.toml:3:5: is not valid TOML: Invalid value"),
        ('a = 1\nb = "', "pyproject.toml:2: is not valid TOML: "),
        ("a = 1\na = 2\n", "pyproject.toml:2:6: is not valid TOML: Can"),
        (f"a = {'9' * 5000}\n", "pyproject.toml: is not valid TOML: Exceeds the limit"),
    ],
)
def test_a_file_that_does_not_parse(tmp_path: Path, text: str, place: str) -> None:
    """A file that is no TOML is one mistake with its place and the parser's reason."""
    (only,) = mistakes(tmp_path, text)
    assert only.startswith(place)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is one mistake with the line of its first wrong byte."""
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.prodready]\napp = '\xe9'\n")
    with pytest.raises(SettingsError, match=r"pyproject\.toml:2: is not valid UTF-8"):
        read(tmp_path, CODES)


def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    """What cannot be read is a mistake, not a project without settings."""
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(SettingsError, match=r"pyproject\.toml: cannot be read"):
        read(tmp_path, CODES)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("app = 3", '"app" must be a string, not a number: app = "src.main:app"'),
        ('app = ""', '"app" must not be empty'),
        ('app = "a\\u0000:b"', '"app" holds a control character or a line break'),
        (
            'app = "src/main.py"',
            '"app" must be "module:attribute", not "src/main.py" — did you mean "src.main:app"?',
        ),
        ('app = "./src/main.py:api"', 'not "./src/main.py:api" — did you mean "src.main:api"?'),
        ('app = "src.main"', 'not "src.main" — did you mean "src.main:app"?'),
        ('app = "src.web.api"', 'not "src.web.api" — did you mean "src.web:api"?'),
        (
            'app = "two words"',
            '"app" must be "module:attribute" or "module:factory()", e.g. app = "src.main:app"',
        ),
        ('app = "src.main:make(1)"', '"app" must be "module:attribute" or'),
        ('celery = "src/celery_app.py"', 'not "src/celery_app.py" — did you mean "src.celery_app"?'),
        ("packages = [1]", '"packages" must hold strings only, not a number: packages = ["src"]'),
        ('packages = ["src/shop"]', 'not paths or modules — did you mean "src"?'),
        (
            'pythonpath = ["libb"]',
            '"pythonpath" names the directory "libb", which does not exist — did you mean "lib"?',
        ),
        ('database = "DATABASE_URL"', 'or "app" — did you mean "env:DATABASE_URL"?'),
        (
            'database = "env:"',
            '"database" must be "env:NAME", with the name of an environment variable, or "app"',
        ),
        ("database = 3", '"database" must be a string or a table, not a number: database = "env:'),
        (
            'database = { url = "DATABASE_URL" }',
            'variable, or "app" — did you mean "env:DATABASE_URL"?',
        ),
        (
            'database = { urll = "app" }',
            'unknown key "urll" — did you mean "url"?',
        ),
        ("database = { scan = 1 }", '"scan" must be true or false, not a number: scan = true'),
        ("database = { scann = true }", 'unknown key "scann" — did you mean "scan"?'),
        (
            "database = { scan_rows = 0 }",
            '"scan_rows" must be a whole number, above 0 and at most 1000000000',
        ),
        (
            "database = { scan_seconds = true }",
            '"scan_seconds" must be a number of seconds, above 0 and at most 3600',
        ),
        ('required_env = ["A-B"]', '"required_env" must hold names of environment variables'),
        (
            'serve = "uvicorn x:y --port 80"',
            '"serve" must contain {port}, e.g. serve = "uvicorn src.main:app',
        ),
        ('serve = "uvicorn \'x {port}"', '"serve" must be one command line: no closing quotation'),
        ("runtime = 3", '"runtime" must be a table, not a number: runtime = {'),
        (
            'runtime = { also = ["gunicorn>=20"] }',
            'without a version, e.g. also = ["gunicorn"] — did you mean "gunicorn"?',
        ),
        (
            'runtime = { groups = ["web"] }',
            '"groups" names the group "web", which does not exist ([dependency-groups] has none)',
        ),
        ('runtime = { requirements = ["requirement.txt"] }', '— did you mean "requirements.txt"?'),
        ("runtime = { extra = [] }", 'unknown key "extra" — did you mean "extras"?'),
        ("limits = { load = 0 }", '"load" must be a number of seconds, above 0 and at most 3600'),
        ("limits = { load = true }", '"load" must be a number of seconds, above 0 and at most 3600'),
        ("limits = { probe = nan }", '"probe" must be a number of seconds, above 0 and at most 3600'),
        ("limits = { prob = 3 }", 'unknown key "prob" — did you mean "probe"?'),
        ("health = 3", '"health" must be an array of tables, not a number: [[tool.prodready.health]]'),
        ('health = ["/ready"]', '"health" must hold tables only, not a string: [[tool.prodready.health]]'),
        ("health = [{}]", '"path" is missing'),
        ('health = [{ path = "ready" }]', '"path" must start with "/" — did you mean "/ready"?'),
        (
            'health = [{ path = "http://x/ready" }]',
            '"path" must be a path of the application, not a whole URL',
        ),
        ('health = [{ path = "/a b" }]', '"path" must not hold a blank: write %20'),
        ('health = [{ path = "/a\\nb" }]', '"path" holds a control character or a line break'),
        ('health = [{ path = "/a", status = 99 }]', '"status" must be a number from 100 to 599'),
        ('health = [{ path = "/a", status = "200" }]', '"status" must be a number from 100 to 599'),
        ('health = [{ path = "/a", status = [] }]', '"status" must be a number from 100 to 599'),
        ('health = [{ path = "/a", method = "GETT" }]', '— did you mean "GET"?'),
        ('health = [{ path = "/a", json = "ready" }]', '"json" must be a table, not a string'),
        (
            'health = [{ path = "/a", json = { a = [inf] } }]',
            '"json" holds inf or nan, which JSON does not have',
        ),
        (
            'health = [{ path = "/a", json = { a = 2026-01-01 } }]',
            '"json" holds a date, which JSON does not have',
        ),
        ('health = [{ path = "/a", headers = { A = 1 } }]', '"headers" A must be a string, not a number'),
        ('health = [{ path = "/a", headers = { "A B" = "x" } }]', '"headers" is no name of a header'),
        (
            'health = [{ path = "/a", headers = { A = "env:1" } }]',
            "the name of an environment variable must follow",
        ),
        (
            'health = [{ path = "/a", headers = { X-Token = "x" }, refuse_without = ["X-Tokn"] }]',
            '"X-Tokn", which this entry does not send — did you mean "X-Token"?',
        ),
        ("waivers = [{ code = 'PRD204', subject = 'a', reason = 'b' }]", '"until" is missing'),
        (
            "waivers = [{ code = 'PRD3', subject = 'a', reason = 'b', until = 2026-01-01 }]",
            '"code" must name one rule; "PRD3" is a prefix of PRD301, PRD302, PRD304',
        ),
        (
            "waivers = [{ code = 'prd204', subject = 'a', reason = 'b', until = 2026-01-01 }]",
            '— did you mean "PRD204"?',
        ),
        (
            "waivers = [{ code = 'PRD204', subject = 'a', reason = ' ', until = 2026-01-01 }]",
            '"reason" must not be empty',
        ),
        (
            "waivers = [{ code = 'PRD204', subject = 'a', reason = 'b', until = '2026-01-01' }]",
            '"until" must be a date, not a string: without quotes: until = 2026-01-01',
        ),
        (
            "waivers = [{ code = 'PRD204', subject = 'a', reason = 'b', until = 2026-01-01T00:00:00 }]",
            '"until" must be a date, not a date with a time: until = 2026-12-31',
        ),
    ],
)
def test_each_kind_of_mistake(tmp_path: Path, text: str, expected: str) -> None:
    """A mistake says what is wrong, what was expected, and what was probably meant."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "web.py").touch()
    (tmp_path / "lib").mkdir()
    (tmp_path / "requirements.txt").touch()
    assert expected in mistake(tmp_path, text)


def test_the_database_is_a_string_or_a_table(tmp_path: Path) -> None:
    """Both forms say the same."""
    for text in ('database = "env:DB"', '[tool.prodready.database]\nurl = "env:DB"'):
        found = settings(tmp_path, f"[tool.prodready]\n{text}\n")
        assert found.database == DatabaseSettings(url="env:DB")


def test_a_scan_of_stored_values_is_asked_for_with_its_limits(tmp_path: Path) -> None:
    """Its limits have defaults; without being asked for, there is none."""
    table = "[tool.prodready.database]\nscan = true\n"
    assert settings(tmp_path, table).database == DatabaseSettings(
        scan=True, scan_rows=100_000, scan_seconds=10
    )
    limits = "scan_rows = 5\nscan_seconds = 0.5\n"
    assert settings(tmp_path, table + limits).database == DatabaseSettings(
        scan=True, scan_rows=5, scan_seconds=0.5
    )
    assert not settings(tmp_path, "[tool.prodready]\n").database.scan


def test_the_table_itself_must_be_a_table(tmp_path: Path) -> None:
    """``prodready = 3`` is one mistake."""
    assert mistakes(tmp_path, "[tool]\nprodready = 3\n") == [
        "pyproject.toml:2: [tool.prodready] must be a table, not a number"
    ]


def test_an_extra_that_does_not_exist(tmp_path: Path) -> None:
    """An extra is compared with those that the project declares."""
    text = (
        "[project.optional-dependencies]\npostgres = []\n[tool.prodready.runtime]\nextras = ['postgress']\n"
    )
    assert mistakes(tmp_path, text) == [
        (
            'pyproject.toml:4: [tool.prodready.runtime] "extras" names the extra "postgress", which '
            'does not exist — did you mean "postgres"?'
        )
    ]


def test_extras_that_are_declared_elsewhere_are_not_judged(tmp_path: Path) -> None:
    """Extras that setup.py may declare cannot be known, so none is refused."""
    table = "[tool.prodready.runtime]\nextras = ['postgres']\n"
    for project in ("", "[project]\ndynamic = ['optional-dependencies']\n"):
        assert settings(tmp_path, project + table).runtime.extras == ("postgres",)


@pytest.mark.parametrize(
    "text",
    [
        "database = 'postgresql://bob:hunter2@db/shop'",
        "database = 'hunter2'",
        "database = ['hunter2']",
        "database = { url = 'postgresql://bob:hunter2@db/shop' }",
        "app = 'redis://:hunter2@cache/0'",
        "required_env = ['SECRET_KEY=hunter2']",
        "serve = 'TOKEN=hunter2 uvicorn x:y'",
        "pythonpath = ['postgresql://bob:hunter2@db']",
        "health = [{ path = '/a', headers = { A = '''hunter2\n''' } }]",
        "health = [{ path = '/a', json = { a = ['hunter2', 2026-01-01] } }]",
        "health = [{ path = 'a?token=hunter2' }]",
        "health = [{ path = 'http://bob:hunter2@db/a' }]",
    ],
)
def test_no_secret_is_repeated(tmp_path: Path, text: str) -> None:
    """A value that may be a secret stands in no message."""
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, f"[tool.prodready]\n{text}\n")
    assert "hunter2" not in str(caught.value)


KEYS = st.sampled_from(
    [
        "app",
        "celery",
        "packages",
        "pythonpath",
        "database",
        "required_env",
        "runtime",
        "serve",
        "health",
        "waivers",
        "limits",
        "extras",
        "groups",
        "also",
        "requirements",
        "path",
        "status",
        "method",
        "json",
        "headers",
        "refuse_without",
        "code",
        "subject",
        "reason",
        "until",
        "load",
    ]
)
SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["a:b", "/ready", "env:A", "PRD204", "src/main.py", "x" * 5000, "a.b:", "\0"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text("ab-é ."), inner, max_size=4),
    max_leaves=12,
)


def toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(one if one.isalnum() else f"\\U{ord(one):08X}" for one in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    return str(value) if isinstance(value, (int, float)) else str(value.isoformat())


@given(table=st.dictionaries(KEYS, VALUES, max_size=6) | VALUES)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_table_gives_settings_or_their_mistakes(tmp_path: Path, table: object) -> None:
    """Whatever stands below ``[tool.prodready]``, the outcome is settings or a list of mistakes."""
    write(tmp_path, f"tool = {{ prodready = {toml(table)} }}\n")
    with suppress(SettingsError):
        read(tmp_path, CODES)


@given(text=st.text() | st.text("[]{}\"'=.,#\n ab1"))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_gives_settings_or_their_mistakes(tmp_path: Path, text: str) -> None:
    """Whatever the file holds, the outcome is settings or a list of mistakes."""
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(SettingsError):
        read(tmp_path, CODES)
