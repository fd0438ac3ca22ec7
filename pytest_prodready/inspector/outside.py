"""What the application's modules import from outside of it: which top-level module, at which line.

The imports at the beginning of a line are found in the text, and count when the module holds what they bind:
a docstring's example does not. Those in functions have been read for the production closure.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping

from .deferred_statement import CALL, TOP, Statement
from .nodes import walk
from .parsed import Parsed
from .project import Project, source_file

_FROM = re.compile(
    rb"^from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import[ \t]*\(?\s*(\*|\w+)(?:[ \t]+as[ \t]+(\w+))?", re.MULTILINE
)
_IMPORT = re.compile(rb"^import[ \t]+(.+)", re.MULTILINE)
_NAMED = re.compile(rb"\s*([A-Za-z_]\w*)((?:\.\w+)*)(?:\s+as\s+(\w+))?")
_FEATURE = re.compile(r"(?:read|to)_[a-z]+|ExcelFile|ExcelWriter|HDFStore")
_MAY_USE = re.compile(rb"\b(?:(?:read|to)_[a-z]+|ExcelFile|ExcelWriter|HDFStore)\s*\(")
FEATURES = ("pandas",)
"""Libraries whose functions need optional distributions of a certain version each."""


def imports(
    module: object, file: str, statements: Iterable[Statement], project: Project, parsed: Parsed
) -> list[dict[str, object]]:
    """An ``Imported`` for each top-level module from outside that ``module`` imports.

    Args:
        module: the module object, one of the application's.
        file: its source file.
        statements: its imports that run later than itself.
        project: tells the application's own modules.
        parsed: reads the sources.
    """
    try:
        with open(file, "rb") as source:
            data = source.read()
    except OSError:
        return []
    found: dict[str, tuple[int, str]] = {}
    for top, line in _at_top(data, vars(module)):
        found.setdefault(top, (line, ""))
    for one in statements:
        if one.level or one.kind in (CALL, TOP):
            continue
        for name, _, _ in one.imports:
            top = name.partition(".")[0]
            # one that is not guarded says more than one that is
            if top not in found or (found[top][1] and not one.guard):
                found[top] = (one.line, one.guard)
    return [
        {"module": top, "line": line, "guard": guard, "uses": _uses(top, file, parsed)}
        for top, (line, guard) in sorted(found.items())
        if _is_outside(top, project)
    ]


def libraries(project: Project) -> list[str]:
    """The top-level modules from outside that are loaded."""
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    return sorted(top for top in tops if _is_outside(top, project))


def _is_outside(top: str, project: Project) -> bool:
    if not top.isidentifier() or top in sys.stdlib_module_names or project.owns_module(top):
        return False
    if top.startswith(("prodready_inspector", "__")) or top in sys.builtin_module_names:
        return False
    file = source_file(sys.modules.get(top))
    return not file or not project.owns_file(file)


def _at_top(data: bytes, names: Mapping[str, object]) -> Iterable[tuple[str, int]]:
    for match in _FROM.finditer(data):
        bound = (match[3] or match[2]).decode()
        if bound == "*" or bound in names:
            yield match[1].decode(), _line(data, match.start())
    for match in _IMPORT.finditer(data):
        for part in match[1].partition(b"#")[0].split(b","):
            named = _NAMED.match(part)
            if named and (named[3] or named[1]).decode() in names:
                yield named[1].decode(), _line(data, match.start())


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _uses(top: str, file: str, parsed: Parsed) -> list[str]:
    if top not in FEATURES:
        return []
    return parsed.of(file, *READING) or []


def _may_use(data: bytes) -> bool:
    return any(top.encode() in data for top in FEATURES) and bool(_MAY_USE.search(data))


def _read_features(tree: ast.Module) -> list[str]:
    """The names of optional features that are called in ``tree``."""
    called = (node.func for node in walk(tree) if isinstance(node, ast.Call))
    names = (getattr(one, "attr", getattr(one, "id", "")) for one in called)
    return sorted({name for name in names if _FEATURE.fullmatch(name)})


READING = ("features", _read_features, _may_use)
"""What is asked of a module that imports one of these libraries."""
