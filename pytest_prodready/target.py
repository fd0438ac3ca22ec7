"""The target: starts children in its interpreter and gives back the facts that they tell.

Each entry point is loaded first in its own fresh interpreter; the children run side by side.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pytest_prodready import child
from pytest_prodready.codec import decode
from pytest_prodready.facts import Entry, InspectedEntry, Interpreter, Problem
from pytest_prodready.inspector.interpreter import describe
from pytest_prodready.observed import Seen
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

INTERPRETER_SCRIPT = Path(__file__).parent / "inspector" / "interpreter.py"
INTERPRETER_LIMIT = 30.0
REVEALED = 5
"""How many hidden distributions are revealed to one entry point before its failure is taken as it is."""
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


def inspect(
    request: Request, limits: Limits, environ: Mapping[str, str]
) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    """Load every entry point of ``request``, each in its own interpreter, side by side.

    Returns:
        What was seen of each entry, in the order of the request, and what could not be inspected.
    """
    cancelled = threading.Event()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [
            pool.submit(_inspect_entry, entry, request, limits, environ, cancelled)
            for entry in request.entries
        ]
        try:
            results = [future.result() for future in futures]
        except BaseException:
            cancelled.set()
            raise
    entries = tuple(entry for entry, _ in results)
    return entries, tuple(problem for _, problems in results for problem in problems)


def _inspect_entry(
    entry: Entry, request: Request, limits: Limits, environ: Mapping[str, str], cancelled: threading.Event
) -> tuple[InspectedEntry, list[Problem]]:
    """Inspect one entry; what an installed library, not the application, asks for is revealed to it.

    A database driver or a backend is named in a URL and imported by the library: the image may well bring
    it, and everything else of the entry is still to be judged.
    """
    revealed: list[str] = []
    while True:
        visible = {name: owner for name, owner in request.hidden.items() if owner not in revealed}
        names = tuple(name for name in request.hidden_distributions if name not in revealed)
        narrowed = replace(request, hidden=visible, hidden_distributions=names)
        seen, problems = _inspect_once(entry, narrowed, limits, environ, cancelled)
        asked = _asked_by_a_library(seen)
        if not asked or asked in revealed or len(revealed) == REVEALED:
            return replace(seen, revealed=tuple(revealed)), problems
        revealed.append(asked)


def _asked_by_a_library(seen: InspectedEntry) -> str:
    """The hidden distribution that a file outside the application failed to import; else empty."""
    failure = seen.failure
    if failure is None or failure.missing is None or not failure.frames or failure.frames[-1].own:
        return ""
    return failure.missing.distribution


def _inspect_once(
    entry: Entry, request: Request, limits: Limits, environ: Mapping[str, str], cancelled: threading.Event
) -> tuple[InspectedEntry, list[Problem]]:
    clock = child.Clock(limits.load)
    seen = Seen(entry, request, limits, clock, Redactor(environ))
    try:
        ending = child.run(
            request.python,
            _question(entry, request, limits),
            cwd=request.root,
            environ=environment(environ),
            clock=clock,
            on_event=seen.event,
            cancelled=cancelled,
        )
    except OSError as error:
        return InspectedEntry(entry), [
            Problem(entry.target, f"{request.python} could not be started: {error}")
        ]
    return seen.result(ending)


def _question(entry: Entry, request: Request, limits: Limits) -> dict[str, object]:
    """The request as the inspector reads it: plain values, no secret among them."""
    argv = {
        "web": ["uvicorn", entry.target],
        "celery": ["celery", "-A", entry.target.partition(":")[0], "worker"],
    }
    return {
        "kind": entry.kind,
        "target": entry.target,
        "settings_module": entry.settings_module,
        "argv": argv.get(entry.kind, [entry.target]),
        "root": str(request.root),
        "packages": list(request.packages),
        "pythonpath": list(request.pythonpath if entry.pythonpath is None else entry.pythonpath),
        "hidden": dict(request.hidden),
        "hidden_distributions": [name.replace("-", "_") for name in request.hidden_distributions],
        "jobs": sorted(request.jobs),
        "database": request.database,
        "database_limit": limits.database,
    }
