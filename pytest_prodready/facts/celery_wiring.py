"""What binds tasks to their app, their broker and their result backend."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class Driver:
    """What the broker's or the result backend's address needs and does not find."""

    role: str
    """``broker`` or ``result backend``."""
    scheme: str
    """Of its address; nothing else of it is kept."""
    problem: str
    """``package`` when one is not importable, ``unknown`` when the scheme is nobody's."""
    package: str = ""
    """The module that is missing."""
    message: str = ""
    """What the library said."""
    hidden: str = ""
    """The installed distribution outside the runtime closure that would provide it; else empty."""
    location: Location | None = None
    """The line that gives the address, where the source tells it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the app's configuration says of the way that tasks take."""

    broker: bool = True
    """Something is configured; without it, Celery takes RabbitMQ on localhost."""
    eager: bool = False
    """Tasks run where they are sent from."""
    eager_always: bool = False
    """The line that says so does under no condition."""
    eager_location: Location | None = None
    drivers: tuple[Driver, ...] = ()
    development: str = ""
    """What says that this configuration is not production's, in words; else empty."""
    location: Location | None = None
    """The line that makes the app."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A call that sends a shared task."""

    task: str
    """As the call names it."""
    location: Location
    threaded: bool = False
    """It stands in an endpoint that the server runs in another thread."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Which app shared tasks belong to in a process that is no worker."""

    uses: tuple[Location, ...] = ()
    """Lines that define a shared task or use the current app, in modules that are loaded."""
    sends: tuple[Sending, ...] = ()
    main: bool = True
    """In the thread that loaded the application, the current app is one that the application made."""
    thread: bool = True
    """The same of another thread."""
    configured: bool = False
    """The app that Celery makes where there is none is configured by the environment or a celeryconfig."""
