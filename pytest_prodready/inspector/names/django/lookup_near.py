"""The name of a model's that was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..presence import near
from .models import options

MOMENT = re.compile(
    r"(?:^|_)(?:at|on|date|datetime|time|timestamp|when|created|updated|modified|added|changed)(?:$|_)"
)
"""In names of a moment: ``created_at``, ``date_added``."""
PERSON = re.compile(r"_(?:by|user|id)$")


def nearest(name: str, choices: Iterable[str], model: type | None = None) -> str:
    """The choice that was most likely meant; empty for none.

    Args:
        name: what was written.
        choices: what could have been.
        model: whose fields they are: a name of a moment means its only date, however that is called.
    """
    several = set(choices)
    if model is not None and MOMENT.search(name) and not PERSON.search(name):
        from django.db.models import DateField

        moments = {field.name for field in options(model).concrete_fields if isinstance(field, DateField)}
        likely = moments & several
        found = near.nearest(name, likely)
        if found or len(likely) == 1:
            return found or likely.pop()
    return near.nearest(name, several)
