"""Names that a module does not have after its import, but that its application may give it while it runs."""

from __future__ import annotations

import ast
from typing import Any

from .loaded import Loaded
from .nodes import walk
from .parsed import Parsed
from .project import Project, source_file


def read(tree: ast.Module) -> dict[str, Any]:
    """What ``tree`` does to the names of modules.

    Returns:
        Its own names: ``declared`` by ``global``, or ``opaque``, made in ways that no reader can follow; and
        what it ``stores``: attribute → the last names of those on which it is set.
    """
    declared: set[str] = set()
    stores: dict[str, set[str]] = {}
    opaque = False
    for node in walk(tree):
        if isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Attribute):
            owner = getattr(node.value, "id", getattr(node.value, "attr", ""))
            if owner and isinstance(node.ctx, ast.Store) and owner not in ("self", "cls"):
                stores.setdefault(node.attr, set()).add(owner)
        else:
            opaque = opaque or _opaque(node)
    return {
        "declared": sorted(declared),
        "opaque": opaque,
        "stores": {name: sorted(owners) for name, owners in stores.items()},
    }


def _opaque(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        return name == "globals" or (name in ("vars", "locals") and not node.args) or _executes_here(node)
    # sys.modules[__name__]: whatever is done with it
    return (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    )


def _executes_here(call: ast.Call) -> bool:
    """Whether ``call`` is an ``exec`` whose names may become this module's: none is named for them."""
    if getattr(call.func, "id", "") != "exec":
        return False
    given = call.args[1] if len(call.args) > 1 else None
    for keyword in call.keywords:
        given = keyword.value if keyword.arg == "globals" else given
    spread = any(isinstance(one, ast.Starred) for one in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )
    return spread or given is None or (isinstance(given, ast.Constant) and given.value is None)


class MadeLater:
    """Knows which names the application's loaded modules give to each other.

    Args:
        project: tells the application's own modules.
        parsed: reads their source.
    """

    def __init__(self, project: Project, parsed: Parsed) -> None:
        self.parsed = parsed
        self._loaded = Loaded(project)
        self._stores: dict[str, list[tuple[object, str]]] = {}
        """Attribute → the modules that set it somewhere, and on what."""

    def may_appear(self, name: str, module: object) -> bool:
        """Whether the application's sources give ``name`` to ``module`` at some time, or may do so.

        That is: ``global name`` in one of its functions, names made in ways that no reader can follow, or an
        assignment from another loaded module (``db.engine = create_engine(…)`` at start-up).
        """
        own = self.parsed.of(source_file(module), "names", read) or {}
        if own.get("opaque") or name in own.get("declared", ()):
            return True
        self._look_at_new_modules()
        last = str(vars(module).get("__name__", "")).rpartition(".")[2]
        return any(
            owner == last or vars(other).get(owner) is module for other, owner in self._stores.get(name, ())
        )

    def _look_at_new_modules(self) -> None:
        for _, module in self._loaded.new():
            found = self.parsed.of(source_file(module), "names", read) or {}
            for attribute, owners in found.get("stores", {}).items():
                self._stores.setdefault(attribute, []).extend((module, owner) for owner in owners)
