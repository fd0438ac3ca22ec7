"""What an installed library that is not loaded certainly lacks: read from its files, nothing of it runs."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib.machinery import ModuleSpec, PathFinder

_MAKES_NAMES = re.compile(
    rb"__getattr__|\bimport\s*\(?\s*\*|\b(?:globals|locals|vars|exec|eval|setattr|attach\w*)\s*\(|\blazy"
    rb"|sys\s*\.\s*modules|__path__|__dict__|__class__|meta_path|pkgutil|pkg_resources",
    re.IGNORECASE,
)
"""Ways in which a module may have names that its source does not show."""


def lacks(base: str, name: str) -> str | None:
    """What ``from base import name``, or ``import base`` without a name, cannot find for certain.

    Returns:
        The dotted module that does not exist, ``base`` itself when it does not have the name, else ``None``.
    """
    spec = _top(base.partition(".")[0])
    known = base.partition(".")[0]
    for part in base.split(".")[1:]:
        if spec is None:
            return None
        below = _below(spec, known, part)
        if below is None:
            return f"{known}.{part}" if _cannot_have(spec, part) else None
        spec, known = below, f"{known}.{part}"
    if not name or name == "*" or spec is None or _below(spec, known, name) is not None:
        return None
    return base if _cannot_have(spec, name) else None


def _top(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except Exception:
        return None


def _below(spec: ModuleSpec, known: str, part: str) -> ModuleSpec | None:
    """The module ``part`` in the directories of a package."""
    places = spec.submodule_search_locations
    if places is None:
        return None
    loaded = vars(sys.modules.get(known, sys)).get("__path__") if known in sys.modules else None
    path = loaded if isinstance(loaded, list) else list(places)
    return PathFinder.find_spec(f"{known}.{part}", path)


def _cannot_have(spec: ModuleSpec, name: str) -> bool:
    """Whether the source of a module shows that it never has ``name``: the word does not even stand in it."""
    file = spec.origin or ""
    if not file.endswith(".py") or not os.path.isfile(file):
        return False  # a namespace, compiled or built in
    try:
        with open(file, "rb") as source:
            data = source.read()
    except OSError:
        return False
    return not _MAKES_NAMES.search(data) and not re.search(rb"\b" + re.escape(name.encode()) + rb"\b", data)
