"""One enumeration on both sides: what Python or the database lacks, and what is spelt otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pytest_prodready.facts import EnumColumn, Location, Member
from pytest_prodready.findings import Fault
from pytest_prodready.rules.database.sql import quoted
from pytest_prodready.rules.database.stores import Checked, Store
from pytest_prodready.wording import listed

SHOWN = 50
"""Labels in a block of evidence."""


@dataclass(frozen=True)
class EnumCase:
    """One enumeration on both sides."""

    members: tuple[Member, ...]
    """Python's, in their order."""
    sends: tuple[str, ...]
    """The labels that Python writes, in its order."""
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
    def agrees(self) -> bool:
        """Both sides have the same labels in the same order: most columns, which need no closer look."""
        return not isinstance(self.store, Checked) and self.sends == self.store.labels

    @cached_property
    def swap(self) -> str:
        """``values`` or ``names``, when the database plainly has these and Python sends something else."""
        if len(self.members) != len(self.sends):
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
        found = {"values": self._values, "names": self._names, "": self.sends}[self.swap]
        # a member without a text value has no other form
        return tuple(
            label if label is not None else sent for label, sent in zip(found, self.sends, strict=True)
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
            ("Python sends", listed(map(quoted, self.sends), SHOWN)),
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


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label.casefold())
