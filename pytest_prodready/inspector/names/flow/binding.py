"""What statements bind."""

from __future__ import annotations

import ast
import sys

from ...statement_names import resolved
from ..presence.objects_held import value_of
from ..value import MISSING, Class, Instance, Known, Value
from . import containers
from .attributes import as_sure
from .containers import items_of
from .expressions import Expressions
from .joins import is_empty, is_nothing, present


class Binding(Expressions):
    """Reads assignments and imports."""

    def assign(self, target: ast.expr, value: Value | None) -> None:
        """Bind what a target names, and note what is given to attributes."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Instance(list, Known("made", target.lineno), exact=True))
        elif isinstance(target, ast.Attribute):
            self._store(target, value)
        elif isinstance(target, ast.Subscript):
            owner = self.value(target.value)
            key = self.value(target.slice)
            path = self.path(target.value)
            if path in self.env and isinstance(owner, Instance) and not isinstance(target.slice, ast.Slice):
                written = target.slice.value if isinstance(target.slice, ast.Constant) else None
                self.env[path] = containers.stored(owner, key, value, written)

    def _unpack(self, targets: list[ast.expr], value: Value | None) -> None:
        parts: tuple[Value | None, ...] = value.parts if isinstance(value, Instance) else ()
        starred = any(isinstance(one, ast.Starred) for one in targets)
        items = items_of(value, 0) if not parts else None
        for number, one in enumerate(targets):
            fits = len(parts) == len(targets) and not starred
            self.assign(one, parts[number] if fits else items)

    def _store(self, target: ast.Attribute, value: Value | None) -> None:
        owner = self.value(target.value)
        key = self.path(target)
        holder = self.path(target.value)
        own = bool(self.first) and holder == self.first
        if not self.quiet:
            if not own:
                self.analysis.records.store(target.attr, owner)
            elif self.owner is not None:
                self.stores.append((target.attr, value))
        if holder in self.env and isinstance(owner, Instance) and not own:
            self.env[holder] = owner._replace(extra=owner.extra | {target.attr})
        if key:
            start = f"{key}."
            for one in [one for one in self.env if one == key or one.startswith(start)]:
                del self.env[one]
            known = self._given(self.env.get(holder, owner), target) if value is None else value
            if known is not None:
                self.env[key] = known

    def _given(self, owner: Value | None, target: ast.Attribute) -> Value | None:
        """What an attribute is that has just been given a value of which nothing is known.

        A relation that may be empty is so no longer: nothing says that it was given ``None``. Only the
        frameworks are asked: what the methods of a class store may be what is being read here.
        """
        if not isinstance(owner, Instance):
            return None
        found = self.analysis.frameworks.attribute(owner, target.attr, target.lineno)
        empty = found is not None and self._is_nullable(found)
        return as_sure(present(found), owner) if empty else None

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        value = self.value(node.value) if node.value is not None else None
        said = self.annotated(node.annotation, node.lineno)
        said = _agreed(said, value)
        if node.value is not None or isinstance(node.target, ast.Name):
            self.assign(node.target, said)

    def _augment(self, node: ast.AugAssign) -> None:
        self.value(node.value)
        if isinstance(node.target, ast.Attribute):
            owner = self.value(node.target.value)
            self.read(node.target, node.target.value, owner, node.target.attr)
        elif isinstance(node.target, ast.Name):
            before = self.named(node.target.id)
            kept = isinstance(before, Instance) and before.cls in (str, list, int) and before.items is None
            same = isinstance(before, Instance) and kept and before.cls is str
            self.bind(node.target.id, before if same else None)
        else:
            self.value(node.target)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, None)
            elif isinstance(target, ast.Attribute):
                self.read(target, target.value, self.value(target.value), target.attr)
            else:
                self.value(target)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, held in self.unit.imported(node):
            if held is MISSING and self.place is not None and self._is_unused(node):
                self.dead = True  # this way is not gone in this configuration
            if name != "*":
                self.bind(name, value_of(held) if held is not MISSING else None)

    def _is_unused(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Whether the module of an import statement is the application's, and was not loaded."""
        level = getattr(node, "level", 0)
        for alias in node.names:
            module = alias.name
            if isinstance(node, ast.ImportFrom):
                module = resolved(level, node.module or "", self.unit.package)
            if module and module not in sys.modules and self.analysis.owns(module):
                return True
        return False


def _agreed(said: Value | None, value: Value | None) -> Value | None:
    """What a variable is that has an annotation and a value."""
    if is_nothing(said) or is_nothing(value):
        return said
    if not isinstance(said, Instance):
        return value if said is None else said
    if isinstance(value, Class):
        return value
    if not isinstance(value, Instance) or is_empty(value):
        return said
    if said.cls in type.mro(value.cls):
        richer = value.items is not None or value.parts or said.items is None
        return value if richer else said
    return value._replace(known=value.known._replace(sure=False)) if said.opened else None
