"""Servers that the tests need and do not start themselves, and real Celery workers behind them."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

REQUIRED = "PRODREADY_REQUIRE_SERVICES"
"""Names of the services without which a test fails, separated by commas; of others it is skipped."""
SERVICES = {
    "redis": ("PRODREADY_TEST_REDIS", "redis://127.0.0.1:6379/9"),
    "rabbitmq": ("PRODREADY_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
}
"""Name → the variable that holds its URL, and where it is looked for without one."""
READY = 60.0
"""Seconds for a worker to say that it is ready; it takes one or two."""


def missing(service: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where the job says that the service must be there."""
    if service in os.environ.get(REQUIRED, "").split(","):
        pytest.fail(f"{REQUIRED} asks for {service}: {reason}")
    pytest.skip(reason)


def url(service: str) -> str:
    """The URL of a running service; without one the test ends here."""
    variable, usual = SERVICES[service]
    given = os.environ.get(variable) or usual
    parts = urlsplit(given)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=5).close()
    except OSError as error:
        there = f"{parts.hostname}:{parts.port}"
        missing(
            service, f"no {service} answers at {there} ({error}); start one, or set {variable} to its URL"
        )
    return given


@dataclass
class Worker:
    """A real worker in a process of its own."""

    name: str
    process: subprocess.Popen[str]


@contextmanager
def worker(root: Path, name: str, *arguments: str, app: str = "proj.app:app") -> Iterator[Worker]:
    """A worker of the project in ``root``, ready when the block begins and gone when it ends.

    Args:
        root: the project's directory.
        name: its node name.
        arguments: more of ``celery worker``'s.
        app: what stands behind ``celery -A``.
    """
    quiet = ("--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=info")
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", app, "worker", "-n", name, *quiet, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_for_ready(process)
        yield Worker(name, process)
    finally:
        process.kill()  # one that was stopped by a signal would not hear a polite word
        process.wait()


def _wait_for_ready(process: subprocess.Popen[str]) -> None:
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    said = []
    while line := lines.get(timeout=READY):
        said.append(line)
        if " ready." in line:
            return
    raise AssertionError("the worker ended before it was ready:\n" + "".join(said))


@dataclass(frozen=True)
class Broker:
    """A corner of a real broker that belongs to one test."""

    service: str
    url: str
    prefix: str
    """Begins the names of all that the test has there."""

    @property
    def where(self) -> str:
        """The address as the gate shows it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port}/{parts.path.strip('/')}"

    @property
    def settings(self) -> str:
        """What configures an app for this corner, as lines of Python."""
        options = {"global_keyprefix": self.prefix} if self.service == "redis" else {}
        return (
            f"app.conf.update(broker_url={self.url!r}, broker_transport_options={options!r}, "
            f"control_exchange={self.prefix!r}, task_default_queue='{self.prefix}default')\n"
        )

    def left(self) -> set[str]:
        """The names of what lies there now, the test's prefix removed."""
        if self.service == "redis":
            return {name.removeprefix(self.prefix) for name in self._keys()}
        return {name for name in QUEUES if self._has(name)}

    def clear(self) -> None:
        """Remove all that the test has left there."""
        if self.service == "redis":
            import redis

            with redis.Redis.from_url(self.url) as client:
                for name in self._keys():
                    client.delete(name)
            return
        import kombu

        channel: Any
        with kombu.Connection(self.url) as connection, connection.channel() as channel:
            for name in QUEUES:
                channel.queue_delete(f"{self.prefix}{name}")
                channel.exchange_delete(f"{self.prefix}{name}")
            for name in (f"{self.prefix}.pidbox", f"reply.{self.prefix}.pidbox"):
                channel.exchange_delete(name)

    def _keys(self) -> list[str]:
        import redis

        with redis.Redis.from_url(self.url) as client:
            return [name.decode() for name in client.scan_iter(f"{self.prefix}*")]

    def _has(self, name: str) -> bool:
        import amqp
        import kombu

        channel: Any
        with kombu.Connection(self.url) as connection, connection.channel() as channel:
            try:
                channel.queue_declare(f"{self.prefix}{name}", passive=True)
            except amqp.NotFound:
                return False
            return True


QUEUES = ("default", "mail")
"""The queues that the tests' applications have, each behind its prefix."""
