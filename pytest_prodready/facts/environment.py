"""The environment as the application uses it: names of variables, never values; addresses without logins."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class EnvironmentRead:
    """One line of the application that read a variable while it was loaded."""

    name: str
    how: str
    """``required``: it raises where the variable is not set; ``default``; ``optional``: it gets ``None``;
    ``asked``: it only asks whether the variable is there."""
    state: str
    """Of the variable at that moment: ``set``, ``empty``, ``unset``, or ``file``: set in a file alone that
    the library reads."""
    location: Location
    reader: str = ""
    """The library that read it for that line: ``python-decouple`` …; empty for ``os.environ`` itself."""


@dataclass(frozen=True, slots=True)
class SettingsCall:
    """A line that builds a settings class from the environment alone."""

    location: Location
    function: str
    """The function that it stands in; empty in a module's body."""
    conditional: bool = False
    accessor: bool = False
    """Code that wants the settings asks this function for them: it is cached, or its name says so."""


@dataclass(frozen=True, slots=True)
class SettingsField:
    """A field without default of one of the application's pydantic settings classes."""

    settings: str
    """``config.Settings``."""
    field: str
    variables: tuple[str, ...]
    """Any of these sets it, the usual one first."""
    state: str
    """``set``, ``empty``, ``unset``, or ``file``: set in the class's ``env_file`` or ``secrets_dir``."""
    location: Location | None = None
    built: bool = False
    """A module of the application holds an instance: it was built while the application was loaded."""
    calls: tuple[SettingsCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """What an entry point does that is started without one required variable."""

    variable: str
    entry: str
    refused: bool
    named: bool = False
    """The refusal names the variable."""
    said: str = ""
    """How it refused: class and first line of what was raised."""
    location: Location | None = None
    """The line that refuses; else the one that reads the variable."""
    read: bool = False
    """A line of the application was seen to read it."""
    served: str = ""
    """The command of the server that came up without it; empty where only the import was tried."""
    supplied: bool = False
    """It was there all the same: a file that the application reads sets it."""
    skipped: str = ""
    """Why it was not tried."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the application's configuration names."""

    kind: str
    """``postgresql``, ``mysql``, ``redis``, ``amqp``, ``smtp``, ``memcached``, ``http``."""
    role: str
    """What it is to the application: ``database``, ``broker``, ``result backend``, ``cache``, ``mail`` …"""
    host: str
    port: int
    setting: str
    """``EMAIL_HOST``, ``CACHES['default']``, ``the variable REDIS_URL`` …"""
    tls: bool = False
    location: Location | None = None

    @property
    def address(self) -> str:
        """``smtp:localhost:25``."""
        return f"{self.kind}:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Hello:
    """What came of greeting a service."""

    service: Service
    problem: str = ""
    """``closed``, ``host``, ``slow``, ``network``, ``stranger``: something else answers, ``tls``; empty when
    it answered."""
    detail: str = ""
