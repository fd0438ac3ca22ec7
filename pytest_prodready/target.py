"""The target: starts children in its interpreter and gives back the facts that they tell.

Each entry point is loaded first in its own fresh interpreter; the children run side by side.
"""

from __future__ import annotations

import compileall
import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from pytest_prodready.codec import decode
from pytest_prodready.facts import Entry, InspectedEntry, Interpreter, Problem
from pytest_prodready.inspection import Inspection, may_be_of_hurry
from pytest_prodready.inspector.interpreter import describe
from pytest_prodready.reading_ahead import ReadingAhead
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

INSPECTOR = Path(__file__).parent / "inspector"
INTERPRETER_SCRIPT = INSPECTOR / "interpreter.py"
INTERPRETER_LIMIT = 30.0
BESIDE = 1
"""Children beyond the number of cores: with as many as there are, a core is idle behind the shorter ones."""
NOT_PRODUCTION = re.compile(r"PYTEST_|_PYTEST|COV_CORE_|COVERAGE_PROCESS_")
"""Environment variables that pytest and its plugins set for their own processes."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that the target gets: the job's own, without a trace of pytest.

    Bytecode is not written: nothing may change in the project.
    """
    kept = {name: value for name, value in environ.items() if not NOT_PRODUCTION.match(name)}
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept


def interpreter(python: str, root: Path, environ: Mapping[str, str]) -> Interpreter | Problem:
    """Ask the interpreter ``python`` what it is; the application is not involved."""
    if python == sys.executable:
        return decode(Interpreter, describe())  # we know ourselves: a process less to wait for
    try:
        answer = subprocess.run(
            [python, str(INTERPRETER_SCRIPT)],
            cwd=root,
            env=environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INTERPRETER_LIMIT,
            check=True,
        )
        return decode(Interpreter, json.loads(answer.stdout))
    except subprocess.TimeoutExpired:
        return Problem("interpreter", f"{python} gave no answer within {INTERPRETER_LIMIT:g} s")
    except subprocess.CalledProcessError as error:
        return Problem("interpreter", f"{python} cannot run", error.stderr.decode("utf-8", "replace")[-2000:])
    except OSError as error:
        return Problem("interpreter", f"{python} could not be started: {error}")
    except ValueError:
        return Problem("interpreter", f"{python} did not answer as a Python interpreter does")


@functools.cache
def compile_inspector(python: str) -> None:
    """Compile the inspector for the interpreter ``python``, where its installer has not, as uv does not.

    The children write no bytecode, so each of them would compile all that it imports, in every run.
    """
    if sys.dont_write_bytecode or not os.access(INSPECTOR, os.W_OK):
        return
    if python == sys.executable:
        compileall.compile_dir(INSPECTOR, quiet=2)
        return
    command = [python, "-I", "-S", "-m", "compileall", "-qq", str(INSPECTOR)]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):  # the children can do without
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=INTERPRETER_LIMIT,
            check=False,
        )


def inspect(
    request: Request, limits: Limits, environ: Mapping[str, str]
) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    """Load every entry point of ``request``, each in its own interpreter, side by side.

    Returns:
        What was seen of each entry, in the order of the request, and what could not be inspected.
    """
    compile_inspector(request.python)
    # what one interpreter has read of a source need not be read by the others
    with tempfile.TemporaryDirectory(prefix="prodready-") as shared:
        cancelled = threading.Event()
        return _side_by_side(Inspection(request, limits, environment(environ), cancelled, shared))


def _side_by_side(inspection: Inspection) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    wanted, cores = inspection.request.entries, os.cpu_count() or 1
    groups: dict[object, list[Entry]] = {}
    for entry in wanted:
        groups.setdefault(_program(entry), []).append(entry)
    first = replace(inspection, hurried=True, shared=inspection.shared if len(groups) > 1 else "")
    with ExitStack() as stack:
        if len(groups) < cores and "closure" in inspection.request.jobs:
            ahead = stack.enter_context(closing(ReadingAhead(inspection.request, inspection.shared)))
            first = replace(first, shared=inspection.shared, hear=ahead.hear)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=cores + BESIDE))
        futures = [pool.submit(first.group, group) for group in groups.values()]
        try:
            results = [future.result() for future in futures]
        except BaseException:
            inspection.cancelled.set()
            raise
    for at, group in enumerate(groups.values()):
        if may_be_of_hurry(results[at][0]):
            results[at] = inspection.group(group)  # in peace now: what fails again is its own failure
    seen = {found.entry: found for several, _ in results for found in several}
    entries = tuple(seen[entry] for entry in wanted)
    return entries, tuple(problem for _, problems in results for problem in problems)


def _program(entry: Entry) -> object:
    """What entries must share to be looked at in one interpreter: scripts that are one module's."""
    if entry.kind != "script":
        return entry
    return entry.module, entry.started, entry.pythonpath, entry.behind
