"""What discovery finds: the answers to what the settings leave unsaid."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts import Entry, HttpProbe, MigrateCommand, ServerCommand, VendorMark, WorkerCommand


@dataclass(frozen=True)
class Discovered:
    """What production starts, and what the application consists of."""

    entries: tuple[Entry, ...] = ()
    packages: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    """Absolute directories that are on ``sys.path`` besides the project's root, of all entries together."""
    workers: tuple[WorkerCommand, ...] = ()
    """The worker commands of the Celery entry points, or what the settings say in their place."""
    servers: tuple[ServerCommand, ...] = ()
    """The commands of the deployment that start the web app, the likeliest to be production's first."""
    database: str = ""
    """``env:NAME``, ``app``, or empty for: the application's own engine, else ``DATABASE_URL``."""
    alembic: tuple[tuple[str, str], ...] = ()
    """Environments of Alembic: the file that configures one, relative to the root, and a section of it."""
    migrating: tuple[MigrateCommand, ...] = ()
    """The commands of the deployment that migrate a database."""
    http_probes: tuple[HttpProbe, ...] = ()
    """The probes that the manifests of Kubernetes describe, of whichever container."""
    vendors: tuple[VendorMark, ...] = ()
    """The vendors of databases whose addresses stand in the files of the deployment."""
    notes: tuple[tuple[str, str], ...] = ()
    """Lines for the header: a label, and a value with its source."""
    looked_for: tuple[str, ...] = ()
    """What was looked for and not found, in words."""
    scripts_elsewhere: bool = False
    """The project's files leave open which scripts it has: the metadata of the installed project knows."""
