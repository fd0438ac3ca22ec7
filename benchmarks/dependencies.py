"""The dependency rules beside `pip check`, `uv pip check` and deptry: what each sees, and how long it takes.

It makes the forty environments of the tests, each with an interpreter of its own, and environments of
50, 200 and 600 distributions, runs every tool on them, and prints the tables of `dependencies.md`. pip is
this interpreter's, uv is looked for on the path, deptry in the directory that DEPTRY names
(`pip install --target …`); what is not there is left out. Exits with 1 when a fault is missed, a healthy
environment is blamed, or the gate takes too long. `dependencies.py speed` measures alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.environments import CASES, Case, Crafted  # noqa: E402  # the environments are those of the tests

SIZES = (50, 200, 600)
ROUNDS = 7
GOAL = 1.5
OURS = "prodready"


def tools(crafted: Crafted) -> dict[str, tuple[list[str], str]]:
    """Name → command, and what it adds to the import path."""
    options = ["-p", "pytest_prodready.plugin", "-p", "no:cacheprovider", "-q", "-rN"]
    options += ["--prodready", "--prodready-select=PRD4"]
    gate = [sys.executable, "-m", "pytest", *options, f"--prodready-python={crafted.python}"]
    found = {
        OURS: (gate, str(ROOT)),
        "pip check": ([sys.executable, "-m", "pip", "--python", crafted.python, "check"], ""),
    }
    if uv := shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent)):
        found["uv pip check"] = [uv, "pip", "check", "--python", crafted.python], ""
    if deptry := os.environ.get("DEPTRY", ""):
        # nothing in these projects imports what they declare: that alone is not counted against it
        found["deptry"] = [crafted.python, "-m", "deptry", ".", "--ignore", "DEP002"], deptry
    return found


def run(command: list[str], path: str, directory: Path) -> tuple[int, str, float]:
    """Exit status, output and seconds."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=directory,
        # what else is installed beside the gate for its development is not what is measured
        env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, time.perf_counter() - started


def sees(case: Case, directory: Path) -> dict[str, bool]:
    """Tool → whether it finds anything in the environment; of the gate, errors and warnings."""
    crafted = Crafted.at(directory, real=True)
    case.build(crafted)
    with (crafted.root / "pyproject.toml").open("a") as file:
        file.write('\n[tool.prodready]\napp = "shop.main:app"\n' if case.loads else "")
    answers = {}
    for name, (command, path) in tools(crafted).items():
        status, output, _ = run(command, path, crafted.root)
        # the codes of the rules, in the lines of findings: also a warning is one
        answers[name] = "PRD4" in output if name == OURS else status != 0
        if os.environ.get("SHOW") == case.name:
            print(output)
    return answers


def large(size: int, directory: Path) -> Crafted:
    """A healthy environment of `size` distributions of forty files each, and pip."""
    venv.create(directory / "env", with_pip=True)
    (site,) = (directory / "env").glob("lib/python*/site-packages")
    crafted = Crafted(directory / "project", site)
    crafted.root.mkdir()
    crafted.project("pack-0")
    for number in range(size):
        behind = [f"pack-{other}>=1" for other in (2 * number + 1, 2 * number + 2) if other < size]
        extras = [f"pack-{other}>=9; extra == 'test'" for other in range(number % 7)]
        some = [f"elsewhere-{other}>=2; extra == 'more'" for other in range(8)]
        files = {f"pack_{number}/part_{part}.py": "PART = 1\n" for part in range(39)}
        files[f"pack_{number}/__init__.py"] = ""
        readme = "A paragraph of a readme, as long as they are.\n" * 150
        crafted.add(f"pack-{number}", "1.0", [*behind, *extras, *some], files=files, more=readme)
    return crafted


def speed(size: int, directory: Path) -> dict[str, float]:
    """Tool → the median of its seconds, all run in turn."""
    crafted = large(size, directory)
    commands = {**tools(crafted), "pip check": ([crafted.python, "-m", "pip", "check"], "")}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(-1, ROUNDS):
        for name, (command, path) in commands.items():
            status, output, took = run(command, path, crafted.root)
            if status and name != "deptry":
                raise SystemExit(f"{name} on {size} healthy distributions: {output[-2000:]}")
            if number >= 0:  # the first writes the bytecode
                seconds[name].append(took)
    return {name: median(times) for name, times in seconds.items()}


def main() -> int:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as directory:
        failed = sys.argv[1:] != ["speed"] and compare(Path(directory))
        return int(measure(Path(directory)) or failed)


def compare(directory: Path) -> bool:
    """Print who sees what; return whether the gate was wrong anywhere."""
    failed = False
    totals: dict[str, list[int]] = {}
    for at, case in enumerate(CASES):
        answers = sees(case, directory / case.name)
        if not at:
            print(f"| environment | fault | {' | '.join(answers)} |\n|{'---|' * (len(answers) + 2)}")
        marks = ("yes" if seen else "" for seen in answers.values())
        print(
            f"| {case.name.replace('-', ' ')} | {case.code or 'healthy'} | {' | '.join(marks)} |", flush=True
        )
        for name, seen in answers.items():
            totals.setdefault(name, [0, 0])[bool(case.code)] += seen
        failed |= answers[OURS] is not bool(case.code)
    for word, index in (("faults seen", 1), ("false alarms", 0)):
        print(f"| **{word}** | | {' | '.join(str(one[index]) for one in totals.values())} |")
    return failed


def measure(directory: Path) -> bool:
    """Print what each takes; return whether the gate takes too long."""
    failed = False
    for size in SIZES:
        took = speed(size, directory / str(size))
        ratio = took[OURS] / took["pip check"]
        failed |= ratio > GOAL
        shown = " | ".join(f"{seconds:.2f} s" for seconds in took.values())
        if size == SIZES[0]:
            print(f"\n| distributions | {' | '.join(took)} | ours / pip check |\n|{'---|' * (len(took) + 2)}")
        print(f"| {size} | {shown} | {ratio:.2f} |", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
