"""How the import family grows with the application: `python benchmarks/growth.py [ROUNDS]`.

The same synthetic application with 1, 1 000 and 10 000 modules, half of them imported at start, the others
from function bodies. Each round runs every size once, so that what else the machine does burdens all of them.
The cost of a module is what a run takes beyond the run over one module, divided by the number of modules.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import _side_by_side
from _side_by_side import Candidate, MeasuringFailedError, fail, measure_all, other_plugins

SIZES = (1, 1_000, 10_000)
IN_PACKAGE = 100
"""Modules in one package."""
GOAL_COST = 1.2
"""Cost of a module among 10 000, over that of one among 1 000."""
GOAL_MEMORY = 40
"""MB at the peak of the pytest process, above the run over one module."""

SETTINGS = """\
[project]
name = "grown"
version = "1"
dependencies = []

[tool.prodready]
app = "grown.main:app"
packages = ["grown"]
"""
MODULE = """\
import os


class Thing:
    def __init__(self, path, size=2):
        self.path = os.fspath(path)
        self.size = size

    def total(self):
        return len(self.path) + self.size


def first(path):
    from {next} import Thing as Other

    return Other(path)


def second(limit, least):
    for one in range(limit):
        if one > least:
            return one
    return None


def third(items):
    import {another} as other

    return [other for _ in items]
"""
APP = """

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
"""
PEAK = '''\
"""Prints the peak of this process's memory."""


def pytest_unconfigure(config):
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    print(f"peak {peak} kB")
'''


def module(number: int) -> str:
    """The dotted name of one synthetic module."""
    return f"grown.part{number // IN_PACKAGE}.module{number % IN_PACKAGE}"


def grow(root: Path, size: int) -> None:
    """Write an application of ``size`` modules into ``root``."""
    (root / "grown").mkdir(parents=True)
    (root / "grown" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "peak.py").write_text(PEAK, encoding="utf-8")
    for number in range(size):
        file = root.joinpath(*module(number).split(".")).with_suffix(".py")
        if number % IN_PACKAGE == 0:
            file.parent.mkdir()
            (file.parent / "__init__.py").touch()
        source = MODULE.format(next=module((number + 1) % size), another=module(number * 7 % size))
        file.write_text(source, encoding="utf-8")
    at_start = "".join(f"import {module(number)}\n" for number in range((size + 1) // 2))
    (root / "grown" / "main.py").write_text(at_start + APP, encoding="utf-8")


def main(rounds: int) -> None:
    """Measure and print."""
    options = ("-q", "-p", "no:cacheprovider", "-p", "peak", *other_plugins())
    command = [sys.executable, "-m", "pytest", "--prodready", "--prodready-select", "PRD1", *options]
    with tempfile.TemporaryDirectory(prefix="prodready-growth-") as name:
        runs, folders = [], []
        for size in SIZES:
            root = Path(name, str(size))
            grow(root, size)
            runs.append(Candidate(f"{size} modules", command))
            folders.append(root)
        env = {**_side_by_side.environment(), "PYTHONPATH": "."}
        measure_all(list(zip(runs, folders, strict=True)), env, rounds=rounds)
    print(f"growth: medians of {rounds} rounds")
    smallest = runs[0]
    costs = []
    for size, run in zip(SIZES, runs, strict=True):
        wall, cpu, peak = median(run.wall), median(run.cpu), max(run.peaks)
        text = f"{run.name:<14}{wall:>8.2f} s wall{cpu:>8.2f} s CPU{peak / 1024:>8.0f} MB"
        if run is not smallest:
            costs.append((wall - median(smallest.wall)) / size)
            more = (peak - max(smallest.peaks)) / 1024
            text += f"{1000 * costs[-1]:>8.2f} ms a module{more:>6.0f} MB above one module"
        print(text)
    print(f"cost of a module, 10 000 over 1 000: {costs[1] / costs[0]:.2f}; goal: at most {GOAL_COST}")
    print(f"goal: at most {GOAL_MEMORY} MB above one module")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else 3)
    except MeasuringFailedError as error:
        fail(error)
