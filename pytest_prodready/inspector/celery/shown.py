"""Arguments as a person may read them: an object's own text may be anything, and a text may be a secret."""

from __future__ import annotations

import re
from typing import Any

_SECRET = re.compile(r"(?i)secret|token|passw|pwd|key|auth|credential")
_LONGEST = 24
"""Characters of a text; what is longer may be a secret, and says little to the reader."""
_MOST = 6
"""Elements of a list or dict that are shown."""


def arguments(args: Any, keywords: Any) -> str:
    """``args`` and ``kwargs`` of a message as they stand in a call: ``("eu", days=7)``."""
    parts = [value(one) for one in args] if type(args) in (tuple, list) else []
    if type(keywords) is dict:
        parts += [
            f"{name}={'…' if _SECRET.search(str(name)) else value(one)}" for name, one in keywords.items()
        ]
    return f"({', '.join(parts)})"


def value(found: Any, depth: int = 1) -> str:
    """One value: numbers and short texts as they are written, ``…`` for anything else."""
    if found is None or type(found) in (bool, int, float):
        return repr(found)
    if type(found) is str:
        return f'"{found}"' if len(found) <= _LONGEST and found.isprintable() and '"' not in found else "…"
    if type(found) in (list, tuple) and depth and len(found) <= _MOST:
        opened, closed = "[]" if type(found) is list else "()"
        return f"{opened}{', '.join(value(one, 0) for one in found)}{closed}"
    return "…"
