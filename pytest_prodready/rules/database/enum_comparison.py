"""Python's labels of an enumeration against the database's: pure comparison, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_prodready.facts import Location, Member
from pytest_prodready.findings import Fault, Level
from pytest_prodready.wording import listed

VALUES_CALLABLE = "values_callable=lambda e: [m.value for m in e]"
_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
only or order outer overlaps placing primary references returning right select session_user similar some
symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
when where window with
"""
RESERVED = frozenset(_WORDS.split())
"""Words that PostgreSQL does not take as the name of a type unless they are quoted."""


@dataclass(frozen=True)
class EnumCase:
    """One enumeration on both sides.

    ``members`` are Python's, ``sends`` the labels that the column's type sends (``None`` when no column is
    known: names and values are both fine then), ``labels`` the database's, each in its order.
    """

    members: tuple[Member, ...]
    sends: tuple[str, ...] | None
    labels: tuple[str, ...]
    type_name: str
    """As it is written in a statement: ``public.place_status``."""
    subject: str
    """What is compared, in words: ``src.models.Place.status``."""
    location: Location | None = None
    proof: str = ""

    @property
    def sent(self) -> tuple[str, ...]:
        """What Python sends; without a column, whichever of names and values fits the database better."""
        if self.sends is not None:
            return self.sends
        names = tuple(member.name for member in self.members)
        values = tuple(member.value for member in self.members if member.value is not None)
        return max((names, values), key=lambda form: len(set(form) & set(self.labels)))

    @property
    def swap(self) -> str:
        """``values`` or ``names``, when the database plainly has these and Python sends something else."""
        if self.sends is None or len(self.members) != len(self.sends):
            return ""
        fitting = sum(label in self.labels for label in self.sends)
        for form, labels in (("values", self._values), ("names", self._names)):
            if sum(label in self.labels for label in labels) > fitting:
                return form
        return ""

    @property
    def expected(self) -> tuple[str, ...]:
        """What Python would send once names and values are no longer swapped."""
        found = {"values": self._values, "names": self._names, "": self.sent}[self.swap]
        # a member without a text value has no other form
        return tuple(
            label if label is not None else sent for label, sent in zip(found, self.sent, strict=True)
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels that the database lacks, beyond those that a swap explains."""
        return tuple(dict.fromkeys(label for label in self.expected if label not in self.labels))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Labels that Python lacks, beyond those that a swap or a differing spelling explains."""
        respelt = {self.spelt(label) for label in self.missing}
        return tuple(label for label in self.labels if label not in self.expected and label not in respelt)

    def spelt(self, label: str) -> str:
        """How the database spells a label that it lacks: in another case, or in the member's other form."""
        spare = [found for found in self.labels if found not in self.expected]
        for member, expected in zip(self.members, self.expected):  # noqa: B905 - aliases and string lists differ
            if expected == label and {member.name, member.value} & set(spare):
                return member.name if member.name in spare else str(member.value)
        alike = [found for found in spare if _plain(found) == _plain(label)]
        return alike[0] if len(alike) == 1 else ""

    @property
    def _values(self) -> tuple[str | None, ...]:
        return tuple(member.value for member in self.members)

    @property
    def _names(self) -> tuple[str | None, ...]:
        return tuple(member.name for member in self.members)

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """Both sides, as titled blocks."""
        return (
            ("Python sends", listed(map(quoted, self.sent), 50)),
            ("the database accepts", listed(map(quoted, self.labels), 50) or "no label at all"),
        )


def missing_labels(case: EnumCase) -> Iterator[Fault]:
    """Labels that a write would send and the database refuses."""
    respelt = [(label, case.spelt(label)) for label in case.missing if case.spelt(label)]
    absent = [label for label in case.missing if not case.spelt(label)]
    if absent:
        it = "it" if len(absent) == 1 else "them"
        yield Fault(
            message=f"{case.subject} sends {listed(map(quoted, absent))}, but the enum type {case.type_name} "
            f"does not have {it}: every write of {it} fails.",
            remedy="\n".join(f"ALTER TYPE {case.type_name} ADD VALUE {literal(label)};" for label in absent),
            location=case.location,
            proof=case.proof,
            details=case.evidence,
        )
    for label, other in respelt:
        yield Fault(
            message=f"{case.subject} sends {quoted(label)}, but the enum type {case.type_name} spells it "
            f"{quoted(other)}: writing it fails, and so does reading the other.",
            remedy=f"Write {quoted(other)} in Python, or rename it in the database:\n"
            f"ALTER TYPE {case.type_name} RENAME VALUE {literal(other)} TO {literal(label)};",
            location=case.location,
            proof=case.proof,
            details=case.evidence,
        )


def unknown_labels(case: EnumCase) -> Iterator[Fault]:
    """Labels that rows may hold and Python cannot read."""
    if case.unknown:
        it = "it" if len(case.unknown) == 1 else "one of them"
        yield Fault(
            message=f"The enum type {case.type_name} has {listed(map(quoted, case.unknown))}, "
            f"which {case.subject} does not know: reading a row that holds {it} raises LookupError.",
            remedy="Add the member to the Python enum, or make sure that no row holds the label any more.",
            location=case.location,
            proof=case.proof,
            details=case.evidence,
        )


def swapped_labels(case: EnumCase) -> Iterator[Fault]:
    """Member names sent where the database has the values, or the reverse."""
    if not case.swap:
        return
    pairs = [
        (sent, right)
        for sent, right in zip(case.sent, case.expected, strict=True)
        if sent not in case.labels and right in case.labels
    ]
    other = "names" if case.swap == "values" else "values"
    if case.swap == "values":
        remedy = f"Write {VALUES_CALLABLE} in the column's Enum(…), so that the values are sent."
    else:
        remedy = "Remove values_callable from the column's Enum(…), so that the names are sent."
    sent, right = (listed(map(quoted, side)) for side in zip(*pairs, strict=True))
    yield Fault(
        message=f"{case.subject} sends {sent}, but the enum type {case.type_name} accepts {right}: "
        f"the members' {case.swap} match the database, their {other} do not.",
        remedy=remedy,
        location=case.location,
        proof=case.proof,
        details=case.evidence,
    )


def order_differs(case: EnumCase) -> Iterator[Fault]:
    """The same labels in another order."""
    sent = tuple(dict.fromkeys(case.sent))
    if set(sent) == set(case.labels) and sent != case.labels:
        yield Fault(
            message=f"{case.subject} and the enum type {case.type_name} have the same labels "
            "in another order: ORDER BY and comparisons in the database follow the database's order.",
            remedy="Put the members in the database's order, or never sort and compare by it in SQL.",
            location=case.location,
            proof=case.proof,
            details=case.evidence,
        )


def compare_enum(
    members: tuple[Member, ...],
    sends: tuple[str, ...] | None,
    labels: tuple[str, ...],
    *,
    type_name: str,
    subject: str,
    location: Location | None = None,
    proof: str = "",
) -> list[Fault]:
    """Every difference between a Python enum and the labels of a database type, whatever their order.

    Args:
        members: of the Python enum.
        sends: what the mapped column's type sends; ``None`` when no column is known, then the enum is
            healthy when either all its names or all its values equal the labels.
        labels: of the database type, in its order.
        type_name: of the database type, as it is written in a statement (see :func:`qualified`).
        subject: what is compared, in words.
        location: of the enum or the column.
        proof: where the labels come from.

    Returns:
        Faults, each with its level; empty when both sides agree.
    """
    case = EnumCase(members, sends, labels, type_name, subject, location, proof)
    faults = [*swapped_labels(case), *missing_labels(case)]
    # the level that PRD303 has
    return faults + [replace(fault, level=Level.WARNING) for fault in unknown_labels(case)]


def quoted(label: str) -> str:
    """A label as a message shows it: in quotes, on one line."""
    shown = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + shown.replace("\t", "\\t") + '"'


def literal(label: str) -> str:
    """A label as an SQL string."""
    if re.search(r"[\x00-\x1f]", label):
        escaped = label.replace("\\", "\\\\").replace("'", "''")
        return "E'" + re.sub(r"[\x00-\x1f]", lambda found: f"\\x{ord(found[0]):02x}", escaped) + "'"
    return "'" + label.replace("'", "''") + "'"


def qualified(schema: str, name: str) -> str:
    """A type's name as it is written in a statement, quoted where PostgreSQL needs it."""
    return ".".join(_identifier(part) for part in (schema, name) if part)


def _identifier(name: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label.casefold())
