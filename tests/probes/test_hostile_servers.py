"""Servers that misbehave in every way: each ends in its time, with a finding that says what it did."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_prodready import probes
from pytest_prodready.facts import Expectation, Facts
from pytest_prodready.findings import Finding
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from tests.probes.support import ENVIRON, QUICK, script

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
SERVING = """
    import os, signal, socket, sys, time

    def each(answer):
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
            while True:
                connection, _ = listener.accept()
                with connection:
                    head = b""
                    while b"\\r\\n\\r\\n" not in head:
                        head += connection.recv(65536)
                    try:
                        answer(connection, head)
                    except OSError:
                        pass  # the client has left

    def says(text):
        def answer(connection, head):
            connection.sendall(f"HTTP/1.1 200 OK\\r\\nContent-Length: {len(text)}\\r\\n\\r\\n{text}".encode())
        return answer

    def unasked(head):
        return head.startswith(b"PRODREADY")
"""


@dataclass(frozen=True)
class Case:
    """What a server does, and what has to be said of it."""

    name: str
    source: str
    subject: str = ""
    """Of the finding; empty where there must be none."""
    code: str = ""
    words: str = ""
    serve: float = 20.0
    probe: float = 10.0


CASES = [
    Case(
        "listens elsewhere",
        "sys.argv[1] = '0'\n    each(says('ok'))",
        "server",
        "PRD501",
        "it listens on port",
        serve=1.0,
    ),
    Case("never binds", "signal.pause()", "server", "PRD501", "did not accept a connection", serve=1.0),
    Case(
        "forks and exits",
        "if os.fork(): os._exit(0)\n    each(says('ok'))",
        "server",
        "PRD501",
        "it went to the background",
    ),
    Case(
        "needs a terminal",
        "open('/dev/tty').read()",
        "server",
        "PRD501",
        "it exited with status 1 before it answered: OSError",
    ),
    Case(
        "asks its user",
        "input('Password: ')",
        "server",
        "PRD501",
        "it exited with status 1 before it answered: EOFError",
    ),
    Case(
        "prints a gigabyte and leaves",
        "for _ in range(1024): os.write(1, (b'x' * 1023 + b'\\n') * 1024)\n    sys.exit('done')",
        "server",
        "PRD501",
        "it exited with status 1 before it answered",
        serve=60.0,
    ),
    Case(
        "a byte a second",
        """
    def drip(connection, head):
        if unasked(head):
            return says("")(connection, head)
        for byte in b"HTTP/1.1 200 OK":
            connection.sendall(bytes([byte]))
            time.sleep(1)
    each(drip)""",
        "/health",
        "PRD502",
        "no answer came within 2 s",
        probe=2.0,
    ),
    Case(
        "a body of 10 GiB",
        """
    def flood(connection, head):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10737418240\\r\\n\\r\\n")
        for _ in range(10240): connection.sendall(b"x" * 1048576)
    each(flood)""",
    ),
    Case(
        "a circle",
        """
    def turn(connection, head):
        connection.sendall(b"HTTP/1.1 302 Found\\r\\nLocation: /health\\r\\nContent-Length: 0\\r\\n\\r\\n")
    each(turn)""",
        "/health",
        "PRD502",
        "GET /health answered 302",
    ),
    Case(
        "closes in the middle",
        """
    def half(connection, head):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nabc")
    each(half)""",
        "/health",
        "PRD502",
        "the connection was closed in the middle of the answer",
    ),
    Case(
        "closes before",
        "each(lambda connection, head: unasked(head) and says('')(connection, head))",
        "/health",
        "PRD502",
        "the connection was closed before an answer came",
    ),
]


def found(case: Case, root: Path) -> list[Finding]:
    asked = replace(
        script(root, SERVING + f"\n    {case.source.strip()}\n"), jobs=frozenset({"health", "stop"})
    )
    wanted = (Expectation("/health", source="[tool.prodready.health]"),)
    limits = replace(QUICK, serve=case.serve, probe=case.probe)
    seen = Facts(
        str(root), expectations=wanted, health=probes.check(asked, None, wanted, limits, ENVIRON, {})
    )
    registry = Registry([health.family])
    return [
        finding
        for kind in registry.kinds
        for subject in kind.subjects(seen)
        for finding in registry.judge(kind, subject, seen).findings
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_server_that_misbehaves(tmp_path: Path, case: Case) -> None:
    """What is said is said of the right subject, and nothing stays; the fixture sees to processes."""
    findings = found(case, tmp_path)
    if not case.code:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.subject) == (case.code, case.subject)
    assert case.words in finding.message
    assert [entry.name for entry in tmp_path.iterdir()] == ["serve.py"]


def test_many_runs_leave_nothing() -> None:
    """No process, port, file, descriptor or thread; `benchmarks/leavings.py` does it two hundred times."""
    ran = subprocess.run(
        [sys.executable, "leavings.py", "5"],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "processes left: 0; ports open: 0 of 5; files left: 0" in ran.stdout
