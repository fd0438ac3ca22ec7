"""CHECK texts: as the vendors write them, read into labels; and back through the real databases."""
# ruff: noqa: E501 - conditions are easier to compare in one line

from __future__ import annotations

import asyncio
import os
import sqlite3
import string
from collections.abc import Sequence
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_prodready.inspector.database import sqlite_sql
from pytest_prodready.rules.database import sql
from pytest_prodready.rules.database.check_tokens import enum_labels
from pytest_prodready.rules.database.check_truth import Check
from pytest_prodready.rules.database.checks import parse
from tests.servers import connected, database, execute

COLUMNS = ("id", "status", "other")
CI = "utf8mb4_general_ci"


def check(text: str, dialect: str = "postgresql", collation: str = "", column: str = "status") -> Check:
    return Check(parse(text, dialect, COLUMNS), column, dialect, collation)


def answers(found: Check, *values: str | int) -> list[bool | None]:
    return [found.accepts(value) for value in values]


@pytest.mark.parametrize(
    "text, dialect",
    [
        ("((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", "postgresql"),
        ("(status = ANY (ARRAY['a'::text, 'b'::text]))", "postgresql"),
        ("((status)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::text)::text]))", "postgresql"),
        ("(status = ANY ('{a,\"b\"}'::text[]))", "postgresql"),
        ("(((status)::text = 'a'::text) OR ((status)::text = 'b'::text))", "postgresql"),
        ("((status IS NULL) OR (status = ANY (ARRAY['a'::text, 'b'::text])))", "postgresql"),
        ("((status = 'a'::bpchar) OR (status = 'b'::bpchar))", "postgresql"),
        ("((status COLLATE \"C\") = ANY (ARRAY['a'::text, 'b'::text]))", "postgresql"),
        ("`status` in ('a','b')", "mariadb"),
        ("`status` = 'a' or `status` = 'b'", "mariadb"),
        ("`status` is null or `status` in ('a','b')", "mariadb"),
        ("(`status` in (_utf8mb4\\'a\\',_utf8mb4\\'b\\'))", "mysql"),
        ("((`status` = _utf8mb4\\'a\\') or (`status` = _latin1\\'b\\'))", "mysql"),
        ("(cast(`status` as char charset utf8mb4) in (_utf8mb4'a',_utf8mb4'b'))", "mysql"),
        ("status IN ('a', 'b')", "sqlite"),
        ("\"status\" IN (\"a\", 'b')", "sqlite"),
        ("[status] in ('a' -- the first\n, 'b' /* the last */)", "sqlite"),
        ("`STATUS` == 'a' OR status = 'b'", "sqlite"),
        ("CAST(status AS TEXT) IN ('a', 'b')", "sqlite"),
        ("places.status IN ('a', 'b')", "sqlite"),
        ("NOT status NOT IN ('a', 'b')", "sqlite"),
    ],
)  # fmt: skip
def test_every_form_of_a_list_is_read(text: str, dialect: str) -> None:
    found = check(text, dialect, CI if dialect in sql.MYSQL else "")
    assert answers(found, "a", "b", "c", "") == [True, True, False, False]
    assert found.understood
    if "NOT" not in text:
        assert (found.listed, found.only_lists) == (("a", "b"), True)


@pytest.mark.parametrize(
    "text, accepted, refused, unknown",
    [
        ("status NOT IN ('x')", "ab", "x", ""),
        ("(status <> ALL (ARRAY['x'::text]))", "ab", "x", ""),
        ("status <> 'x'", "ab", "x", ""),
        ("lower((status)::text) = ANY (ARRAY['a'::text])", "aA", "b", "Ä"),
        ("(char_length((status)::text) <= 1)", "ab", ("abc",), ""),
        ("status LIKE 'a%'", ("a", "ab"), "b", ""),
        ("((status)::text ~~ 'a_'::text)", ("ab",), "ab", ""),
        ("((status)::text ~ '^[a-z]+$'::text)", "", "", "ab"),
        ("status IN ('a') AND other > 3", "", "b", "a"),
        ("status IN ('a') OR other IS NOT NULL", "a", "", "b"),
        ("status = 'a' AND status IN ('a', 'b')", "a", "b", ""),
        ("status IN ('a', NULL)", "ab", "", ""),
        ("status = other", "", "", "a"),
        ("(status, other) IN (('a', 1))", "", "", "ab"),
        ("CASE WHEN status = 'a' THEN true ELSE false END", "", "", "ab"),
        ("coalesce(status, 'x') IN ('a', 'x')", "ax", "b", ""),
        ("status > 'a'", "", "", "ab"),
        ("status = 'a' || ''", "", "", "ab"),
        ("num_nonnulls(status, other) = 1", "", "", "ab"),
        ("true", "ab", "", ""),
        ("status = 'a' AND", "", "", "ab"),
        ("(status = 'a'", "", "", "ab"),
        ("", "", "", "ab"),
        ("status IN ()", "", "ab", ""),
    ],
)
def test_conditions_are_judged_as_sql_does_or_not_at_all(
    text: str, accepted: Sequence[str], refused: Sequence[str], unknown: Sequence[str]
) -> None:
    found = check(text)
    assert answers(found, *accepted) == [True] * len(accepted)
    refused = [label for label in refused if label not in accepted]
    assert answers(found, *refused) == [False] * len(refused)
    assert answers(found, *unknown) == [None] * len(unknown)


@pytest.mark.parametrize(
    "text, accepted, refused",
    [
        ("((status >= 0) AND (status <= 5))", (0, 5), (-1, 6)),
        ("`status` between 1 and 3", (1, 3), (0, 4)),
        ("(status = ANY (ARRAY[0, 1, '-1'::integer]))", (0, -1), (2,)),
        ("status NOT BETWEEN 1 AND 3", (0, 4), (2,)),
        ("status in (- 1, 2.0)", (-1, 2), (1,)),
    ],
)
def test_numbers_and_ranges(text: str, accepted: Sequence[int], refused: Sequence[int]) -> None:
    found = check(text, "mariadb" if "`" in text else "postgresql")
    assert answers(found, *accepted) == [True] * len(accepted)
    assert answers(found, *refused) == [False] * len(refused)


def test_a_range_names_no_labels() -> None:
    assert check("((status >= 0) AND (status <= 5))").listed == ()
    assert check("status IN (0, 1) OR status = 7").listed == (0, 1, 7)


def test_arrays_are_judged_by_their_elements() -> None:
    found = check("(status <@ ARRAY['a'::text, 'b'::text])")
    assert (found.accepts(("a",)), found.accepts(("c",)), found.listed) == (True, False, ("a", "b"))
    assert check("('a'::text = ANY (status))").accepts(("c",)) is None


@pytest.mark.parametrize(
    "dialect, collation, listed, label, answer",
    [
        ("mariadb", CI, "done", "DONE", True),
        ("mariadb", CI, "strasse", "straße", None),
        ("mariadb", CI, "cafe", "café", None),
        ("mariadb", CI, "a", "a ", None),
        ("mariadb", CI, "one", "two", False),
        ("mariadb", "utf8mb4_bin", "done", "DONE", False),
        ("mysql", "utf8mb4_0900_as_cs", "done", "DONE", False),
        ("mariadb", "", "done", "DONE", None),
        ("sqlite", "", "done", "DONE", False),
        ("sqlite", "NOCASE", "done", "DONE", True),
        ("sqlite", "NOCASE", "straße", "STRASSE", False),
        ("sqlite", "RTRIM", "done", "done ", None),
        ("postgresql", "", "done", "DONE", False),
        ("postgresql", "citext", "done", "DONE", None),
        ("postgresql", "citext", "done", "open", False),
    ],
)  # fmt: skip
def test_labels_are_compared_as_the_column_does(
    dialect: str, collation: str, listed: str, label: str, answer: bool | None
) -> None:
    assert check(f"status IN ('{listed}')", dialect, collation).accepts(label) is answer


def test_ten_thousand_labels_are_looked_up_in_one_step() -> None:
    labels = [f"label {at}" for at in range(10_000)]
    for text in (
        "status IN (" + sql.literals(labels, "sqlite") + ")",
        " OR ".join(f"status = {sql.literal(label)}" for label in labels),
    ):
        found = check(text)
        assert found.listed == tuple(labels)
        assert all(found.accepts(label) for label in labels)
        assert found.accepts("label") is False


def test_a_condition_that_is_nested_without_end_is_not_understood() -> None:
    assert check("(" * 100_000 + "status = 'a'" + ")" * 100_000).accepts("a") is None


@given(
    st.text(alphabet="sta'u\"`()[]=<>,;:|~\\-/* \nINORANDTE01_é🎈", max_size=60),
    st.sampled_from(sorted(sql.VENDORS)),
)
def test_no_text_is_too_odd(text: str, dialect: str) -> None:
    found = check(text, dialect)
    assert found.accepts("a") in (True, False, None)
    assert all(isinstance(one, (str, int)) for one in found.listed)


LABEL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs", "Cn", "Co")),
    min_size=1,
    max_size=12,
) | st.sampled_from(
    ["it's", 'a "b"', "back\\slash", "two\nlines", "🎈", "100%", "a, b", "{a}", "_utf8mb4'x'", "--", "/*"]
)
LABELS = st.lists(LABEL, min_size=1, max_size=6, unique=True)
ROUND_TRIP = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def of_postgresql(url: str, statement: str) -> str:
    async def run() -> str:
        connection = await asyncpg.connect(urlsplit(url)._replace(scheme="postgresql").geturl(), timeout=20)
        try:
            await connection.execute(
                f"CREATE TEMPORARY TABLE checked (status varchar(20), {statement})", timeout=20
            )
            return str(
                await connection.fetchval(
                    "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint"
                    " WHERE contype = 'c' AND conrelid = 'checked'::regclass", timeout=20
                )
            )  # fmt: skip
        finally:
            await connection.close(timeout=20)

    return asyncio.run(run())


@ROUND_TRIP
@given(LABELS)
def test_postgresql_gives_the_labels_back(postgres_server: str, labels: list[str]) -> None:
    text = of_postgresql(postgres_server, f"CHECK (status IN ({sql.literals(labels, 'postgresql')}))")
    found = check(text)
    assert (found.listed, found.only_lists) == (tuple(labels), True)


@ROUND_TRIP
@given(LABELS)
def test_sqlite_gives_the_labels_back(labels: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (status text CHECK (status IN ({sql.literals(labels, 'sqlite')})))")
    ((written,),) = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    connection.close()
    ((_, _, text),) = sqlite_sql.checks(written)
    assert check(text, "sqlite").listed == tuple(labels)


def test_mariadb_gives_the_labels_back(mariadb_server: str) -> None:
    plain = st.lists(
        LABEL.filter(lambda label: all(ord(one) < 0x10000 for one in label)),
        min_size=1,
        max_size=6,
        unique=True,
    )
    with database(mariadb_server, f"checks_{os.getpid()}") as url, connected(url) as connection:

        @ROUND_TRIP
        @given(plain)
        def run(labels: list[str]) -> None:
            # an ENUM takes no two labels that its collation does not part, and cuts blanks at the end
            own = [label for label in labels if label == label.rstrip(" ")] or ["x"]
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS t")
                cursor.execute(
                    f"CREATE TABLE t (status varchar(20) COLLATE utf8mb4_bin, kind enum({sql.literals(own, 'mariadb')})"
                    f" COLLATE utf8mb4_bin, CHECK (status IN ({sql.literals(labels, 'mariadb')})))"
                )
                cursor.execute(
                    "SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = database()"
                )
                (text,) = cursor.fetchone()
                cursor.execute(
                    "SELECT column_type FROM information_schema.columns"
                    " WHERE table_schema = database() AND column_name = 'kind'"
                )
                (kind,) = cursor.fetchone()
            assert check(text, "mariadb", "utf8mb4_bin").listed == tuple(labels)
            assert enum_labels(kind) == tuple(own)

        run()


def test_mysql_escapes_its_conditions_twice() -> None:
    """As its manual shows ``CHECK_CLAUSE``, with the escapes that it writes into a string."""
    found = check(
        "(`status` in (_utf8mb4\\'it\\\\\\'s\\',_utf8mb4\\'two\\\\nlines\\',_utf8mb4\\'a\\\\\\\\b\\'))",
        "mysql",
        CI,
    )
    assert found.listed == ("it's", "two\nlines", "a\\b")


def test_a_random_list_keeps_its_order() -> None:
    labels = tuple(string.ascii_lowercase[::-1])
    assert enum_labels("enum(" + ",".join(f"'{one}'" for one in labels) + ")") == labels
    assert enum_labels("set('it''s','a,b','(x)')") == ("it's", "a,b", "(x)")


def test_executing_what_is_shown_needs_a_server(mariadb_server: str) -> None:
    with database(mariadb_server, f"literal_{os.getpid()}") as url:
        for label in ("it's", 'a "b"', "back\\slash", "two\nlines", "🎈"):
            assert execute(url, f"SELECT {sql.literal(label, 'mariadb')}")[0][0] == label
