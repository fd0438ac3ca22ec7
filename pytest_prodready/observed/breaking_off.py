"""Why a child ended before it had said everything, and where the application was then."""

from __future__ import annotations

import contextlib
import re
import signal
from pathlib import Path

from pytest_prodready import child
from pytest_prodready.codec import WireError, decode
from pytest_prodready.facts import Failure, Frame
from pytest_prodready.inspector.effect_lines import find_line
from pytest_prodready.inspector.parsed import Parsed
from pytest_prodready.inspector.project import Project
from pytest_prodready.observed.seen import Seen
from pytest_prodready.request import Request

_STACK_LINE = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)
_DUMP = re.compile(
    r"^(?:Stack|Current thread 0x\w+[^\n]*) \(most recent call first\):\n((?:  .*\n?)+)", re.MULTILINE
)
"""What ``faulthandler`` writes of one thread: ``_Py_DumpTraceback`` in CPython's ``Python/traceback.c``."""


def why_broken_off(seen: Seen, ending: child.Ending) -> Failure:
    """What to say of a child that ended before it had said everything."""
    module = seen.importing[-1][1] if seen.importing else ""
    doing = f"while {module} was being imported" if module else "after its imports"
    # an application that sets up a fault handler of its own gets the stack on its stderr
    frames = _frames(ending.stack, seen.request) or _frames(ending.output, seen.request)
    output = seen.redactor.blank(ending.output)
    call, described = seen.last or ("", None)
    if call.startswith("os.exec") and not ending.stack:  # else it failed: an interpreter is still there
        message = f"{call} in the interpreter's place {doing}"
        return Failure("left", message, module=module, frames=_shown(described), output=output)
    if ending.timed_out is not None:
        message = f"nothing came back within {ending.timed_out:g} s, {doing}"
        return Failure("hung", message, module=module, frames=frames, seconds=ending.timed_out, output=output)
    if seen.leaving is not None:
        status, described = seen.leaving
        frames = _shown(described)
        message = f"os._exit({status}) ended the interpreter {doing}"
        return Failure("left", message, module=module, frames=frames, status=status, output=output)
    if ending.status is not None and ending.status < 0:
        name = _signal_name(-ending.status)
        if call == f"signal {-ending.status}":
            frames = frames or _shown(described)
        message = f"{name} killed the interpreter {doing}"
        return Failure("crashed", message, module=module, frames=frames, status=-ending.status, output=output)
    message = f"the interpreter ended without a word, with status {ending.status}, {doing}"
    return Failure("left", message, module=module, frames=frames, status=ending.status, output=output)


def closing_line(seen: Seen) -> str:
    """Where the innermost of the application's modules in progress closes descriptors, by its source."""
    module = seen.own_module_in_progress().replace(".", "/")
    for directory in (seen.request.root, *map(Path, seen.request.pythonpath)):
        for file in (directory / f"{module}.py", directory / module / "__init__.py"):
            if module and (line := find_line(str(file), "", "output", "", Parsed())):
                return f"{file.relative_to(seen.request.root)}:{line}"
    return ""


def _shown(frames: object) -> tuple[Frame, ...]:
    with contextlib.suppress(WireError):
        return decode(Failure, {"how": "", "message": "", "frames": frames}).frames
    return ()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _frames(stack: str, request: Request) -> tuple[Frame, ...]:
    """The frames of a fault handler's dump, outermost first: of the thread that crashed or got the signal."""
    project = Project(str(request.root), request.packages)
    here = str(child.BOOTSTRAP.parent)
    dumps = list(_DUMP.finditer(stack))
    if not dumps:
        return ()
    frames = []
    for found in _STACK_LINE.finditer(dumps[-1][1]):
        file = found["file"]
        if not file.startswith(("<frozen", here)):
            own = file.endswith(".py") and project.owns_file(file)
            frames.append(Frame(project.relative(file), int(found["line"]), found["function"], own=own))
    return tuple(reversed(frames))
