"""The last look at what is lacking: whether somebody else gives it to such an object, by the sources."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Collection, Iterator, Sequence

from ...nodes import walk
from ...project import Project, source_file
from ...sources import tree_of
from . import class_objects, filling
from .listed import CLOSED_BASES

GIVING = re.compile(
    rb"\bsetattr\(\s*[\w.]+\s*,(?!\s*['\"])|\b__dict__\b|\bvars\("
    rb"|\b(?:type|new_class|make_dataclass|create_model)\((?:[^()]|\([^()]*\))*?,"
)
"""In a source that gives attributes by names that are data, or makes classes of them."""
ANNOTATING = re.compile(rb"\b(?:annotate|alias|extra|to_attr|Prefetch)\b")
SELF = re.compile(rb"(?<![\w.])(?:self|cls)\Z")
SEVERAL = re.compile(rb"\s*[\w.\[\]]+(?:\s*,\s*[\w.\[\]]+)*\Z")
"""Of a line before an attribute that an annotation or other targets follow: nothing but targets."""
TARGET = re.compile(rb"\b(?:for|as)\s+[\w.]+\Z")
"""Of a line before an attribute: a loop or a ``with`` stores it."""
BY_TEXT = re.compile(rb"\bsetattr\([^()]*,\s*\Z|__dict__\[\Z")
"""Of a line before a text: it is the name under which something is stored."""
UNREADABLE = filling.Filling(frozenset(), frozenset(), unread=True)
NO_LIBRARY = {"abc", "builtins", "typing", "typing_extensions"}
"""Modules of bases whose users do not give anything to instances of subclasses."""

TIDY = {"django", "rest_framework"}
"""Libraries whose own sources do so with models alone."""


class Confirm:
    """Searches the sources of the loaded modules.

    Args:
        project: tells which of them are the application's.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._texts: dict[str, bytes] = {}
        self._fillings: dict[str, filling.Filling] = {}
        self._filled: dict[int, tuple[type, bool]] = {}
        self._sources: tuple[list[str], list[tuple[str, str]]] | None = None
        self.is_written = functools.lru_cache(maxsize=None)(self._is_written)

    def confirmed(
        self,
        cls: type | None,
        name: str,
        libraries: Sequence[tuple[str, str]] = (),
        judged: Collection[str] = (),
    ) -> bool:
        """Whether nothing speaks for it that an instance of ``cls`` is given ``name`` from outside.

        Args:
            cls: its class; ``None`` for what is no instance.
            name: the attribute.
            libraries: file and qualified name of the class statements of libraries that it inherits from.
            judged: files of the application whose stores need no search: their receivers are known.
        """
        if any(name in _words(file, qualname) for file, qualname in libraries):
            return False
        if cls is not None and self._filled_elsewhere(cls):
            return False
        text = name.encode()
        for file in self._own():
            data = self._text(file)
            if text not in data:
                continue
            if file not in judged and gives(data, name):
                return False
            if self._given_by_key(file, data, name):
                return False
        tops = self._tops(cls) if cls is not None else set()
        for module, file in self._loaded()[1] if tops else ():
            data = self._text(file)
            if text in data and gives(data, name) and _speaks_of(tops, module, data):
                return False
        return True

    def stands_in(self, file: str, name: str) -> bool:
        """Whether the word stands in a source file, or the file cannot be read."""
        data = self._text(file) if file else b""
        return not data or re.search(rb"\b%s\b" % re.escape(name.encode()), data) is not None

    def _is_written(self, name: str) -> bool:
        """Whether the application's sources have the name as a text or as a keyword: it may be a key."""
        written = re.compile(
            rb"""['"]%(name)s['"]|\b%(name)s\s*=(?!=)""" % {b"name": re.escape(name.encode())}
        )
        return any(written.search(self._text(file)) for file in self._own())

    def _given_by_key(self, file: str, data: bytes, name: str) -> bool:
        """Whether a source of the application's names the attribute where names are data."""
        by_key = GIVING.search(data) is not None
        if not by_key and not ANNOTATING.search(data):
            return False
        tree = tree_of(file)
        if tree is None:
            return True
        for node in walk(tree):
            if by_key and isinstance(node, ast.Constant) and node.value == name:
                return True
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
                if called in ("annotate", "alias", "extra", "aggregate") and name in _keys(node):
                    return True
                if any(
                    one.arg == "to_attr" and isinstance(one.value, ast.Constant) and one.value.value == name
                    for one in node.keywords
                ):
                    return True
        return False

    def _filled_elsewhere(self, cls: type) -> bool:
        """Whether a source that speaks of the class, or of a base, gives attributes by names that are data.

        Keys of mapped classes are their columns.
        """
        if class_objects.is_mapped(cls):
            return False
        for base in class_objects.mro(cls):
            if base is object or class_objects.is_static(base):
                continue
            if id(base) not in self._filled:
                self._filled[id(base)] = base, self._is_filled(base)
            if self._filled[id(base)][1]:
                return True
        return False

    def _is_filled(self, cls: type) -> bool:
        top = class_objects.module_of(cls).partition(".")[0]
        if top in NO_LIBRARY or class_objects.qualified(cls) in CLOSED_BASES:
            return False
        own, others = self._loaded()
        beside = [] if top in TIDY else [file for module, file in others if module.partition(".")[0] == top]
        files = [*own, *beside]
        found = {file: self._filling(file) for file in files if filling.FILLING.search(self._text(file))}
        name = class_objects.qualname(cls).rpartition(".")[2]
        if any(name in one.classes for one in found.values()):
            return True
        functions = sorted(set().union(*(one.functions for one in found.values())))
        called = b"|".join(re.escape(one.encode()) for one in functions)
        calls = re.compile(rb"(?<!\bdef )\b(?:%s)\(" % called) if functions else None
        spoken_of = re.compile(rb"\b%s\b" % re.escape(name.encode()))
        speaking = [file for file in files if spoken_of.search(self._text(file))]
        return any(
            (file in found and found[file].unread) or (calls is not None and calls.search(self._text(file)))
            for file in speaking
        )

    def _filling(self, file: str) -> filling.Filling:
        if file not in self._fillings:
            tree = tree_of(file)
            self._fillings[file] = filling.read(tree) if tree is not None else UNREADABLE
        return self._fillings[file]

    def _tops(self, cls: type) -> set[str]:
        """The libraries that a class inherits from: who uses them may be given its instances."""
        tops = {class_objects.module_of(base).partition(".")[0] for base in class_objects.mro(cls)}
        return {top for top in tops if top not in NO_LIBRARY and not self._project.owns_module(top)}

    def _own(self) -> list[str]:
        return self._loaded()[0]

    def _loaded(self) -> tuple[list[str], list[tuple[str, str]]]:
        """The source files of the application's loaded modules, and module and file of the others."""
        if self._sources is None:
            own: dict[str, None] = {}
            others: list[tuple[str, str]] = []
            for name, module in sorted(sys.modules.items()):
                file = source_file(module)
                if file and self._project.owns_file(file):
                    own[file] = None
                elif file:
                    others.append((name, file))
            self._sources = list(own), others
        return self._sources

    def _text(self, file: str) -> bytes:
        if file not in self._texts:
            try:
                with open(file, "rb") as source:
                    self._texts[file] = source.read()
            except OSError:
                self._texts[file] = b""
        return self._texts[file]


def gives(data: bytes, name: str) -> bool:
    """Whether a source gives the attribute to an object that is not ``self`` or ``cls``."""
    for found in _written(name).finditer(data):
        before = data[data.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        if found["quoted"]:
            if BY_TEXT.search(before):
                return True
        elif TARGET.search(before):
            return True
        elif found["stored"] and not SELF.search(before):
            alone = found["several"] is None
            if alone or SEVERAL.match(before):
                return True
    return False


@functools.lru_cache(maxsize=256)
def _written(name: str) -> re.Pattern[bytes]:
    """Finds ``.name``, with what makes it a store, and the name as a text."""
    word = re.escape(name.encode())
    several = rb"(?P<several>,[^=\n(){}]*=(?!=)|:[^=\n]+=(?!=))"
    stored = rb"(?P<stored>\s*(?:=(?!=)|(?:[-+*/|&^%%@]|//|\*\*|<<|>>)=|%s))" % several
    return re.compile(rb"\.%s\b%s?|(?P<quoted>['\"])%s['\"]" % (word, stored, word))


def _speaks_of(tops: set[str], module: str, data: bytes) -> bool:
    """Whether a module is of one of the libraries, or its source imports from one."""
    if module.partition(".")[0] in tops:
        return True
    names = b"|".join(re.escape(top.encode()) for top in sorted(tops))
    return re.search(rb"^\s*(?:from|import)\s+(?:%s)\b" % names, data, re.MULTILINE) is not None


def _keys(call: ast.Call) -> Iterator[str]:
    """The keywords of a call, and the keys of the dicts in it."""
    for one in call.keywords:
        if one.arg:
            yield one.arg
        for node in walk(one.value):
            if isinstance(node, ast.Dict):
                yield from (key.value for key in node.keys if isinstance(key, ast.Constant))  # type: ignore[misc]  # other constants match no name


@functools.lru_cache(maxsize=512)
def _words(file: str, qualname: str) -> frozenset[str]:
    """Every name and every text that is written in a class statement."""
    tree = tree_of(file)
    last = qualname.rpartition(".")[2]
    words: set[str] = set()
    for node in walk(tree) if tree is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == last:
            for one in walk(node):
                for field in ("id", "attr", "arg", "name", "value"):
                    word = getattr(one, field, None)
                    if type(word) is str:
                        words.add(word)
    return frozenset(words)
