"""What is known of the command lines of servers: what a probe must not have of them, and has instead."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "127.0.0.1"
PORT = "{port}"
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
