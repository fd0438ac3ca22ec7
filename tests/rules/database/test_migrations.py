"""PRD321 to 324 on facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    Alembic,
    Database,
    DatabaseColumn,
    DatabaseTable,
    Django,
    DjangoApp,
    DjangoPlan,
    Entry,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Made,
    MappedColumn,
    MappedTable,
    Mapping,
    MetaDataTables,
    MigrateCommand,
    Migrations,
    ModelChange,
    Revision,
    VendorMark,
    VersionTable,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.rules import registry

REGISTRY = registry().select(["PRD32"])
PLACE = Location("alembic/versions/a.py", 4)
HEADS, STATE, MODELS = (f"migrations:alembic:{name}" for name in ("heads", "database", "models"))


def revision(name: str, *down: str, **more: Any) -> Revision:
    more = {"location": Location(f"alembic/versions/{name}.py", 4), "directory": "alembic/versions", **more}
    return Revision(name, down, **more)


CONFIG = Location("alembic.ini", 2)
ALEMBIC = Alembic(
    CONFIG,
    heads=("b",),
    revisions=(revision("a"), revision("b", "a")),
    made=(Made("orders", ("id", "name"), "a", PLACE, whole=True),),
    words=("orders",),
)
ORDERS = MappedTable("orders", model="shop.Order", columns=(MappedColumn("id"), MappedColumn("name")))
CUSTOMERS = MappedTable("customers", model="shop.Customer", location=Location("shop/models.py", 9))
DATABASE = Database(
    "shop.engine",
    dialect="sqlite",
    read_only=True,
    tables=(DatabaseTable("main", "orders"), DatabaseTable("main", "alembic_version")),
    versions=(VersionTable("main", "alembic_version", revisions=("b",)),),
)
TWO = replace(ALEMBIC, heads=("b", "c"), several=True, revisions=(*ALEMBIC.revisions, revision("c", "a")))
UPGRADE = MigrateCommand("alembic", "head", Location("Procfile", 2))


def judge(facts: Facts) -> dict[str, Judgement]:
    """Subject → judgement of all rules about migrations."""
    return {
        subject.name: REGISTRY.judge(kind, subject, facts)
        for kind in REGISTRY.kinds
        for subject in kind.subjects(facts)
    }


def facts(
    *alembic: Alembic,
    tables: tuple[MappedTable, ...] = (ORDERS,),
    databases: tuple[Database, ...] = (DATABASE,),
    django: Django | None = None,
    **more: Any,
) -> Facts:
    groups = (MetaDataTables(tuple((table.schema or "", table.name) for table in tables)),)
    seen = InspectedEntry(
        Entry("web", "shop:app", "a test"),
        mapping=Mapping(tables=tables),
        migrations=Migrations(alembic, groups, django),
    )
    return Facts("/", entries=(seen,), databases=databases, **more)


def only(judged: dict[str, Judgement], subject: str) -> Finding:
    (finding,) = judged[subject].findings
    return finding


def test_a_healthy_environment_passes() -> None:
    """At head, one head, all made."""
    judged = judge(facts(ALEMBIC))
    assert set(judged) == {HEADS, STATE, MODELS}
    assert {one.outcome for one in judged.values()} == {Outcome.PASSED}
    assert not any(one.findings for one in judged.values())


def test_without_migrations_there_is_no_subject() -> None:
    """Nor where nobody asked for them."""
    assert judge(facts()) == judge(Facts("/")) == {}


def test_reading_that_broke_off_is_errored() -> None:
    """Never a pass."""
    seen = InspectedEntry(Entry("web", "shop:app", "a test"), migrations=Migrations(problem="it hung"))
    assert judge(Facts("/", entries=(seen,))) == {"migrations": Judgement(Outcome.ERRORED, reason="it hung")}


def test_an_environment_that_was_not_read_is_skipped() -> None:
    """With the reason."""
    judged = judge(facts(Alembic(CONFIG, unread="alembic is not installed")))
    assert judged == {HEADS: Judgement(Outcome.SKIPPED, reason="alembic.ini: alembic is not installed")}


def test_several_environments_have_names() -> None:
    """The section of the configuration, else the directory."""
    first, second = replace(ALEMBIC, directory="db"), replace(ALEMBIC, section="logs")
    assert {name for name in judge(facts(first, second)) if name.endswith(":heads")} == {
        "migrations:alembic:db:heads",
        "migrations:alembic:logs:heads",
    }


@pytest.mark.parametrize(
    "targets, labels, directories, level",
    [
        ([], [(), ()], ["v", "v"], Level.ERROR),
        (["head"], [(), ()], ["v", "v"], Level.ERROR),
        (["head"], [("x",), ("y",)], ["v", "w"], Level.ERROR),
        (["heads"], [(), ()], ["v", "v"], None),
        (["heads", "head"], [(), ()], ["v", "v"], Level.ERROR),
        (["x@head", "y@head"], [("x",), ("y",)], ["v", "v"], None),
        ([], [("x",), ("y",)], ["v", "v"], Level.INFO),
        ([], [("x",), ("x",)], ["v", "v"], Level.ERROR),
        ([], [("x",), ()], ["v", "v"], Level.ERROR),
        ([], [(), ()], ["v", "w"], Level.INFO),
    ],
)
def test_several_heads(
    targets: list[str], labels: list[tuple[str, ...]], directories: list[str], level: Level | None
) -> None:
    """PRD321 as the command sees it; without one, branches on purpose are a note."""
    pairs = zip(TWO.revisions[1:], labels, directories, strict=True)
    several = [replace(one, labels=label, directory=directory) for one, label, directory in pairs]
    alembic = replace(TWO, revisions=(TWO.revisions[0], *several))
    database = replace(DATABASE, versions=(VersionTable("main", "alembic_version", revisions=("b", "c")),))
    commands = tuple(replace(UPGRADE, target=one) for one in targets)
    judged = judge(facts(alembic, databases=(database,), migrating=commands))
    found = judged[HEADS].findings
    assert [(one.code, one.level, one.location) for one in found] == (
        [("PRD321", level, Location("alembic/versions/c.py", 4))] if level else []
    )
    assert judged[STATE].findings == ()


@pytest.mark.parametrize(
    "failure, revisions, place",
    [
        (Failure("raised", "x", frames=(Frame("a.py", 3, "<module>", own=True),)), (), Location("a.py", 3)),
        (
            Failure("raised", "Revision z … is not present"),
            (revision("a"), revision("b", "z")),
            revision("b").location,
        ),
        (
            Failure("raised", "a is present more than once"),
            (revision("a"), revision("a", location=PLACE)),
            PLACE,
        ),
        (Failure("raised", "x", frames=(Frame("/lib/a.py", 3, "f"),)), (revision("a"),), CONFIG),
    ],
)
@pytest.mark.parametrize("doubted", [True, False])
def test_revisions_that_cannot_be_read(
    failure: Failure, revisions: tuple[Revision, ...], place: Location, doubted: bool
) -> None:
    """PRD321 at the line that is to blame, a warning where env.py may prevent it; nothing else is judged."""
    judged = judge(facts(Alembic(CONFIG, revisions=revisions, failure=failure, doubted=doubted)))
    assert set(judged) == {HEADS}
    finding = only(judged, HEADS)
    assert (finding.code, finding.location) == ("PRD321", place)
    assert finding.level is (Level.WARNING if doubted else Level.ERROR)


@pytest.mark.parametrize(
    "rows, commands, level, words",
    [
        (("b",), (), None, ""),
        (("a",), (), Level.WARNING, "1 of the 2 migrations are not applied; no command"),
        (("a",), (UPGRADE,), Level.INFO, "the deployment migrates it (Procfile:2)"),
        (("z",), (UPGRADE,), Level.ERROR, "The database is at z, which this build does not have"),
        (("b", "z"), (), Level.ERROR, "The database is at z"),
    ],
)
def test_where_the_database_is(
    rows: tuple[str, ...], commands: tuple[MigrateCommand, ...], level: Level | None, words: str
) -> None:
    """PRD322: behind is a matter of the deployment, unknown an error."""
    database = replace(DATABASE, versions=(VersionTable("main", "alembic_version", revisions=rows),))
    found = judge(facts(ALEMBIC, databases=(database,), migrating=commands))[STATE].findings
    assert [(one.code, one.level) for one in found] == ([("PRD322", level)] if level else [])
    assert all(words in one.message for one in found)


def test_a_dependency_counts_as_applied() -> None:
    """What a revision depends on need not stand in the table."""
    alembic = replace(
        ALEMBIC, heads=("c",), revisions=(revision("a"), revision("b"), revision("c", "a", "b"))
    )
    database = replace(DATABASE, versions=(VersionTable("main", "alembic_version", revisions=("c",)),))
    assert judge(facts(alembic, databases=(database,)))[STATE].findings == ()


def test_tables_without_a_recorded_revision() -> None:
    """PRD322: an upgrade would make them once more; an empty database is just behind."""
    made = replace(DATABASE, versions=(), tables=DATABASE.tables[:1])
    finding = only(judge(facts(ALEMBIC, databases=(made,), migrating=(UPGRADE,))), STATE)
    assert (finding.level, finding.remedy.rpartition(": ")[2]) == (Level.WARNING, "alembic stamp b")
    empty = replace(made, tables=())
    finding = only(judge(facts(ALEMBIC, databases=(empty,), migrating=(UPGRADE,))), STATE)
    assert finding.level is Level.INFO
    assert "all 2 migrations are not applied" in finding.message


def test_the_version_table_that_belongs_to_an_environment() -> None:
    """By its name and schema; where these are made up, by what it holds; of a plugin nothing is said."""
    plugin = VersionTable("main", "plugin_version", revisions=("z",))
    own = VersionTable("book", "shop_version", visible=False, revisions=("b",))
    database = replace(DATABASE, versions=(plugin, own))
    named = replace(ALEMBIC, version_table="shop_version", version_schema="book")
    assert judge(facts(named, databases=(database,)))[STATE].findings == ()
    unknown = replace(ALEMBIC, version_known=False)
    assert judge(facts(unknown, databases=(database,)))[STATE].findings == ()
    nothing = replace(DATABASE, versions=(plugin,))
    assert judge(facts(unknown, databases=(nothing,)))[STATE].outcome is Outcome.SKIPPED
    hidden = replace(DATABASE, versions=())
    assert judge(facts(ALEMBIC, databases=(hidden,)))[STATE].reason == (
        "the role may not read the table alembic_version"
    )
    dead = Database("shop.engine", problem="unreachable", detail="It is down.")
    assert judge(facts(ALEMBIC, databases=(dead,)))[STATE].reason.endswith(": It is down.")


BOTH = (ORDERS, CUSTOMERS)
THERE = replace(DATABASE, tables=(*DATABASE.tables, DatabaseTable("main", "customers")))


@pytest.mark.parametrize(
    "change, database, level",
    [
        ({}, DATABASE, Level.ERROR),
        ({}, None, Level.ERROR),
        ({}, THERE, Level.WARNING),
        ({"made": (replace(ALEMBIC.made[0], revision="b"),)}, None, Level.WARNING),
        ({"made": (replace(ALEMBIC.made[0], revision="b"),)}, DATABASE, Level.ERROR),
        ({"opaque": "a.py:3"}, DATABASE, Level.WARNING),
        ({"filtered": "create_all in shop/app.py:3"}, DATABASE, Level.WARNING),
        ({"filtered": "include_object in env.py:3"}, THERE, None),
        ({"words": ("orders", "customers")}, DATABASE, None),
        ({"made": ()}, DATABASE, None),
    ],
)
def test_a_table_that_no_migration_makes(
    change: dict[str, Any], database: Database | None, level: Level | None
) -> None:
    """PRD323 is an error only where nothing speaks for a table that comes from elsewhere."""
    databases = (database,) if database is not None else ()
    judged = judge(facts(replace(ALEMBIC, **change), tables=BOTH, databases=databases))
    found = judged[MODELS].findings
    assert [(one.code, one.level, one.location) for one in found] == (
        [("PRD323", level, CUSTOMERS.location)] if level else []
    )


def test_tables_that_the_environment_does_not_look_after() -> None:
    """A library's, Django's, and those of another MetaData."""
    for other in (replace(CUSTOMERS, own=False), replace(CUSTOMERS, framework="django")):
        assert judge(facts(ALEMBIC, tables=(ORDERS, other)))[MODELS].findings == ()
    seen = facts(ALEMBIC, tables=BOTH)
    (entry,) = seen.entries
    apart = Migrations((ALEMBIC,), (MetaDataTables((("", "orders"),)), MetaDataTables((("", "customers"),))))
    assert judge(replace(seen, entries=(replace(entry, migrations=apart),)))[MODELS].findings == ()


@pytest.mark.parametrize(
    "made, found",
    [
        ((), ["orders.note"]),
        ((Made("orders", ("note",), "b", PLACE),), []),
        ((Made("orders", (), "b", PLACE, certain=False),), []),
        ((Made("others", ("note",), "b", PLACE),), ["orders.note"]),
    ],
)
def test_columns_that_no_migration_adds(made: tuple[Made, ...], found: list[str]) -> None:
    """PRD323 is a warning, as far as all statements about the table are understood."""
    mapped = replace(ORDERS, columns=(*ORDERS.columns, MappedColumn("note", location=PLACE)))
    alembic = replace(ALEMBIC, made=(*ALEMBIC.made, *made))
    judged = judge(facts(alembic, tables=(mapped,)))[MODELS].findings
    assert [one.level for one in judged] == [Level.WARNING] * len(found)
    assert all(name in one.message for name, one in zip(found, judged, strict=True))
    column = DatabaseColumn("main", "orders", "note", visible=True, type="text")
    there = replace(DATABASE, columns=(column,))
    assert judge(facts(alembic, tables=(mapped,), databases=(there,)))[MODELS].findings == ()


APP = DjangoApp("shop", own=True, names=("0001_initial", "0002_more"))
OF_DJANGO = replace(
    DATABASE, name="default", versions=(), applied=(("shop", "0001_initial"), ("shop", "0002_more"))
)
PLAN = DjangoPlan("default")


def of_django(
    *apps: DjangoApp, plan: DjangoPlan = PLAN, database: Database = OF_DJANGO, **more: Any
) -> Facts:
    django = Django(apps or (APP,), plans=(plan,))
    return facts(django=django, tables=(), databases=(database,), **more)


def test_a_healthy_django_passes() -> None:
    """One subject for each application of the project's own, and one for the database."""
    judged = judge(of_django(APP, replace(APP, label="auth", own=False)))
    assert judged == dict.fromkeys(
        ["migrations:shop", "migrations:django:default"], Judgement(Outcome.PASSED)
    )


def test_migrations_that_django_cannot_load() -> None:
    """PRD321 where its loader stops, or at the migration that it names."""
    failure = Failure("raised", "boom", frames=(Frame("shop/migrations/0002.py", 3, "<module>", own=True),))
    judged = judge(facts(django=Django(failure=failure)))
    assert set(judged) == {"migrations:django"}
    finding = only(judged, "migrations:django")
    assert (finding.code, finding.location) == ("PRD321", Location("shop/migrations/0002.py", 3))
    judged = judge(facts(django=Django(failure=failure, location=PLACE)))
    assert only(judged, "migrations:django").location == PLACE


@pytest.mark.parametrize("own", [True, False])
def test_conflicting_migrations(own: bool) -> None:
    """PRD321, a library's too; the other applications cannot be compared."""
    last = Location("shop/migrations/0002_b.py", 3)
    leaves = (("0002_a", Location("shop/migrations/0002_a.py", 3)), ("0002_b", last))
    judged = judge(of_django(replace(APP, own=own, leaves=leaves), replace(APP, label="book")))
    finding = only(judged, "migrations:shop")
    assert (finding.code, finding.level, finding.location) == ("PRD321", Level.ERROR, last)
    assert ("--merge shop" in finding.remedy) is own
    assert judged["migrations:book"].outcome is (Outcome.SKIPPED if own else Outcome.PASSED)


@pytest.mark.parametrize(
    "change, level",
    [
        ({"operation": "CreateModel", "field": ""}, Level.ERROR),
        ({"operation": "CreateModel", "field": "", "managed": False}, Level.WARNING),
        ({"operation": "CreateModel", "field": "", "usual": False}, Level.WARNING),
        ({"operation": "DeleteModel", "field": ""}, Level.WARNING),
        ({"operation": "AddField"}, Level.ERROR),
        ({"operation": "AddField", "column": False}, Level.ERROR),
        ({"operation": "RemoveField"}, Level.WARNING),
        ({"operation": "RemoveField", "nullable": False}, Level.ERROR),
        ({"operation": "AlterField"}, Level.WARNING),
        ({"operation": "AlterField", "changed": (("null", "None", "True"),)}, Level.ERROR),
        ({"operation": "AlterField", "changed": (("null", "True", "None"),)}, Level.WARNING),
        ({"operation": "AlterField", "changed": (("max_length", "20", "40"),)}, Level.ERROR),
        ({"operation": "AlterField", "changed": (("max_length", "20", "None"),)}, Level.ERROR),
        ({"operation": "AlterField", "changed": (("max_length", "40", "20"),)}, Level.WARNING),
        ({"operation": "AlterField", "changed": (("type", "AutoField", "BigAutoField"),)}, Level.WARNING),
        ({"operation": "AlterField", "changed": (("type", "IntegerField", "CharField"),)}, Level.ERROR),
        ({"operation": "AlterModelOptions", "field": ""}, Level.WARNING),
    ],
)
def test_models_that_differ_from_the_migrations(change: dict[str, Any], level: Level) -> None:
    """PRD323 is an error for what fails in a migrated database."""
    found = ModelChange(
        **{"model": "Order", "field": "name", "words": "Alter it", "location": PLACE, **change}
    )
    server = replace(OF_DJANGO, dialect="postgresql")
    finding = only(judge(of_django(replace(APP, changes=(found,)), database=server)), "migrations:shop")
    assert (finding.code, finding.level, finding.location) == ("PRD323", level, PLACE)


def test_sqlite_keeps_no_text_to_its_length() -> None:
    """PRD323 is no error there."""
    change = ModelChange("AlterField", "Order", "name", "Alter it", changed=(("max_length", "20", "40"),))
    finding = only(judge(of_django(replace(APP, changes=(change,)))), "migrations:shop")
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(
    "change, tables, commands, level",
    [
        ({}, ("other",), (), Level.ERROR),
        ({}, ("shop_order",), (), Level.WARNING),
        ({"disabled": True}, ("other",), (), None),
        ({}, ("other",), (MigrateCommand("django", "", PLACE, syncdb=True),), None),
    ],
)
def test_an_application_without_migrations(
    change: dict[str, Any], tables: tuple[str, ...], commands: tuple[MigrateCommand, ...], level: Level | None
) -> None:
    """PRD323: migrate does not make its tables, unless it is told to."""
    app = replace(APP, migrated=False, models=("shop_order",), names=(), **change)
    database = replace(OF_DJANGO, applied=(), tables=tuple(DatabaseTable("main", name) for name in tables))
    found = judge(of_django(app, database=database, migrating=commands))["migrations:shop"].findings
    assert [(one.code, one.level) for one in found] == ([("PRD323", level)] if level else [])


@pytest.mark.parametrize(
    "rows, own, level",
    [
        (("0001_initial", "0002_more", "0003_later"), True, Level.ERROR),
        (("0001_initial", "0002_more", "0003_later"), False, Level.WARNING),
        (("0000_old", "0001_initial", "0002_more"), True, None),
        (("0003_later",), True, None),
    ],
)
def test_a_database_ahead_of_django(rows: tuple[str, ...], own: bool, level: Level | None) -> None:
    """PRD322 for what was applied after all that this build has; older ones were squashed since."""
    database = replace(OF_DJANGO, applied=tuple(("shop", name) for name in rows))
    found = judge(of_django(replace(APP, own=own), database=database))["migrations:django:default"].findings
    assert [(one.code, one.level) for one in found] == ([("PRD322", level)] if level else [])


def test_a_database_behind_django() -> None:
    """PRD322 is a warning, a note where the deployment migrates, an error for a history that is refused."""
    plan = replace(PLAN, unapplied=(("shop", "0002_more"),), first=PLACE)
    finding = only(judge(of_django(plan=plan)), "migrations:django:default")
    assert (finding.code, finding.level, finding.location) == ("PRD322", Level.WARNING, PLACE)
    commands = (MigrateCommand("django", "", PLACE),)
    assert (
        only(judge(of_django(plan=plan, migrating=commands)), "migrations:django:default").level is Level.INFO
    )
    broken = replace(PLAN, inconsistent="0002 is applied before its dependency 0001")
    assert only(judge(of_django(plan=broken)), "migrations:django:default").level is Level.ERROR


def test_a_database_of_django_that_was_not_read() -> None:
    """Skipped with its reason."""
    dead = Database("x", name="default", problem="unreachable", detail="It is down.")
    judged = judge(facts(django=Django((APP,)), databases=(dead,)))
    assert judged["migrations:django:default"].reason.endswith(": It is down.")


MARK = VendorMark("postgresql", "CREATE EXTENSION", Location("alembic/versions/b.py", 9))
ADDRESS = VendorMark("postgresql", "postgresql://", Location("compose.yml", 3))
SUBJECT = "migrations:vendor"


@pytest.mark.parametrize(
    "vendor, deployed, marks, dialect, level",
    [
        ("postgresql", (), (), "sqlite", Level.ERROR),
        ("postgresql", (), (), "postgresql", None),
        ("mysql", (), (), "mariadb", Level.ERROR),
        ("sqlite", (ADDRESS,), (MARK,), "sqlite", None),
        ("", (ADDRESS,), (), "sqlite", Level.WARNING),
        ("", (), (MARK,), "sqlite", Level.WARNING),
        ("", (), (MARK,), "postgresql", None),
        ("", (replace(ADDRESS, vendor="mysql"),), (), "mariadb", None),
    ],
)
def test_the_vendor_of_production(
    vendor: str,
    deployed: tuple[VendorMark, ...],
    marks: tuple[VendorMark, ...],
    dialect: str,
    level: Level | None,
) -> None:
    """PRD324 is an error where the settings say the vendor, a warning where the files suggest it."""
    database = replace(DATABASE, dialect=dialect)
    alembic = replace(ALEMBIC, marks=marks)
    judged = judge(facts(alembic, databases=(database,), vendor=vendor, deployed_vendors=deployed))
    found = judged[SUBJECT].findings
    assert [(one.code, one.level) for one in found] == ([("PRD324", level)] if level else [])


def test_no_vendor_and_several_are_not_judged() -> None:
    """Nothing says what production runs on, or it runs on several."""
    both = (MARK, replace(MARK, vendor="mysql"))
    assert SUBJECT not in judge(facts(ALEMBIC))
    assert SUBJECT not in judge(facts(replace(ALEMBIC, marks=both)))


def test_what_was_not_read_is_not_verified() -> None:
    """A skip, which --prodready-strict fails."""
    dead = Database("x", problem="unreachable", detail="It is down.")
    judged = judge(facts(ALEMBIC, databases=(dead,), vendor="postgresql"))
    assert judged[SUBJECT] == Judgement(Outcome.SKIPPED, reason="not verified on PostgreSQL: It is down.")
