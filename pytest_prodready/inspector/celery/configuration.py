"""The keys of a Celery app's configuration: which of them Celery knows, and where the others are written.

Celery looks for the keys that it knows, and passes over all others without a word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from ..nodes import walk
from ..project import Project, source_file
from ..sources import tree_of
from .read_keys import read_keys

Facts = dict[str, Any]
NAMESPACE, OBJECT, UPDATE = "namespace", "object", "update"
USUAL_PREFIX = "CELERY_"


def keys(app: Any, project: Project) -> Facts:
    """The ``Keys`` of a loaded app.

    Args:
        app: the loaded app, with its configuration read.
        project: the application.
    """
    from celery.app import defaults

    known_keys = {*defaults.SETTING_KEYS}
    to_new: dict[str, str] = vars(defaults)["_TO_NEW_KEY"]
    conf = app.conf
    prefix = str(conf.prefix or "")
    given: set[str] = set()
    strange: dict[str, Facts] = {}
    keys_of: dict[str, str] = {}
    for mapping in conf.maps[:-1]:  # the last one has the defaults
        for name, holder in _names(mapping):
            plain = name[len(prefix) :] if prefix and name.startswith(prefix) else name
            key = plain.lower() if plain != name else name
            known = {key, to_new.get(name, key), to_new.get(plain, key)} & known_keys
            given |= known
            if known or name in strange:
                continue
            source = _source(name, plain, prefix, holder)
            if source:
                meant = name[len(USUAL_PREFIX) :].lower() if name.startswith(USUAL_PREFIX) else key.lower()
                strange[name] = {"name": name, "meant": meant, "source": source}
                keys_of[name] = key
    if strange:  # else nothing has to be compared with what the sources read
        read = read_keys(conf)
        known_keys |= read
        for name, key in keys_of.items():
            if used := {name, key} & read:
                given |= used
                del strange[name]
    written = _Written(project)
    return {
        "prefix": prefix,
        "known": sorted(known_keys),
        "given": sorted(given),
        "strange": [
            {**fact, "location": written.places[name]}
            for name, fact in sorted(strange.items())
            if written.only_sets(name)
        ],
    }


def _names(mapping: Any) -> Iterator[tuple[str, Any]]:
    """The keys of one part of the configuration, each with the object it is an attribute of, if it is one."""
    holder = getattr(mapping, "obj", None) if type(mapping).__name__ == "DictAttribute" else None
    own = list(mapping) if isinstance(mapping, Mapping) else []
    found = own if holder is None else dir(holder)
    for name in found:
        if type(name) is str and name.isidentifier() and not name.startswith("_"):
            yield name, holder


def _source(name: str, plain: str, prefix: str, holder: Any) -> str:
    """Where a key comes from; empty for what no one has meant for Celery."""
    if prefix and name.startswith(prefix):
        return NAMESPACE if plain else ""
    if not name.islower() and not name.startswith(USUAL_PREFIX):
        return ""  # an application may give all of its settings
    if holder is None:
        return UPDATE
    held = _held(holder, name)
    return "" if type(held) in (ModuleType, FunctionType) or isinstance(held, type) else OBJECT


def _held(holder: Any, name: str) -> Any:
    """The attribute, where it can be had without running the application's code."""
    if type(holder) is ModuleType:
        return vars(holder).get(name)
    bases = type.mro(holder) if type in type(holder).__mro__ else type(holder).__mro__
    return next((vars(base)[name] for base in bases if name in vars(base)), None)


class _Written:
    """Where the application's modules write names, looked for only when there are any.

    Args:
        project: the application.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.places: dict[str, Facts] = {}
        self._texts: list[tuple[str, bytes]] | None = None

    def only_sets(self, name: str) -> bool:
        """Whether the application sets a key in one place, and reads it nowhere itself."""
        wanted = name.encode()
        pattern = re.compile(rb"\b" + re.escape(wanted) + rb"\b")
        places: list[tuple[str, int]] = []
        for file, text in self._sources():
            if wanted in text and pattern.search(text):
                set_here, used = _uses(file, name)
                if used:
                    return False
                places += [(file, line) for line in set_here]
        if not places:
            return False
        self.places[name] = self.project.location(*places[-1])
        return True

    def _sources(self) -> list[tuple[str, bytes]]:
        if self._texts is None:
            self._texts = []
            modules = dict.fromkeys(source_file(module) for _, module in self.project.modules())
            for file in modules:
                try:
                    with open(file, "rb") as source:
                        self._texts.append((file, source.read()))
                except OSError:
                    continue
        return self._texts


def _uses(file: str, name: str) -> tuple[list[int], bool]:
    """The lines that set ``name``, and whether anything else is done with it."""
    tree = tree_of(file)
    if tree is None:
        return [], True
    lines: list[int] = []
    texts: set[int] = set()
    for node in walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            if name not in (getattr(node, "id", ""), getattr(node, "attr", "")):
                continue
            if isinstance(node.ctx, ast.Load):
                return [], True
            lines.append(node.lineno)
        elif isinstance(node, ast.keyword) and node.arg == name:
            lines.append(node.value.lineno)
        elif isinstance(node, ast.Dict):
            lines += [one.lineno for one in node.keys if isinstance(one, ast.Constant) and one.value == name]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if isinstance(node.slice, ast.Constant) and node.slice.value == name:
                lines.append(node.lineno)
        elif isinstance(node, ast.Constant) and node.value == name:
            texts.add(node.lineno)
        elif name in _bound(node):
            return [], True
    # CELERY_X = env("CELERY_X") says nothing more, getattr(settings, "CELERY_X") reads it
    return lines, not texts <= {*lines}


def _bound(node: ast.AST) -> tuple[str, ...]:
    """What a definition, an import or a parameter calls itself."""
    if isinstance(node, ast.alias):
        return node.name, node.asname or ""
    if isinstance(node, ast.arg):
        return (node.arg,)
    return (node.name,) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ()
