"""What a condition says of the names in it."""

from __future__ import annotations

import ast
from typing import Any

from ...nodes import walk
from ..presence import class_objects
from ..value import MISSING, Class, Instance, Known, Live, Value
from .frame import Frame
from .joins import NOTHING, is_nothing, present


class Narrowing(Frame):
    """Reads conditions."""

    def decided(self, test: ast.expr) -> bool | None:
        """Whether a condition holds in every run of this build, by the interpreter and Django's settings.

        ``None`` where only the running program can tell.
        """
        known = self.unit.conditions.constant(test)
        return self.unit.settled.holds(test, self._local, self.analysis.stored) if known is None else known

    def _local(self, name: str) -> Any:
        """What a name of this function, or of one around it, stands for, as ``Settled`` asks for it."""
        around = reversed(self.place.path) if self.place is not None else ()
        for node in (self.node, *around):
            scope = self.unit.index.scopes[id(node)]
            if isinstance(node, ast.Module) or (isinstance(node, ast.ClassDef) and node is not self.node):
                continue
            if name in scope.outside:
                raise LookupError
            if name in scope.bound:
                if not scope.once(name):
                    raise LookupError
                if name in scope.constants:
                    return scope.constants[name]
                found = self.unit.imported_in(node, name)
                if found is MISSING:
                    raise LookupError
                return (found,)
        return None

    def narrow(self, test: ast.expr, *, holds: bool) -> None:
        """Let the names mean what they do where the condition holds, or where it does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.narrow(test.operand, holds=not holds)
        elif isinstance(test, ast.BoolOp):
            # all hold, or none does; of the other cases too little is known
            if isinstance(test.op, ast.And) is holds:
                for one in test.values:
                    self.narrow(one, holds=holds)
            elif holds:
                self._any_of(test)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            self._compared(test, holds=holds)
        elif isinstance(test, ast.Call):
            self._called(test, holds=holds)
        elif isinstance(test, ast.NamedExpr):
            self.narrow(test.target, holds=holds)
        elif (key := self.path(test)) and holds:
            self._there(test, key)

    def _there(self, node: ast.expr, key: str) -> None:
        """The expression is not ``None``; of a relation, its column says so, too."""
        self._become(key, present(self._now(node, key)))
        if not isinstance(node, ast.Attribute):
            return
        holder = self.path(node.value)
        for name in self._relations(node, holder):
            relation = ast.copy_location(ast.Attribute(node.value, name, ast.Load()), node)
            value = self._now(relation, f"{holder}.{name}")
            if isinstance(value, Instance) and value.optional:
                self._become(f"{holder}.{name}", present(value))

    def _relations(self, column: ast.Attribute, holder: str) -> set[str]:
        """The attributes beside a column that give the row which it refers to."""
        owner = self._now(column.value, holder)
        found = (
            set(self.analysis.frameworks.relations(owner, column.attr))
            if isinstance(owner, Instance)
            else set()
        )
        if column.attr.endswith("_id"):  # an attribute of the usual name may be a property over it
            found.add(column.attr[:-3])
        return found

    def _any_of(self, test: ast.BoolOp) -> None:
        """``isinstance(a, X) or …``: what the parts say of may be of any class that they ask for."""
        calls = (node for node in walk(test) if isinstance(node, ast.Call) and node.args)
        for node in calls:
            if self.path(node.func) in ("isinstance", "issubclass") and (key := self.path(node.args[0])):
                self._become(key, None)

    def _now(self, node: ast.expr, key: str) -> Value | None:
        """What the expression is at this point, without asking anything."""
        if key in self.env:
            return self.env[key]
        self.quiet += 1
        try:
            return self.value(node)
        finally:
            self.quiet -= 1

    def _become(self, key: str, value: Value | None) -> None:
        self.env[key] = value

    def _compared(self, test: ast.Compare, *, holds: bool) -> None:
        operator, right = test.ops[0], test.comparators[0]
        left = test.left.target if isinstance(test.left, ast.NamedExpr) else test.left
        same = isinstance(operator, (ast.Is, ast.Eq))
        if not isinstance(operator, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            if isinstance(operator, ast.In) and holds and (key := self.path(left)):
                self._there(left, key)
            return
        if isinstance(left, ast.Call) and self.path(left.func) == "type" and len(left.args) == 1:
            cls = self.value(right)
            key = self.path(left.args[0])
            if key:
                is_it = same is holds and isinstance(cls, Class)
                made = (
                    Instance(cls.cls, Known("tested", test.lineno), exact=True)
                    if isinstance(cls, Class)
                    else None
                )
                self._become(key, made if is_it else self._open(self._now(left.args[0], key)))
            return
        key = self.path(left)
        if not key:
            return
        if isinstance(right, ast.Constant) and right.value is None:
            if same is holds:
                self._become(key, NOTHING)
            else:
                self._there(left, key)
        elif same is holds and isinstance(right, ast.Constant):
            self._there(left, key)

    def _called(self, test: ast.Call, *, holds: bool) -> None:
        name = self.path(test.func)
        if not test.args or not (key := self.path(_target(test.args[0]))):
            return
        node = _target(test.args[0])
        now = self._now(node, key)
        if name == "isinstance" and len(test.args) == 2:
            self._is_instance(test, key, now, holds=holds)
        elif name == "issubclass" or (holds and (name == "callable" or _asks(name))):
            # a question about the class of the value: what it says, only the function knows
            self._become(key, self._open(now))

    def _is_instance(self, test: ast.Call, key: str, now: Value | None, *, holds: bool) -> None:
        asked = self.value(test.args[1])
        cls = asked.cls if isinstance(asked, Class) else None
        if not isinstance(now, Instance) or is_nothing(now):
            known = Known("tested", test.lineno)
            open_ = cls is None or cls is object or vars(cls).get("_is_protocol") or now is not None
            self._become(key, None if open_ or not holds or cls is None else self._instance(cls, known))
            return
        if cls is None:
            every = self._classes(test.args[1])
            kept = every and all(one in now.cls.__mro__ for one in every)
            self._become(key, present(now) if holds and kept else None if holds or not every else now)
        elif cls in now.cls.__mro__:
            if cls is now.cls and not class_objects.is_lower_bound(cls):  # whatever an annotation says
                now = now._replace(known=now.known._replace(parameters=frozenset()))
            self._become(key, present(now) if holds else NOTHING if now.optional else None)
        elif holds:
            below = now.cls in type.mro(cls)
            self._become(key, self._instance(cls, Known("tested", test.lineno)) if below else None)

    def _instance(self, cls: type, known: Known) -> Value | None:
        """What a test says that holds for subclasses as well."""
        if class_objects.is_lower_bound(cls):
            return None
        from .annotations import Annotations

        return Annotations(known).of(cls)

    def _classes(self, node: ast.expr) -> list[type]:
        """The classes of a tuple; none where one of them is not known."""
        values = [self.value(one) for one in node.elts] if isinstance(node, ast.Tuple) else []
        found = [one.cls for one in values if isinstance(one, Class)]
        return found if len(found) == len(values) else []

    @staticmethod
    def _open(value: Value | None) -> Value | None:
        if isinstance(value, Instance):
            return value._replace(opened=True)
        return value if isinstance(value, Live) else None


def _asks(name: str) -> bool:
    return name.rpartition(".")[2].startswith("is")


def _target(node: ast.expr) -> ast.expr:
    return node.target if isinstance(node, ast.NamedExpr) else node
