"""What the gate asks for: the answers of settings and discovery, put together for one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_prodready.facts import Entry, ServerCommand
from pytest_prodready.settings.health import HealthSettings

JOBS = (
    "web",
    "worker",
    "celery",
    "rows",
    "live",
    "script",
    "commands",
    "closure",
    "calls",
    "mapping",
    "database",
    "migrations",
    "django",
    "receivers",
    "names",
    "dependencies",
    "health",
    "doors",
    "kubelet",
    "controls",
    "stop",
    "environment",
    "absences",
    "services",
    "linters",
)
"""What can be asked for; a rule's kind names those that it needs.

``worker`` loads the Celery apps as ``celery`` does, and looks at nothing of Celery's.
"""

Watch = Callable[[str, str, int], None]
"""Called with the target of an entry point, the module that it imports now, and how many it has imported."""


@dataclass(frozen=True)
class Request:
    """One run: what to inspect, where, within which limits."""

    root: Path
    python: str
    """The target's interpreter."""
    jobs: frozenset[str]
    entries: tuple[Entry, ...] = ()
    packages: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    """Directories put first on the target's ``sys.path``, absolute."""
    path: tuple[str, ...] = ()
    """What the target's interpreter has on its ``sys.path`` by itself."""
    database: str = ""
    """``env:NAME``, ``app``, or empty for: the application's engine, else ``DATABASE_URL``."""
    scan: tuple[int, float] | None = None
    """Rows of a table and seconds for a database, where stored values are to be looked at."""
    alembic: tuple[tuple[str, str], ...] = ()
    """Environments of Alembic: a file relative to the root, and a section of it."""
    tables: tuple[str, ...] = ()
    """Tables that nothing maps, and whose columns are read all the same."""
    serve: str = ""
    servers: tuple[ServerCommand, ...] = ()
    """The commands of the deployment that start the web app, the likeliest to be production's first."""
    url: str = ""
    """A deployed instance to probe instead of a server of our own."""
    health: HealthSettings = field(default_factory=HealthSettings)
    """How the application is served and probed."""
    hidden: dict[str, str] = field(default_factory=dict)
    """Top-level module → distribution outside the runtime closure, invisible to the target."""
    hidden_distributions: tuple[str, ...] = ()
    brings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Each of these distributions → those of them that it requires."""
    cache: Path | None = None
    """A directory of pytest's cache for what was read from sources; ``None`` to keep it for this run."""
    forbidden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Target of an entry point → modules that its start must not load."""
    watch: Watch | None = field(default=None, compare=False)
    """Is told of the imports while entry points load."""
