"""PRD6xx: the environment that production must give."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Family, Subject

family = Family("environment")


@family.kind("variable", "variables", needs={"environment"})
def variable(facts: Facts) -> Iterator[Subject[str]]:
    """The variables of ``required_env``."""
    for name in facts.required_env:
        yield Subject(name, name)


@family.rule(
    "PRD601",
    "required-variable-missing",
    variable,
    checks="Every variable of [tool.prodready] required_env is set and not empty.",
    reason="An absent key is found hours later, by the first call that needs it.",
    remedy="Set the variable where the gate runs, as production sets it.",
)
def required_variable_missing(name: str, facts: Facts) -> Iterator[Fault]:
    """PRD601."""
    if name in facts.unset_env:
        place = facts.settings_locations.get("required_env")
        yield Fault(f"the environment variable {name} is not set, or empty", f"Set {name}.", place)
