"""Queues and patterns of task names as the source writes them."""

from __future__ import annotations

import ast
import bisect
import re
from typing import Any

from ..nodes import last_name, walk
from ..project import Project, source_file
from . import source

DECLARES = {"Queue", "Broadcast"}
SENDS = {"apply_async", "send_task", "set", "signature", "subtask"}
OPTIONS = ("queue", "routing_key", "exchange")
STARTS_WORKERS = re.compile(
    rb"\b(?:worker_main|add_consumer|select_add|WorkController|consume_from)\b|\.Worker\("
)
NEEDED = re.compile(rb"(?i)queue|rout|exchange|annotation")


class Written:
    """What the application's loaded modules write about queues and routes.

    Args:
        project: tells these modules.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.keys: dict[str, list[tuple[str, int]]] = {}
        """A text that is the key of a dict, or the first of a pair → its places."""
        self.declared: dict[str, tuple[str, int]] = {}
        """Queue → where a ``Queue(…)`` names it."""
        self.default: dict[str, tuple[str, int]] = {}
        """The same of ``task_default_queue``."""
        self.options: dict[str, list[tuple[int, str, str]]] = {}
        """File → line, option and constant of each ``queue=…`` of a call or a class, in order."""
        self.mentioned: set[str] = set()
        self.computed = False
        self.chosen = False
        self.starts_workers = False
        for _, module in project.modules():
            self._take(source_file(module))

    def _take(self, file: str) -> None:
        self.starts_workers |= source.holds(file, STARTS_WORKERS)
        found = source.of(file, *READING)
        if found is None:
            return
        for text, line in found["keys"]:
            self.keys.setdefault(text, []).append((file, line))
        for text, line in found["declared"]:
            self.declared.setdefault(text, (file, line))
        for text, line in found["default"]:
            self.default.setdefault(text, (file, line))
        self.options[file] = sorted(found["options"])
        self.mentioned.update(found["mentioned"])
        self.computed |= found["computed"]
        self.chosen |= found["chosen"]

    def key(self, text: str) -> dict[str, object] | None:
        """The line of a key; ``None`` where it stands in several places."""
        places = self.keys.get(text, [])
        return self.project.location(*places[0]) if len(places) == 1 else None

    def option(self, file: str, first: int, last: int, queue: str) -> dict[str, object] | None:
        """The line between two lines of a file that gives a queue as an option."""
        options = self.options.get(file, [])
        here = options[
            bisect.bisect_left(options, (first, "", "")) : bisect.bisect_left(options, (last + 1, "", ""))
        ]
        inside = [one for one in here if one[1] in OPTIONS]
        exact = [one for one in inside if one[2] == queue] or inside
        return self.project.location(file, exact[0][0]) if exact else None


def _read(tree: ast.Module) -> dict[str, Any]:
    keys: list[tuple[str, int]] = []
    declared: list[tuple[str, int]] = []
    default: list[tuple[str, int]] = []
    options: list[tuple[int, str, str]] = []
    mentioned: set[str] = set()
    computed = chosen = False
    passed: set[int] = set()
    for node in walk(tree):  # a node comes before what it holds
        if isinstance(node, ast.Call) and last_name(node.func) in DECLARES:
            names = [
                *node.args[:1],
                *(one.value for one in node.keywords if one.arg in ("name", "queue", "alias")),
            ]
            declared += [(text, one.lineno) for one in names if (text := _text(one))]
            passed.update(id(one) for one in node.keywords)
        elif isinstance(node, ast.Call) and last_name(node.func) in SENDS:
            chosen |= any(one.arg in (None, *OPTIONS) for one in node.keywords)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                name = _pattern(key) if key is not None else ""
                if name:
                    keys.append((name, key.lineno if key is not None else node.lineno))
                if name in OPTIONS and key is not None:
                    options.append((value.lineno, name, _text(value)))
                    if _text(value):
                        mentioned.add(_text(value))
                    else:
                        computed |= not isinstance(value, (ast.Name, ast.Attribute, ast.Call))
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and (name := _pattern(node.elts[0])):
            keys.append((name, node.lineno))
        elif isinstance(node, ast.keyword) and node.arg is not None and id(node) not in passed:
            if node.arg.lower().endswith("default_queue"):
                default += [(text, node.value.lineno) for text in [_text(node.value)] if text]
            elif node.arg in OPTIONS:
                options.append((node.value.lineno, node.arg, _text(node.value)))
                computed |= not _text(node.value) and not _constant_name(node.value)
            mentioned.update(_texts(node.value) if "queue" in node.arg.lower() else ())
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names_of = [last_name(target) for target in targets]
            for one in names_of:
                if one.lower().endswith("default_queue"):
                    default += [(text, node.value.lineno) for text in [_text(node.value)] if text]
                elif one in OPTIONS and _text(node.value):
                    options.append((node.value.lineno, one, _text(node.value)))
                if "queue" in one.lower() and not one.lower().endswith("task_queues"):
                    mentioned.update(_texts(node.value))
        elif isinstance(node, ast.ClassDef) and "queue" in node.name.lower():
            mentioned.update(_texts(node))
    return {
        "keys": keys,
        "declared": declared,
        "default": default,
        "options": options,
        "mentioned": sorted(mentioned),
        "computed": computed,
        "chosen": chosen,
    }


def _pattern(node: ast.expr | None) -> str:
    """A text, or that of ``re.compile("…")``."""
    if isinstance(node, ast.Call) and last_name(node.func) == "compile" and node.args:
        node = node.args[0]
    return _text(node)


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node: ast.AST) -> set[str]:
    return {text for one in walk(node) if (text := _text(one))}


def _constant_name(node: ast.expr) -> bool:
    """A name written in capitals: its value stands in an assignment, which counts by itself."""
    return last_name(node).isupper() or isinstance(node, ast.Constant)


READING = ("queue names", _read, NEEDED.search)
"""What is asked of each of the application's loaded modules."""
