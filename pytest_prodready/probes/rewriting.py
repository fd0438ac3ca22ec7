"""A start command of production's, rewritten so that a probe may run it.

It listens on a port of the loopback interface and nowhere else, stays in the foreground, watches no files,
writes none, and has few workers. Everything else is production's: worker class, threads, time limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HOST = "127.0.0.1"
PORT = "{port}"
MOST_WORKERS = 2
"""Of gunicorn's: one that hangs must not make its neighbours look slow, and more make the start slow."""
_TLS = "--keyfile --certfile --ca-certs --cert-reqs --ciphers"
_UVICORN = (
    "--host --port --uds --fd --workers --reload-dir --reload-include --reload-exclude --reload-delay"
    " --ssl-keyfile --ssl-keyfile-password --ssl-certfile --ssl-version --ssl-cert-reqs --ssl-ca-certs"
    # the only worker would leave after so many probes
    " --ssl-ciphers --limit-max-requests --limit-max-requests-jitter"
)
_GUNICORN = (
    f"{_TLS} -b --bind -p --pid -w --workers -u --user -g --group --ssl-version --reload-engine"
    " --reload-extra-file --worker-tmp-dir --statsd-host --log-syslog-to --control-socket"
    " --control-socket-mode --protocol"
)
_HYPERCORN = (
    f"{_TLS} -b --bind --insecure-bind --quic-bind -p --pid -w --workers -u --user -g --group"
    " --keyfile-password --verify-mode --max-requests --max-requests-jitter --statsd-host"
)
_GRANIAN = (
    "--host --port --uds --uds-permissions --http --workers --workers-lifetime --workers-max-rss --pid-file"
    " --ssl-certificate --ssl-keyfile --ssl-keyfile-password --ssl-ca --ssl-crl --ssl-protocol-min"
    " --reload-paths --reload-ignore-dirs --reload-ignore-patterns --reload-ignore-paths --reload-tick"
    " --metrics-address --metrics-port --metrics-scrape-interval"
)


class NotUnderstoodError(Exception):
    """The command cannot be run as it is written; ``str()`` says why, in words that follow its program."""


@dataclass(frozen=True)
class Server:
    """What is known of one server's command line.

    An option that is not known here stays as it is written, and so does what stands behind it.
    """

    distribution: str
    """The distribution that brings it, by its canonical name."""
    module: str
    """What ``python -m`` starts."""
    script: str
    dropped: frozenset[str]
    """Options that are left out with their values."""
    flags: frozenset[str]
    """The same, of those that take no value."""
    own: tuple[str, ...]
    """What is said in their place."""
    logs: frozenset[str] = frozenset()
    """Options whose value is a file, or ``-`` for the terminal, which is kept."""
    directories: frozenset[str] = frozenset()
    """Options whose value is a directory: an absolute one is the image's, and is the project here."""
    files: frozenset[str] = frozenset()
    """Options whose value is a file that must be there."""
    variables: frozenset[str] = frozenset()
    """Options whose value is a file of variables, which production may have and the project need not."""
    first: bool = False
    """What is added must stand in front of the application."""
    abbreviates: bool = False
    """It takes the beginning of an option for the whole."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SERVERS = {
    "uvicorn": Server(
        "uvicorn",
        "uvicorn",
        "uvicorn",
        _words(_UVICORN),
        _words("--reload"),
        ("--host", HOST, "--port", PORT, "--workers", "1"),
        directories=_words("--app-dir"),
        files=_words("--log-config"),
        variables=_words("--env-file"),
    ),
    "gunicorn": Server(
        "gunicorn",
        "gunicorn",
        "gunicorn",
        _words(_GUNICORN),
        _words(
            "-D --daemon --reload --initgroups --proxy-protocol --suppress-ragged-eofs"
            " --do-handshake-on-connect --log-syslog"
        ),
        ("--bind", f"{HOST}:{PORT}"),
        logs=_words("--access-logfile --error-logfile --log-file"),
        directories=_words("--chdir"),
        files=_words("-c --config --log-config --log-config-json"),
        abbreviates=True,
    ),
    "hypercorn": Server(
        "hypercorn",
        "hypercorn",
        "hypercorn",
        _words(_HYPERCORN),
        _words("-D --daemon --reload"),
        ("--bind", f"{HOST}:{PORT}", "--workers", "1"),
        logs=_words("--access-log --access-logfile --error-log --error-logfile --log-file"),
        files=_words("-c --config --log-config"),
        abbreviates=True,
    ),
    "granian": Server(
        "granian",
        "granian",
        "granian",
        _words(_GRANIAN),
        _words(
            "--reload --no-reload --reload-ignore-worker-failure --no-reload-ignore-worker-failure"
            " --respawn-failed-workers --no-respawn-failed-workers --ssl-client-verify"
            " --no-ssl-client-verify --metrics --no-metrics"
        ),
        ("--host", HOST, "--port", PORT, "--workers", "1"),
        directories=_words("--working-dir"),
        files=_words("--log-config"),
        variables=_words("--env-files"),
    ),
    "daphne": Server(
        "daphne",
        "daphne",
        "daphne",
        _words("-b --bind -p --port -u --unix-socket --fd -e --endpoint"),
        frozenset(),
        ("--bind", HOST, "--port", PORT),
        logs=_words("--access-log"),
        abbreviates=True,
    ),
    "waitress-serve": Server(
        "waitress",
        "waitress",
        "waitress-serve",
        _words("--host --port --listen --unix-socket --unix-socket-perms"),
        _words("--ipv4 --no-ipv4 --ipv6 --no-ipv6"),
        (f"--listen={HOST}:{PORT}",),
        first=True,
        abbreviates=True,
    ),
    "flask": Server(
        "flask",
        "flask",
        "flask",
        _words("-h --host -p --port --cert --key --extra-files --exclude-patterns"),
        _words("--reload --no-reload"),
        ("--host", HOST, "--port", PORT, "--no-reload"),
    ),
    "fastapi": Server(
        "fastapi-cli",
        "fastapi",
        "fastapi",
        _words("--host --port --workers --reload-dir"),
        _words("--reload --no-reload"),
        ("--host", HOST, "--port", PORT),
    ),
    "runserver": Server(
        "django",
        "django",
        "django-admin",
        frozenset(),
        _words("-6 --ipv6 --noreload"),
        ("--noreload", f"{HOST}:{PORT}"),
    ),
}
"""Program → its command line."""
_ADDRESS = re.compile(r"(?:[\w.\[\]:*-]*:)?(?:\d+|\{port\})")
_RUNSERVER_VALUES = _words("--settings --pythonpath -v --verbosity")
_WORKERS = ("-w", "--workers")


def rewritten(
    program: str, words: tuple[str, ...], exists: Callable[[str], bool], *, workers: bool = False
) -> tuple[str, ...]:
    """The arguments of ``program``, so that a probe may run it.

    Args:
        program: one of :data:`SERVERS`.
        words: what is written behind it.
        exists: whether the project has a file or a directory of this name.
        workers: how many workers gunicorn has may be said elsewhere, in its file or in a variable.

    Raises:
        NotUnderstoodError: the words cannot be rewritten safely.
    """
    server = SERVERS[program]
    written: list[str] = []
    kept = [*_Kept(server, exists, written).of(words)]
    unknown = next((word for word in kept if "$" in word), "")
    if unknown:
        raise NotUnderstoodError(f"is given {unknown}, which is not known here")
    if program == "runserver":
        kept = [*_without_address(kept)]
    if program == "fastapi":
        kept = ["run" if word == "dev" and at == 0 else word for at, word in enumerate(kept)]
    own = [*server.own, *(_few(written, elsewhere=workers) if program == "gunicorn" else ())]
    return (*own, *kept) if server.first else (*kept, *own)


@dataclass(frozen=True)
class _Kept:
    """Tells what stays of a command line; the values of the option for the number of workers are noted."""

    server: Server
    exists: Callable[[str], bool]
    workers: list[str]

    def of(self, words: tuple[str, ...]) -> Iterator[str]:
        rest = iter(words)
        for word in rest:
            name, equals, value = self._option(word)
            if not name:
                yield word
            elif name in self.server.flags:
                if not word.startswith("--") and len(word) > 2:
                    yield from self.of((f"-{word[2:]}",))  # -Dw4
            elif name in self._valued:
                yield from self._with_value(name, value if equals else next(rest, ""))
            else:
                self._refuse_abbreviation(name)
                yield word

    @property
    def _valued(self) -> frozenset[str]:
        one = self.server
        return one.dropped | one.logs | one.directories | one.files | one.variables

    def _option(self, word: str) -> tuple[str, bool, str]:
        """The option that a word is, whether it holds a value too, and that; no name for any other word."""
        if not word.startswith("-") or word in ("-", "--"):
            return "", False, ""
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            return name, bool(equals), value
        if word[:2] in self._valued:
            return word[:2], len(word) > 2, word[2:].removeprefix("=")
        return (word[:2] if word[:2] in self.server.flags else word), False, ""

    def _with_value(self, name: str, value: str) -> Iterator[str]:
        if name in _WORKERS:
            self.workers.append(value)
        if name in self.server.dropped:
            return
        if name in self.server.logs:
            yield from (name, "-")
            return
        place = value.removeprefix("file:").removeprefix("json:").removeprefix("toml:")
        if not value.startswith("python:") and "$" not in value and not self.exists(place):
            if name in self.server.files:
                raise NotUnderstoodError(f"reads {place}, which the project does not have")
            if name in self.server.variables or place.startswith(("/", "~")):
                return  # the image's directory is the project's here
            raise NotUnderstoodError(f"is run in {place}, which the project does not have")
        yield from (name, value)

    def _refuse_abbreviation(self, name: str) -> None:
        if self.server.abbreviates and name.startswith("--"):
            ours = sorted(self._valued | self.server.flags)
            meant = next((one for one in ours if one.startswith(name)), "")
            if meant:
                raise NotUnderstoodError(f"is given {name}, which may stand for {meant}")


def _few(written: list[str], *, elsewhere: bool) -> tuple[str, ...]:
    """How many workers gunicorn gets: as many as it is written, but for their limit."""
    if not written and not elsewhere:
        return ()
    number = int(written[-1]) if written and written[-1].isdigit() else MOST_WORKERS
    return ("--workers", str(max(1, min(number, MOST_WORKERS))))


def _without_address(words: list[str]) -> Iterator[str]:
    """The words of ``runserver`` without the address to listen on."""
    before = ""
    for word in words:
        if before in _RUNSERVER_VALUES or not _ADDRESS.fullmatch(word):
            yield word
        before = word
