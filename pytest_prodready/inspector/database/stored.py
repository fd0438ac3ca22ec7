"""The values that rows hold in enum columns and Python does not know: looked at on request only.

Bounded in rows, in time, and in what is told: a column may not be what its mapping says, and hold somebody's
data.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .connecting import kind_of
from .session import Session

MOST = 20
"""Unknown values of one column beyond which it holds no labels at all: then none of them is told."""
LABEL = re.compile(r"[^\W\d_](?:[\w /&'+.-]|\([\w ]+\)){0,38}|-?\d{1,5}|")
DIGITS = 4
"""A label with more digits than these may be a number of somebody's."""
LIMITS = {
    "postgresql": "SET LOCAL statement_timeout = {milliseconds}",
    "mariadb": "SET SESSION max_statement_time = {seconds:.3f}",
    "mysql": "SET SESSION max_execution_time = {milliseconds}",
}
"""Of one statement; SQLite has a limit for the whole session."""
EXACT = {
    "postgresql": "concat({}, '')",  # a cast to text would cut the blanks that char(n) gives
    "sqlite": "CAST({} AS TEXT) COLLATE BINARY",
    "mysql": "CAST(CONVERT({} USING utf8mb4) AS BINARY)",
}
"""What is read as Python gets it, and told apart by each character, whatever the collation."""

VALUES = """
SELECT {exact} AS told, count(*) FROM (SELECT {column} AS held FROM {table} LIMIT {rows}) AS seen{items}
WHERE {value} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}
"""
ITEMS = " CROSS JOIN LATERAL unnest(held) AS element (item)"
ROWS = "SELECT count(*) FROM (SELECT 1 AS one FROM {table} LIMIT {rows}) AS seen"

Begin = Callable[[Session, float], bool]


@dataclass(frozen=True)
class Place:
    """A mapped enum column, and where it really is."""

    mapped: Mapping[str, Any]
    """An ``EnumColumn`` in its plain form."""
    real: Mapping[str, Any]
    """A ``DatabaseColumn`` in its plain form."""

    @property
    def known(self) -> frozenset[str]:
        """The values that Python has a member for; an empty text is what Django stores for nothing."""
        nothing = [""] if self.mapped.get("framework") == "django" else []
        return frozenset((*self.mapped["sends"], *(self.mapped.get("reads") or ()), *nothing))

    def told(self, **found: object) -> dict[str, Any]:
        """A ``StoredValues`` of it."""
        return {**{key: self.mapped.get(key) for key in ("schema", "table", "column")}, **found}


def places(mapping: Mapping[str, Any], database: Mapping[str, Any]) -> list[Place]:
    """The enum columns of ``mapping`` that may hold what Python does not know.

    Args:
        mapping: a ``Mapping`` in its plain form.
        database: what was read of the catalogue, a ``Database`` in its plain form.
    """
    labels = {(one["schema"], one["name"]): one["labels"] for one in database.get("enums", ())}
    every: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for column in database.get("columns", ()):
        every.setdefault((column["table"].lower(), column["column"].lower()), []).append(column)
    found = {}
    for mapped in mapping.get("columns", ()):
        if (
            mapped.get("bind", "") != database.get("name", "")
            or mapped.get("opaque")
            or not _for(mapped, database)
        ):
            continue
        alike = every.get((mapped["table"].lower(), mapped["column"].lower()), ())
        real = _real(mapped, database, alike)
        if real is None or real.get("base") == "set":  # a SET holds several at once
            continue
        place = Place(mapped, real)
        if bool(real.get("array")) != bool(mapped.get("array")):
            continue
        native = labels.get((real.get("enum_schema", ""), real.get("enum_name", "")))
        if native is None or not place.known.issuperset(native):
            found[real["schema"], real["table"], real["column"]] = place
    return [found[key] for key in sorted(found)]


def scan(
    session: Session, begin: Begin, dialect: str, wanted: Sequence[Place], rows: int, seconds: float
) -> Iterator[dict[str, Any]]:
    """A ``StoredValues`` for each place, in their order.

    No statement may take more than half of the time that is left, so that one large table leaves some for the
    others.

    Args:
        session: on which the database is read.
        begin: makes it read-only, within a limit.
        dialect: what the server is.
        wanted: where to look.
        rows: of one table that are looked at.
        seconds: for all of it.
    """
    until = time.monotonic() + seconds
    begun = begin(session, seconds)
    try:
        for place in wanted:
            share = (until - time.monotonic()) / 2
            if not begun:
                yield place.told(problem="the database did not make the session read-only")
                continue
            if share <= 0:
                yield place.told(problem=out_of_time(seconds))
                continue
            try:
                _allow(session, dialect, share)
                yield place.told(**_looked(session, dialect, place, rows))
            except Exception as error:  # whatever the driver raises; its words may hold a value
                yield place.told(problem=_why(error, share))
                session.rollback()
                begun = begin(session, max(until - time.monotonic(), 0.1))
    finally:
        session.rollback()


def out_of_time(seconds: float) -> str:
    """Why a column was not looked at when there was no time left."""
    return f"the {seconds:g} s of the scan were over before"


def _why(error: Exception, share: float) -> str:
    kind, name = kind_of(error)
    if kind == "slow":
        return f"it took longer than {share:.1f} s, half of what was left for the scan"
    return "the role may not read the table" if kind == "permission" else f"the driver raised {name}"


def _allow(session: Session, dialect: str, seconds: float) -> None:
    if dialect in LIMITS:
        session.run(LIMITS[dialect].format(seconds=seconds, milliseconds=max(1, int(seconds * 1000))))


def _looked(session: Session, dialect: str, place: Place, rows: int) -> dict[str, Any]:
    table, column = _named(place.real, dialect)
    if re.search("[:%]", table + column):
        return {"problem": "its name holds a colon or a percent sign"}
    array = bool(place.real.get("array"))
    value = "item" if array else "held"
    asked = {
        "table": table,
        "column": column,
        "value": value,
        "exact": EXACT["mysql" if dialect == "mariadb" else dialect].format(value),
        "items": ITEMS if array else "",
        "rows": rows,
        "most": len(place.known) + MOST + 1,
    }
    found = session.rows(VALUES.format(**asked))
    ((number,),) = session.rows(ROWS.format(table=table, rows=rows + 1))
    known = place.known
    unknown = [
        (value, int(held))
        for value, held in ((_text(one), held) for one, held in found)
        if value not in known
    ]
    more = len(unknown) > MOST
    return {
        "rows": min(int(number), rows),
        "limited": int(number) > rows,
        "more": more,
        "unknown": [
            {"rows": held, "value": None if more or not _is_label(value) else value, "length": len(value)}
            for value, held in unknown[:MOST]
        ],
    }


def _is_label(value: str) -> bool:
    """Whether a value looks like one of a fixed set, and not like anybody's data."""
    several = sum(letter.isdigit() for letter in value) > DIGITS and not value.lstrip("-").isdigit()
    return LABEL.fullmatch(value) is not None and not several


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _named(real: Mapping[str, Any], dialect: str) -> tuple[str, str]:
    """Table and column as they are written in a statement."""
    mark = "`" if dialect in ("mysql", "mariadb") else '"'

    def quoted(name: str) -> str:
        return mark + name.replace(mark, mark * 2) + mark

    return f"{quoted(real['schema'])}.{quoted(real['table'])}", quoted(real["column"])


def _for(mapped: Mapping[str, Any], database: Mapping[str, Any]) -> bool:
    """Whether the column is this enumeration on this vendor's database."""
    dialect = database.get("dialect", "")
    names = {"mysql", "mariadb"} if dialect in ("mysql", "mariadb") else {dialect}
    vendors = set(mapped.get("vendors") or ())
    return bool(vendors & names) if vendors else not names & set(mapped.get("other_vendors") or ())


def _real(
    mapped: Mapping[str, Any], database: Mapping[str, Any], alike: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The column of the database that a mapped one is, of those that differ in case or schema."""
    folds_tables, folds_columns = database.get("folds_tables"), database.get("folds_columns")

    def same(one: str, other: str, folds: object) -> bool:
        return one.lower() == other.lower() if folds else one == other

    for real in alike:
        if (
            same(real["column"], mapped["column"], folds_columns)
            and same(real["table"], mapped["table"], folds_tables)
            and (
                same(real["schema"], mapped["schema"], folds_tables)
                if mapped.get("schema")
                else real.get("visible")
            )
        ):
            return real
    return None
