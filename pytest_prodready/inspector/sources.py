"""Looking at loaded modules and at their files, without calling anything of theirs."""

from __future__ import annotations

import ast
import functools
import sys
import warnings
from typing import Any


def members(module: object) -> dict[str, object]:
    """What a module object holds; nothing when it is a proxy that does not let itself be looked at."""
    try:
        return dict(vars(module))
    except Exception:
        return {}


def module_file(module: object) -> str:
    """The source or bytecode file of a module object; empty when there is none."""
    file = members(module).get("__file__")
    return file if isinstance(file, str) and file.endswith((".py", ".pyc")) else ""


def is_a(value: object, *kinds: type) -> bool:
    """As ``isinstance``, which would ask a proxy what it stands for: that may raise anything."""
    own = type(value).__mro__
    return any(kind in own for kind in kinds)


def unbound(held: Any) -> Any:
    """The function of a static or a class method; anything else as it is."""
    return held.__func__ if is_a(held, staticmethod, classmethod) else held


@functools.lru_cache(maxsize=256)
def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a source file; ``None`` when it cannot be read. Not to be changed."""
    try:
        with open(file, "rb") as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the application's own invalid escapes
            return ast.parse(source.read(), file)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def search_path() -> list[str]:
    """The entries of ``sys.path``, without what an application may have put there besides texts."""
    entries: list[object] = [*sys.path]
    return [entry for entry in entries if isinstance(entry, str)]
