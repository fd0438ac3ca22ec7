"""Imports that run later than their module, or that a ``try`` went on without: what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from pytest_prodready.facts import BrokenImport, Facts, Failure, Missing, Module
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.failures import depends_on_state, evidence, explain, explain_lost
from pytest_prodready.wording import listed

TRIED = "tried on the real modules, in the interpreter that had loaded the application"
NAMED = 5
"""How many entry points or tasks a finding names."""


def unresolved(seen: Module, facts: Facts, *, outside: bool = False) -> Iterator[Fault]:
    """The statements that cannot find what they import, each once with all that it lacks.

    Args:
        seen: the module that holds them.
        facts: of the run.
        outside: those that lack a distribution outside the runtime closure, else all others.
    """
    statements: dict[tuple[object, ...], list[BrokenImport]] = {}
    for broken in seen.broken:
        missing = broken.failure.missing
        # where the imported module itself raises, PRD103 says so, once
        if (
            not broken.failure.module
            and broken.guard != "try"
            and bool(missing and missing.distribution) is outside
        ):
            key = (broken.location, broken.function, missing.module if missing else "", broken.own)
            statements.setdefault(key, []).append(broken)
    for group in statements.values():
        first = group[0]
        lost = {(one.module, one.name): one for each in group if (one := each.failure.missing) is not None}
        explanation = explain_lost([*lost.values()]) if lost else explain(first.failure)
        remedy = explanation.remedy
        if not lost:
            remedy = f"{first.statement} leads above the package of {seen.name}: import by the full name."
        what = "lazy import" if first.statement.startswith("lazy ") else "import"
        yield Fault(
            f"{first.function or seen.name} cannot run its {what}: {explanation.cause}",
            remedy,
            first.location,
            TRIED,
            _reached_from(seen, group, facts),
            level=None if first.own else level_of_others(first, [*lost.values()], facts),
        )


def swallowed(seen: Module, facts: Facts) -> Iterator[Fault]:
    """Imports in a ``try`` whose module is there and does not import."""
    for broken in dict.fromkeys(seen.broken):
        failure = broken.failure
        if broken.guard != "try" or not failure.module or _may_be_meant(broken, failure):
            continue
        module = failure.module
        explanation = explain(failure)
        there = "exists" if broken.own else "is installed"
        yield Fault(
            f"{broken.function or seen.name} goes on as if {module} were absent: "
            f"it {there}, but its import fails: {explanation.cause}",
            explanation.remedy,
            broken.location,
            "imported once more in the interpreter that had loaded the application",
            (*_reached_from(seen, [broken], facts), *evidence(failure)),
            level=Level.WARNING,
        )


def _may_be_meant(broken: BrokenImport, failure: Failure) -> bool:
    """The ``try`` may well be there for just this: a state of the program, or an app that is not enabled."""
    django = any(base.startswith("django.core.exceptions.") for base in failure.bases)
    return django or "INSTALLED_APPS" in failure.message or (broken.own and depends_on_state(failure))


def level_of_others(broken: BrokenImport, lost: list[Missing], facts: Facts) -> Level | None:
    """How sure it is that production misses what no module of the application's own is; ``None``: proven."""
    missing = lost[0]
    if not missing.name and not broken.guard and _required(missing, facts):
        return None
    # an installed library lacks it; behind a condition, another version or platform may be meant
    lacking = (missing.name or "." in missing.module) and not broken.guard
    return Level.WARNING if lacking or missing.distribution else Level.INFO


def _required(missing: Missing, facts: Facts) -> bool:
    """Whether the runtime requirements ask for what a module is called, and it is not installed."""
    if facts.dependencies is None or missing.distribution:
        return False
    name = canonicalize_name(missing.module.partition(".")[0])
    asked = any(
        one.name == name and one.applies and not one.constraint for one in facts.dependencies.requirements
    )
    return asked and all(one.name != name for one in facts.dependencies.installed)


def _reached_from(seen: Module, group: list[BrokenImport], facts: Facts) -> tuple[tuple[str, str], ...]:
    """The entry points that load the module, the statement that reaches it, and the tasks that get there."""
    entries = dict.fromkeys(
        entry.entry.target
        for entry in facts.entries
        if any(module.name == seen.name for module in entry.modules)
    )
    tasks = sorted({way.task for broken in group for way in broken.ways})
    where = listed(entries, NAMED) + (f", through {seen.reached}" if seen.reached else "")
    rows = (("reached from", where), ("tasks that can reach it", listed(tasks, NAMED)))
    return tuple(row for row in rows if row[1])
