"""PRD321 to 324: the application's migrations, Alembic's and Django's, beside its models and its database."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.database import (
    migration_history,
    migration_models,
    migration_state,
    migration_subjects,
    migration_vendors,
)
from pytest_prodready.rules.database.family import family
from pytest_prodready.rules.database.migration_subjects import Application, Applied, Environment
from pytest_prodready.rules.database.migration_vendors import Production

FILES = frozenset({"web", "celery", "mapping", "migrations"})
ALL = FILES | {"database"}


@family.kind("migration history", "migration histories", needs=FILES)
def history(facts: Facts) -> Iterator[Subject[Environment]]:
    """The revisions of each environment of Alembic."""
    return migration_subjects.history_subjects(facts)


@family.kind("migrated application", "migrated applications", needs=ALL)
def application(facts: Facts) -> Iterator[Subject[Application]]:
    """The migrations of each application of Django's."""
    return migration_subjects.app_subjects(facts)


@family.kind("migrated database", "migrated databases", needs=ALL)
def revision(facts: Facts) -> Iterator[Subject[Environment]]:
    """What each environment of Alembic finds in its database."""
    return migration_subjects.state_subjects(facts)


@family.kind("database of Django's", "databases of Django's", needs=ALL)
def applied(facts: Facts) -> Iterator[Subject[Applied]]:
    """What each of Django's databases has applied."""
    return migration_subjects.applied_subjects(facts)


@family.kind("migrated models", "migrated models", needs=ALL)
def models(facts: Facts) -> Iterator[Subject[Environment]]:
    """The mapped tables that each environment of Alembic looks after."""
    for one in migration_subjects.readable(facts):
        yield Subject(f"{one.name}:models", one, location=one.alembic.config)


@family.kind("production's vendor", "vendors of production", needs=ALL)
def vendor(facts: Facts) -> Iterator[Subject[Production]]:
    """The vendor of production's database."""
    return migration_vendors.subjects(facts)


@family.rule(
    "PRD321",
    "several-heads",
    history,
    application,
    checks="The command that migrates finds one place to upgrade to: one head of Alembic's, "
    "one last migration of each of Django's applications.",
    reason="With several, alembic upgrade head and manage.py migrate refuse to run: the release starts on "
    "the old schema, or not at all.",
    remedy="Merge the heads.",
)
def several_heads(value: Environment | Application, facts: Facts) -> Iterator[Fault]:
    """Heads and last migrations as the deploy command sees them."""
    if isinstance(value, Environment):
        return migration_history.heads(value)
    return migration_history.leaves(value)


@family.rule(
    "PRD322",
    "database-not-at-head",
    revision,
    applied,
    checks="The database is at a revision that this build has: the last one, or the deployment migrates it.",
    reason="A database that another build has migrated stops the next upgrade, and may refuse what this "
    "build sends: the hazard of every rollback.",
    remedy="Migrate the database before this release.",
)
def database_not_at_head(value: Environment | Applied, facts: Facts) -> Iterator[Fault]:
    """Behind, ahead, unknown."""
    if isinstance(value, Environment):
        return migration_state.alembic(value)
    return migration_state.django(value)


@family.rule(
    "PRD323",
    "models-not-migrated",
    models,
    application,
    checks="The migrations make every table and column that the application's own models map.",
    reason="What no migration makes is on the developer's machine alone: in production a query fails.",
    remedy="Write the migration.",
)
def models_not_migrated(value: Environment | Application, facts: Facts) -> Iterator[Fault]:
    """Models without migrations."""
    if isinstance(value, Environment):
        return migration_models.alembic(value, facts)
    return migration_models.django(value)


@family.rule(
    "PRD324",
    "vendor-not-verified",
    vendor,
    checks="The database that was read is of the same vendor as production's.",
    reason="Types, constraints and extensions differ: what holds on SQLite says little of PostgreSQL.",
    remedy="Run the gate against a database of production's vendor.",
)
def vendor_not_verified(value: Production, facts: Facts) -> Iterator[Fault]:
    """Another vendor than production's."""
    return migration_vendors.unverified(value)
