"""Whether a class may come to have subclasses that are not loaded, by the sources of the application."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterator

from ...project import Project, directories, source_file
from . import class_objects


class Descended:
    """Searches the application's sources for subclasses, those of modules that are not loaded too.

    Args:
        project: tells where these sources are.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._texts: list[tuple[bytes, bool]] | None = None

    def may_have(self, cls: type, name: str) -> bool:
        """Whether an instance of a subclass that is made later or in another process may have it.

        Args:
            cls: the class; its loaded subclasses are looked for as well.
            name: the attribute.
        """
        below = class_objects.subclasses(cls)
        classes = {class_objects.qualname(one).rpartition(".")[2] for one in [cls, *below]}
        text = name.encode()
        for own in sorted(classes):
            made, stated, word = _patterns(own)
            for data, loaded in self._sources():
                if word not in data:
                    continue
                if made.search(data):
                    return True
                if not loaded and any(text in data or b"," in one["bases"] for one in stated.finditer(data)):
                    return True
        return False

    def _sources(self) -> list[tuple[bytes, bool]]:
        """The text of each source file, and whether its module is loaded."""
        if self._texts is None:
            loaded = {self._project.real(source_file(module)) for _, module in self._project.modules()}
            self._texts = [
                (_text(file), file in loaded) for file in sorted(loaded.union(self._beside_the_loaded()))
            ]
        return self._texts

    def _beside_the_loaded(self) -> Iterator[str]:
        for package in self._project.packages:
            for place in directories(sys.modules.get(package)):
                for directory, _, files in os.walk(place):
                    for each in files:
                        if each.endswith(".py"):
                            yield self._project.real(os.path.join(directory, each))


@functools.lru_cache(maxsize=256)
def _patterns(name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes], bytes]:
    """What makes a subclass when it runs, and what states one at the top of a module; and the name itself."""
    word = name.encode()
    base = rb"\b%s\b(?!\.)" % re.escape(word)  # not that of ``Base.Meta``
    made = (
        rb"^[ \t]+class[ \t]+\w+\([^)]*%(base)s"
        rb"|\b(?:type|new_class)\((?:[^()]|\([^()]*\))*?,\s*\([^()]*%(base)s"
        rb"|%(base)s[^()\n]*\)\s*\+[^\n]*__bases__|__bases__[^\n]*%(base)s"
    ) % {b"base": base}
    stated = rb"^class[ \t]+\w+\((?P<bases>[^)]*%s[^)]*)" % base
    return re.compile(made, re.MULTILINE), re.compile(stated, re.MULTILINE), word


def _text(file: str) -> bytes:
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError:
        return b""
