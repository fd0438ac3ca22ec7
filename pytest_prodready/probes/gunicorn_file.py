"""What gunicorn's configuration file says that would get in a probe's way, and how it is overruled.

The file is read, not run: what it computes is not known here, and is gunicorn's to see.
"""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pytest_prodready.probes.command_lines import PORT

USUAL = "gunicorn.conf.py"
"""What gunicorn reads where it is not told otherwise."""


def assigned(path: Path) -> frozenset[str]:
    """The settings that the file gives a value outside of functions; none where it cannot be read."""
    try:
        module = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    names: set[str] = set()
    for statement in _statements(module.body):
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            nothing = isinstance(statement.value, ast.Constant) and not statement.value.value
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if statement.value is not None and not nothing:
                names |= {one.id for one in targets if isinstance(one, ast.Name)}
    return frozenset(names)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run with the module, those within ``if`` and ``try`` included."""
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            pending += ast.iter_child_nodes(node)


def overruled(names: frozenset[str]) -> tuple[str, ...]:
    """Options of the command line, which win over the file: no file, plain HTTP, no other user.

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
    # only the platform may change to them
    options += [f"--user={os.geteuid()}"] if "user" in names else []
    options += [f"--group={os.getegid()}"] if "group" in names else []
    return tuple(options)
