"""Looking at the application's objects without asking them: none of their own methods runs."""

from __future__ import annotations

from typing import Any


def is_a(value: object, *classes: str) -> bool:
    """Whether a value is an instance of one of ``classes``, given as ``module.Class``; none is imported.

    ``__class__`` may lie, ``isinstance`` may call the application.
    """
    return any(f"{cls.__module__}.{cls.__qualname__}" in classes for cls in type(value).__mro__)


def attributes(value: object) -> dict[str, Any]:
    """What a value's own ``__dict__`` holds; empty where it has none."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:  # a property of the class's that has this name
        return {}
    return found if type(found) is dict else {}


def of_its_class(value: object, name: str) -> Any:
    """What a value's class, or the first of its bases that has it, holds by a name; ``None`` for nothing."""
    return next((vars(cls)[name] for cls in type(value).__mro__ if name in vars(cls)), None)
