"""What many runs of the probes leave behind: `python benchmarks/leavings.py [RUNS]`.

Servers of every kind are started, asked and stopped, one run after the other: one that leaves when it is told
to, one that ignores it, one that goes to the background, and one with a child in a session of its own.
Afterwards nothing of them may be there: no process, no port, no file in the project or among the temporary
ones, and in this process no descriptor and no thread more than before; else the exit status is 1.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path

from pytest_prodready import probes
from pytest_prodready.facts import Expectation
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

LIMITS = Limits(serve=20.0, probe=10.0, stop=0.5)
MARK = "PRODREADY_LEAVINGS"
SERVER = """
import asyncio, os, signal, subprocess, sys, tempfile

async def answer(reader, writer):
    line = await reader.readline()
    while (await reader.readline()).strip():
        pass
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    await writer.drain()
    writer.close()

async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))
    with tempfile.TemporaryFile():
        await server.serve_forever()

if sys.argv[2] == "ignores":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[2] == "forks" and os.fork():
    os._exit(0)
if sys.argv[2] == "child":
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
asyncio.run(serve())
"""
KINDS = ("leaves", "leaves", "ignores", "forks", "child")


def own_processes(token: str) -> list[int]:
    """The processes that have inherited the environment of a server of this run."""
    found = []
    for directory in Path("/proc").iterdir():
        try:
            environ = (directory / "environ").read_bytes() if directory.name.isdigit() else b""
        except OSError:  # gone, or not ours
            continue
        if f"{MARK}={token}".encode() in environ.split(b"\0"):
            found.append(int(directory.name))
    return found


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def of_this_process() -> tuple[int, int]:
    """How many descriptors and threads this process has."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208  # counts, and no more


def main(runs: int) -> int:
    """Run, count, print, and return the exit status."""
    with tempfile.TemporaryDirectory(prefix="prodready-leavings-") as place:
        project, scratch = Path(place, "project"), Path(place, "tmp")
        project.mkdir()
        scratch.mkdir()
        (project / "serve.py").write_text(SERVER, encoding="utf-8")
        token = secrets.token_hex(8)
        environ = {"PATH": os.defpath, "TMPDIR": str(scratch), MARK: token}
        tempfile.tempdir = str(scratch)
        ports: set[int] = set()
        statuses: list[int | None] = []
        before = of_this_process()
        begun = time.monotonic()
        for _, kind in zip(range(runs), cycle(KINDS), strict=False):
            serve = f"{sys.executable} serve.py {{port}} {kind}"
            request = Request(
                root=project, python=sys.executable, jobs=frozenset({"health", "stop"}), serve=serve
            )
            seen = probes.check(request, None, (Expectation("/"),), LIMITS, environ, {})
            statuses += [answer.status for answer in seen.answers]
            ports.add(int(seen.server.command.split()[-2]))
        seconds = time.monotonic() - begun
        listening = [port for port in ports if accepts(port)]
        files = [path.name for path in (*project.rglob("*"), *scratch.rglob("*")) if path.name != "serve.py"]
        after = of_this_process()
        left = own_processes(token)
    print(f"{runs} runs in {seconds:.1f} s, {statuses.count(200)} of {len(statuses)} requests answered")
    print(
        f"processes left: {len(left)}; ports open: {len(listening)} of {len(ports)}; files left: {len(files)}"
    )
    print(f"descriptors and threads of this process: {before} before, {after} after")
    return int(bool(left or listening or files or after != before))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 200))
