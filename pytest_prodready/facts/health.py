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
    role: str = ""
    """What production asks it for: ``live``, ``ready`` or ``startup``; empty for none of these."""
    text: str = ""
    """What the body must contain, as text."""
    answer_headers: dict[str, str] = field(default_factory=dict)
    """Headers that the answer must have, with a text that the value must contain."""
    within: float = 0.0
    """Seconds that the median of several answers may take; 0 for no such budget."""


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
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer, those that the expectation names, in lower case; secrets blanked."""
    seconds: float = 0.0
    """The median of the answers that were timed; 0 where none was."""
    timed: int = 0
    """How many answers were timed, after one that warmed up."""


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
class Knock:
    """A request to a protected endpoint by somebody who has no right to it."""

    operation: str
    """The endpoint, as :attr:`pytest_prodready.facts.Operation.name` calls it."""
    how: str
    """What was tried, in words: ``without a credential``, ``with a wrong credential``."""
    answer: Answer


@dataclass(frozen=True, slots=True)
class KubeletProbe:
    """What an endpoint answers to a probe that speaks as a kubelet does."""

    answer: Answer
    host: str
    """The address that was sent as Host."""
    seconds: float = 0.0
    """The time limit of the probe."""
    burst: int = 0
    """How many were sent at once."""
    failed: int = 0
    """How many of them got no success."""


@dataclass(frozen=True, slots=True)
class Control:
    """The server once more, with one dependency pointed at a port where nobody listens."""

    dependency: str
    """What it is called: the environment variable that holds its address."""
    kind: str = ""
    """``database``, ``redis`` …, by the scheme of its address; empty when it is not known."""
    declared: bool = False
    """Named in the settings; else found."""
    skipped: str = ""
    """Why it was not tried; else empty."""
    failure: Failure | None = None
    """The server did not start without the dependency."""
    answers: tuple[Answer, ...] = ()
    """Of the endpoints that are asked with the dependency there, too, in their order."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """What became of the server after SIGTERM."""

    seconds: float
    """Until it had left, or until it was killed."""
    left: bool
    """It left by itself, within the limit."""
    limit: float
    remaining: tuple[str, ...] = ()
    """The processes that it left behind, as command lines; secrets blanked."""
    port_open: bool = False
    """Somebody still accepted connections on its port after it had left."""
    shell: str = ""
    """The shell that took the signal and did not pass it on; else empty."""
    in_flight: Answer | None = None
    """To the request that was in flight; ``None`` when there was none."""


@dataclass(frozen=True, slots=True)
class Health:
    """The server, what it answered, and how it left."""

    server: Server
    answers: tuple[Answer, ...] = ()
    knocks: tuple[Knock, ...] = ()
    kubelet: tuple[KubeletProbe, ...] = ()
    controls: tuple[Control, ...] = ()
    stop: Stop | None = None
    """``None`` where no server was started, or it was not the gate's to stop."""
