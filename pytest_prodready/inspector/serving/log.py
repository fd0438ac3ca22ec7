"""The server's log: its own stderr, where servers write theirs."""

from __future__ import annotations

import sys


def say(*lines: str) -> None:
    """Write lines, at once."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()
