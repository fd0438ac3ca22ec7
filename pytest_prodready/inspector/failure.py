"""Exceptions as facts: what was raised, where, and for an ImportError what was there instead."""

from __future__ import annotations

import importlib
import os
import re
import sys
from types import FrameType, ModuleType

from . import may_be_there, running_loop, shadows, stack, twins
from .project import Project, source_file

KEPT_FRAMES = 40
KEPT_NAMES = 2000
KEPT_TEXT = 4000
KEPT_LINE = 200


def describe(error: BaseException, project: Project, module: str = "") -> dict[str, object]:
    """The ``Failure`` for ``error``.

    Args:
        error: what was raised in the target.
        project: tells the application's own files.
        module: the module that failed to import, where it is known; else it is read from the traceback.
    """
    missing, frames = _missing(error, project), _frames(error, project)
    if missing is not None and shadows.hides_standard(project):
        behind = _behind(missing)
        found = _missing(behind, project) if behind is not None else None
        if behind is not None and found is not None and found["shadow"]:
            missing, frames = found, [*frames, *_frames(behind, project)]
    return {
        "how": "exited" if isinstance(error, SystemExit) else "raised",
        "type": type(error).__name__,
        "bases": [f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__],
        "message": message_of(error),
        "module": module or _module(error),
        "frames": frames,
        "missing": missing,
        "status": _exit_status(error),
        "loopless": running_loop.is_missed(error),
    }


def frames_of(frame: FrameType | None, project: Project) -> list[dict[str, object]]:
    """The ``Frame``s of a running stack, outermost first."""
    found = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return _shown(found[::-1], project)


def message_of(error: BaseException) -> str:
    """What an exception says, shortened; it may raise another one when it is asked."""
    try:
        text = str(error)
    except BaseException as second:
        text = f"(its message could not be read: {type(second).__name__})"
    return text if len(text) <= KEPT_TEXT else _cut(text, KEPT_TEXT) + " …"


def _cut(text: str, limit: int) -> str:
    """The beginning of ``text``, to the end of a word: half a secret could not be recognised."""
    return re.sub(r"\S+$", "", text[:limit]) if len(text) > limit else text


def _module(error: BaseException) -> str:
    """The module whose body ran when ``error`` was raised; empty for a syntax error, whose body never ran."""
    found: object = ""
    for frame in stack.frames(None if isinstance(error, SyntaxError) else error.__traceback__):
        if frame.f_code.co_name == "<module>" and not frame.f_code.co_filename.startswith("<"):
            found = frame.f_globals.get("__name__", "")
    return found if isinstance(found, str) else ""


def _exit_status(error: BaseException) -> int | None:
    if not isinstance(error, SystemExit):
        return None
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _frames(error: BaseException, project: Project) -> list[dict[str, object]]:
    found = []
    for entry in stack.entries(error.__traceback__):
        code = entry.tb_frame.f_code
        found.append((code.co_filename, entry.tb_lineno, code.co_name))
    if isinstance(error, SyntaxError) and error.filename:
        found.append((error.filename, error.lineno or 1, "<module>"))
    written_at = vars(error).get("written_at") if type(error).__name__ == "MisnamedModuleError" else None
    if written_at is not None:  # a text that names nothing: no line of the application runs
        found.append((*written_at, "<module>"))
    return _shown(found, project)


def _shown(found: list[tuple[str, int, str]], project: Project) -> list[dict[str, object]]:
    """Frames without the import system's and our own; of a very long stack, its two ends."""
    kept = [item for item in found if not _machinery(item[0])]
    if len(kept) > KEPT_FRAMES:
        kept = kept[: KEPT_FRAMES // 2] + kept[-KEPT_FRAMES // 2 :]
    return [
        {
            "file": project.relative(file),
            "line": line or 0,
            "function": function,
            "text": _line(file, line) if project.owns_file(file) else "",
            "own": os.path.isfile(file) and project.owns_file(file),
        }
        for file, line, function in kept
    ]


def _machinery(file: str) -> bool:
    """The import system's own files, and the inspector's."""
    return file.startswith("<frozen") or os.path.dirname(file) == stack.HERE or file == importlib.__file__


def _line(file: str, number: int) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            for at, line in enumerate(lines, 1):
                if at == number:
                    return _cut(line.strip(), KEPT_LINE)
    except OSError:
        pass
    return ""


def _missing(error: BaseException, project: Project) -> dict[str, object] | None:
    """The ``Missing`` of the first ImportError in the chain of causes, if there is one."""
    seen = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, ImportError) and cause.name:
            if isinstance(cause, ModuleNotFoundError):
                return missing_module(cause.name, project)
            if name := _name_from(cause):  # else a compiled module could not be loaded: the message says why
                return missing_name(cause.name, name, project)
        if isinstance(cause, AttributeError) and ModuleType in type(cause.obj).__mro__ and cause.name:
            return missing_name(str(vars(cause.obj).get("__name__", "")), cause.name, project)
        cause = cause.__cause__ or _raised_in_handler(cause)
    return None


def _behind(missing: dict[str, object]) -> BaseException | None:
    """What really failed where a library does not pass it on: it raises once more when it is asked again.

    The ``__getattr__`` of a lazy package meets an AttributeError, and ``from package import name`` takes that
    for its answer. The finder by which setuptools brings distutils lets every exception go.
    """
    if missing["own"] or missing["shadow"] or missing["distribution"]:
        return None
    module, name = str(missing["module"]), str(missing["name"])
    try:
        if name:
            getattr(sys.modules.get(module), name)
        elif module.partition(".")[0] == "distutils" and "distutils" not in sys.stdlib_module_names:
            importlib.import_module("setuptools")  # the package itself is not kept when its body fails
    except BaseException as error:
        return error
    return None


def _raised_in_handler(error: BaseException) -> BaseException | None:
    """The exception whose ``except`` block raised ``error`` itself, not by something that it called."""
    handled = error.__context__
    if handled is None or error.__suppress_context__ or handled.__traceback__ is None:
        return None
    same = stack.innermost(error.__traceback__) is handled.__traceback__.tb_frame
    return handled if same else None


def _name_from(error: ImportError) -> str:
    """The name that could not be imported: an attribute since Python 3.12, before that in the message."""
    name = getattr(error, "name_from", None)
    if isinstance(name, str):
        return name
    found = re.match(r"cannot import name '([^']+)'", str(error))
    return found[1] if found else ""


def missing_module(name: str, project: Project) -> dict[str, object]:
    """The ``Missing`` for a module that does not exist."""
    top, package = name.partition(".")[0], name.rpartition(".")[0]
    parent = sys.modules.get(package)
    directory = "" if parent is not None or not package else _directory(package, project)
    below = sorted(_modules_in(directory)) if directory else _submodules(parent)
    file = os.path.join(directory, "__init__.py") if directory else source_file(parent)
    return {
        "module": name,
        "name": "",
        "available": below if package else _top_level(project),
        "file": project.relative(file) if os.path.isfile(file) else "",
        "own": project.owns_module(name) and not may_be_there.is_installed(parent),
        "shared": may_be_there.is_shared(parent),
        "distribution": project.hidden.get(top, ""),
        "shadow": shadows.hides(top, name.partition(".")[2].partition(".")[0], project),
        "twin": twins.twin_of(parent, name.rpartition(".")[2], project) if parent is not None else "",
    }


def missing_name(module: str, name: str, project: Project) -> dict[str, object]:
    """The ``Missing`` for a name that an existing module does not have."""
    found = sys.modules.get(module)
    names = set(_submodules(found)) | set(vars(found)) if found is not None else set()
    own, file = project.owns_module(module), source_file(found)
    return {
        "module": module,
        "name": name,
        "available": sorted(entry for entry in names if not entry.startswith("__"))[:KEPT_NAMES],
        "file": project.relative(file) if file else "",
        "own": own,
        "bound_at": may_be_there.bound_at(file, name) if own and file else None,
        "distribution": "",
        "shadow": shadows.hides(*_below(module, name), project),
        "twin": twins.twin_of(found, name, project) if found is not None else "",
    }


def _submodules(package: object) -> list[str]:
    """Names that can be imported from below ``package``, from its directories alone."""
    try:
        path = list(vars(package).get("__path__", ()))
    except TypeError:
        return []
    return sorted(
        {name for directory in path if isinstance(directory, str) for name in _modules_in(directory)}
    )


def _directory(package: str, project: Project) -> str:
    """Where the application's ``package`` lies that is not loaded, because its own body failed."""
    below = package.replace(".", os.sep)
    places = [os.path.join(entry, below) for entry in map(str, sys.path)]
    return next((place for place in places if os.path.isdir(place) and project.owns_file(place)), "")


def _modules_in(directory: str) -> set[str]:
    try:
        entries = os.listdir(directory)
    except OSError:
        return set()
    files = {entry[:-3] for entry in entries if entry.endswith(".py") and entry != "__init__.py"}
    packages = {
        entry for entry in entries if entry.isidentifier() and os.path.isdir(os.path.join(directory, entry))
    }
    return (files | packages) - {"__pycache__"}


def _top_level(project: Project) -> list[str]:
    return sorted(_modules_in(project.root) | set(project.packages))


def _below(module: str, name: str) -> tuple[str, str]:
    """The top-level module, and what is asked of it when ``name`` is asked of ``module``."""
    top, _, rest = module.partition(".")
    return top, rest.partition(".")[0] or name
