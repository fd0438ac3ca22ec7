"""PRD331: what the code asks of an object of a known class is there."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import AskedClass, AttributeRead, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.names.family import LOADED, asked_class, family, shown

HOW = {
    "made": "an object made",
    "annotated": "a value annotated",
    "queried": "a row that a query gives",
    "returned": "what a function returns",
    "passed": "what every call passes",
    "self": "the class that the method stands in",
    "kept": "an attribute of a known object",
    "configured": "what the settings configure",
    "tested": "a condition",
}
"""How a class came to be known → in words."""
UNCONFIRMED = ", by an annotation alone: nothing checks what it says while the program runs"


@family.rule(
    "PRD331",
    "attribute-missing",
    asked_class,
    checks="Every attribute that the code asks of an object whose class is known is there on that class, and "
    "a relation that may be empty is asked for one only behind a guard.",
    reason="The line raises AttributeError for each object that reaches it, and no test with a mock sees it.",
    remedy="Write an attribute that the class has.",
)
def attribute_missing(subject: AskedClass, facts: Facts) -> Iterator[Fault]:
    """PRD331."""
    relations: dict[str, list[AttributeRead]] = {}
    for read in subject.missing:
        if read.nullable:
            relations.setdefault(read.nullable, []).append(read)
        else:
            yield _missing(read, subject)
    for reads in relations.values():
        yield _nullable(reads)


def _missing(read: AttributeRead, subject: AskedClass) -> Fault:
    name = shown(subject.name)
    owner = f"the class {name}" if read.of_class else name
    if name == "coroutine":
        remedy = f"Await the call first: {read.name} is asked of the coroutine, not of what it gives."
    elif read.near:
        remedy = f"Write {read.near}, the nearest attribute there is."
    elif name != subject.name:  # nobody can give a class of Python's own another one
        remedy = f"Write an attribute that {name} has, or pass something else."
    else:
        remedy = f"Write an attribute that {name} has, or give it {read.name}."
    return Fault(
        f"{read.written} is asked for{_within(read)}, and {owner} has no attribute {read.name}",
        remedy,
        read.location,
        f"{_known(read)}{'' if read.certain else UNCONFIRMED}; {LOADED}",
        level=None if read.certain else Level.WARNING,
    )


def _nullable(reads: list[AttributeRead]) -> Fault:
    """One fault for a relation: it may be a rule of the application's that it is never empty there."""
    read = reads[0]
    owner = read.written.rpartition(".")[0] or read.written
    lines = "\n".join(f"{one.location}  {one.written}" for one in reads)
    return Fault(
        f"{read.written} is asked for{_within(read)}, and {read.nullable} may be None: then it raises "
        "AttributeError",
        f"Ask first whether {owner} is not None.",
        read.location,
        f"{read.nullable} is declared so that it may be empty, and no guard stands before the line",
        details=(("all lines that ask it so", lines),) if len(reads) > 1 else (),
        level=Level.WARNING,
    )


def _within(read: AttributeRead) -> str:
    return f" in {read.function}" if read.function else ""


def _known(read: AttributeRead) -> str:
    line = f" at line {read.known_line}" if read.known_line else ""
    what = HOW.get(read.known, "a known object")
    return f"the class is known from {what}{line}"
