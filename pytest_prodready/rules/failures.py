"""What a failure means, in the user's words: shared by every rule about something that does not import."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_prodready.facts import Command, Facts, Failure, Frame, InspectedEntry, Location, Missing, Module
from pytest_prodready.findings import Fault
from pytest_prodready.wording import joined, listed, nearest

IN_PRODUCTION = "imported in a fresh interpreter, as production starts it"
LOADED = "seen in the interpreter that had loaded the application"
GOING_ON = "found by going on after the first failure as if it were mended"
OUTPUT_LINES = 12
UNSET = (
    ("UndefinedValueError", re.compile(r"^(\w+) not found\. Declare it as envvar")),
    ("EnvNotSetError", re.compile(r'^Environment variable "(\w+)" not set')),
    ("EnvError", re.compile(r'^Environment variable "(\w+)" not set')),
    ("ImproperlyConfigured", re.compile(r"^Set the (\w+) environment variable$")),
)
"""Class → what python-decouple, environs (its newer and older versions) and django-environ say."""


@dataclass(frozen=True)
class Explanation:
    """Why something failed, and what to do about it."""

    cause: str
    """A clause that can stand after a colon."""
    remedy: str


def explain(failure: Failure) -> Explanation:
    """Put a failure into words: from what was missing where that is known, else from the exception."""
    if failure.missing is not None:
        explanation = explain_together([failure])
        library = _asks_in_vain(failure)
        if library is not None:
            remedy = f"Install versions that fit each other: {_at(library)} asks for it."
            return Explanation(explanation.cause, remedy)
        return explanation
    first_line, _, more = failure.message.strip().partition("\n")
    if "pydantic_core._pydantic_core.ValidationError" in failure.bases:
        # a field's name stands at the start of its line, what is wrong with it is indented, with its value
        fields = [line for line in more.splitlines() if line and not line[0].isspace()]
        settings = first_line.rpartition(" for ")[2]
        return Explanation(
            f"{settings} refuses what it was given for {listed(fields)}",
            f"Set what {settings} needs where the gate runs, as production sets it.",
        )
    if failure.type in ("SyntaxError", "IndentationError", "TabError"):
        return Explanation(f"the file is no valid Python: {first_line}", "Correct the syntax of the line.")
    if failure.type == "KeyError" and "os.environ" in "".join(frame.text for frame in failure.frames):
        name = first_line.strip("'\"")
        return Explanation(
            f"the environment variable {name} is not set",
            f"Set {name} where the gate runs, as production sets it.",
        )
    if found := next((one.search(first_line) for kind, one in UNSET if kind == failure.type), None):
        return Explanation(
            f"the environment variable {found[1]} is not set",
            f"Set {found[1]} where the gate runs, as production sets it.",
        )
    cause = f"{failure.type}: {first_line}" if first_line else failure.type or failure.message
    if failure.loopless:
        return Explanation(
            f"the event loop does not run yet at that moment ({cause})",
            "Make what needs it in a coroutine, for a web app at its startup (lifespan), not at import.",
        )
    return Explanation(cause, "Correct the line, or give the gate the environment that production has.")


def _asks_in_vain(failure: Failure) -> Frame | None:
    """The line of a library that asks another one, or Python itself, for a name that it does not have."""
    missing, last = failure.missing, failure.frames[-1] if failure.frames else None
    if missing is None or last is None or last.own or not missing.name:
        return None
    return None if missing.own or missing.shadow or missing.twin else last


def _at(frame: Frame) -> str:
    return f"{frame.file}:{frame.line}"


def explain_load(seen: InspectedEntry, failure: Failure) -> tuple[Explanation, Location | None]:
    """Why an entry point does not load, and the line to change; a mapping that fails has its own finding."""
    for failed in seen.mapping.failures if seen.mapping is not None else ():
        if failed.failure.cause != failure.cause:
            continue
        explanation = Explanation(
            f"{failed.model} cannot be mapped ({failure.type})", "Correct the mapping: PRD301 says how."
        )
        return explanation, failed.location or failure.location
    return explain(failure), failure.location


def _explain_circle(lost: Sequence[Missing]) -> Explanation:
    module, names = lost[0].module, joined([f"'{missing.name}'" for missing in lost])
    return Explanation(
        f"{module} has no {names} yet at that moment, as the imports go round in a circle",
        f"Import {module} inside the function that needs it, or move {names} to a module that imports "
        "neither of them.",
    )


def explain_missing(missing: Missing) -> Explanation:
    """Put into words what an ImportError could not find."""
    if missing.distribution:
        return Explanation(
            f"'{missing.module}' comes from {missing.distribution}, which is installed here "
            "but is not among the declared runtime requirements",
            f"Declare {missing.distribution} as a runtime requirement, or name it in "
            "[tool.prodready] runtime.also if the image brings it.",
        )
    if missing.shadow:
        top = missing.module.partition(".")[0]
        hidden = f"the standard library's {top}" if top in sys.stdlib_module_names else f"the installed {top}"
        lost = f"'{missing.name}' of {missing.module}" if missing.name else f"'{missing.module}'"
        what = missing.shadow.removesuffix("__init__.py")
        return Explanation(
            f"{what} hides {hidden}, so {lost} cannot be found",
            f"Rename {what}, or take its directory off sys.path.",
        )
    if missing.twin.endswith("/"):
        module = missing.twin.rstrip("/") + ".py"
        return Explanation(
            f"the module {module} wins over the directory {missing.twin} of its name, so '{missing.module}' "
            "cannot be found",
            f"Move what {module} holds into {missing.twin}__init__.py, or rename one of them.",
        )
    if missing.twin:
        package = missing.twin.removesuffix(".py") + "/"
        lost = f"name '{missing.name}'" if missing.name else f"module '{missing.module}'"
        return Explanation(
            f"the package {package} has no {lost}; {missing.twin} beside it has the same name "
            "and can never be imported, because the package wins",
            f"Rename {missing.twin}, or move what it holds into {package}__init__.py.",
        )
    if missing.bound_at is not None:
        place = f"{missing.file}:{missing.bound_at}"
        return Explanation(
            f"{missing.module} has '{missing.name}' only where {place} binds it, and here it does not",
            f"Ask for the same condition before the import, or give {missing.module} the name in any case.",
        )
    if missing.name:
        near = nearest(missing.name, missing.available)
        remedy = f"Write {near}, the nearest name that it has." if near else "Import a name that it has."
        return Explanation(f"{missing.module} has no name '{missing.name}'", remedy)
    parent, _, last = missing.module.rpartition(".")
    near = nearest(last, missing.available)
    if missing.own:
        where = f"{parent}.{near}" if parent else near
        remedy = (
            f"Write {where}, the nearest module there is."
            if near
            else "Write the module, or drop the import."
        )
        return Explanation(f"the module {missing.module} does not exist", remedy)
    provided = missing.module if missing.shared else missing.module.partition(".")[0]
    return Explanation(
        f"no module '{missing.module}' is installed",
        f"Install and declare the distribution that provides '{provided}', or drop the import.",
    )


def _says_more(missing: Missing) -> bool:
    """Whether there is more to say than that a module does not have a name."""
    return bool(missing.shadow or missing.twin or not missing.name or missing.bound_at is not None)


def explain_lost(lost: Sequence[Missing]) -> Explanation:
    """Put into words everything that one import statement could not find in one module."""
    if len(lost) == 1 or any(map(_says_more, lost)):
        return explain_missing(lost[0])
    found = {missing.name: nearest(missing.name, missing.available) for missing in lost}
    names = joined(map(repr, found))
    pairs = [f"{near} for {name}" for name, near in found.items() if near]
    remedy = (
        f"Write {', '.join(pairs)}: the nearest names that it has." if pairs else "Import names that it has."
    )
    return Explanation(f"{lost[0].module} has no names {names}", remedy)


def failures_of(seen: InspectedEntry | Command | Module) -> Iterator[Failure]:
    """Why something does not import: the first failure, and those found by going on after it."""
    if seen.failure is not None:
        yield seen.failure
    if not isinstance(seen, Command):
        yield from seen.further


def root_causes(seen: InspectedEntry | Command | Module) -> list[list[Failure]]:
    """The failures of :func:`failures_of`; names that one statement misses in one module stand together."""
    groups: dict[object, list[Failure]] = {}
    for failure in failures_of(seen):
        missing = failure.missing
        named = missing is not None and missing.name and not (missing.shadow or missing.twin)
        key = (failure.location, missing.module) if missing is not None and named else (failure.cause,)
        groups.setdefault(key, []).append(failure)
    return list(groups.values())


def explain_together(group: Sequence[Failure]) -> Explanation:
    """Put one of the groups of :func:`root_causes` into words."""
    lost = [failure.missing for failure in group if failure.missing is not None]
    if not lost:
        return explain(group[0])
    early = not lost[0].shadow and lost[0].name and "partially initialized module" in group[0].message
    return _explain_circle(lost) if early else explain_lost(lost)


def further_faults(
    seen: InspectedEntry | Module, does: str, *, outside: bool
) -> Iterator[tuple[Failure, Fault]]:
    """A fault for each further root cause, with its failure.

    Args:
        seen: what failed.
        does: subject and verb of the message: ``src.main:app does not import``.
        outside: those whose distribution is outside the runtime closure, else all others.
    """
    for group in root_causes(seen):
        failure = group[0]
        if failure is seen.failure or outside_closure(failure) is not outside:
            continue
        explanation, place = explain_together(group), failure.location
        if isinstance(seen, InspectedEntry) and len(group) == 1:
            explanation, place = explain_load(seen, failure)
        message = f"{does} either after that: {explanation.cause}"
        yield failure, fault(message, failure, explanation.remedy, GOING_ON, place)


def stopped(failure: Failure) -> str:
    """What ended or stalled the interpreter, as a clause; empty for an ordinary exception."""
    doing = f"while {failure.module} was being imported" if failure.module else "while it was being loaded"
    if failure.how == "exited":
        said = f" ({failure.message})" if failure.message and not failure.message.isdigit() else ""
        return f"sys.exit was called {doing}, with status {failure.status}{said}"
    if failure.type == "KeyboardInterrupt":
        return f"KeyboardInterrupt was raised {doing}"
    return failure.message if failure.how in ("hung", "crashed", "left") else ""


def outside_closure(failure: Failure) -> bool:
    """What is missing is installed here, but not by the declared runtime requirements: PRD105 says so."""
    return failure.missing is not None and bool(failure.missing.distribution)


def depends_on_state(failure: Failure) -> bool:
    """The system or a library raised it, for what may be otherwise when a function imports the module."""
    bases = set(failure.bases)
    inside_a_library = bool(failure.frames) and not failure.frames[-1].own
    return "builtins.OSError" in bases or (inside_a_library and not failure.stateless)


def fault(
    message: str,
    failure: Failure,
    remedy: str,
    proof: str = IN_PRODUCTION,
    location: Location | None = None,
) -> Fault:
    """A fault with the evidence that a failure carries: the application's own lines and the last output."""
    return Fault(message, remedy, location or failure.location, proof, details=evidence(failure))


def with_dependents(found: Fault, failure: Failure, facts: Facts, but: str = "") -> Fault:
    """``found`` with the modules that fail for the same cause, ``but`` the one that it is about."""
    names = dict.fromkeys(
        module.name
        for entry in facts.entries
        for module in entry.modules
        if module.failure is not None and module.name != but and module.failure.cause == failure.cause
    )
    if not names:
        return found
    title = f"{len(names)} more modules fail for it" if len(names) > 1 else "also failing for it"
    return replace(found, details=((title, listed(names)), *found.details))


def evidence(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Titled blocks: the way to the line, and the tail of what the target printed."""
    own = [frame for frame in failure.frames if frame.own]
    also = listed(map(str, failure.also))
    fail = f"{len(failure.also)} more lines fail for it" if len(failure.also) > 1 else "also failing for it"
    library = _asks_in_vain(failure)
    shown = [*own, *([library] if library is not None else [])] if own else failure.frames[-3:]
    way = "\n".join(map(_shown, shown))
    output = "\n".join(failure.output.strip().splitlines()[-OUTPUT_LINES:])
    return tuple(
        (title, body)
        for title, body in ((fail, also), ("way to the line", way), ("last output", output))
        if body
    )


def _shown(frame: Frame) -> str:
    return f"{_at(frame)}  {frame.text or frame.function}"
