"""Run in a process of its own: follows expressions over a real Django project, or inspects all of it."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from typing import Any

from pytest_prodready.inspector.names import look
from pytest_prodready.inspector.names.django.methods import constant
from pytest_prodready.inspector.names.django.values import DjangoValues
from pytest_prodready.inspector.names.value import Call, Class, Framework, Instance, Known, Live, Value
from pytest_prodready.inspector.parsed import Parsed
from pytest_prodready.inspector.project import Project


class Follower:
    """Follows the chains of attributes and calls that the tests are about, and nothing else of Python."""

    def __init__(self, values: Framework, names: dict[str, Value | None]) -> None:
        self.values = values
        self.names = names

    def value(self, node: ast.expr) -> Value | None:
        """What an expression gives."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Await):
            inner = self.value(node.value)
            return inner.awaited if isinstance(inner, Instance) else None
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            return None if owner is None else self.values.attribute(owner, node.attr, node.lineno)
        if isinstance(node, ast.Subscript):
            return self.asked("__getitem__", node.value, [node.slice], node)
        if isinstance(node, ast.BinOp):
            name = "__or__" if isinstance(node.op, ast.BitOr) else "__and__"
            return self.asked(name, node.left, [node.right], node)
        return self.called(node) if isinstance(node, ast.Call) else None

    def asked(self, name: str, owner: ast.expr, args: list[ast.expr], at: ast.expr) -> Value | None:
        """What an operator gives."""
        made = ast.Call(ast.Attribute(owner, name, ast.Load()), args, [])
        return self.called(ast.fix_missing_locations(ast.copy_location(made, at)))

    def called(self, node: ast.Call) -> Value | None:
        """What a call gives."""
        call = self.call(node)
        function = call.function
        if isinstance(function, type) and not call.name:
            return Instance(function, Known("made", node.lineno), exact=True)
        return self.values.call(call)

    def call(self, node: ast.Call) -> Call:
        """A call, with what is known of its parts."""
        owner = self.value(node.func.value) if isinstance(node.func, ast.Attribute) else None
        function = self.value(node.func) if isinstance(node.func, ast.Name) else None
        return Call(
            node,
            owner,
            node.func.attr if isinstance(node.func, ast.Attribute) else "",
            function.cls if isinstance(function, Class) else getattr(function, "value", None),
            tuple(map(self.value, node.args)),
            {one.arg: self.value(one.value) for one in node.keywords if one.arg},
            constant,
            any(isinstance(one, ast.Starred) for one in node.args)
            or any(not one.arg for one in node.keywords),
        )


def described(value: Value | None) -> str:
    """A short text: ``Provider``, ``Provider?`` of one that may be missing, ``QuerySet[Provider +total]``."""
    if value is None:
        return "unknown"
    if isinstance(value, Class):
        return f"class {value.cls.__name__}"
    if isinstance(value, Live):
        return "live"
    inside = [described(one) for one in (value.items, value.values, value.awaited) if one is not None]
    inside += [described(one) for one in value.parts]
    more = (
        sorted(name for name in value.extra if not name.startswith("_"))[:3] if len(value.extra) < 9 else []
    )
    text = value.cls.__name__ + (f"[{', '.join(inside)}]" if inside else "")
    text += "".join(f" +{name}" for name in more)
    return text + (" ..." if value.opened else "") + ("?" if value.optional else "")


def global_value(found: Any, values: DjangoValues) -> Value:
    """What a module's global is."""
    if isinstance(found, type):
        return Class(found)
    return values.live(Live(found)) or Live(found)


def main() -> None:
    """Read the request from standard input, and write what each expression gives, or all facts for none."""
    import django

    asked = json.load(sys.stdin)
    sys.path.insert(0, asked["root"])
    django.setup()
    values = DjangoValues(Project(asked["root"], ("shop",)))
    module = importlib.import_module(asked["module"])
    if not asked["expressions"]:
        json.dump(look.inspect(values.project, Parsed()), sys.stdout)
        return
    names: dict[str, Value | None] = {name: global_value(one, values) for name, one in vars(module).items()}
    follower = Follower(values, names)
    for name, written in asked["given"].items():
        names[name] = follower.value(ast.parse(written, mode="eval").body)
    told = {}
    for written in asked["expressions"]:
        told[written] = described(follower.value(ast.parse(written, mode="eval").body))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
