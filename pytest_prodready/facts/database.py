"""What the mappers say, and what the database has."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.database_tables import TableMaker, Tenant, TenantRegister
from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a Python enum; ``value`` is ``None`` where it is no string."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class EnumColumn:
    """A mapped column whose Python type is an enumeration."""

    table: str
    column: str
    schema: str | None
    model: str
    """Qualified name of the mapped class; empty for a table without one."""
    type_name: str
    type_schema: str | None
    sends: tuple[str, ...]
    """The labels that Python would send, in order."""
    enum: str = ""
    """Qualified name of the Python enum; empty for a list of strings."""
    members: tuple[Member, ...] = ()
    native: bool = True
    array: bool = False
    opaque: str = ""
    """Why what is sent cannot be known (a custom type decorator); else empty."""
    location: Location | None = None
    bind: str = ""
    """The :attr:`Database.name` that its table belongs to."""
    framework: str = "sqlalchemy"
    """Or ``django``."""
    check: bool = False
    """The mapping asks for a CHECK constraint of its labels (``create_constraint``)."""
    constraint: str = ""
    """The name that the mapping gives that constraint; empty where it leaves it to the database."""
    length: int | None = None
    """The characters that the mapping gives a column that is stored as text; ``None`` where it says none."""
    reads: tuple[str, ...] | None = None
    """The stored labels that Python takes back; ``None`` where it takes any (Django's choices)."""
    numeric: bool = False
    """Numbers are sent and stored (``IntegerChoices``); the labels are their digits."""
    vendors: tuple[str, ...] = ()
    """The vendors that the mapping names this type for (``with_variant``); empty for all others."""
    other_vendors: tuple[str, ...] = ()
    """Those that the mapping names another type for."""

    @property
    def name(self) -> str:
        """``table.column``, with the schema in front where there is one."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True, slots=True)
class MappingFailure:
    """One class whose mapping does not configure."""

    model: str
    attribute: str
    failure: Failure
    location: Location | None = None
    warned: bool = False
    """It does configure: this version of SQLAlchemy only warns of what others refuse."""
    defined: Location | None = None
    """Where the class that could not be found by its name is written, in a module that was not loaded."""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of a table that the application maps."""

    name: str
    """In the database."""
    type: str = ""
    """The type as the mapping writes it: ``VARCHAR(20)``, or the class of a Django field."""
    family: str = ""
    """What is sent: one of :data:`FAMILIES`; empty where that cannot be known (a type of its own)."""
    length: int | None = None
    """The most characters that the mapping allows."""
    array: bool = False
    """An array of the family's values."""
    attribute: str = ""
    """Of the class; empty for a table without one."""
    location: Location | None = None
    enum_type: str = ""
    """The enum type that it is on PostgreSQL, with its schema where the mapping names one; else empty."""


FAMILIES = (
    "text",
    "integer",
    "number",
    "boolean",
    "date",
    "time",
    "datetime",
    "interval",
    "binary",
    "json",
    "uuid",
    "enum",
)
"""``number`` has decimals; ``enum`` is a type of labels on the side of Python, however it is stored."""


@dataclass(frozen=True, slots=True)
class MappedTable:
    """One table or view that the application maps."""

    name: str
    schema: str | None = None
    """As the mapping names it; ``None`` where it leaves it to the session's search path."""
    model: str = ""
    """Qualified name of the first class that maps it; empty for a table without one."""
    bind: str = ""
    """The :attr:`Database.name` that it belongs to."""
    framework: str = "sqlalchemy"
    """Or ``django``."""
    kind: str = "table"
    """``table``; ``core`` (no class maps it); Django's ``unmanaged`` and ``through`` (of a many-to-many)."""
    location: Location | None = None
    columns: tuple[MappedColumn, ...] = ()
    app: str = ""
    """Django's label of the application that the model belongs to."""
    own: bool = True
    """A package of the application defines it, not a library."""
    secondary: bool = False
    """A relationship of a mapped class goes through it."""
    tenancy: tuple[str, ...] = ()
    """In a project of django-tenants, whose schemas have it: ``public``, ``tenant``, or types of tenants."""

    @property
    def qualified(self) -> str:
        """``schema.table``, or ``table`` alone."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Mapping:
    """What SQLAlchemy's mappers and Django's models of the loaded application say."""

    classes: tuple[str, ...] = ()
    columns: tuple[EnumColumn, ...] = ()
    failures: tuple[MappingFailure, ...] = ()
    tables: tuple[MappedTable, ...] = ()
    tenants: TenantRegister | None = None


@dataclass(frozen=True, slots=True)
class DatabaseEnum:
    """One enum type of the database with its labels in their order."""

    schema: str
    name: str
    labels: tuple[str, ...]
    visible: bool
    """Found through the session's search path without naming its schema."""


@dataclass(frozen=True, slots=True)
class DatabaseColumn:
    """One column of a table or view of the database that has the name of a mapped one."""

    schema: str
    table: str
    column: str
    visible: bool
    """Its table is found without naming its schema."""
    type: str
    """The type as the database writes it: ``character varying(20)``, ``place_status``, ``enum('a','b')``."""
    enum_schema: str = ""
    enum_name: str = ""
    """PostgreSQL's enum type behind it (through arrays and domains); empty when there is none."""
    base: str = ""
    """Without domains, arrays and length: ``character varying``, ``enum``, ``int``."""
    length: int | None = None
    """The most characters that it holds; ``None`` for no limit, and for types that have none."""
    array: bool = False
    domains: tuple[str, ...] = ()
    """PostgreSQL's domains that it is of, ``schema.name`` each, the outermost first; all checks hold."""
    nullable: bool = True
    default: bool = False
    """The database fills it in when nothing is sent."""
    collation: str = ""
    """MySQL's, MariaDB's and SQLite's: ``…_ci`` and ``NOCASE`` take a label in another case."""


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """One table or view of the database."""

    schema: str
    name: str
    kind: str = "table"
    """``table``, ``view``, ``materialized view`` or ``foreign table``."""
    visible: bool = True
    """Found through the session's search path without naming its schema."""
    extension: bool = False
    """An extension of PostgreSQL's brought it (``spatial_ref_sys`` of PostGIS)."""


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """One CHECK constraint of a mapped table, or of a domain that a column of one is of."""

    schema: str
    table: str
    """Empty for a domain's."""
    name: str
    """Empty where the database gave it none (SQLite)."""
    text: str
    """The condition as the database writes it, without ``CHECK`` and the parentheses around it."""
    domain: str = ""
    """Its name, for a domain's (``schema`` is the domain's then)."""
    column: str = ""
    """Where the database says that it belongs to one column alone; else empty."""
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class StoredValue:
    """One stored value that Python does not know."""

    rows: int
    """Those that hold it, among the rows that were looked at; of an array, how often it was found."""
    value: str | None = None
    """``None`` where it does not look like a label: it may be anybody's, and leaves the database not."""
    length: int = 0
    """Its characters."""


@dataclass(frozen=True, slots=True)
class StoredValues:
    """What a scan of one enum column has found in its rows."""

    table: str
    column: str
    schema: str | None = None
    """All three as the mapping writes them."""
    rows: int = 0
    """That were looked at."""
    limited: bool = False
    """The table has more of them."""
    unknown: tuple[StoredValue, ...] = ()
    """Those that Python does not know, the most frequent first."""
    more: bool = False
    """There are more of these than were counted."""
    problem: str = ""
    """Why the rows could not be looked at, in words; else empty."""

    @property
    def name(self) -> str:
        """As :attr:`EnumColumn.name` has it."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True, slots=True)
class VersionTable:
    """One table in which Alembic keeps the revisions that a database is at."""

    schema: str
    name: str
    visible: bool = True
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """The database that the application would use, read in a session that it keeps read-only itself."""

    source: str
    """``env:DATABASE_URL``, the engine's place ``src.db.engine``, or ``settings.DATABASES['default']``."""
    name: str = ""
    """Empty for SQLAlchemy's default, Flask-SQLAlchemy's bind key, or Django's alias (``default`` is one)."""
    dialect: str = ""
    """What the server is: ``postgresql``, ``mysql``, ``mariadb``, ``sqlite``, or one that is unsupported."""
    driver: str = ""
    version: str = ""
    read_only: bool = False
    """The database itself said so."""
    problem: str = ""
    """``unreachable``, ``refused`` (login, permission), ``driver``, ``unsupported``, ``unset``, or empty."""
    detail: str = ""
    """For a problem: a sentence without any credential."""
    beside: tuple[str, ...] = ()
    """Places of other engines of the application that lead elsewhere: its tables may live there."""
    search_path: tuple[str, ...] = ()
    """The schemas that are searched, in order; MySQL's one database, SQLite's ``main``."""
    schemas: tuple[str, ...] = ()
    """All that there are, without the server's own; a table of any other cannot be looked up."""
    unreadable: tuple[str, ...] = ()
    """Schemas that exist and that this role may not use: nothing can be said of what they hold."""
    folds_tables: bool = False
    """Names of tables and schemas are compared without regard to case."""
    folds_columns: bool = False
    enums: tuple[DatabaseEnum, ...] = ()
    tables: tuple[DatabaseTable, ...] = ()
    """Every table and view, but the server's own."""
    columns: tuple[DatabaseColumn, ...] = ()
    """Every column of the tables and views that have the name of a mapped one, in whatever schema."""
    checks: tuple[DatabaseCheck, ...] = ()
    """Of the same tables, and of the domains that their columns are of."""
    stored: tuple[StoredValues, ...] = ()
    """Of each enum column whose rows were looked at: on request only."""
    versions: tuple[VersionTable, ...] = ()
    """Alembic's version tables, whatever they are called."""
    applied: tuple[tuple[str, str], ...] | None = None
    """The migrations of Django's that are recorded as applied, in their order; ``None`` without its table."""
    typed: bool = False
    """The driver says that a text is a text: PostgreSQL does not take it for a value of the column then."""
    tenants: tuple[Tenant, ...] = ()
    """In a project of django-tenants."""
    makers: tuple[TableMaker, ...] = ()
    """Of mapped tables that are not there."""
    created_by: tuple[Location, ...] = ()
    """Where the application itself makes its tables (``create_all``); looked for when one is missing."""
    translated_by: Location | None = None
    """Where it puts other schemas in the place of those that it maps, for a session; looked for as above."""
