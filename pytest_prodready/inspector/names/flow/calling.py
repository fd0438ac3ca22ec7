"""What a call gives."""

from __future__ import annotations

import ast
import types
from typing import Any

from ..presence.objects_held import is_class, member
from ..value import UNKNOWN, Call, Class, Instance, Known, Live, Value
from . import attributes, builtin_results, containers, library_results
from .construction import made
from .joins import is_empty, is_nothing
from .targets import Target, Targets


class Calling(Targets):
    """Reads calls."""

    def call(self, node: ast.Call) -> Value | None:
        """What the call gives; it is noted for the function that is called."""
        owner, name, target = self.target(node)
        args = tuple(self._argument(one) for one in node.args)
        keywords = {one.arg: self._argument(one.value) for one in node.keywords if one.arg is not None}
        for one in node.keywords:
            if one.arg is None:
                self.value(one.value)
        spread = len(keywords) < len(node.keywords) or any(isinstance(one, ast.Starred) for one in node.args)
        function = target.function
        call = Call(node, owner, name, function, args, keywords, self.constant, spread, self.silently)
        if not self.quiet:
            self._note(node, call, target)
        given = self.analysis.frameworks.call(call)
        if given is None:
            given = self._plain(node, call, target)
        return given if self.analysis.frameworks.runs(call) else attributes.as_sure(given, owner)

    def silently(self, node: ast.expr) -> Value | None:
        """What is known of an expression, without that anything of it is recorded."""
        before = dict(self.env)
        self.quiet += 1
        try:
            return self.value(node)
        finally:
            self.quiet -= 1
            self.env = before

    def operation(
        self, node: ast.expr, owner: Value | None, name: str, other: ast.expr, value: Value | None
    ) -> Value | None:
        """What a framework says of ``owner[other]`` and the like, which calls the method ``name``."""
        if not (isinstance(owner, Live) or (isinstance(owner, Instance) and owner.state is not None)):
            return None
        func = ast.copy_location(ast.Attribute(node, name, ast.Load()), node)
        written = ast.copy_location(ast.Call(func, [other], []), node)
        call = Call(written, owner, name, None, (value,), {}, self.constant, False, self.silently)
        return self.analysis.frameworks.call(call)

    def constant(self, node: ast.expr) -> Any:
        """The value of an expression that is a constant, else ``UNKNOWN``."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Tuple, ast.List)):
            values = tuple(map(self.constant, node.elts))
            return UNKNOWN if any(one is UNKNOWN for one in values) else values
        if isinstance(node, ast.Name):
            if node.id in self.scope.bound and self.place is not None:
                once = self.scope.once(node.id) and node.id in self.scope.constants
                to = self.scope.constants.get(node.id) if once else None
                return self.constant(to) if to is not None and not isinstance(to, ast.Name) else UNKNOWN
            if node.id in self.outer or node.id in self.scope.outside:
                return UNKNOWN
            return _plain_constant(self.unit.held_by(node.id))
        return UNKNOWN

    def _argument(self, node: ast.expr) -> Value | None:
        value = self.value(node)
        if not isinstance(node, ast.Name) or not isinstance(value, Instance):
            return value
        if is_empty(value) or type(value.state) is containers.Keyed:  # who gets it may fill it
            self.env[node.id] = value._replace(state=None)
        return value

    def _plain(self, node: ast.Call, call: Call, target: Target) -> Value | None:
        function = target.function
        if function is None and isinstance(target.receiver, Class) and not call.name:
            return made(target.receiver, call)  # of a class or of a subclass
        if is_class(function):
            if function in (type, super):
                return self._builtin_class(function, call)
            if function in containers.BUILTIN:
                return containers.built(function, call, node.lineno)
            return made(Class(function), call)
        if type(function) is types.BuiltinFunctionType and not call.name:
            return self._builtin(node, function, call)
        if isinstance(target.receiver, (Instance, Class)) and target.definer is not None:
            found = self._of_builtin(call, target)
            if found is not None:
                return found
        if function is None:
            return None
        if type(function) is types.FunctionType and target.receiver is None:
            found = library_results.of(function, call.args, node.lineno)
            if found is not None:
                return found
        return self.analysis.functions.result(function, target.receiver, call.name, node.lineno)

    def _of_builtin(self, call: Call, target: Target) -> Value | None:
        receiver = target.receiver
        definer = target.definer
        line = call.node.lineno
        if isinstance(receiver, Instance) and definer in containers.GROWING:
            self._grow(call, receiver)
        if isinstance(receiver, Instance) and definer is dict:
            default = call.args[1] if len(call.args) > 1 else None
            return builtin_results.of_mapping(receiver, call.name, default, line, given=len(call.args) > 1)
        gives = builtin_results.METHODS.get(definer, {}).get(call.name) if definer is not None else None
        if gives is None:
            return None
        owner = receiver
        if isinstance(owner, Class):
            owner = Instance(owner.cls, Known("returned", line), exact=owner.exact)
        return builtin_results.made(gives, line, owner if isinstance(owner, Instance) else None)

    def _grow(self, call: Call, receiver: Instance) -> None:
        """A list, a set or a dict in a local name gets more, or others."""
        func = call.node.func
        key = self.path(func.value) if isinstance(func, ast.Attribute) else ""
        if key in self.env and self.env[key] == receiver:
            self.env[key] = containers.grown(receiver, call)

    def _builtin_class(self, function: Any, call: Call) -> Value | None:
        value = call.args[0] if len(call.args) == 1 and function is type else None
        if isinstance(value, Instance) and not value.optional and not is_nothing(value):
            return Class(value.cls, value.exact, value.known.parameters)
        return None

    def _builtin(self, node: ast.Call, function: Any, call: Call) -> Value | None:
        name = function.__name__
        if name == "getattr" and len(node.args) >= 2:
            wanted = self.constant(node.args[1])
            if isinstance(wanted, str) and len(node.args) == 2:
                return attributes.of(self.analysis, call.args[0], wanted, node.lineno)
            return None
        if name == "setattr" and len(node.args) == 3:
            self._set(node, call)
            return None
        if name in builtin_results.FUNCTIONS:
            return builtin_results.made(builtin_results.FUNCTIONS[name], node.lineno)
        return containers.of_function(name, call)

    def _set(self, node: ast.Call, call: Call) -> None:
        wanted = self.constant(node.args[1])
        key = self.path(node.args[0])
        owner = call.args[0]
        if isinstance(wanted, str):
            if not self.quiet:
                self.analysis.records.store(wanted, owner)
            if key and isinstance(owner, Instance):
                self.env[key] = owner._replace(extra=owner.extra | {wanted})
        elif key and owner is not None:
            self.env[key] = owner._replace(opened=True) if isinstance(owner, Instance) else None

    def _note(self, node: ast.Call, call: Call, target: Target) -> None:
        for asked in self.analysis.frameworks.lookups(call):
            self.analysis.records.lookup(self.unit.file, node, asked)
        unresolved = self.analysis.parameters.unresolved
        unresolved.pop(id(node), None)
        if target.function is None and call.name:
            unresolved[id(node)] = call.name
        elif type(target.function) is types.FunctionType:
            bound = target.receiver is not None
            self.analysis.parameters.note(target.function, call, bound=bound)
        elif is_class(cls := target.receiver.cls if isinstance(target.receiver, Class) else target.function):
            making = member(cls, "__init__")
            if making is not None and type(making.raw) is types.FunctionType:
                self.analysis.parameters.note(making.raw, call, bound=True)


def _plain_constant(held: Any) -> Any:
    if type(held) in (str, int, bool, float, bytes):
        return held
    if type(held) in (tuple, list) and all(type(one) in (str, int) for one in held):
        return tuple(held)
    return UNKNOWN
