"""Where the application's loaded modules ask for a URL by a constant name: ``reverse("shop:order")``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..nodes import is_try, last_name, name_parts, walk
from ..parsed import Parsed
from ..project import Project, source_file

READING = "url_names"
FUNCTIONS = ("reverse", "reverse_lazy", "redirect", "resolve_url")
MODULES = ("django.urls", "django.urls.base", "django.shortcuts")
OPTIONAL = re.compile(r"(?i)settings|conf\b|config|installed|debug|feature|enabled|plugin|hasattr|getattr")
CATCHING = {"NoReverseMatch", "Exception", "BaseException"}


class Asked(NamedTuple):
    """One such call."""

    file: str
    line: int
    how: str
    name: str
    doubt: str


def asked(project: Project, parsed: Parsed) -> Iterator[Asked]:
    """Every call of the functions with a constant name that is not provided for by a ``try``."""
    for _, module in project.modules():
        file = source_file(module)
        for line, how, name, doubt in parsed.of(file, READING, _read, _may_have) or ():
            yield Asked(file, line, how, name, doubt)


def _may_have(data: bytes) -> bool:
    return b"django." in data and (b"reverse" in data or b"redirect" in data or b"resolve_url" in data)


def _read(tree: ast.Module) -> list[tuple[int, str, str, str]]:
    known = {
        alias.asname or alias.name: alias.name
        for node in walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES and not node.level
        for alias in node.names
        if alias.name in FUNCTIONS
    }
    found: list[tuple[int, str, str, str]] = []
    if known:
        _look(tree, known, "", found)
    return found


def _look(node: ast.AST, known: dict[str, str], doubt: str, found: list[tuple[int, str, str, str]]) -> None:
    """Collect the calls below ``node``; ``doubt`` is what the statements around it say."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
        how = known[node.func.id]
        name = _name(node, how)
        if name:
            found.append((node.lineno, how, name, doubt))
    for field, value in ast.iter_fields(node):
        inner = doubt
        if is_try(node) and field == "body" and _catches(node):
            continue
        if isinstance(node, (ast.If, ast.IfExp)) and field in ("body", "orelse"):
            inner = doubt or _condition(node.test)
        if isinstance(node, (ast.With, ast.AsyncWith)) and field == "body" and _suppresses(node):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                _look(one, known, inner, found)


def _name(call: ast.Call, how: str) -> str:
    """The constant that is asked for; empty for what is none, and for another configuration than the root."""
    if any(one.arg == "urlconf" for one in call.keywords) or (
        how.startswith("reverse") and len(call.args) > 1
    ):
        return ""
    first = call.args[0] if call.args else _keyword(call, "viewname")
    name = first.value if isinstance(first, ast.Constant) else None
    if not isinstance(name, str) or not name or "/" in name or "." in name or name.startswith("?"):
        return ""
    return name if not name.startswith(("#", ":")) else ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _condition(test: ast.expr) -> str:
    """Why a condition makes it doubtful that its branches are ever taken; empty for others."""
    text = ast.unparse(test)
    return f"it stands behind a condition ({text[:80]})" if OPTIONAL.search(text) else ""


def _catches(node: Any) -> bool:
    for handler in node.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or last_name(kind) in CATCHING for kind in kinds):
            return True
    return False


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    """``with suppress(NoReverseMatch)``, and a test's ``raises``."""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and name_parts(call.func)[-1:] in (("suppress",), ("raises",)):
            return True
    return False
