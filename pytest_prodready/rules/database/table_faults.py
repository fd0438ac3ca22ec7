"""The words about tables that a database does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_prodready.facts import MappedTable, TableMaker
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.family import proof
from pytest_prodready.rules.database.table_cases import PUBLIC, TableCase
from pytest_prodready.wording import joined, listed, nearest

SHOWN = 5
"""Names of a list."""
COMPARED = 500
"""In a database of more tables, names that are nearly the same say nothing."""
AUTOMATIC = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
READ = "the catalogue was"


def missing(case: TableCase) -> Iterator[Fault]:
    """A fault for a table that is not where the session looks, in each schema or in some tenants'."""
    if case.others:
        yield _none_of_them(case)
    elif case.mapped.tenancy:
        yield from _of_tenants(case)
    elif case.places[0].table is None and not _has_none(case):
        yield _doubted(case, _one(case))
    if case.homeless:
        yield _homeless(case)


def _has_none(case: TableCase) -> bool:
    """Whether the model is not meant to have a table: it only carries permissions, as its migrations say too.

    Such a model has nothing to be asked for: no column but the key that Django adds.
    """
    mapped = case.mapped
    bare = all(column.type in AUTOMATIC for column in mapped.columns)
    return bare and _on_purpose(case)


def _on_purpose(case: TableCase) -> bool:
    """Whether the migrations know the model, and that they do not make its table."""
    return case.mapped.kind == "unmanaged" and any(not one.makes for one in _named(case))


def mapping(mapped: MappedTable) -> str:
    """Who maps the table, as the beginning of a sentence."""
    return f"{mapped.model} is mapped to" if mapped.model else "The code defines"


def _one(case: TableCase) -> Fault:
    mapped, database = case.mapped, case.database
    beginning = f"{mapping(mapped)} the table {mapped.qualified}"
    near = ""
    if mapped.schema and not case.tables.has_schema(mapped.schema):
        what = "database of this name that it may use" if _mysql(case) else f"schema {mapped.schema}"
        message = f"{beginning}, and the server has no {what}"
    else:
        message = f"{beginning}, which the database does not have{_searched(case)}"
        near = _near(case)
    others = case.tables.elsewhere(mapped.name)
    if others:
        message += f"; a table of this name is in {_schemas(others)}"
        message += ", which the session does not search" if not mapped.schema else ""
    elif near:
        message += f"; the nearest that it has is {near}"
    fault = Fault(
        message=f"{message}: every query of it fails.",
        remedy="",
        location=mapped.location,
        proof=proof(database, READ),
    )
    if not others:
        return _with_migration(fault, case)
    if mapped.schema:
        remedy = f"Name the schema that has it ({listed(others, SHOWN)}), or create it in {mapped.schema}."
    else:
        remedy = _path_remedy(case, others)
    return replace(fault, message=f"{fault.message}{_creates(case)}", remedy=remedy)


def _path_remedy(case: TableCase, others: list[str]) -> str:
    schema = others[0] if len(others) == 1 else "…"
    if case.mapped.framework == "django":
        return f'Search the schema: OPTIONS = {{"options": "-c search_path={schema},public"}} in DATABASES.'
    return (
        f'Name the schema in the mapping (__table_args__ = {{"schema": "{schema}"}}), or have the session '
        f"search it: ALTER ROLE … SET search_path = {schema}, public."
    )


def _with_migration(fault: Fault, case: TableCase) -> Fault:
    """The fault with the migration that creates the table, or that none was seen to."""
    mapped, makers = case.mapped, _makers(case)
    if makers:
        command = (
            f"python manage.py migrate {mapped.app}"
            if mapped.framework == "django"
            else "alembic upgrade head"
        )
        return replace(
            fault,
            message=f"{fault.message}{_creates(case)}",
            remedy=f"Run it before this release: {command}",
        )
    if case.database.created_by and mapped.framework == "sqlalchemy":
        return fault
    if mapped.kind == "unmanaged":
        return replace(
            fault, remedy="Create it if it is queried: no migration of Django's makes this model's table."
        )
    write = (
        f"python manage.py makemigrations {mapped.app}"
        if mapped.framework == "django"
        else 'alembic revision --autogenerate -m "…"'
    )
    message = f"{fault.message} No migration in the source was seen to create it."
    return replace(
        fault, message=message, remedy=f"Write the migration ({write}), and run it before this release."
    )


def _creates(case: TableCase) -> str:
    """The migration that creates the table, as a sentence behind another; empty where none was seen to."""
    makers = _makers(case)
    return f" The migration {makers[-1].migration} creates it ({makers[-1].location})." if makers else ""


def _makers(case: TableCase) -> list[TableMaker]:
    return [one for one in _named(case) if one.makes]


def _named(case: TableCase) -> list[TableMaker]:
    """The migrations that gave the table its name, those of unmanaged models among them."""
    mapped = case.mapped
    found = [one for one in case.database.makers if one.table == mapped.name]
    exact = [one for one in found if one.schema == (mapped.schema or "")]
    return exact or [one for one in found if not one.schema or not mapped.schema]


def _doubted(case: TableCase, fault: Fault) -> Fault:
    """The fault as a warning, with the reason, where the table may well not be needed here."""
    mapped, database = case.mapped, case.database
    if mapped.framework == "sqlalchemy" and database.created_by:
        place = database.created_by[0]
        doubt = f"The application may create it itself when it starts (create_all, {place})"
    elif database.beside and mapped.framework == "sqlalchemy":
        doubt = f"It may be in the database of another engine ({listed(database.beside, 2)})"
    elif mapped.kind == "unmanaged":
        doubt = "Django does not manage it"
    elif not mapped.own:
        doubt = "A library maps it, which may not use it here"
    elif mapped.kind == "core" and not mapped.secondary and not case.alone:
        doubt = "No mapped class uses it"
    else:
        return fault
    remedy = fault.remedy or "Make sure that it is there before the first query."
    level = Level.INFO if _on_purpose(case) else Level.WARNING
    return replace(fault, message=f"{fault.message} {doubt}.", remedy=remedy, level=level)


def _none_of_them(case: TableCase) -> Fault:
    """One fault for a database that has tables, and none of those that are mapped."""
    others, database = case.others, case.database
    places = sorted({schema for one in others for schema in case.tables.elsewhere(one.name)})
    names = listed((one.qualified for one in others), SHOWN)
    message = f"None of the {len(others)} mapped tables ({names}) is in the database{_searched(case)}"
    if places:
        message += f"; tables of these names are in {_schemas(places)}"
        remedy = _path_remedy(case, places)
    else:
        number = len(database.tables)
        message += f", which has {number} other table{'' if number == 1 else 's'}"
        remedy = "Name the application's own database, or run its migrations before this release."
    fault = Fault(
        message=f"{message}: every query of them fails.",
        remedy=remedy,
        location=case.mapped.location,
        proof=proof(database, READ),
        details=(("the mapped tables", "\n".join(one.qualified for one in others)),),
    )
    surest = next((one for one in others if one.kind in ("table", "through") and one.own), case.mapped)
    return _doubted(replace(case, mapped=surest), fault)


def _of_tenants(case: TableCase) -> Iterator[Fault]:
    """A fault for the schema that all share, and one for the tenants' schemas that lack the table."""
    mapped = case.mapped
    shared = PUBLIC in mapped.tenancy
    common, own = (case.places[:1], case.places[1:]) if shared else ((), case.places)
    command = "python manage.py migrate_schemas"
    beginning = f"{mapping(mapped)} the table {mapped.name}, which"
    for place in common:
        if place.table is None:
            message = f"{beginning} the schema {place.schema}, shared by all tenants, does not have"
            yield _doubted(case, _tenant_fault(case, message, f"{command} --shared"))
    lacking = [place.schema for place in own if place.table is None]
    if not lacking:
        return
    if len(own) == 1:
        message = f"{beginning} the schema of the only tenant, {lacking[0]}, does not have"
    else:
        having = len(own) - len(lacking)
        of_all = f"{having or 'none'} of the {len(own)} tenants' schemas {'has' if having < 2 else 'have'}"
        message = f"{beginning} {of_all}; it is missing in {listed(lacking, SHOWN)}"
    remedy = f"{command} --schema={lacking[0]}" if len(lacking) == 1 else f"{command} --tenant"
    yield _doubted(case, _tenant_fault(case, message, remedy, tuple(lacking)))


def _tenant_fault(case: TableCase, message: str, command: str, lacking: tuple[str, ...] = ()) -> Fault:
    return Fault(
        message=f"{message}: every query of it there fails.{_creates(case)}",
        remedy=f"Run before this release: {command}",
        location=case.mapped.location,
        proof=proof(case.database, READ),
        details=(("it is missing in", "\n".join(lacking)),) if len(lacking) > SHOWN else (),
    )


def _homeless(case: TableCase) -> Fault:
    names = listed(case.homeless, SHOWN)
    many = f"{len(case.homeless)} tenants have" if len(case.homeless) > 1 else "A tenant has"
    return Fault(
        message=f"{many} no schema: {names}. A request for such a tenant fails, or uses the shared schema.",
        remedy="Create them: python manage.py create_missing_schemas, or take the tenants out.",
        location=case.mapped.location,
        proof=proof(case.database, READ),
        level=Level.WARNING,
    )


def _searched(case: TableCase) -> str:
    """Where it was looked for, as the end of a sentence."""
    database, mapped = case.database, case.mapped
    if mapped.schema and not case.others:
        return f" in the schema {mapped.schema}" if not _mysql(case) else f" in {mapped.schema}"
    if database.dialect == "sqlite" or not database.search_path:
        return "" if database.search_path else " (the session searches no schema that exists)"
    path = joined(database.search_path)
    return f" ({path})" if _mysql(case) else f" in the schemas that the session searches ({path})"


def _schemas(schemas: list[str]) -> str:
    return f"the schema {schemas[0]}" if len(schemas) == 1 else f"the schemas {listed(schemas, SHOWN)}"


def _near(case: TableCase) -> str:
    """The table of a name that a slip of the hand may have made this one of."""
    schema, name = case.mapped.schema, case.mapped.name
    if not case.few or len(case.database.tables) > COMPARED:
        return ""
    there = [
        one.name
        for one in case.database.tables
        if (one.schema == schema if schema else one.visible) and abs(len(one.name) - len(name)) <= 2
    ]
    return nearest(name, there, at_least=0.85)


def _mysql(case: TableCase) -> bool:
    return case.database.dialect in ("mysql", "mariadb")
