"""What the source says of tables that the database lacks, and which tenants have a schema of their own."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class TableMaker:
    """A migration of the source that gives a table its name which the database does not have."""

    table: str
    schema: str
    """Empty where the migration leaves it to the session."""
    migration: str
    """``shop.0002_place`` of Django, ``3f2a91 (add places)`` of Alembic."""
    location: Location
    makes: bool = True
    """It makes the table, too; not of a model that the migrations themselves have as unmanaged."""


@dataclass(frozen=True, slots=True)
class TenantRegister:
    """The table of django-tenants that lists the tenants, one row each."""

    bind: str
    """The :attr:`Database.name` that it is in."""
    table: str
    column: str
    """That holds the name of a tenant's schema."""
    kind_column: str = ""
    """That holds its type, in a project with several types of tenants."""
    public: str = "public"
    """The schema that all tenants share."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant that the database lists."""

    schema: str
    kind: str = "tenant"
    """Its type, in a project with several; what :attr:`MappedTable.tenancy` names."""
    whole: bool = True
    """The columns of its tables were read; of many tenants they are read in some only."""
