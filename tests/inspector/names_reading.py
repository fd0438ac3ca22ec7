"""Reads small modules as the inspector reads those of an application, in this process."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import textwrap
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pytest_prodready.inspector.names import look
from pytest_prodready.inspector.names.flow.analysis import Analysis
from pytest_prodready.inspector.names.flow.module_scope import Unit
from pytest_prodready.inspector.parsed import Parsed
from pytest_prodready.inspector.project import Project

NUMBERS = itertools.count()
ELSEWHERE = "names_read_elsewhere"
"""A module of the application that is not there."""


def read(directory: Path, source: str) -> dict[str, Any]:
    """The ``Names`` of a module with this source, which is loaded for that."""
    name = f"names_read_{next(NUMBERS)}"
    file = directory / f"{name}.py"
    file.write_text(textwrap.dedent(source), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        with patch.object(Analysis, "_give_up", _only_what_is_too_deep):
            return look.inspect(Project(str(directory), (name, ELSEWHERE)), Parsed())
    finally:
        del sys.modules[name]


GIVE_UP = Analysis._give_up


def _only_what_is_too_deep(analysis: Analysis, unit: Unit, node: Any) -> None:
    """A function that is given up has no findings, which a mistake of the reader's would look like."""
    if not isinstance(sys.exc_info()[1], RecursionError):
        raise  # noqa: PLE0704  # the exception that it is called for
    GIVE_UP(analysis, unit, node)


def missing(directory: Path, source: str) -> list[str]:
    """The expressions whose attribute is missing, in the order of their lines."""
    reads = [one for cls in read(directory, source)["classes"] for one in cls["missing"]]
    return [
        one["written"] for one in sorted(reads, key=lambda one: (one["location"]["line"], one["written"]))
    ]


def uncertain(directory: Path, source: str) -> list[str]:
    """Those of :func:`missing` that only the annotation of a parameter speaks for."""
    reads = [one for cls in read(directory, source)["classes"] for one in cls["missing"]]
    return sorted(one["written"] for one in reads if not one["certain"])
