"""Commands measured side by side, in alternation, so that what else the machine does burdens both."""

from __future__ import annotations

import compileall
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points, version
from pathlib import Path
from statistics import median

import pytest_prodready

LIMIT = 300
"""Seconds that one run may take."""


class MeasuringFailedError(RuntimeError):
    """A measured command did not do what it is measured for; the message holds the end of its output."""


@dataclass
class Candidate:
    """One command, and what its runs took."""

    name: str
    command: Sequence[str]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """User and system time, with that of all descendants that were waited for."""
    peaks: list[int] = field(default_factory=list)
    """Of a command that prints ``peak … kB``."""


def environment() -> dict[str, str]:
    """The variables for the measured commands, once the plugin's bytecode is there, as pip installs it.

    The gate's children write none, so what the first run lacks every run would lack.
    """
    compileall.compile_dir(Path(pytest_prodready.__file__).parent, quiet=1)
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def output_of(command: Sequence[str], cwd: Path, env: Mapping[str, str], limit: float = LIMIT) -> str:
    """What a command prints; MeasuringFailedError when it fails or takes longer than ``limit`` seconds."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MeasuringFailedError(f"{command[0]} took longer than {limit:g} s.") from None
    if done.returncode:
        raise MeasuringFailedError(f"{command[0]} exited with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def measure(
    ours: Candidate,
    base: Candidate,
    cwd: Path,
    env: Mapping[str, str],
    *,
    pairs: int,
    warm_ups: int = 2,
) -> None:
    """Run both in alternation, and fill their times; the first `warm_ups` pairs count nothing."""
    measure_all([(ours, cwd), (base, cwd)], env, rounds=pairs, warm_ups=warm_ups)


def measure_all(
    runs: Sequence[tuple[Candidate, Path]], env: Mapping[str, str], *, rounds: int, warm_ups: int = 1
) -> None:
    """Run all in each round, in turn forwards and backwards, each in its folder, and fill their times.

    The first `warm_ups` rounds write the bytecode, and count nothing.
    """
    for number in range(-warm_ups, rounds):
        for candidate, cwd in runs[:: 1 if number % 2 else -1]:
            used = _cpu()
            started = time.perf_counter()
            output = output_of(candidate.command, cwd, env)
            wall = time.perf_counter() - started
            if number >= 0:
                candidate.wall.append(wall)
                candidate.cpu.append(_cpu() - used)
                candidate.peaks += map(int, re.findall(r"^peak (\d+) kB$", output, re.MULTILINE))


def report(title: str, ours: Candidate, base: Candidate, goal: float) -> None:
    """Print the table and the ratio of the medians."""
    print(
        f"{title}: {platform.python_implementation()} {platform.python_version()}, "
        f"pytest {version('pytest')}, {os.cpu_count()} cores, medians of {len(ours.wall)} pairs"
    )
    width = max(len(ours.name), len(base.name), len("ratio"))
    print(f"{'':<{width}}  {'wall':>9}  {'fastest':>9}  {'CPU':>9}")
    for one in (ours, base):
        times = (median(one.wall), min(one.wall), median(one.cpu))
        print(f"{one.name:<{width}}  " + "  ".join(f"{1000 * seconds:>6.0f} ms" for seconds in times))
    ratios = (
        median(ours.wall) / median(base.wall),
        min(ours.wall) / min(base.wall),
        median(ours.cpu) / median(base.cpu),
    )
    print(f"{'ratio':<{width}}  " + "  ".join(f"{ratio:>9.3f}" for ratio in ratios))
    print(f"goal: a wall ratio of at most {goal}")


def other_plugins() -> list[str]:
    """Options that keep pytest from loading any other plugin that happens to be installed here."""
    names = sorted({point.name for point in entry_points(group="pytest11")} - {"prodready"})
    return [option for name in names for option in ("-p", f"no:{name}")]


def fail(error: Exception) -> None:
    """Say why nothing was measured, and leave with 1."""
    print(f"could not be measured: {error}", file=sys.stderr)
    sys.exit(1)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
