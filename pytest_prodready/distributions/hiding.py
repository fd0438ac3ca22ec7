"""Which modules are to be as absent from the target as they are in production."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pytest_prodready.distributions.installed import FOREIGN, Installed
from pytest_prodready.facts import Interpreter

_IMPORTABLE = {".py", ".pyc", ".so", ".pyd"}


def hidden(present: Iterable[Installed], inside: set[str], search: Iterable[Path] = ()) -> dict[str, str]:
    """Top-level module → distribution, for the modules that only distributions outside ``inside`` provide.

    Args:
        present: every installed distribution.
        inside: canonical names of those that stay visible.
        search: directories whose own modules stay visible, whatever a distribution claims to bring.

    """
    outside: dict[str, str] = {}
    visible = set(sys.stdlib_module_names)
    for one in present:
        if one.name in inside:
            visible |= one.modules
        else:
            outside.update((module, one.name) for module in one.modules)
    for directory in search:
        try:
            entries = list(directory.iterdir())
        except OSError:
            continue
        # a script without a suffix is no module: bin/hypothesis must not keep hypothesis visible
        importable = (entry for entry in entries if entry.suffix in _IMPORTABLE or entry.is_dir())
        visible.update(entry.name.partition(".")[0] for entry in importable)
    return {module: name for module, name in sorted(outside.items()) if module not in visible}


def search(root: Path, interpreter: Interpreter) -> set[Path]:
    """The directories that modules come from and that hold no installed distributions."""
    path = [root, root / "src", *map(Path, interpreter.path)]
    return {directory for directory in path if not FOREIGN & set(directory.parts)}
