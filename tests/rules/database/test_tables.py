"""Which mapped tables and columns are missing: judgements of facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    Database,
    DatabaseColumn,
    DatabaseEnum,
    DatabaseTable,
    Entry,
    Facts,
    InspectedEntry,
    Location,
    MappedColumn,
    MappedTable,
    Mapping,
    TableMaker,
    Tenant,
    TenantRegister,
)
from pytest_prodready.findings import Finding, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.database import family, mapped_table

REGISTRY = Registry([family])
WHERE = Location("models.py", 3)
ID = MappedColumn("id", "INTEGER", "integer", attribute="id", location=Location("models.py", 4))
JOBS = MappedTable("jobs", model="models.Job", location=WHERE, columns=(ID,))
PLACES = MappedTable("places", model="models.Place", location=Location("models.py", 9), columns=(ID,))


def column(table: str, name: str = "id", *, schema: str = "public", nullable: bool = False) -> DatabaseColumn:
    return DatabaseColumn(schema, table, name, True, "integer", base="integer", nullable=nullable)


DATABASE = Database(
    source="db.engine",
    dialect="postgresql",
    driver="asyncpg",
    version="16.2",
    read_only=True,
    search_path=("public",),
    schemas=("billing", "public", "secret"),
    unreadable=("secret",),
    tables=(DatabaseTable("public", "places"),),
    columns=(column("places"),),
)


def facts(*tables: MappedTable, database: Database | None = DATABASE, **more: object) -> Facts:
    """Facts of two entry points that map the same tables."""
    mapping = Mapping(tables=tables, **more)  # type: ignore[arg-type]  # tenants alone
    entries = [InspectedEntry(Entry(kind, "src.x:x", ""), mapping=mapping) for kind in ("web", "celery")]
    return Facts(root="/app", entries=tuple(entries), databases=(database,) if database else ())


def judged(seen: Facts) -> tuple[dict[str, list[Finding]], dict[str, str]]:
    """The findings of each subject that is judged, and why the others are not."""
    findings, reasons = {}, {}
    for subject in mapped_table.subjects(seen):
        judgement = REGISTRY.judge(mapped_table, subject, seen)
        if judgement.outcome in (Outcome.SKIPPED, Outcome.ERRORED):
            reasons[subject.name] = f"{judgement.outcome.value}: {judgement.reason}"
        else:
            findings[subject.name] = list(judgement.findings)
    return findings, reasons


def said(seen: Facts) -> list[tuple[str, str, str]]:
    findings, _ = judged(seen)
    return [(one.code, one.level.value, one.message) for found in findings.values() for one in found]


def test_a_table_of_two_entry_points_is_judged_once() -> None:
    assert judged(facts(PLACES)) == ({"places": []}, {})


MISSING = (
    "models.Job is mapped to the table jobs, which the database does not have in the schemas that "
    "the session "
    "searches (public): every query of it fails. No migration in the source was seen to create it."
)


@pytest.mark.parametrize(
    "table, database, doubt",
    [
        (JOBS, DATABASE, ""),
        (replace(JOBS, own=False), DATABASE, "A library maps it, which may not use it here."),
        (replace(JOBS, kind="core"), DATABASE, "No mapped class uses it."),
        (replace(JOBS, kind="core", secondary=True), DATABASE, ""),
        (
            JOBS,
            replace(DATABASE, beside=("db.other",)),
            "It may be in the database of another engine (db.other).",
        ),
    ],
)
def test_311_is_an_error_unless_the_table_may_not_be_needed_here(
    table: MappedTable, database: Database, doubt: str
) -> None:
    level = "warning" if doubt else "error"
    assert said(facts(table, PLACES, database=database)) == [("PRD311", level, f"{MISSING} {doubt}".strip())]


def test_311_names_the_migration_of_the_same_schema() -> None:
    makers = tuple(
        TableMaker("jobs", schema, f"{at}", Location("m.py", at)) for at, schema in enumerate(("", "billing"))
    )
    database = replace(DATABASE, makers=makers)
    table = replace(JOBS, schema="billing")
    ((_, _, message),) = said(facts(table, PLACES, database=database))
    assert message == (
        "models.Job is mapped to the table billing.jobs, which the database does not have in the "
        "schema billing: "
        "every query of it fails. The migration 1 creates it (m.py:1)."
    )


def test_311_of_a_model_that_its_migrations_have_as_unmanaged() -> None:
    """A note without the migration, which makes nothing; silence where it has no column of its own."""
    unmanaged = replace(JOBS, kind="unmanaged", framework="django", app="shop")
    key = MappedColumn("id", "BigAutoField", "integer")
    bare = replace(unmanaged, columns=(key,))
    full = replace(unmanaged, columns=(key, MappedColumn("name", "CharField", "text")))
    maker = TableMaker("jobs", "", "shop.0001_initial", Location("m.py", 7), makes=False)
    known = replace(DATABASE, makers=(maker,))
    assert said(facts(bare, PLACES, database=known)) == []
    ((_, level, message),) = said(facts(full, PLACES, database=known))
    assert level == "info"
    assert "migration" not in message
    assert message.endswith("every query of it fails. Django does not manage it.")
    for table in (bare, full):  # no migration knows of it
        assert [one[1] for one in said(facts(table, PLACES))] == ["warning"]
    managed = replace(bare, kind="table")
    assert [one[1] for one in said(facts(managed, PLACES, database=known))] == ["error"]


def test_311_says_what_is_there_instead() -> None:
    """The schema itself may be missing, or the name be written otherwise."""
    assert (
        "jobs, and the server has no schema sales: every"
        in said(facts(replace(JOBS, schema="sales"), PLACES))[0][2]
    )
    assert (
        "; the nearest that it has is places: every" in said(facts(replace(JOBS, name="place"), PLACES))[0][2]
    )
    quoted = said(facts(replace(JOBS, name="Places"), PLACES))
    assert [one[:2] for one in quoted] == [("PRD311", "error")]


def test_what_cannot_be_looked_up_is_skipped_with_its_reason() -> None:
    assert judged(facts(replace(JOBS, schema="secret")))[1] == {
        "secret.jobs": "skipped: the role that reads the database may not use the schema secret"
    }
    assert judged(facts(replace(JOBS, bind="archive")))[1] == {
        "archive:jobs": "skipped: its database archive was not read"
    }
    assert judged(facts(JOBS, database=None))[1] == {"jobs": "skipped: no database was read"}
    down = Database("db.engine", dialect="postgresql", problem="unreachable", detail="Nobody answers.")
    assert judged(facts(JOBS, database=down))[1] == {"jobs": "skipped: Nobody answers."}
    refused = replace(down, problem="refused")
    assert judged(facts(JOBS, database=refused))[1] == {"jobs": "errored: Nobody answers."}


def test_a_database_that_only_extensions_and_tools_have_tables_in_is_empty() -> None:
    tables = (
        DatabaseTable("public", "spatial_ref_sys", extension=True),
        DatabaseTable("public", "alembic_version"),
    )
    empty = replace(DATABASE, tables=tables, columns=())
    _, reasons = judged(facts(JOBS, database=empty))
    assert reasons == {
        "jobs": "skipped: the database is empty, nothing has been migrated into it: "
        "the mapped table is not there yet"
    }
    migrated = replace(empty, applied=(("shop", "0001_initial"),))
    assert [one[:2] for one in said(facts(JOBS, database=migrated))] == [("PRD311", "error")]


def test_tables_that_a_library_makes_at_the_start_migrate_nothing() -> None:
    """Flask-AppBuilder makes its own when an application starts, in a database that nobody has migrated."""
    theirs = MappedTable("ab_user", model="flask_appbuilder.User", own=False, columns=(ID,))
    made = replace(DATABASE, tables=(DatabaseTable("public", "ab_user"),), columns=(column("ab_user"),))
    findings, reasons = judged(facts(JOBS, theirs, database=made))
    assert findings == {}
    assert set(reasons) == {"ab_user", "jobs"}
    too = facts(JOBS, theirs, replace(theirs, model="migrations.OldUser", own=True), database=made)
    assert judged(too)[0] == {}
    assert judged(facts(theirs, database=made)) == ({"ab_user": []}, {})


def test_one_name_in_two_databases_is_two_subjects() -> None:
    of_django = replace(PLACES, framework="django", bind="default")
    seen = facts(PLACES, of_django, replace(PLACES, bind="archive"))
    seen = replace(seen, databases=(*seen.databases, replace(DATABASE, name="default")))
    findings, reasons = judged(seen)
    assert set(findings) == {"places", "default:places"}
    assert set(reasons) == {"archive:places"}


def test_two_mappings_of_one_table_fill_in_its_columns_together() -> None:
    database = replace(
        DATABASE, columns=(column("places"), column("places", "name"), column("places", "note"))
    )
    other = replace(PLACES, schema="public", columns=(ID, MappedColumn("name", family="integer")))
    found = said(facts(PLACES, other, database=database))
    assert [one[:2] for one in found] == [("PRD312", "warning")] * 2
    assert all("the column note," in message for _, _, message in found)


@pytest.mark.parametrize("name", ["ctid", "xmin", "tableoid"])
def test_columns_that_every_table_has_are_not_missing(name: str) -> None:
    table = replace(PLACES, columns=(ID, MappedColumn(name, family="integer")))
    assert said(facts(table)) == []


def test_312_says_what_asyncpg_sends_of_an_enum_type_that_is_not_there() -> None:
    """An error of the application's own engine, which a URL need not be; nothing with another driver."""
    state = MappedColumn(
        "state", "VARCHAR(3)", "enum", enum_type="job_state", attribute="state", location=WHERE
    )
    jobs = replace(JOBS, columns=(ID, state))
    real = replace(
        column("jobs", "state", nullable=True), type="character varying(3)", base="character varying"
    )
    there = replace(
        DATABASE, tables=(DatabaseTable("public", "jobs"),), columns=(column("jobs"), real), typed=True
    )
    assert said(facts(jobs, database=there)) == [
        (
            "PRD312",
            "error",
            (
                "models.Job.state sends a label of the enum type job_state, and the column jobs.state is "
                "character varying(3): asyncpg names that type with each value, and the database does not "
                "have it: every write of it fails."
            ),
        )
    ]
    by_url = replace(there, source="env:DATABASE_URL")
    assert [one[:2] for one in said(facts(jobs, database=by_url))] == [("PRD312", "warning")]
    known = replace(there, enums=(DatabaseEnum("public", "job_state", ("new",), visible=True),))
    assert [one[:2] for one in said(facts(jobs, database=known))] == [("PRD312", "warning")]
    assert said(facts(jobs, database=replace(there, driver="psycopg"))) == []


def test_a_view_is_read_and_not_written() -> None:
    database = replace(
        DATABASE,
        tables=(DatabaseTable("public", "places", "view"),),
        columns=(column("places"), column("places", "x")),
    )
    table = replace(PLACES, columns=(MappedColumn("id", family="text"),))
    assert said(facts(table, database=replace(database, typed=True))) == []


def test_nothing_is_said_of_columns_that_could_not_be_read() -> None:
    assert said(facts(PLACES, database=replace(DATABASE, columns=()))) == []


def test_names_are_cut_where_postgresql_cuts_them() -> None:
    """At a character, not within one."""
    long = "é" * 40
    kept = "é" * 31
    database = replace(DATABASE, tables=(DatabaseTable("public", kept),), columns=(column(kept),))
    assert judged(facts(replace(PLACES, name=long), database=database)) == ({long: []}, {})


TENANTS = tuple(Tenant(f"t{at:02}", whole=at % 2 == 0) for at in range(40))


def of_tenants(*schemas: str, tenants: tuple[Tenant, ...] = TENANTS) -> Facts:
    """A table that each tenant should have, in a database where these schemas have it."""
    table = replace(JOBS, framework="django", bind="default", tenancy=("tenant",))
    whole = {one.schema for one in tenants if one.whole}
    database = replace(
        DATABASE,
        name="default",
        schemas=("public", *(f"t{at:02}" for at in range(40))),
        tenants=tenants,
        tables=tuple(DatabaseTable(schema, "jobs", visible=False) for schema in schemas),
        columns=tuple(column("jobs", "nr", schema=schema) for schema in schemas if schema in whole),
    )
    return facts(table, database=database, tenants=TenantRegister("default", "clients", "schema_name"))


def test_a_table_is_looked_for_in_every_tenants_schema_and_columns_in_a_sample() -> None:
    findings, _ = judged(of_tenants(*(f"t{at:02}" for at in range(38))))
    missing, column_missing, unfilled = findings["jobs"]
    assert missing.message.startswith(
        "models.Job is mapped to the table jobs, which 38 of the 40 tenants' schemas have; it is "
        "missing in t38, t39:"
    )
    assert missing.remedy == "Run before this release: python manage.py migrate_schemas --tenant"
    assert column_missing.code == unfilled.code == "PRD312"
    assert column_missing.proof.endswith("so it is in 19 of the 19 schemas whose columns were read")


def test_each_type_of_tenants_has_the_tables_of_its_own_applications() -> None:
    """The shared schema is said apart, wherever its name stands among theirs."""
    tenants = (Tenant("t01", "free"), Tenant("t02", "large"), Tenant("t03", "free"), Tenant("t99", "free"))
    seen = of_tenants("t01", "t02", tenants=tenants)
    table = replace(JOBS, framework="django", bind="default", tenancy=("free", "public"), columns=())
    (entry, _) = seen.entries
    mapping = Mapping(tables=(table,), tenants=TenantRegister("default", "jobs", "schema_name", "kind"))
    seen = replace(seen, entries=(replace(entry, mapping=mapping),))
    seen = replace(seen, databases=tuple(replace(one, columns=()) for one in seen.databases))
    assert [
        (code, level, message.partition(", which ")[2] or message) for code, level, message in said(seen)
    ] == [
        (
            "PRD311",
            "error",
            "the schema public, shared by all tenants, does not have: every query of it there fails.",
        ),
        (
            "PRD311",
            "error",
            "1 of the 2 tenants' schemas has; it is missing in t03: every query of it there fails.",
        ),
        (
            "PRD311",
            "warning",
            "A tenant has no schema: t99. A request for such a tenant fails, or uses the shared schema.",
        ),
    ]


def test_311_names_the_migration_of_a_table_in_another_schema() -> None:
    elsewhere = (*DATABASE.tables, DatabaseTable("billing", "jobs", visible=False))
    makers = (TableMaker("jobs", "", "3f2a", Location("m.py", 7)),)
    database = replace(DATABASE, tables=elsewhere, makers=makers)
    ((_, _, message),) = said(facts(JOBS, PLACES, database=database))
    assert message.endswith(
        "; a table of this name is in the schema billing, which the session does not search: "
        "every query of it fails. The migration 3f2a creates it (m.py:7)."
    )


def test_without_tenants_there_is_nothing_to_look_up() -> None:
    assert judged(of_tenants("public", tenants=()))[1] == {
        "jobs": "skipped: no tenant is known that has a schema of its own"
    }


def test_ten_thousand_columns_are_judged_once_each() -> None:
    tables = tuple(
        replace(
            PLACES,
            name=f"t{at}",
            columns=tuple(MappedColumn(f"c{nr}", family="integer") for nr in range(10)),
        )
        for at in range(1000)
    )
    database = replace(
        DATABASE,
        tables=tuple(DatabaseTable("public", f"t{at}") for at in range(1000)),
        columns=tuple(column(f"t{at}", f"c{nr}") for at in range(1000) for nr in range(10)),
    )
    findings, reasons = judged(facts(*tables, database=database))
    assert (len(findings), reasons, sum(map(len, findings.values()))) == (1000, {}, 0)
    half = replace(database, tables=database.tables[:500])
    findings, _ = judged(facts(*tables, database=half))
    assert [one.code for found in findings.values() for one in found] == ["PRD311"] * 500
    assert not any("nearest" in one.message for found in findings.values() for one in found)
