"""What gunicorn's configuration file says that would get in a probe's way, and how it is overruled.

The file is read, not run: what it computes is not known here, and is gunicorn's to see.
"""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from pytest_prodready.probes.rewriting import PORT

USUAL = "gunicorn.conf.py"
"""What gunicorn reads where it is not told otherwise."""


def assigned(path: Path) -> frozenset[str]:
    """The settings that the file gives a value at its top level; none where it cannot be read."""
    try:
        module = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    names: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            nothing = isinstance(statement.value, ast.Constant) and not statement.value.value
            names |= {one.id for one in statement.targets if isinstance(one, ast.Name) and not nothing}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
    return frozenset(names)


def overruled(names: frozenset[str]) -> tuple[str, ...]:
    """Options of the command line, which win over the file: it must write nothing, and speak plain HTTP.

    Args:
        names: the settings that the file makes.
    """
    options: list[str] = []
    if "pidfile" in names:  # gunicorn takes it away again when it leaves
        options += ["--pid", str(Path(tempfile.gettempdir()) / f"prodready-{PORT}.pid")]
    if "accesslog" in names:
        options += ["--access-logfile", "-"]
    if "errorlog" in names:
        options += ["--error-logfile", "-"]
    options += [f"--{name}=" for name in ("certfile", "keyfile") if name in names]
    return tuple(options)
