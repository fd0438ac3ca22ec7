"""Reads sources while the application loads in another process: ``python -ISB reading_ahead.py``.

Its stdin takes the request, one JSON object on a line: ``cache`` and ``shared`` as for
:class:`~.parsed.Parsed`, ``path``, the directories that modules are looked for in, and ``calls``, whether the
calls that send tasks are going to be asked for. Each line after it is the name of a module that an entry
point has begun to import. The process ends with its stdin. It imports nothing of the application's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

PACKAGE = "prodready_inspector"


def source_of(name: str, path: Iterable[str]) -> str:
    """The source file that the module ``name`` is likely to have; empty when there is none."""
    for entry in path:
        place = os.path.join(entry, *name.split("."))
        for file in (os.path.join(place, "__init__.py"), f"{place}.py"):
            if os.path.isfile(file):
                return file
    return ""


def run(request: dict[str, Any], names: Iterable[str]) -> None:
    """Read what is going to be asked of each module, unless an earlier run has kept it."""
    from . import readings
    from .parsed import Parsed

    parsed = Parsed(request["cache"], "", request["shared"])
    if parsed.remembers:  # what has changed since is little
        return
    wanted = readings.of_most(calls=request["calls"])
    for reading in wanted:
        parsed.expect(*reading)
    done = set()
    for name in names:
        if name in done:  # by another entry point
            continue
        done.add(name)
        file = source_of(name, request["path"])
        for reading in wanted if file else ():
            parsed.of(file, *reading)


def main() -> None:
    """Answer to one parent, until it is silent."""
    first, names = sys.stdin.readline(), map(str.rstrip, iter(sys.stdin.readline, ""))
    run(json.loads(first), names)


if __name__ == "__main__":
    package = type(sys)(PACKAGE)
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[PACKAGE] = package
    __package__ = PACKAGE
    main()
