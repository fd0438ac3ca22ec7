"""What asking 1 000 endpoints of one server costs: `python benchmarks/endpoints.py [ROUNDS] [ENDPOINTS]`.

One uvicorn is started before anything is measured. In turn, in this process: the gate's own probes (every
answer becomes a fact: its secrets blanked, its JSON decoded), and the same requests from a bare loop of
httpx, as many side by side. Both make their client and their event loop anew each time. A third row judges
the answers as well. Processor time, user and system, is that of this process alone, without the server.
"""

from __future__ import annotations

import asyncio
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
from _side_by_side import MeasuringFailedError, fail

from pytest_prodready.facts import Answer, Expectation, Facts, Health, Server
from pytest_prodready.findings import Outcome
from pytest_prodready.probes.http import SIDE_BY_SIDE, ask
from pytest_prodready.probes.server import free_port
from pytest_prodready.registry import Registry
from pytest_prodready.rules.health import family
from pytest_prodready.rules.health.family import endpoint
from pytest_prodready.settings import Limits

GOAL = 1.2
LIMIT = 30
"""Seconds within which the server must answer."""
APP = """\
BODY = b'{"status": "ok", "checks": {"database": "ok", "redis": "ok"}}'


async def app(scope, receive, send):
    assert scope["type"] == "http"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
"""


@contextmanager
def server() -> Iterator[str]:
    """A uvicorn that answers every path; gives its URL."""
    port = free_port()
    options = ["--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answering.py").write_text(APP, encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-m", "uvicorn", "answering:app", *options], cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(LIMIT)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise MeasuringFailedError("uvicorn did not start")


def bare(url: str, paths: list[str]) -> None:
    """The requests, and nothing else."""

    async def run() -> list[int]:
        turn = asyncio.Semaphore(SIDE_BY_SIDE)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:

            async def one(path: str) -> int:
                async with turn:
                    return (await client.get(path)).status_code

            return await asyncio.gather(*map(one, paths))

    _all_well(asyncio.run(run()))


def probes(url: str, expectations: tuple[Expectation, ...]) -> tuple[Answer, ...]:
    """The requests of the gate, and their facts."""
    answers = ask(url, expectations, Limits(), os.environ)
    _all_well([answer.status for answer in answers])
    return answers


def judged(url: str, expectations: tuple[Expectation, ...]) -> None:
    """The requests of the gate, their facts, and what all rules say of them."""
    health = Health(Server(url, started=True), probes(url, expectations))
    facts = Facts(root="/", url=url, expectations=expectations, health=health)
    registry = Registry([family])
    outcomes = {registry.judge(endpoint, one, facts).outcome for one in endpoint.subjects(facts)}
    if outcomes != {Outcome.PASSED}:
        raise MeasuringFailedError(f"the endpoints are {outcomes}")


def _all_well(statuses: list[int | None] | list[int]) -> None:
    if set(statuses) != {200}:
        raise MeasuringFailedError(f"the answers have the statuses {set(statuses)}")


def main(rounds: int, number: int) -> int:
    """Measure and print; gives the exit status."""
    paths = [f"/part/{at}/health" for at in range(number)]
    expectations = tuple(Expectation(path, found=True) for path in paths)
    wall: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    with server() as url:
        runs: dict[str, Callable[[], object]] = {
            "bare httpx": lambda: bare(url, paths),
            "probes": lambda: probes(url, expectations),
            "and judged": lambda: judged(url, expectations),
        }
        for at in range(-1, rounds):
            for name, run in list(runs.items())[:: 1 if at % 2 else -1]:
                used, started = time.process_time(), time.perf_counter()
                run()
                if at >= 0:
                    wall.setdefault(name, []).append(time.perf_counter() - started)
                    cpu.setdefault(name, []).append(time.process_time() - used)
    print(
        f"{number} endpoints of one uvicorn: Python {platform.python_version()}, httpx {httpx.__version__}, "
        f"{os.cpu_count()} cores, medians of {rounds} rounds"
    )
    print(f"{'':<12}{'wall':>10}{'ratio':>8}{'CPU':>10}{'ratio':>8}")
    for name in runs:
        row = f"{name:<12}"
        for times in (wall, cpu):
            took = median(times[name])
            row += f"{1000 * took:>7.0f} ms{took / median(times['bare httpx']):>8.2f}"
        print(row)
    print(f"goal: a wall ratio of at most {GOAL:g} for the probes")
    return 0 if median(wall["probes"]) / median(wall["bare httpx"]) <= GOAL else 1


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    try:
        sys.exit(main(*arguments, *(10, 1000)[len(arguments) :]))
    except MeasuringFailedError as error:
        fail(error)
