"""What the mappers say, and what the database has."""

from __future__ import annotations

from dataclasses import dataclass

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
class Mapping:
    """What SQLAlchemy's mappers of the loaded application say."""

    classes: tuple[str, ...] = ()
    columns: tuple[EnumColumn, ...] = ()
    failures: tuple[MappingFailure, ...] = ()


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
    """One column of a table or view that the application maps an enumeration to."""

    schema: str
    table: str
    column: str
    visible: bool
    type: str
    """The type as the database writes it: ``character varying(20)``, ``place_status``."""
    enum_schema: str = ""
    enum_name: str = ""
    """The enum type behind it (through arrays and domains); empty when there is none."""


@dataclass(frozen=True, slots=True)
class Database:
    """The database that the application would use, read in a read-only transaction."""

    source: str
    """``env:DATABASE_URL``, or the engine's own place: ``src.db.engine``."""
    dialect: str = ""
    driver: str = ""
    version: str = ""
    read_only: bool = False
    """The server itself said so."""
    problem: str = ""
    """``unreachable``, ``refused`` (login, permission), ``driver``, ``unsupported``, ``unset``, or empty."""
    detail: str = ""
    """For a problem: a sentence without any credential."""
    enums: tuple[DatabaseEnum, ...] = ()
    columns: tuple[DatabaseColumn, ...] = ()
