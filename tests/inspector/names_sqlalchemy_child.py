"""Run in a process of its own: follows expressions over real mapped classes, and tells what they give."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from dataclasses import dataclass
from typing import Any

from pytest_prodready.inspector.names.sqlalchemy.values import SqlalchemyValues
from pytest_prodready.inspector.names.value import Asked, Class, Instance, Known, Live, Value
from pytest_prodready.inspector.project import Project
from tests.inspector.names_child import Follower, described


@dataclass
class Asking:
    """Follows an expression, and keeps what its calls ask the classes for."""

    follower: Follower

    def asked(self, written: str) -> list[str]:
        """``filter_by wbsite -> website`` for each name that is not there, ``filter_by name`` for others."""
        found: list[Asked] = []
        for node in ast.walk(ast.parse(written, mode="eval")):
            if isinstance(node, ast.Call):
                found += self.follower.values.lookups(self.follower.call(node))
        return [_told(one) for one in found]


def _told(one: Asked) -> str:
    text = f"{one.how} {one.written}"
    if one.missing and one.at is not None:
        text += f" not in {one.at.__name__}" + (f", {one.near} is" if one.near else "")
    return text


def main() -> None:
    """Read the request from standard input, and write what each expression gives and asks."""
    request = json.load(sys.stdin)
    sys.path.insert(0, request["root"])
    module = importlib.import_module(request["module"])
    names: dict[str, Value | None] = {name: _global(one) for name, one in vars(module).items()}
    for name in request["unknown"]:
        names[name] = None
    values = SqlalchemyValues(Project(request["root"], (request["module"].partition(".")[0],)))
    follower = Follower(values, names)
    for name, written in request["given"].items():
        names[name] = follower.value(ast.parse(written, mode="eval").body)
    told = {
        written: (
            described(follower.value(ast.parse(written, mode="eval").body)),
            Asking(follower).asked(written),
        )
        for written in request["expressions"]
    }
    json.dump(told, sys.stdout)


def _global(found: Any) -> Value:
    """What a module's global is; an annotated name of ``GIVEN`` is an instance that a parameter is."""
    if isinstance(found, type):
        return Class(found)
    if isinstance(found, tuple) and len(found) == 1 and isinstance(found[0], type):
        return Instance(found[0], Known("annotated", 1))
    return Live(found)


if __name__ == "__main__":
    main()
