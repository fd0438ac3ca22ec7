"""The target: starts children in its interpreter and gives back the facts that they tell.

Each entry point is loaded first in its own fresh interpreter; the children run side by side.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pytest_prodready import child
from pytest_prodready.causes import Causes, of_entry
from pytest_prodready.codec import WireError, decode
from pytest_prodready.facts import Command, Entry, Frame, InspectedEntry, Interpreter, Problem
from pytest_prodready.inspector.interpreter import describe
from pytest_prodready.observed import Seen
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

INTERPRETER_SCRIPT = Path(__file__).parent / "inspector" / "interpreter.py"
INTERPRETER_LIMIT = 30.0
ENDED = ("hung", "crashed", "left")
"""How a failure took the interpreter with it."""
STOPPED = 5
"""After how many commands that stop the interpreter those behind them are given up."""
INSISTING = 6
"""How many interpreters go on after the failures of one entry point."""
REVEALED = 5
"""How many hidden distributions are revealed to one entry point before its failure is taken as it is."""
IMPORT = re.compile(r"(?:.*[:;]\s*)?(?:from\s+(?P<source>[\w.]+)\s+import\b|import\s+(?P<modules>.+))")
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
    with contextlib.ExitStack() as stack:
        if request.cache is None:  # what one interpreter has read of a source need not be read by the next
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="prodready-"))
            request = replace(request, cache=Path(directory))
        return _inspect_all(request, limits, environ)


def _inspect_all(
    request: Request, limits: Limits, environ: Mapping[str, str]
) -> tuple[tuple[InspectedEntry, ...], tuple[Problem, ...]]:
    cancelled = threading.Event()
    groups: dict[object, list[Entry]] = {}
    for entry in request.entries:
        groups.setdefault(_program(entry), []).append(entry)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [
            pool.submit(_inspect_group, group, request, limits, environ, cancelled)
            for group in groups.values()
        ]
        try:
            results = [future.result() for future in futures]
        except BaseException:
            cancelled.set()
            raise
    seen = {found.entry: found for several, _ in results for found in several}
    entries = tuple(seen[entry] for entry in request.entries)
    return entries, tuple(problem for _, problems in results for problem in problems)


def _program(entry: Entry) -> object:
    """What entries must share to be looked at in one interpreter: scripts that are one module's."""
    if entry.kind != "script":
        return entry
    return entry.module, entry.started, entry.pythonpath, entry.behind


def _inspect_group(
    group: list[Entry],
    request: Request,
    limits: Limits,
    environ: Mapping[str, str],
    cancelled: threading.Event,
) -> tuple[list[InspectedEntry], list[Problem]]:
    """Inspect entries that share an interpreter; what was seen there is the first one's that loads."""
    names = tuple(entry.target.partition(":")[2] for entry in group)
    if group[0].kind == "commands":
        seen, problems = _inspect_commands(group[0], request, limits, environ, cancelled)
    else:
        seen, problems = _inspect_entry(group[0], request, limits, environ, cancelled, names)
    whole, found = seen, []
    at_first = next((at for at, name in enumerate(names) if name not in seen.names), 0)
    for at, (entry, name) in enumerate(zip(group, names, strict=True)):
        of_entry = whole if at == at_first else InspectedEntry(entry, whole.failure, whole.seconds)
        found.append(replace(of_entry, entry=entry, failure=whole.failure or whole.names.get(name)))
    return found, problems


def _inspect_commands(
    entry: Entry, request: Request, limits: Limits, environ: Mapping[str, str], cancelled: threading.Event
) -> tuple[InspectedEntry, list[Problem]]:
    """Inspect all management commands; those behind one that stops the interpreter get another one."""
    known: dict[str, Command] = {}
    while True:
        seen, problems = _inspect_entry(entry, request, limits, environ, cancelled, skipped=(*known,))
        known |= {command.name: command for command in seen.commands}
        stopping = [one for one in seen.commands if one.failure and one.failure.how in ENDED]
        whole = replace(seen, commands=tuple(known[name] for name in sorted(known)))
        ended = sum(one.failure is not None and one.failure.how in ENDED for one in known.values())
        if stopping and ended == STOPPED:
            message = f"{STOPPED} commands stop the interpreter; those behind them were not looked at"
            return whole, [*problems, Problem(entry.target, message)]
        if not stopping:
            return whole, problems


def _inspect_entry(
    entry: Entry,
    request: Request,
    limits: Limits,
    environ: Mapping[str, str],
    cancelled: threading.Event,
    names: tuple[str, ...] = (),
    skipped: tuple[str, ...] = (),
) -> tuple[InspectedEntry, list[Problem]]:
    """Inspect one entry; what an installed library, not the application, asks for is revealed to it.

    A database driver or a backend is named in a URL and imported by the library: the image may well bring
    it, and everything else of the entry is still to be judged.
    """
    revealed: list[str] = []
    while True:
        visible = {name: owner for name, owner in request.hidden.items() if owner not in revealed}
        unseen = tuple(name for name in request.hidden_distributions if name not in revealed)
        narrowed = replace(request, hidden=visible, hidden_distributions=unseen)
        seen, problems = _inspect_once(entry, narrowed, limits, environ, cancelled, names, skipped)
        asked = _asked_by_a_library(seen)
        if not asked or asked in revealed or len(revealed) == REVEALED:
            seen = _go_on(seen, narrowed, limits, environ, cancelled)
            return replace(seen, revealed=tuple(revealed)), problems
        revealed.append(asked)


def _asked_by_a_library(seen: InspectedEntry) -> str:
    """The hidden distribution that a file outside the application failed to import; else empty.

    The application's own statement may have called a library that stands in for ``__import__``.
    """
    failure = seen.failure
    if failure is None or failure.missing is None:
        return ""
    called: list[Frame] = []
    for frame in reversed(failure.frames):
        if frame.own:
            body_of_a_library = any(inner.function == "<module>" for inner in called)
            own = not called or (not body_of_a_library and _imports(frame.text, failure.missing.module))
            return "" if own else failure.missing.distribution
        called.append(frame)
    return failure.missing.distribution if called else ""


def _imports(line: str, module: str) -> bool:
    """Whether ``line`` is an import statement, or its first line, of the top-level module of ``module``."""
    found = IMPORT.match(line)
    names = (found["source"] or found["modules"]).split(",") if found else []
    top = module.partition(".")[0]
    return any(re.split(r"\W", name.strip(), maxsplit=1)[0] == top for name in names)


def _go_on(
    seen: InspectedEntry,
    request: Request,
    limits: Limits,
    environ: Mapping[str, str],
    cancelled: threading.Event,
) -> InspectedEntry:
    """Load an entry that raised once more, going on after each failure: all its root causes at once.

    One is enough, unless a failure was let go because the application's own code seemed to stop it, and did
    not: the next one goes on behind that, too.
    """
    if seen.failure is None or seen.failure.how != "raised":
        return seen
    found: list[Causes] = []
    insist: set[tuple[str, int, str]] = set()
    until = time.monotonic() + limits.load
    while len(found) < INSISTING and (left := until - time.monotonic()) > 0:
        more = {"continue": True, "insist": [list(place) for place in sorted(insist)]}
        try:
            told, _ = _tell(seen.entry, request, replace(limits, load=left), environ, cancelled, more)
        except OSError:
            break
        found.append(told.causes)
        if not told.causes.unstopped - insist:
            break
        insist |= told.causes.unstopped
    try:
        return of_entry(seen, found)
    except WireError:  # the first failure stands
        return seen


def _inspect_once(
    entry: Entry,
    request: Request,
    limits: Limits,
    environ: Mapping[str, str],
    cancelled: threading.Event,
    names: tuple[str, ...],
    skipped: tuple[str, ...],
) -> tuple[InspectedEntry, list[Problem]]:
    more = {"names": list(names), "skipped": list(skipped)}
    try:
        seen, ending = _tell(entry, request, limits, environ, cancelled, more)
    except OSError as error:
        return InspectedEntry(entry), [
            Problem(entry.target, f"{request.python} could not be started: {error}")
        ]
    return seen.result(ending)


def _tell(
    entry: Entry,
    request: Request,
    limits: Limits,
    environ: Mapping[str, str],
    cancelled: threading.Event,
    more: Mapping[str, object],
) -> tuple[Seen, child.Ending]:
    """Run one child to its end.

    Raises:
        OSError: the interpreter could not be started.
    """
    clock = child.Clock(limits.load)
    seen = Seen(entry, request, limits, clock, Redactor(environ))
    ending = child.run(
        request.python,
        {**_question(entry, request, limits), **more},
        cwd=request.root,
        environ=environment(environ),
        clock=clock,
        on_event=seen.event,
        cancelled=cancelled,
    )
    return seen, ending


def _question(entry: Entry, request: Request, limits: Limits) -> dict[str, object]:
    """The request as the inspector reads it: plain values, no secret among them."""
    argv = {
        "web": ["uvicorn", entry.target],
        "celery": ["celery", "-A", entry.target.partition(":")[0], "worker"],
        "commands": ["manage.py"],
    }
    return {
        "kind": entry.kind,
        "target": entry.target,
        "settings_module": entry.settings_module,
        "argv": argv.get(entry.kind, [entry.target]),
        "root": str(request.root),
        "packages": list(request.packages),
        "pythonpath": list(request.pythonpath if entry.pythonpath is None else entry.pythonpath),
        "started": entry.started,
        "behind": list(entry.behind),
        "forbidden": list(request.forbidden.get(entry.target, ())),
        "cache": str(request.cache or ""),
        "hidden": dict(request.hidden),
        "hidden_distributions": [name.replace("-", "_") for name in request.hidden_distributions],
        "jobs": sorted(request.jobs),
        "database": request.database,
        "database_limit": limits.database,
        "names": [],
        "skipped": [],
        "continue": False,
        "insist": [],
    }
