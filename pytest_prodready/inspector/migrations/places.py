"""Lines of migration files."""

from __future__ import annotations

import re


def assigned_line(file: str, *names: str) -> int | None:
    """The line on which a file, or a class in it, binds the first of ``names`` that it binds."""
    lines: dict[str, int] = {}
    pattern = re.compile(rf"\s*({'|'.join(names)})\s*(?::[^=]+)?=(?!=)")
    try:
        with open(file, encoding="utf-8", errors="replace") as text:
            for number, line in enumerate(text, 1):
                if found := pattern.match(line):
                    lines.setdefault(found[1], number)
    except OSError:
        return None
    return next((lines[name] for name in names if name in lines), None)
