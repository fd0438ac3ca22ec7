"""PRD332: what queries, forms and admin pages name by constant texts is there on the model."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import AskedClass, Facts, Lookup
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.names.family import LOADED, asked_class, family

SEPARATOR = "__"
DOT = "."
"""Between the parts of a template's variable."""
SIGNS = "-^=@$+"
"""What may stand before a name: of an ordering, of a search."""


@family.rule(
    "PRD332",
    "lookup-unresolved",
    asked_class,
    checks="The fields, relations and lookups that queries, forms, serializers and admin classes name by "
    "constant texts resolve on the model that is asked.",
    reason="The line raises FieldError or TypeError for every user who comes that way; nothing reads these "
    "texts before.",
    remedy="Write a name that the model has.",
)
def lookup_unresolved(subject: AskedClass, facts: Facts) -> Iterator[Fault]:
    """PRD332."""
    for one in subject.unresolved:
        yield Fault(
            _message(one, subject),
            _remedy(one),
            one.location,
            f"resolved as the library resolves it; {LOADED}",
            level=None if one.certain else Level.WARNING,
        )


def _message(one: Lookup, subject: AskedClass) -> str:
    asks = f"{one.how} asks {subject.name} for {one.written}"
    parts = _parts(one)
    if DOT in one.written:
        return f"a template shows {one.written}, and {one.at} has no attribute {one.missing}"
    if one.missing not in parts:
        return f"{asks}, and {one.missing} is no lookup that is known there"
    if len(parts) > 1:
        return f"{asks}, and {one.missing} is neither a field of {one.at} nor a lookup that is known there"
    if one.at == subject.name:
        return f"{asks}, which it does not have"
    return f"{asks}, and {one.at} has no {one.missing}"


def _remedy(one: Lookup) -> str:
    if not one.near:
        return f"Write a name that {one.at} has."
    sign = one.written[: len(one.written) - len(one.written.lstrip(SIGNS))]
    parts = (one.near if part == one.missing else part for part in _parts(one))
    whole = f"{sign}{_separator(one).join(parts)}" if one.missing in _parts(one) else one.near
    return f"Write {whole}, the nearest name there is."


def _parts(one: Lookup) -> list[str]:
    """The parts of what is written, without the sign before it."""
    return one.written.lstrip(SIGNS).split(_separator(one))


def _separator(one: Lookup) -> str:
    return DOT if DOT in one.written else SEPARATOR
