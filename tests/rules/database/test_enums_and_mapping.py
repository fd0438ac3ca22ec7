from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from pytest_prodready.facts import (
    Database,
    DatabaseColumn,
    DatabaseEnum,
    Entry,
    EnumColumn,
    Facts,
    Failure,
    InspectedEntry,
    Location,
    Mapping,
    MappingFailure,
    Member,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import enum_column, family, mapped_class
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.enum_comparison import missing_labels
from pytest_prodready.rules.database.sql import literal, qualified
from pytest_prodready.rules.database.stores import NamedType

REGISTRY = Registry([family])
WHERE = Location("src/models.py", 33)
MEMBERS = (Member("New", "New"), Member("Maybe", "Maybe"), Member("Not_a_Fit", "Not a Fit"))
NAMES, VALUES = ("New", "Maybe", "Not_a_Fit"), ("New", "Maybe", "Not a Fit")
COLUMN = EnumColumn(
    table="places",
    column="status",
    schema=None,
    model="src.models.Place",
    type_name="place_status",
    type_schema=None,
    sends=VALUES,
    enum="src.enums.PlaceStatus",
    members=MEMBERS,
    location=WHERE,
)
REAL = DatabaseColumn("public", "places", "status", True, "place_status", "public", "place_status")
DATABASE = Database(
    source="src.db.engine",
    dialect="postgresql",
    driver="asyncpg",
    version="16.2",
    read_only=True,
    enums=(DatabaseEnum("public", "place_status", VALUES, True),),
    columns=(REAL,),
)
PROOF = (
    "the labels were read through src.db.engine (postgresql+asyncpg, PostgreSQL 16.2) "
    "in a read-only transaction"
)


NASTY = ("it's", 'a "b"', "back\\slash", "two\nlines", "🎈")


def first(url: str, *statements: str) -> object:
    """The first value that the last statement gives, on a connection of our own."""

    async def run() -> object:
        connection = await asyncpg.connect(url, timeout=20)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement, timeout=20)
            return await connection.fetchval(statements[-1], timeout=20)
        finally:
            await connection.close(timeout=20)

    return asyncio.run(run())


def facts(
    *columns: EnumColumn, database: Database | None = DATABASE, mapping: Mapping | None = None
) -> Facts:
    """Facts of two entry points that map the same columns."""
    seen = mapping or Mapping(columns=columns)
    entries = [InspectedEntry(Entry(kind, "src.x:x", ""), mapping=seen) for kind in ("web", "celery")]
    return Facts(root="/app", entries=tuple(entries), databases=(database,) if database else ())


def judge(
    labels: tuple[str, ...] = VALUES, column: EnumColumn = COLUMN, database: Database = DATABASE
) -> Judgement:
    """The judgement of one column against a type with these labels."""
    enums = (replace(database.enums[0], labels=labels), *database.enums[1:])
    seen = facts(column, database=replace(database, enums=enums))
    (subject,) = enum_column.subjects(seen)
    return REGISTRY.judge(enum_column, subject, seen)


def only(judgement: Judgement) -> Finding:
    (finding,) = judgement.findings
    return finding


def codes(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.findings]


def test_equal_labels_pass_and_a_column_of_two_entry_points_is_judged_once() -> None:
    assert judge() == Judgement(Outcome.PASSED)


def test_names_that_the_database_has_too_are_healthy() -> None:
    assert judge(NAMES, replace(COLUMN, sends=NAMES)) == Judgement(Outcome.PASSED)


def test_302_names_each_missing_label_and_the_statement_that_adds_it() -> None:
    assert only(judge(("New", "Not a Fit"))) == Finding(
        code="PRD302",
        level=Level.ERROR,
        subject="places.status",
        message='src.models.Place.status sends "Maybe", but the enum type public.place_status does not '
        "have it: every write of it fails.",
        remedy="ALTER TYPE public.place_status ADD VALUE 'Maybe';",
        location=WHERE,
        proof=PROOF,
        details=(
            ("Python sends", '"New", "Maybe", "Not a Fit"'),
            ("the database accepts", '"New", "Not a Fit"'),
        ),
    )


def test_302_lists_several_labels_in_one_finding() -> None:
    finding = only(judge(("New",), replace(COLUMN, members=(), sends=("New", "it's", "b"))))
    assert '"it\'s", "b"' in finding.message
    assert finding.remedy == (
        "ALTER TYPE public.place_status ADD VALUE 'it''s';\nALTER TYPE public.place_status ADD VALUE 'b';"
    )


def test_302_says_when_the_database_spells_the_label_otherwise() -> None:
    finding = only(judge(("new", "Maybe", "Not a Fit"), replace(COLUMN, members=())))
    assert finding.code == "PRD302"
    assert 'sends "New", but the enum type public.place_status spells it "new"' in finding.message
    assert "RENAME VALUE 'new' TO 'New';" in finding.remedy


def test_302_alone_where_one_label_of_many_has_the_other_form() -> None:
    members = (Member("A", "a"), Member("B", "b"), Member("C", "c"))
    finding = only(judge(("A", "B", "c"), replace(COLUMN, members=members, sends=("A", "B", "C"))))
    assert finding.code == "PRD302"
    assert "RENAME VALUE 'c' TO 'C';" in finding.remedy


def test_303_warns_of_labels_that_python_cannot_read() -> None:
    judgement = judge((*VALUES, "Archived"))
    finding = only(judgement)
    assert judgement.outcome is Outcome.PASSED
    assert (finding.code, finding.level) == ("PRD303", Level.WARNING)
    assert finding.message == (
        'The enum type public.place_status has "Archived", which src.models.Place.status does not know: '
        "reading a row that holds it raises LookupError."
    )


def test_304_says_what_is_sent_what_is_accepted_and_the_one_line_fix() -> None:
    finding = only(judge(VALUES, replace(COLUMN, sends=NAMES)))
    assert (finding.code, finding.level, finding.location) == ("PRD304", Level.ERROR, WHERE)
    assert finding.message == (
        'src.models.Place.status sends "Not_a_Fit", but the enum type public.place_status accepts '
        '"Not a Fit": the members\' values match the database, their names do not.'
    )
    assert "values_callable=lambda e: [m.value for m in e]" in finding.remedy


def test_304_knows_the_reverse() -> None:
    finding = only(judge(NAMES, COLUMN))
    assert finding.code == "PRD304"
    assert 'sends "Not a Fit", but the enum type public.place_status accepts "Not_a_Fit"' in finding.message
    assert "Remove values_callable" in finding.remedy


def test_304_leaves_to_302_and_303_only_what_it_does_not_explain() -> None:
    members = (*MEMBERS, Member("Gone_By", "Gone By"))
    judgement = judge((*VALUES, "Extra"), replace(COLUMN, members=members, sends=(*NAMES, "Gone_By")))
    assert codes(judgement) == ["PRD302", "PRD303", "PRD304"]
    missing, unknown, swapped = judgement.findings
    assert missing.remedy == "ALTER TYPE public.place_status ADD VALUE 'Gone By';"
    assert '"Extra"' in unknown.message
    assert "Not a Fit" not in unknown.message
    assert "Gone" not in swapped.message


def test_304_is_silent_while_the_database_has_names_and_values() -> None:
    both = (*NAMES, "Not a Fit")
    assert codes(judge(both, replace(COLUMN, sends=NAMES))) == ["PRD303"]


def test_numbers_as_values_are_never_taken_for_labels() -> None:
    members = (Member("S", None), Member("L", None))
    finding = only(judge(("S",), replace(COLUMN, members=members, sends=("S", "L"))))
    assert (finding.code, finding.remedy) == ("PRD302", "ALTER TYPE public.place_status ADD VALUE 'L';")


def test_305_warns_of_another_order_only_when_the_labels_are_equal() -> None:
    finding = only(judge(tuple(reversed(VALUES))))
    assert (finding.code, finding.level) == ("PRD305", Level.WARNING)
    assert codes(judge(("Maybe", "New"))) == ["PRD302"]


@pytest.mark.parametrize(
    "database, reason",
    [
        (None, "no database was read"),
        (Database("", problem="unset", detail="DATABASE_URL is not set."), "DATABASE_URL is not set."),
        (Database("env:U", problem="unreachable", detail="Nothing listens."), "Nothing listens."),
        (
            Database("env:U", problem="driver", detail="No driver is installed."),
            "No driver is installed.",
        ),
        (
            replace(
                DATABASE,
                columns=(replace(REAL, type="numeric(20)", base="numeric", enum_schema="", enum_name=""),),
            ),
            "the real column holds no text: the database has it as numeric(20)",
        ),
        (
            replace(DATABASE, columns=(), enums=()),
            "the database has neither the table places nor the enum type place_status",
        ),
        (
            replace(DATABASE, columns=(replace(REAL, column="id"),), enums=()),
            "the database has neither the column places.status nor the enum type place_status",
        ),
    ],
)
def test_a_column_that_cannot_be_compared_is_skipped_with_its_reason(
    database: Database | None, reason: str
) -> None:
    seen = facts(COLUMN, database=database)
    (subject,) = enum_column.subjects(seen)
    assert REGISTRY.judge(enum_column, subject, seen) == Judgement(Outcome.SKIPPED, reason=reason)


def names_and_reasons(*columns: EnumColumn, database: Database | None) -> dict[str, str]:
    seen = facts(*columns, database=database)
    return {subject.name: subject.skipped for subject in enum_column.subjects(seen)}


def plain(at: int, kind: str) -> tuple[EnumColumn, DatabaseColumn]:
    real = replace(REAL, column=f"c{at}", type=f"{kind}({at})", base=kind, enum_schema="", enum_name="")
    return replace(COLUMN, column=f"c{at}"), real


def test_many_columns_that_hold_no_text_in_the_database_are_one_skip() -> None:
    columns, real = zip(*(plain(at, "numeric") for at in range(4)), strict=True)
    mixed = replace(DATABASE, columns=(REAL, *real))
    reason = "the real column holds no text: the database has it as numeric"
    assert names_and_reasons(COLUMN, *columns, database=mixed) == {
        "places.status": "",
        "enum-columns": f"{reason} (4 columns: places.c0, places.c1, places.c2 and 1 more)",
    }
    assert list(names_and_reasons(*columns[:3], database=mixed)) == ["places.c0", "places.c1", "places.c2"]


def test_each_reason_of_many_columns_has_a_skip_of_its_own() -> None:
    columns, real = zip(*(plain(at, "numeric") for at in range(4)), strict=True)
    odd = [replace(COLUMN, column=f"odd{at}", opaque="Odd decides what is sent") for at in range(4)]
    found = names_and_reasons(*columns, *odd, database=replace(DATABASE, columns=real))
    assert list(found) == ["enum-columns", "enum-columns #2"]


def test_without_a_database_every_column_keeps_its_name() -> None:
    columns = [plain(at, "text")[0] for at in range(5)]
    assert set(names_and_reasons(*columns, database=None).values()) == {"no database was read"}


def test_a_database_of_another_vendor_is_one_skip() -> None:
    sqlite = Database("src.db.engine", problem="unsupported", detail="The database is SQLite.")
    assert names_and_reasons(COLUMN, database=sqlite) == {"enum-columns": "The database is SQLite."}


def test_a_column_of_text_takes_every_label_whatever_the_model_says() -> None:
    column, real = plain(20, "character varying")
    for model in (column, replace(column, native=False)):
        assert names_and_reasons(model, database=replace(DATABASE, columns=(real,))) == {"places.c20": ""}
        assert judge((), model, replace(DATABASE, columns=(real,))) == Judgement(Outcome.PASSED)


def test_a_column_that_is_no_native_enum_is_not_looked_up_by_the_name_of_a_type() -> None:
    column = replace(COLUMN, native=False)
    assert names_and_reasons(column, database=replace(DATABASE, columns=())) == {
        "places.status": "the database does not have the table places"
    }


def test_a_column_that_is_an_enum_in_the_database_is_judged_whatever_the_model_says() -> None:
    assert codes(judge(("New", "Not a Fit"), replace(COLUMN, native=False))) == ["PRD302"]


def test_an_opaque_column_is_skipped() -> None:
    judgement = judge((), replace(COLUMN, opaque="Odd.process_bind_param decides what is sent"))
    assert judgement.outcome is Outcome.SKIPPED
    assert judgement.reason == "what is sent cannot be known: Odd.process_bind_param decides what is sent"


def test_a_database_that_refuses_is_an_error_not_a_skip() -> None:
    seen = facts(COLUMN, database=Database("env:U", problem="refused", detail="The login was refused."))
    (subject,) = enum_column.subjects(seen)
    assert REGISTRY.judge(enum_column, subject, seen) == Judgement(
        Outcome.ERRORED, reason="The login was refused."
    )


def test_the_real_column_decides_not_the_name_of_the_type() -> None:
    elsewhere = DatabaseEnum("public", "old_status", ("New",), True)
    database = replace(
        DATABASE, enums=(*DATABASE.enums, elsewhere), columns=(replace(REAL, enum_name="old_status"),)
    )
    finding = only(judge(VALUES, COLUMN, database))
    assert "ALTER TYPE public.old_status ADD VALUE 'Maybe';" in finding.remedy


def test_without_a_table_the_type_is_looked_up_as_the_session_would() -> None:
    hidden = DatabaseEnum("archive", "place_status", ("New",), False)
    without = replace(DATABASE, columns=(), enums=(*DATABASE.enums, hidden))
    assert judge(VALUES, COLUMN, without) == Judgement(Outcome.PASSED)
    assert codes(judge(VALUES, replace(COLUMN, type_schema="archive"), without)) == ["PRD302"]


def test_a_table_of_the_same_name_in_another_schema_is_not_this_one() -> None:
    other = replace(
        REAL, schema="archive", visible=False, enum_name="", enum_schema="", type="date", base="date"
    )
    database = replace(DATABASE, columns=(other, REAL))
    assert judge(VALUES, COLUMN, database).outcome is Outcome.PASSED
    assert judge(VALUES, replace(COLUMN, schema="archive"), database).outcome is Outcome.SKIPPED


def failure(message: str, kind: str = "InvalidRequestError") -> Failure:
    return Failure("raised", message, type=kind)


def mapping_finding(failed: MappingFailure, *classes: str) -> Finding:
    seen = facts(mapping=Mapping(classes=classes, failures=(failed,)))
    subjects = {subject.name: subject for subject in mapped_class.subjects(seen)}
    judgement = REGISTRY.judge(mapped_class, subjects[failed.model], seen)
    return only(judgement)


def test_301_passes_every_class_that_configured_once() -> None:
    seen = facts(mapping=Mapping(classes=("src.models.A", "src.models.B")))
    subjects = list(mapped_class.subjects(seen))
    assert [subject.name for subject in subjects] == ["src.models.A", "src.models.B"]
    assert {REGISTRY.judge(mapped_class, subject, seen).outcome for subject in subjects} == {Outcome.PASSED}


def test_301_writes_the_column_type_that_an_annotation_lacks() -> None:
    message = (
        "Could not locate SQLAlchemy Core type when resolving for Python type indicated by "
        "'typing.Dict[str, typing.Any]' inside the Mapped[] annotation for the 'payload' attribute; "
        "the type object is not resolvable by the registry"
    )
    finding = mapping_finding(
        MappingFailure("src.models.Event", "payload", failure(message, "MappedAnnotationError"), WHERE)
    )
    assert (finding.code, finding.level, finding.location) == ("PRD301", Level.ERROR, WHERE)
    assert (
        finding.message
        == "Event.payload cannot be mapped: no column type belongs to its annotation Dict[str, Any]."
    )
    assert finding.remedy == 'Name the column type: mapped_column("payload", JSON)'
    assert finding.proof == "SQLAlchemy raised MappedAnnotationError"


def test_301_renames_an_attribute_that_declarative_keeps_for_itself() -> None:
    message = "Attribute name 'metadata' is reserved when using the Declarative API."
    finding = mapping_finding(MappingFailure("src.models.Event", "metadata", failure(message), WHERE))
    assert finding.level is Level.ERROR
    assert (
        finding.message
        == "Event.metadata cannot be mapped: declarative classes keep the name 'metadata' for themselves."
    )
    assert (
        finding.remedy == 'Rename the attribute and keep the column: metadata_ = mapped_column("metadata", …)'
    )


def test_301_only_warns_where_this_sqlalchemy_only_warns() -> None:
    failed = MappingFailure(
        "src.models.Event",
        "metadata",
        failure("Attribute name 'metadata' is reserved", "SAWarning"),
        WHERE,
        warned=True,
    )
    finding = mapping_finding(failed, "src.models.Event")
    assert finding.level is Level.WARNING
    assert "warning by this SQLAlchemy only" in finding.message


UNLOCATED = (
    "When initializing mapper Mapper[Order(orders)], expression 'Custmer' failed to locate a name "
    "('Custmer'). "
    "If this is a class name, consider adding this relationship() to the class after both are defined."
)


@pytest.mark.parametrize(
    "message", [UNLOCATED, UNLOCATED.replace("('Custmer')", "(\"name 'Custmer' is not defined\")")]
)
def test_301_suggests_the_nearest_class_for_a_name_that_does_not_exist(message: str) -> None:
    failed = MappingFailure("src.models.Order", "customer", failure(message), WHERE)
    finding = mapping_finding(failed, "src.models.Customer", "src.models.Order")
    assert finding.message == "Order.customer refers to Custmer, and no mapped class has that name."
    assert finding.remedy == "Write Customer instead of Custmer."
    assert finding.level is Level.ERROR


def test_301_only_warns_of_a_class_whose_module_was_not_loaded_yet() -> None:
    failed = MappingFailure(
        "src.models.Order", "customer", failure(UNLOCATED), WHERE, defined=Location("src/customers.py", 7)
    )
    finding = mapping_finding(failed)
    assert finding.level is Level.WARNING
    assert "src/customers.py:7" in finding.message


def mapping_facts(web: Mapping, celery: Mapping) -> Facts:
    entries = (
        InspectedEntry(Entry("web", "src.main:app", ""), mapping=web),
        InspectedEntry(Entry("celery", "src.jobs:app", ""), mapping=celery),
    )
    return Facts(root="/app", entries=entries)


def mapping_findings(seen: Facts) -> list[Finding]:
    judged = [REGISTRY.judge(mapped_class, subject, seen) for subject in mapped_class.subjects(seen)]
    return [finding for judgement in judged for finding in judgement.findings]


@pytest.mark.parametrize("model, attribute", [("src.models.Order", "customer"), ("", "")])
def test_301_only_warns_of_what_another_entry_point_maps_cleanly(model: str, attribute: str) -> None:
    classes = ("src.models.Customer", "src.models.Order")
    failed = MappingFailure(model, attribute, failure(UNLOCATED), WHERE)
    alone = Mapping(classes=classes, failures=(failed,))
    (finding,) = mapping_findings(mapping_facts(Mapping(classes=classes), alone))
    assert (finding.code, finding.level, finding.location) == ("PRD301", Level.WARNING, WHERE)
    assert finding.message.endswith(", in the worker alone (src.jobs:app): src.main:app maps it cleanly.")
    assert finding.remedy == (
        "Import the models in src.jobs:app as src.main:app does, before the first query."
    )
    assert [found.level for found in mapping_findings(mapping_facts(alone, alone))] == [Level.ERROR]
    assert [found.level for found in mapping_findings(mapping_facts(Mapping(), alone))] == [Level.ERROR]


def test_301_only_warns_of_what_may_follow_from_a_class_that_was_set_aside() -> None:
    first = MappingFailure(
        "src.models.A",
        "b",
        replace(failure(UNLOCATED), bases=("sqlalchemy.exc.InvalidRequestError", "builtins.Exception")),
    )
    key = replace(failure("'a.b'", "KeyError"), bases=("builtins.KeyError",))
    second = MappingFailure("src.models.C", "a", key)
    seen = Mapping(classes=("src.models.A", "src.models.C"), failures=(first, second))
    error, warning = mapping_findings(mapping_facts(seen, Mapping()))
    assert (error.level, warning.level) == (Level.ERROR, Level.WARNING)
    assert warning.message.endswith("; this may follow from the failure of src.models.A.")
    only_second = Mapping(classes=("src.models.C",), failures=(second,))
    assert [found.level for found in mapping_findings(mapping_facts(only_second, Mapping()))] == [Level.ERROR]


def test_301_names_no_class_where_a_listener_fails() -> None:
    failed = MappingFailure("", "", failure("no attribute 'event'", "AttributeError"), WHERE)
    (finding,) = mapping_findings(mapping_facts(Mapping(failures=(failed,)), Mapping()))
    assert (finding.subject, finding.location) == ("all mappers", WHERE)
    assert finding.message == "the mappers do not configure: no attribute 'event'"


def test_301_passes_on_what_sqlalchemy_says_of_other_faults() -> None:
    message = "Mapper[Bare(bare)] could not assemble any primary key columns for mapped table 'bare'"
    finding = mapping_finding(MappingFailure("src.models.Bare", "", failure(message, "ArgumentError"), WHERE))
    assert finding.message == f"src.models.Bare cannot be mapped: {message}"


def test_ten_thousand_labels_are_compared_in_one_pass() -> None:
    labels = tuple(f"label {at}" for at in range(10_000))
    column = replace(COLUMN, members=(), sends=tuple(label.upper() for label in labels[1:]))
    absent, spelt, unknown = judge((*labels[:-1], "other"), column).findings
    assert [absent.code, spelt.code, unknown.code] == ["PRD302", "PRD302", "PRD303"]
    assert 'sends "LABEL 9999", but' in absent.message
    assert 'sends "LABEL 1", "LABEL 2",' in spelt.message
    assert len(spelt.message) < 1000
    assert 'has "label 0", "other", which' in unknown.message


@pytest.mark.parametrize(
    "label, sql",
    [
        ("it's", "'it''s'"),
        ('a "b"', "'a \"b\"'"),
        ("back\\slash", "'back\\slash'"),
        ("two\nlines", "E'two\\x0alines'"),
        ("🎈", "'🎈'"),
    ],
)
def test_labels_are_quoted_for_sql(label: str, sql: str, postgres_server: str) -> None:
    assert literal(label) == sql
    assert first(postgres_server, f"SELECT {sql}") == label


def test_302_gives_a_statement_that_adds_exactly_the_missing_labels(postgres_server: str) -> None:
    members = tuple(Member(f"M{at}", label) for at, label in enumerate(NASTY))
    name = qualified("pg_temp", 'Odd "Name"')
    store = NamedType(name="the enum type", labels=("New",), ordered=True, written=name)
    (fault,) = missing_labels(EnumCase(members, NASTY, store, "Odd"))
    labels = first(
        postgres_server,
        f"CREATE TYPE {name} AS ENUM ('New')",
        *fault.remedy.split(";\n"),
        "SELECT array_agg(enumlabel::text ORDER BY enumsortorder)"
        " FROM pg_enum JOIN pg_type ON enumtypid = pg_type.oid"
        " WHERE typname = 'Odd \"Name\"' AND typnamespace = pg_my_temp_schema()",
    )
    assert labels == ["New", *NASTY]


@pytest.mark.parametrize(
    "schema, name, written",
    [
        ("public", "place_status", "public.place_status"),
        ("", "status", "status"),
        ("Sales", "Order State", '"Sales"."Order State"'),
        ("public", "order", 'public."order"'),
        ("public", 'a"b', 'public."a""b"'),
    ],
)
def test_type_names_are_quoted_where_postgresql_needs_it(schema: str, name: str, written: str) -> None:
    assert qualified(schema, name) == written
