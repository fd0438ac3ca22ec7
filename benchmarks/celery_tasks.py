"""What the Celery family costs with the number of tasks: `python benchmarks/celery_tasks.py [ROUNDS]`.

The same synthetic application with 10, 1 000 and 10 000 tasks, in three ways:

- the gate, with all rules of the Celery family: the pytest process and the interpreter of the application;
- Celery alone: an interpreter that calls ``app.loader.import_default_modules()`` and nothing else. What a
  worker does next, to make a task of each function (``app.finalize()``), the gate does as well: it counts as
  the gate's here, although it is Celery's own;
- pytest alone: as many items of another plugin, which do nothing. What pytest takes to collect, run and
  report an item is the same for any test.

The cost of a task is what the gate takes beyond Celery alone and pytest alone, and beyond all of that over 10
tasks, divided by the tasks. It is counted in processor time, user and system, of all processes together: wall
time would hide what runs side by side, and show what else the machine does. Each round runs every size in
every way.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import _side_by_side
from _side_by_side import Candidate, MeasuringFailedError, fail, measure_all, other_plugins

SIZES = (10, 1_000, 10_000)
IN_MODULE = 20
"""Tasks in one module."""
GOAL_COST = 1.0
"""Milliseconds of processor time that a task may take beyond Celery's own load."""
GOAL_GROWTH = 1.2
"""Cost of a task among 10 000, over that of one among 1 000."""

SETTINGS = """\
[project]
name = "shop"
version = "1"
dependencies = ["celery"]

[tool.prodready]
celery = "shop.worker:app"
packages = ["shop"]
"""
WORKER = """\
from celery import Celery

app = Celery("shop", broker="memory://", include={modules})
app.conf.beat_schedule = {{
    "first": {{"task": "shop.part0.task0", "schedule": 60.0, "args": (1,)}},
}}
"""
MODULE = """\
from celery import shared_task

from shop.worker import app


def deliver(to, what):
    import json

    return json.dumps([to, what])

"""
TASK = """
@{decorator}
def task{number}({first}, what=None, *, retries=3):
    from os import path

    return deliver({use}, path.basename(str(what)))

"""
DECORATORS = ("shared_task", "app.task", "app.task(bind=True)", 'shared_task(queue="slow")')
ITEMS = """\
import pytest


class Nothing(pytest.Item):
    def runtest(self):
        pass


class Items(pytest.File):
    def collect(self):
        return [Nothing.from_parent(self, name=f"item{{number}}") for number in range({size})]


def pytest_collect_file(file_path, parent):
    return Items.from_parent(parent, path=file_path) if file_path.name == "items" else None
"""
ALONE = "from shop.worker import app; app.loader.import_default_modules()"


def grow(root: Path, size: int) -> None:
    """Write an application of ``size`` tasks into ``root``."""
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    modules = []
    for start in range(0, size, IN_MODULE):
        modules.append(f"shop.part{start // IN_MODULE}")
        tasks = []
        for number in range(start, min(start + IN_MODULE, size)):
            decorator = DECORATORS[number % len(DECORATORS)]
            first, use = ("self, to", "to") if "bind" in decorator else ("to", "to")
            tasks.append(TASK.format(decorator=decorator, number=number, first=first, use=use))
        file = root.joinpath(*modules[-1].split(".")).with_suffix(".py")
        file.write_text(MODULE + "\n".join(tasks), encoding="utf-8")
    (root / "shop" / "worker.py").write_text(WORKER.format(modules=modules), encoding="utf-8")


def grow_items(root: Path, size: int) -> None:
    """Write a plugin with ``size`` items that do nothing into ``root``."""
    root.mkdir()
    (root / "items").touch()
    (root / "conftest.py").write_text(ITEMS.format(size=size), encoding="utf-8")


def main(rounds: int) -> None:
    """Measure and print."""
    plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *other_plugins()]
    gate = [*plain, "--prodready", "--prodready-select", "PRD2,PRD901"]
    alone = [sys.executable, "-c", ALONE]
    with tempfile.TemporaryDirectory(prefix="prodready-tasks-") as name:
        ways: list[list[Candidate]] = []
        runs: list[tuple[Candidate, Path]] = []
        for size in SIZES:
            root, idle = Path(name, f"{size}-tasks"), Path(name, f"{size}-items")
            grow(root, size)
            grow_items(idle, size)
            ways.append(
                [Candidate("gate", gate), Candidate("Celery", alone), Candidate("pytest", [*plain, "items"])]
            )
            runs += zip(ways[-1], (root, root, idle), strict=True)
        env = {**_side_by_side.environment(), "PYTHONPATH": "."}
        measure_all(runs, env, rounds=rounds)
    print(f"processor time, medians of {rounds} rounds")
    print(f"{'tasks':>6}{'gate':>10}{'Celery':>10}{'pytest':>10}{'ms a task':>12}{'times Celery':>14}")
    costs: list[float] = []
    least = 0.0
    for size, way in zip(SIZES, ways, strict=True):
        ours, celery, items = [median(one.cpu) for one in way]
        beyond = ours - celery - items
        text = f"{size:>6}{ours:>8.2f} s{celery:>8.2f} s{items:>8.2f} s"
        if size == SIZES[0]:
            least = beyond
        else:
            costs.append(1000 * (beyond - least) / size)
            text += f"{costs[-1]:>12.2f}{(ours - items) / celery:>14.2f}"
        print(text)
    print(f"goal: at most {GOAL_COST} ms a task beyond Celery's own load")
    print(f"cost of a task, 10 000 over 1 000: {costs[1] / costs[0]:.2f}; goal: at most {GOAL_GROWTH}")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else 3)
    except MeasuringFailedError as error:
        fail(error)
