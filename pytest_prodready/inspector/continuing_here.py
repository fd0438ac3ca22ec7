"""Goes on in the interpreter in which an entry point has failed to load, where nothing stands in the way.

To load everything once more in another interpreter takes as long as the first load. Here only the modules
that have failed are executed again. What they did before they failed is then done twice, so all is left to
another interpreter wherever that shows: where a module that is there still holds something of one that
failed, or where a statement fails that has worked before.
"""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import Any

from . import failure, stack
from .continuing import Continuing, load_entry
from .project import Project, source_file
from .sources import is_a, members

STATELESS = (ImportError, NameError)
"""What is raised whatever else is going on."""
Facts = dict[str, Any]
_NAMES = vars(type)["__dict__"]


def settle(error: BaseException, request: Facts, project: Project, send: Any) -> None:
    """Send an event for each root cause behind ``error``, and at the end whether these are all of them.

    Args:
        error: what the load of the entry point has raised.
        request: names the entry point.
        project: the application.
        send: takes the parts of an event.
    """
    failed = _failed(error, project)
    if not failed or _is_held({name for name, _, _ in failed}, project):
        return
    going_on = Continuing(project, send, request["hidden"], set())
    state = going_on.state
    state.first = type(error), failure.message_of(error)
    for _, file, line in failed:
        shown = project.relative(file)
        state.executed[shown] = max(line, state.executed.get(shown, 0))
    going_on.failing.update(state.executed)
    for name, module in project.modules():
        if file := source_file(module):
            state.taint.unread[name] = file
    going_on.install()
    load_entry(going_on, request, project)
    if not state.spoilt:
        send("settled")


def _failed(error: BaseException, project: Project) -> list[tuple[str, str, int]]:
    """Name, file and line of the application's modules that an error came out of, the outermost first.

    None, where more than statements of modules had a part in it, or what runs beside this interpreter may.
    """
    if not isinstance(error, STATELESS) or error.__context__ is not None or error.__cause__ is not None:
        return []
    found: list[tuple[str, str, int]] = []
    by_library = False
    for entry in stack.entries(error.__traceback__):
        code = entry.tb_frame.f_code
        if project.owns_file(code.co_filename):
            by_library = False
            if code.co_name != "<module>":
                return []
            name = str(entry.tb_frame.f_globals.get("__name__", ""))
            found.append((name, code.co_filename, entry.tb_lineno))
        elif not stack.is_machinery(entry.tb_frame):
            by_library = True
    return [] if by_library else found  # what a library asks for may be given to it in another interpreter


def _is_held(failed: set[str], project: Project) -> bool:
    """Whether something that is loaded still has to do with a module that failed."""
    below = tuple(f"{name}." for name in failed)
    if any(name in failed or name.startswith(below) for name in list(sys.modules)):
        return True
    return any(
        _made_in(value) in failed for _, module in project.modules() for value in members(module).values()
    )


def _made_in(value: Any) -> str:
    """The module that an object is, or that it or its class was made in."""
    if type(value) is ModuleType:
        return value.__name__
    if type(value) is FunctionType:
        found: object = value.__module__
    else:
        cls = value if is_a(value, type) else type(value)
        found = _NAMES.__get__(cls).get("__module__")  # no metaclass is asked
    return found if isinstance(found, str) else ""
