"""Names that a task's decorator was given and that mean nothing to Celery, or something else."""

from __future__ import annotations

import ast
import functools
from typing import Any

from ..nodes import walk
from ..project import Project, source_file
from ..sources import is_a
from . import source
from .option_values import Checks

DECORATOR = {
    "autoretry_for", "dont_autoretry_for", "retry_kwargs", "retry_backoff", "retry_backoff_max",
    "retry_jitter", "override_max_retries", "base", "bind", "filter", "lazy", "pydantic", "pydantic_context",
    "pydantic_dump_kwargs", "pydantic_strict", "shared", "queue", "exchange", "exchange_type", "routing_key",
    "delivery_mode", "compression", "immediate", "mandatory", "accept_magic_kwargs",
}  # fmt: skip
"""What ``@app.task`` and the sending of a message take besides the attributes of ``Task``."""
ONLY_WHEN_SENT = {"countdown", "eta", "link", "link_error", "retry_policy", "chain", "chord", "task_id"}
"""What ``apply_async`` takes and a task does not."""


class Readers:
    """Which names the application's source reads as attributes; read when it is first asked.

    Args:
        project: tells the application's own modules.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._read: set[str] | None = None

    def reads(self, name: str) -> bool:
        """Whether ``.name`` or the text ``"name"`` stands anywhere."""
        if self._read is None:
            files = (source_file(module) for _, module in self.project.modules())
            self._read = {one for file in files for one in source.of(file, "attributes", _attributes) or ()}
        return name in self._read


def _attributes(tree: ast.Module) -> list[str]:
    found = set()
    for node in walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return sorted(found)


def check_names(task: Any, readers: Readers) -> Checks:
    """Names that ``@app.task`` was given and that mean nothing to Celery, or something else."""
    from celery.app.task import Task

    given = vars(type(task))
    if not given.get("_decorated"):
        return
    methods, known = _attributes_of(Task)
    inherited = {name for cls in type(task).__mro__[1:] if cls is not Task for name in vars(cls)}
    for name, value in given.items():
        if name.startswith("_") or name in inherited or name in ("app", "name", "run"):
            continue
        if name in methods and not callable(value):
            if not is_a(value, staticmethod, classmethod, property):
                yield name, "hides", ""
        elif name not in known and not readers.reads(name):
            sent = name in ONLY_WHEN_SENT
            yield name, "unused", "apply_async" if sent else ", ".join(sorted(known - methods))


@functools.cache
def _attributes_of(cls: type) -> tuple[set[str], set[str]]:
    """The methods of a class, and all that a task may be given."""
    names = {name for name in dir(cls) if not name.startswith("_")}
    configured = {name for name, _ in getattr(cls, "from_config", ())}
    return {name for name in names if callable(getattr(cls, name, None))}, names | configured | DECORATOR
