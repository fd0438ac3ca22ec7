"""What the endpoints must answer, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Failure, Location
from pytest_prodready.facts.serving import PassedOver

WRONG_VALUE, BY_HEAD, BY_OPTIONS, BY_SLASH = "a wrong value", "HEAD", "OPTIONS", "a slash"
"""How a request differed in which a header had not its right value, beside leaving the header out."""


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
    """Headers that the answer must have, each with a text that its value must contain."""
    within: float = 0.0
    """Seconds that the median of several answers may take; 0 for no such budget."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came back."""

    path: str
    method: str = "GET"
    without: str = ""
    """The header that was left out, or was wrong; empty for the full request."""
    status: int | None = None
    """``None`` when no answer came."""
    content_type: str = ""
    body: str = ""
    """The first part of the body, secrets blanked."""
    contains: bool = False
    """The body, as far as it was read, contains the text that was expected."""
    json: object = None
    """The decoded body; ``None`` when it is not JSON (see ``json_error``)."""
    json_error: str = ""
    error: str = ""
    """Why no answer came, or why it was not asked, in a sentence."""
    unset: str = ""
    """The environment variable that a header needs and that is not set."""
    location_header: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer, those that the expectation names, and ``allow`` where it has that; names in lower case,
    secrets blanked."""
    seconds: float = 0.0
    """The median of the answers that were timed; 0 where none was."""
    timed: int = 0
    """How many answers were timed, after one that warmed up."""
    how: str = ""
    """Of a request without a header: it was sent with ``WRONG_VALUE`` instead, or the endpoint was asked
    ``BY_HEAD``, ``BY_OPTIONS`` or ``BY_SLASH`` (with a slash more or less); empty for none of these."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """With what a deployed instance proves who it is; it was accepted."""

    expires: str
    """ISO date."""
    days: float
    """Until then, from the moment when it was looked at."""


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
    accepted: bool = False
    """It accepted a connection on the port that it was given."""
    elsewhere: tuple[int, ...] = ()
    """The ports on which it listened instead, where it accepted none and was given up."""
    redirects: tuple[str, ...] = ()
    """Of a deployed instance: where its base URL leads, step by step, as far as the host stays the same."""
    certificate: Certificate | None = None
    """Of a deployed instance that is asked over https."""
    location: Location | None = None
    """The line of the deployment that has its command, if one has."""
    left_out: tuple[str, ...] = ()
    """What stands beside the server in that command, and was not run; secrets blanked."""
    passed_over: PassedOver | None = None
    """The project's own command, where it is not what was started."""
    chosen: str = ""
    """The server and its version (``gunicorn 26.2.0``), where nothing that could be run says how production
    serves the application, and the server and its options are the gate's choice; else empty."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A request to a guarded operation by somebody who has no right to it."""

    path: str
    """As :attr:`pytest_prodready.facts.Operation.path` has it."""
    wrong: bool
    """A credential was sent that nobody issued; else none."""
    answer: Answer


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """A probe that a manifest of Kubernetes describes."""

    role: str
    """``live``, ``ready`` or ``startup``."""
    path: str
    location: Location
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    """``timeoutSeconds``; without one a kubelet waits for a second."""
    container: str = ""
    """Its name; empty where none is written."""
    command: str = ""
    """What the container starts, as far as the manifest says it."""
    sure: bool = False
    """It is the application's beyond doubt: its container starts it, or alone asks for a route of it."""
    address: str = ""
    """The variable that tells the container its own address, from ``status.podIP``; else empty."""
    hosts: bool = False
    """The container is given a variable that says which hosts are allowed, by its name."""


@dataclass(frozen=True, slots=True)
class KubeletProbe:
    """What an endpoint answers to a probe that speaks as a kubelet does."""

    answer: Answer
    """To a single probe, where redirects within the instance were followed."""
    host: str
    """What was sent as Host."""
    seconds: float = 0.0
    """The time limit of the probe."""
    burst: int = 0
    """How many were sent at once after that."""
    late: int = 0
    """How many of these were not answered in time."""
    location: Location | None = None
    """The line of the manifest that describes the probe; ``None`` where none does."""


@dataclass(frozen=True, slots=True)
class Control:
    """The server once more, with one dependency pointed at a port where nobody listens."""

    dependency: str
    """What it is called: the environment variables that hold its address."""
    kind: str = ""
    """``database``, ``redis``, ``broker`` or ``cache``, by its address; empty when it is none of these."""
    declared: bool = False
    """Named in the settings; else found."""
    variables: tuple[str, ...] = ()
    """All variables that were pointed there: one of another name may hold the same address."""
    skipped: str = ""
    """Why it was not tried; else empty."""
    failure: Failure | None = None
    """The server did not start without the dependency."""
    answers: tuple[Answer, ...] = ()
    """Of the endpoints that :func:`pytest_prodready.health.claims.asked_without` gives, in their order."""
    pointed: bool | None = None
    """The application, loaded once more with these variables, held the dead address; ``None`` where that
    was not looked at, or not seen."""
    others: bool = False
    """It held addresses of the same kind besides."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Leftover:
    """A process that was still there after the one that was started had left."""

    command: str
    """Its command line, secrets blanked."""
    own: bool
    """It runs the application's own program, and is none that the application has merely called."""
    listens: bool
    """It still listens on the server's port."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What became of the server after SIGTERM, which only the process that was started was sent."""

    seconds: float
    """Until it had left, or until it was killed."""
    left: bool
    """It left by itself, within the limit."""
    limit: float
    status: int | None = None
    """Its exit status, negative for a signal; ``None`` when it was killed."""
    handled: bool | None = None
    """It had a handler of its own for SIGTERM; ``None`` where that is not known."""
    shell: str = ""
    """The program that was started, where it is a shell and not the server; else empty."""
    deployed_shell: str = ""
    """The script, or ``sh -c``, that would take the signal where the project is deployed; else empty."""
    leftovers: tuple[Leftover, ...] = ()
    in_flight: Answer | None = None
    """To the request that was in flight; ``None`` when there was none."""
    not_in_flight: str = ""
    """Why the request that should have been in flight was not; else empty."""
    idle_held: bool = False
    """It left as soon as a connection was closed over which nothing was asked any more."""
    log: str = ""
    """What it wrote after the signal, secrets blanked."""
    stacks: str = ""
    """Where its threads stood when it was killed, as Python's fault handler writes it."""


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
    mistakes: dict[str, str] = field(default_factory=dict)
    """Part of the probes, named as its field is, or ``server`` for all of them → how the gate itself failed
    there; what was seen in the other parts stands."""
