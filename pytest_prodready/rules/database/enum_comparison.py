"""How the labels of an enumeration differ from the database's: a fault for each difference, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.database.enum_case import EnumCase
from pytest_prodready.rules.database.sql import MYSQL, VENDORS, quoted
from pytest_prodready.rules.database.stores import Checked, Store
from pytest_prodready.wording import listed

VALUES_CALLABLE = "values_callable=lambda e: [m.value for m in e]"
APART = 10
"""As many labels that are only spelt otherwise have a finding each."""


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
        for sent, right in zip(case.sends, case.expected, strict=True)
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
        f"{case.subject} sends {sent}, but {_names(case.store, case.sends)} accepts {right}: "
        f"the members' {case.swap} match the database, their {other} do not{gives}.",
        remedy,
    )


def order_differs(case: EnumCase) -> Iterator[Fault]:
    """The same labels in another order."""
    if case.agrees:
        return
    sent = tuple(dict.fromkeys(case.store.seen(label) for label in case.sends))
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
