"""Python's labels of an enumeration against the database's: pure comparison, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pytest_prodready.facts import EnumColumn, Location, Member
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.sql import MYSQL, VENDORS, quoted
from pytest_prodready.rules.database.stores import Checked, NamedType, Store
from pytest_prodready.wording import listed

VALUES_CALLABLE = "values_callable=lambda e: [m.value for m in e]"
SHOWN = 50
"""Labels in a block of evidence."""
APART = 10
"""As many labels that are only spelt otherwise have a finding each."""


@dataclass(frozen=True)
class EnumCase:
    """One enumeration on both sides.

    ``members`` are Python's, ``sends`` the labels that the column's type sends (``None`` when no column is
    known: names and values are both fine then), each in its order.
    """

    members: tuple[Member, ...]
    sends: tuple[str, ...] | None
    store: Store
    """The database's side."""
    subject: str
    """What is compared, in words: ``src.models.Place.status``."""
    location: Location | None = None
    proof: str = ""
    reads: tuple[str, ...] = ()
    """What Python takes back besides what it sends."""
    of_django: bool = False
    """Choices of Django's: what is sent is what is written, and anything is read."""
    others: tuple[str, ...] = ()
    """Other columns of the same type, which differ from it in the same way."""
    column: EnumColumn | None = None
    """The mapped column; ``None`` where an enumeration is compared that none has."""

    @cached_property
    def sent(self) -> tuple[str, ...]:
        """What Python sends; without a column, whichever of names and values fits the database better."""
        if self.sends is not None:
            return self.sends
        names = tuple(member.name for member in self.members)
        values = tuple(member.value for member in self.members if member.value is not None)
        return max((names, values), key=lambda form: len(set(form) & set(self.store.labels)))

    @cached_property
    def agrees(self) -> bool:
        """Both sides have the same labels in the same order: most columns, which need no closer look."""
        return not isinstance(self.store, Checked) and self.sent == self.store.labels

    @cached_property
    def swap(self) -> str:
        """``values`` or ``names``, when the database plainly has these and Python sends something else."""
        if self.sends is None or len(self.members) != len(self.sends):
            return ""
        if all(self.store.takes(label) is not False for label in self.sends):
            return ""
        fitting = self._fitting(self.sends)
        for form, labels in (("values", self._values), ("names", self._names)):
            if self._fitting(labels) > fitting:
                return form
        return ""

    def _fitting(self, labels: Iterable[str | None]) -> int:
        return sum(label is not None and self.store.takes(label) is True for label in labels)

    @cached_property
    def expected(self) -> tuple[str, ...]:
        """What Python would send once names and values are no longer swapped."""
        found = {"values": self._values, "names": self._names, "": self.sent}[self.swap]
        # a member without a text value has no other form
        return tuple(
            label if label is not None else sent for label, sent in zip(found, self.sent, strict=True)
        )

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Labels that the database refuses, beyond those that a swap explains."""
        return tuple(label for label in dict.fromkeys(self.expected) if self.store.takes(label) is False)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Labels that Python lacks, beyond those that a swap or a differing spelling explains."""
        respelt = {self.spelt(label) for label in self.missing}
        known = {self.store.seen(label) for label in self._known}
        return tuple(label for label in self.store.labels if label not in known and label not in respelt)

    @cached_property
    def _known(self) -> frozenset[str]:
        if self.of_django:  # an empty text is what Django stores for nothing
            return frozenset((*self.expected, ""))
        return frozenset(self.expected if self.swap else (*self.expected, *self.reads))

    @cached_property
    def _spare(self) -> dict[str, list[str]]:
        """The database's labels that Python does not send, by their plain form."""
        expected = {self.store.seen(label) for label in self.expected}
        found: dict[str, list[str]] = {}
        for label in self.store.labels:
            if label not in expected:
                found.setdefault(_plain(label), []).append(label)
        return found

    @cached_property
    def _spare_labels(self) -> frozenset[str]:
        return frozenset(label for labels in self._spare.values() for label in labels)

    @cached_property
    def _forms(self) -> dict[str, Member]:
        # aliases and lists of strings differ in their number
        return dict(reversed(list(zip(self.expected, self.members))))  # noqa: B905

    def spelt(self, label: str) -> str:
        """How the database spells a label that it lacks: in another case, or in the member's other form."""
        member = self._forms.get(label)
        for other in (member.name, member.value) if member is not None else ():
            if other is not None and other in self._spare_labels:
                return other
        alike = self._spare.get(_plain(label), ())
        return alike[0] if len(alike) == 1 else ""

    @property
    def _values(self) -> tuple[str | None, ...]:
        return tuple(member.value for member in self.members)

    @property
    def _names(self) -> tuple[str | None, ...]:
        return tuple(member.name for member in self.members)

    def fault(self, message: str, remedy: str) -> Fault:
        """A fault of this case, with both sides as evidence."""
        accepts = listed(map(quoted, self.store.labels), SHOWN)
        if not accepts:
            accepts = "no label at all" if not isinstance(self.store, Checked) else "see below"
        details = [
            ("Python sends", listed(map(quoted, self.sent), SHOWN)),
            ("the database accepts", accepts),
        ]
        if isinstance(self.store, Checked):
            texts = [one.check.text for one in self.store.constraints]
            details = [details[0], *([details[1]] if self.store.labels else [])]
            details += [("CHECK", text if len(text) < 500 else f"{text[:500]} …") for text in texts]
            details += [("the column's type", self.store.type)] if self.store.length else []
        if self.others:
            details.append(("the same of the same type", listed(self.others, SHOWN)))
        return Fault(message, remedy, self.location, self.proof, tuple(details))


def missing_labels(case: EnumCase) -> Iterator[Fault]:
    """Labels that a write would send and an enum type or ENUM column refuses."""
    if not case.agrees and not case.store.stale:
        yield from _refused(case)


def stale(case: EnumCase) -> Iterator[Fault]:
    """Labels that a write would send and a CHECK refuses, or that do not fit into the column."""
    if case.store.stale:
        yield from _refused(case)
    long = case.store.too_short(case.expected)
    if long:
        most = max(len(label.rstrip(" ")) for label in long)
        it = "it" if len(long) == 1 else "them"
        sizes = ", ".join(f"{quoted(label)} ({len(label.rstrip(' '))} characters)" for label in long[:10])
        more = f" and {len(long) - 10} more" if len(long) > 10 else ""
        cut = f" (or cuts {it}, outside strict mode)" if case.store.dialect in MYSQL else ""
        where = f"{case.store.table}.{case.store.column}"
        yield case.fault(
            f"{case.subject} sends {sizes}{more}, but the column {where} holds {case.store.length} "
            f"({case.store.type}): {_vendor(case)} refuses {it}{cut}.",
            case.store.widen(most),
        )


def _refused(case: EnumCase) -> Iterator[Fault]:
    store = case.store
    respelt = [(label, case.spelt(label)) for label in case.missing if case.spelt(label)]
    absent = [label for label in case.missing if not case.spelt(label)]
    names = _names(store, case.missing)
    if absent:
        it = "it" if len(absent) == 1 else "them"
        lacks = f"refuses {it}" if store.stale else f"does not have {it}"
        yield case.fault(
            f"{case.subject} sends {_shown(case, absent)}, but {names} {lacks}: "
            f"every write of {it} fails{_unless_strict(store)}.",
            store.add(absent),
        )
    if len(respelt) > APART:
        mine, theirs = ([one[side] for one in respelt] for side in (0, 1))
        yield case.fault(
            f"{case.subject} sends {_shown(case, mine)}, but {names} spells them {_shown(case, theirs)}: "
            "writing them fails.",
            "Write them in Python as the database does, or rename them there, for the first:\n"
            f"{store.rename(theirs[0], mine[0])}",
        )
        return
    for label, other in respelt:
        spells = "has" if store.stale else "spells it"
        failing = "writing it fails, and so does reading the other"
        if case.of_django:
            failing = "writing it fails"
        if store.folds(label) == other:
            failing = f"{_vendor(case)} takes it for the other and gives that back, " + (
                "which is no member any more" if case.of_django else "and reading that fails"
            )
        yield case.fault(
            f"{case.subject} sends {_shown(case, [label])}, but {names} {spells} "
            f"{_shown(case, [other])}: {failing}.",
            f"Write {_shown(case, [other])} in Python, or rename it in the database:\n"
            f"{store.rename(other, label)}",
        )


def unknown_labels(case: EnumCase) -> Iterator[Fault]:
    """Labels that rows may hold and Python cannot read."""
    if case.agrees or not case.unknown:
        return
    it = "it" if len(case.unknown) == 1 else "one of them"
    has = "accepts" if case.store.stale else "has"
    means = f"reading a row that holds {it} raises LookupError"
    remedy = "Add the member to the Python enum, or make sure that no row holds the label any more."
    if case.of_django:
        means = f"a row that holds {it} does not pass full_clean(), and is shown as it is stored"
        remedy = "Add it to the field's choices, or make sure that no row holds it any more."
    which = _names(case.store, ())
    yield case.fault(
        f"{which[0].upper()}{which[1:]} {has} {_shown(case, case.unknown)}, "
        f"which {case.subject} does not know: {means}.",
        remedy,
    )


def swapped_labels(case: EnumCase) -> Iterator[Fault]:
    """Member names sent where the database has the values, or the reverse."""
    if case.agrees or not case.swap:
        return
    pairs = [
        (sent, right)
        for sent, right in zip(case.sent, case.expected, strict=True)
        if case.store.takes(sent) is False and case.store.takes(right) is True
    ]
    other = "names" if case.swap == "values" else "values"
    if case.of_django:
        remedy = "\n".join(case.store.rename(right, sent) for sent, right in pairs)
        if isinstance(case.store, Checked):  # one CHECK has them all
            remedy = case.store.rename_all({right: sent for sent, right in pairs})
    elif case.swap == "values":
        remedy = f"Write {VALUES_CALLABLE} in the column's Enum(…), so that the values are sent."
    else:
        remedy = "Remove values_callable from the column's Enum(…), so that the names are sent."
    sent, right = (_shown(case, side) for side in zip(*pairs, strict=True))
    folded = all(case.store.folds(own) == wanted for own, wanted in pairs)
    gives = (
        f"; {_vendor(case)} takes the one for the other, and what it gives back cannot be read"
        if folded
        else ""
    )
    yield case.fault(
        f"{case.subject} sends {sent}, but {_names(case.store, case.sent)} accepts {right}: "
        f"the members' {case.swap} match the database, their {other} do not{gives}.",
        remedy,
    )


def order_differs(case: EnumCase) -> Iterator[Fault]:
    """The same labels in another order."""
    if case.agrees:
        return
    sent = tuple(dict.fromkeys(case.store.seen(label) for label in case.sent))
    if case.store.ordered and set(sent) == set(case.store.labels) and sent != case.store.labels:
        yield case.fault(
            f"{case.subject} and {case.store.name.rstrip(',')} have the same labels "
            "in another order: ORDER BY and comparisons in the database follow the database's order.",
            "Put the members in the database's order, or never sort and compare by it in SQL.",
        )


def differences(case: EnumCase) -> list[Fault]:
    """Every difference, whatever the order, each with the level that its rule has."""
    if case.agrees:
        return []
    faults = [*swapped_labels(case), *missing_labels(case), *stale(case)]
    return faults + [replace(fault, level=Level.WARNING) for fault in unknown_labels(case)]


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
        type_name: of the database type, as it is written in a statement (see :func:`.sql.qualified`).
        subject: what is compared, in words.
        location: of the enum or the column.
        proof: where the labels come from.

    Returns:
        Faults, each with its level; empty when both sides agree.
    """
    store = NamedType(name=f"the enum type {type_name}", labels=labels, ordered=True, written=type_name)
    return differences(EnumCase(members, sends, store, subject, location, proof))


def _names(store: Store, labels: Sequence[str]) -> str:
    """The store in words; of several constraints only those that keep one of the labels out."""
    if isinstance(store, Checked) and len(store.constraints) > 1:
        return store.named(store.refusing(labels) or store.constraints)
    return store.name


def _shown(case: EnumCase, labels: Iterable[str]) -> str:
    if isinstance(case.store, Checked) and case.store.numeric:
        return listed(labels)
    return listed(map(quoted, labels))


def _vendor(case: EnumCase) -> str:
    return VENDORS.get(case.store.dialect, "the database")


def _unless_strict(store: Store) -> str:
    if store.dialect in MYSQL and not store.stale:
        return f" (outside {VENDORS[store.dialect]}'s strict mode, an empty text is stored instead)"
    return ""


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label.casefold())
