"""PRD407: the project runs on the Python that it says it runs on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from pytest_prodready.facts import Dependencies, Facts
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import family


@family.kind("Python version", "Python versions", needs={"dependencies"})
def python(facts: Facts) -> Iterator[Subject[Dependencies]]:
    """The interpreter, where the project says which it needs."""
    if facts.dependencies is not None and facts.dependencies.requires_python:
        location = facts.dependencies.requires_python_location
        yield Subject("python", facts.dependencies, location=location)


@family.rule(
    "PRD407",
    "python-version",
    python,
    checks="The target's Python is one that the project says it runs on.",
    reason="Installers refuse the project there, and what they let through was never tested with it.",
    remedy="Use an interpreter in the range, or correct requires-python.",
)
def python_version(value: Dependencies, facts: Facts) -> Iterator[Fault]:
    """PRD407."""
    wanted, place = value.requires_python, value.requires_python_location
    # as pip does: without a pre-release suffix, so that 3.15.0b1 is tried as 3.15.0
    release = re.match(r"\d+(\.\d+)*", value.python)
    try:
        accepted = SpecifierSet(wanted)
    except InvalidSpecifier:
        yield Fault(f'requires-python cannot be read: "{wanted}"', 'Write it as ">=3.10".', place)
        return
    if release and not accepted.contains(release[0], prereleases=True):
        yield Fault(
            f"Python {value.python} runs the application, but the project requires {wanted}",
            f"Run it with a Python {wanted}, or widen requires-python once it is tested with {release[0]}.",
            place,
            "the interpreter named its own version",
        )
