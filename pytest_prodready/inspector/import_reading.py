"""What is read of a source file: the imports that run later than it is loaded, and what it defines twice."""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

from .conditions import Conditions
from .deferred import Reader
from .definitions import replaced

KNOWS_LAZY = hasattr(sys, "set_lazy_imports")
_IMPORT = re.compile(rb"import(?:_module|__)?(?!\w)")
"""Beginning with a fixed text, which is searched for in a fraction of the time of anything else."""
_AT_TOP = re.compile(rb"(?:import|from)\b")
_DEFINED = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)


def may_have(data: bytes) -> bool:
    """Whether the text of a module may have anything that :func:`read` reads."""
    if _imports_later(data) or (KNOWS_LAZY and (b"lazy" in data or all_are_lazy())):
        return True
    defined = _DEFINED.findall(data)
    return len(defined) > len(set(defined))


def _imports_later(data: bytes) -> bool:
    """Whether an import may stand elsewhere than at the beginning of its line."""
    for found in _IMPORT.finditer(data):
        at, word = found.start(), found[0]
        if word == b"import__":
            later = data[at - 2 : at] == b"__"
        elif data[at - 1 : at].isalnum() or data[at - 1 : at] == b"_":
            later = False  # the end of a longer word
        else:
            later = word != b"import" or not _AT_TOP.match(data, data.rfind(b"\n", 0, at) + 1)
        if later:
            return True
    return False


def read(tree: ast.Module) -> dict[str, Any]:
    """What is tried of a source file, and what it defines twice, in values that can be stored."""
    reader = Reader(tree)
    return {
        "statements": [tuple(one) for one in reader.statements(at_top=KNOWS_LAZY)],
        "attempts": [(one.broad, [tuple(each) for each in one.imports]) for one in reader.attempts_at_top()],
        "replaced": replaced(tree),
    }


def read_flags(tree: ast.Module) -> dict[str, Any]:
    """Names in a module that say whether others are there → the top-level modules that they speak of."""
    return {name: sorted(tops) for name, tops in Conditions(tree).flags.items()}


def all_are_lazy() -> bool:
    """Whether the interpreter makes every import statement at the top of a module lazy."""
    return getattr(sys, "get_lazy_imports", str)() == "all"
