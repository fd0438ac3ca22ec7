"""What a SQLAlchemy type is made of: decorators, arrays and domains around the type that holds the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DEEPEST = 20
"""Types can be nested, but not for ever."""


def layers(kind: Any) -> Iterator[tuple[Any, bool]]:
    """``kind`` and each type that it wraps, from the outside in, each with whether an array is around it."""
    from sqlalchemy import ARRAY
    from sqlalchemy.types import TypeDecorator

    array = False
    for _ in range(DEEPEST):
        yield kind, array
        if isinstance(kind, TypeDecorator):
            kind = kind.impl
        elif isinstance(kind, ARRAY):
            kind, array = kind.item_type, True
        elif type(kind).__name__ == "DOMAIN":  # PostgreSQL's, of SQLAlchemy 2
            kind = getattr(kind, "data_type", None)
        else:
            break
