"""Ways through a function that meet again."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from .binding import Binding
from .bound_names import attributes_set, bound_in
from .containers import items_of
from .frame import Environment, joined


class Loops(Binding):
    """Reads loops."""

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order, as far as they are reached."""
        raise NotImplementedError

    def meet(self, ways: list[tuple[Environment, bool]]) -> None:
        """Go on after several ways; those that end do not count."""
        alive = [env for env, dead in ways if not dead]
        self.dead = not alive
        if alive:
            self.env = alive[0]
            for one in alive[1:]:
                self.env = joined(self.scope, self.env, one)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        items = items_of(self.value(node.iter), node.lineno)
        self._loop(node, lambda: self.assign(node.target, items), endless=False)

    def _while(self, node: ast.While) -> None:
        self.value(node.test)

        def head() -> None:
            self.value(node.test)
            self.narrow(node.test, holds=True)

        self._loop(node, head, endless=self.unit.conditions.constant(node.test) is True)
        if not self.dead and not any(isinstance(one, ast.Break) for one in ast.walk(node)):
            self.narrow(node.test, holds=False)

    def _loop(self, node: Any, head: Callable[[], None], *, endless: bool) -> None:
        names = bound_in(node.body) | bound_in([node.target] if hasattr(node, "target") else [])
        changed = attributes_set(node.body)
        for key in [key for key in self.env if "." in key]:
            if key.partition(".")[0] in names or key.rpartition(".")[2] in changed:
                del self.env[key]
        carried = {name for name in names if name in self.env}
        if carried:
            self._settle(node, head, carried)
        before = dict(self.env)
        self.leaving.append([])
        head()
        self.body(node.body)
        ways = [(env, False) for env in self.leaving.pop()]
        around = [(self.env, self.dead), (before, False)]
        if endless:
            self.meet(ways)
            return
        self.meet(around)
        self.body(node.orelse)
        self.meet([(self.env, self.dead), *ways])

    def _settle(self, node: Any, head: Callable[[], None], carried: set[str]) -> None:
        """Let the names that a loop rebinds mean what they do in any of its turns."""
        if self.quiet:
            for name in carried:
                self.env[name] = None
            return
        before = dict(self.env)
        self.quiet += 1
        self.leaving.append([])
        returns, yields = len(self.returns), len(self.yields)
        head()
        self.body(node.body)
        self.leaving.pop()
        del self.returns[returns:], self.yields[yields:]
        self.quiet -= 1
        after = self.env if not self.dead else before
        self.env, self.dead = before, False
        for name in carried:
            self.env[name] = joined(self.scope, {name: before[name]}, {name: after.get(name)})[name]

    def _break(self, node: ast.Break | ast.Continue) -> None:
        if self.leaving:
            self.leaving[-1].append(dict(self.env))
        self.dead = True
