from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.facts import Location
from pytest_prodready.toml_lines import TomlLines

TEXT = '''\
# a comment with [brackets] and = signs
[project]
name = "shop"
dependencies = [
    "fastapi>=0.110",  # a comment, with a ] in it
    # another
    'celery[redis]>=5', "kombu",
    """
    multi ] line""",
    "asyncpg",
]
optional-dependencies.postgres = ["psycopg"]

[tool.prodready]
app = "src.main:app"
runtime = { extras = ["postgres"], also = ["gunicorn"] }

[[tool.prodready.health]]
path = "/health"

[[tool.prodready.health]]
path = "/ready"
json = { status = "ready", nested = [1, 2,
    3] }

[tool.prodready.health.extra]
x = 1

["quoted.table"]
'single' = 1979-05-27
a . "b c" = 1
'''
LINES = TomlLines(TEXT, "pyproject.toml")


def line(*path: str | int) -> int | None:
    return LINES.line(*path).line


def test_keys_tables_and_elements_have_their_lines() -> None:
    """A key, a table, and each element of an array of several lines is found where it stands."""
    assert LINES.line("project", "name") == Location("pyproject.toml", 3)
    assert line("project") == 2
    assert [line("project", "dependencies", index) for index in range(5)] == [5, 7, 7, 8, 10]
    assert line("tool", "prodready", "app") == 15
    assert line("tool", "prodready", "runtime", "also", 0) == 16


def test_dotted_and_quoted_keys() -> None:
    """Dotted keys reach through tables, quoted parts are one part."""
    assert line("project", "optional-dependencies", "postgres", 0) == 12
    assert line("quoted.table", "single") == 30
    assert line("quoted.table", "a", "b c") == 31


def test_array_tables_are_counted() -> None:
    """``[[health]]`` tables are elements; a sub-table belongs to the last one before it."""
    assert line("tool", "prodready", "health") == 18
    assert line("tool", "prodready", "health", 0, "path") == 19
    assert line("tool", "prodready", "health", 1) == 21
    assert line("tool", "prodready", "health", 1, "path") == 22
    assert line("tool", "prodready", "health", 1, "json", "nested", 2) == 24
    assert line("tool", "prodready", "health", 1, "extra", "x") == 27


def test_what_is_not_there_gets_the_nearest_enclosing_line() -> None:
    """An unknown key is placed at its table, and at the file alone where even that is missing."""
    assert line("tool", "prodready", "celery") == 14
    assert line("project", "dependencies", 99) == 4
    assert LINES.line("nothing", "here") == Location("pyproject.toml", None)
    assert LINES.line() == Location("pyproject.toml", None)


@given(st.one_of(st.text(), st.text(alphabet="[]{}\"'=.,#\\\n ab1", max_size=200)))
def test_no_text_makes_it_raise(text: str) -> None:
    """Whatever the text, it is scanned to its end and a question is answered."""
    location = TomlLines(text, "x.toml").line("a", 0, "b")
    assert location.line is None or 1 <= location.line <= text.count("\n") + 1


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    """A text of nothing but brackets is scanned as well."""
    for opening in ("[", "{a="):
        assert TomlLines("a = " + opening * 50_000, "x.toml").line("a").line == 1


names = st.text(alphabet="abcdefgh-_", min_size=1, max_size=8)
texts = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\r\x7f", exclude_categories=("Cc", "Cs"))
)


@given(st.dictionaries(names, st.lists(texts, max_size=4), max_size=6))
def test_every_element_is_found_on_its_own_line(tables: dict[str, list[str]]) -> None:
    """Whatever the strings contain, each array element is found on the line that holds it."""
    lines, expected = [], {}
    for name, values in tables.items():
        lines.append(f"{name} = [")
        for index, value in enumerate(values):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'  "{escaped}",')
            expected[name, index] = len(lines)
        lines.append("]")
    found = TomlLines("\n".join(lines), "x.toml")
    assert {path: found.line(*path).line for path in expected} == expected
