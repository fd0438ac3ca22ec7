"""The migrations of the application: what their files say, as Alembic and Django read them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class MigrateCommand:
    """One command of the deployment that brings a database up to date."""

    tool: str
    """``alembic``, ``flask`` (Flask-Migrate) or ``django``."""
    target: str
    """What it upgrades to: ``head``, ``heads``, ``label@head`` …; Django's: what follows ``migrate``."""
    location: Location
    syncdb: bool = False
    """Django's ``--run-syncdb``: it also makes the tables of applications without migrations."""


@dataclass(frozen=True, slots=True)
class VendorMark:
    """Something in a migration that only one vendor's databases understand."""

    vendor: str
    """``postgresql`` or ``mysql``."""
    words: str
    """What is written there: ``CREATE EXTENSION``, ``postgresql.JSONB``."""
    location: Location


@dataclass(frozen=True, slots=True)
class Made:
    """A table that a migration makes or changes, by the names that stand in it."""

    table: str
    columns: tuple[str, ...]
    revision: str
    location: Location
    whole: bool = False
    """The table is made here (or gets its name here); else it is changed only."""
    certain: bool = True
    """All columns that this statement adds are known by name."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of Alembic."""

    id: str
    down: tuple[str, ...]
    """The revisions that it follows, and those that it depends on."""
    labels: tuple[str, ...] = ()
    """Of the branch that it is on, as Alembic hands them on."""
    title: str = ""
    location: Location | None = None
    """The line of its ``down_revision``."""
    directory: str = ""
    """That it lies in."""


@dataclass(frozen=True, slots=True)
class Alembic:
    """One environment of Alembic, read without running its env.py."""

    config: Location
    """Its alembic.ini, pyproject.toml or env.py."""
    section: str = ""
    """Of the configuration, where that is not the usual one."""
    directory: str = ""
    """The script location."""
    heads: tuple[str, ...] = ()
    several: bool = False
    """Alembic refuses the target ``head``."""
    revisions: tuple[Revision, ...] = ()
    failure: Failure | None = None
    """Why Alembic cannot read the revisions."""
    doubted: bool = False
    """Its env.py, which was not run, may have prepared what the failing module misses."""
    unread: str = ""
    """Why it was not asked: it is not installed, the directory is not there."""
    version_table: str = "alembic_version"
    version_schema: str = ""
    version_known: bool = True
    """Both stand in env.py as text, or not at all."""
    filtered: str = ""
    """What in env.py leaves tables out on purpose, or in the application makes them (``create_all``)."""
    made: tuple[Made, ...] = ()
    opaque: str = ""
    """The place of a statement whose tables cannot be known from its text; empty where there is none."""
    words: tuple[str, ...] = ()
    """Names of mapped tables that stand anywhere in the files of the migrations."""
    marks: tuple[VendorMark, ...] = ()


@dataclass(frozen=True, slots=True)
class MetaDataTables:
    """The tables of one ``MetaData`` of SQLAlchemy: schema and name of each."""

    tables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ModelChange:
    """What Django's autodetector would write into a new migration."""

    operation: str
    """The class of the operation: ``CreateModel``, ``AddField``, ``AlterField`` …"""
    model: str
    field: str
    words: str
    """As Django says it: ``Add field email to customer``."""
    location: Location | None = None
    managed: bool = True
    """It is about a table that Django manages."""
    nullable: bool = True
    """The field takes NULL, or the database fills it in."""
    column: bool = True
    """The field has a column in the model's own table."""
    changed: tuple[tuple[str, str, str], ...] = ()
    """Of ``AlterField``: what differs for the database (``type``, ``null`` …), before, now."""
    usual: bool = True
    """The model stands where Django looks for models itself, so that every process knows it."""


@dataclass(frozen=True, slots=True)
class DjangoApp:
    """One installed application of Django's."""

    label: str
    own: bool
    """A package of the project, not a library."""
    location: Location | None = None
    migrated: bool = True
    """It has migrations."""
    disabled: bool = False
    """``MIGRATION_MODULES`` switches them off, or Django Evolution stands in for them."""
    models: tuple[str, ...] = ()
    """Of an application without migrations: the tables of its managed models."""
    leaves: tuple[tuple[str, Location | None], ...] = ()
    """Several: its conflicting last migrations."""
    names: tuple[str, ...] = ()
    """Its migrations on disk, and those that they replace."""
    changes: tuple[ModelChange, ...] = ()
    marks: tuple[VendorMark, ...] = ()


@dataclass(frozen=True, slots=True)
class DjangoPlan:
    """What ``manage.py migrate`` would do to one database."""

    alias: str
    unapplied: tuple[tuple[str, str], ...] = ()
    """Application and name, in their order."""
    first: Location | None = None
    """The file of the first one of the project's own."""
    inconsistent: str = ""
    """What Django says of a history that it refuses."""


@dataclass(frozen=True, slots=True)
class Django:
    """Django's migrations, as its own loader reads them."""

    apps: tuple[DjangoApp, ...] = ()
    failure: Failure | None = None
    """Why its loader gives up; everything else is empty then."""
    location: Location | None = None
    plans: tuple[DjangoPlan, ...] = ()
    undetected: str = ""
    """Why the autodetector could not compare models and migrations; else empty."""


@dataclass(frozen=True, slots=True)
class Migrations:
    """All that one interpreter saw of migrations."""

    alembic: tuple[Alembic, ...] = ()
    metadata: tuple[MetaDataTables, ...] = ()
    django: Django | None = None
    problem: str = ""
    """Why nothing is known of them: reading them hung, or ended the interpreter."""
