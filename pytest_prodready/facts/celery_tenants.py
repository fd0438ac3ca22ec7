"""Which tasks of a project with a schema for each tenant would run in the schema that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class TenantQuery:
    """The first query of a task, on its shortest way, for a model whose table only tenants have."""

    task: str
    model: str
    """``ats.JobPosting``."""
    location: Location
    function: str
    """Module and qualified name of the function that queries."""
    enters: bool
    """The task, or something that it reaches, enters a tenant's schema, or may do so."""
    parameter: str = ""
    """Where the task enters the schema that this parameter of its names, and may be called without it."""
    position: int = 0
    """Its place among the parameters that can be given by position; -1 for one that cannot."""
    beat: tuple[str, ...] = ()
    """The beat entries that send it without what would bring it into a tenant's schema."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """How the schema of a tenant reaches the worker, in a project that has one for each."""

    carried: tuple[str, ...] = ()
    """The tasks whose messages carry the sender's schema, which the worker then enters."""
    queries: tuple[TenantQuery, ...] = ()
