"""What the methods of Django's managers and querysets give, read from the call alone: no query is made."""

from __future__ import annotations

from ..value import Call, Instance, Value
from . import rows
from .models import queryset_class
from .results import MAKERS, Receiver

SAME = frozenset({"all", "complex_filter", "defer", "distinct", "none", "only", "order_by", "reverse"}) | {
    "difference",
    "intersection",
    "select_for_update",
    "select_related",
    "using",
}
"""Methods that give a queryset of the same rows, or of some of them."""
COROUTINES = frozenset(
    {
        "aaggregate",
        "abulk_create",
        "abulk_update",
        "acontains",
        "acount",
        "acreate",
        "adelete",
        "aearliest",
        "aexists",
        "aexplain",
        "afirst",
        "aget",
        "aget_or_create",
        "ain_bulk",
        "alast",
        "alatest",
        "aupdate",
        "aupdate_or_create",
    }
)
PLAIN: dict[str, type] = {
    "aggregate": dict,
    "bulk_update": int,
    "contains": bool,
    "count": int,
    "exists": bool,
    "explain": str,
    "update": int,
}


def result(owner: Instance, name: str, call: Call) -> Value | None:
    """What Django's own method ``name`` of a manager or a queryset gives; ``None`` where it is not known.

    Args:
        owner: the manager or the queryset.
        name: the method.
        call: its arguments.
    """
    first = owner.cls if rows.is_queryset(owner) else queryset_class(owner.cls)
    if first is None:
        return None
    receiver = Receiver(owner, first, call.node.lineno)
    if name in COROUTINES:
        return rows.awaited(_given(receiver, name[1:], call), receiver.line)
    return _given(receiver, name, call)


def _given(receiver: Receiver, name: str, call: Call) -> Value | None:
    if name in SAME:
        return receiver.again(receiver.query)
    if name in PLAIN:
        return rows.of_class(PLAIN[name], receiver.line)
    make = MAKERS.get(name)
    return None if make is None else make(receiver, call)
