"""What the endpoints must answer, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one endpoint must answer."""

    path: str
    status: tuple[int, ...] = ()
    """Accepted status codes; empty means any success."""
    method: str = "GET"
    json: dict[str, object] | None = None
    """A subset that the JSON body must contain."""
    headers: dict[str, str] = field(default_factory=dict)
    """Header → ``env:NAME`` or a literal; values are resolved only when the request is sent."""
    refuse_without: tuple[str, ...] = ()
    source: str = ""
    location: Location | None = None
    found: bool = False
    """Found by the gate rather than written in the settings."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back."""

    path: str
    method: str = "GET"
    without: str = ""
    """The header that was left out; empty for the full request."""
    status: int | None = None
    """``None`` when no answer came."""
    content_type: str = ""
    body: str = ""
    """The first part of the body, secrets blanked."""
    json: object = None
    """The decoded body; ``None`` when it is not JSON (see ``json_error``)."""
    json_error: str = ""
    error: str = ""
    """Why no answer came, or why it was not asked, in a sentence."""
    unset: str = ""
    """The environment variable that a header needs and that is not set."""
    location_header: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """The server under probe."""

    url: str
    command: str = ""
    """What was run, as one line; empty for a deployed instance."""
    source: str = ""
    started: bool = False
    skipped: str = ""
    """Why nothing was started (no server installed, nothing to serve); else empty."""
    failure: Failure | None = None
    log: str = ""
    """The tail of its output, secrets blanked."""
    attempts: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """The server and its answers."""

    server: Server
    answers: tuple[Answer, ...] = ()
