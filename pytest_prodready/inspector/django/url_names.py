"""The names of URL patterns that are there, in the root configuration and in others that are loaded."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ..project import FOREIGN, Project, source_file
from ..sources import members
from .source_text import read

DEPTH = 12
SWITCHING = re.compile(rb"\.urlconf\b|\bset_urlconf\b|\burlconf\s*=")
"""How a request gets another URL configuration than the root one."""

MAKING = re.compile(rb"\burlpatterns\b|\bget_urls\b|@action\b")
"""What a source file has that makes URL patterns."""


class Names:
    """What a name can stand for, once the whole root configuration has been loaded.

    Raises:
        Exception: the root configuration does not load.
    """

    def __init__(self, project: Project) -> None:
        from django.urls import get_resolver  # type: ignore[import-untyped,unused-ignore]

        self._project = project
        self._root = get_resolver()
        self._names: set[str] = set()
        self._namespaces: set[str] = set()
        self._whole: set[str] = set()
        self._sources: list[bytes] | None = None
        self._walk(self._root.url_patterns, "", 0)
        for patterns in _other_patterns():
            self._walk(patterns, None, 0)
        self._several = self._other_configurations()

    def _walk(self, patterns: Iterable[Any], prefix: str | None, depth: int) -> None:
        """Collect names; ``prefix`` has the namespaces so far, ``None`` in another configuration."""
        for pattern in patterns:
            inner = members(pattern)
            if hasattr(type(pattern), "url_patterns"):
                below = prefix
                spaces = {inner.get("namespace"), inner.get("app_name")} - {None}
                self._namespaces |= {str(one) for one in spaces}
                if prefix is not None and inner.get("namespace"):
                    below = f"{prefix}{inner['namespace']}:"
                if depth < DEPTH:
                    self._walk(pattern.url_patterns, below, depth + 1)
            elif isinstance(inner.get("name"), str):
                name = str(inner["name"])
                self._names.add(name)
                if prefix is not None:
                    self._whole.add(prefix + name)

    def lacking(self, name: str) -> str:
        """``name`` or ``namespace``, where none of the loaded configurations has it; empty when it is there.

        With one configuration alone it is looked up as Django does it; with several ones the name and the
        namespaces must be nowhere at all.
        """
        *spaces, last = name.split(":")
        if last not in self._names:
            return "" if self._optional(last) else "name"
        unknown = [space for space in spaces if space not in self._namespaces]
        if unknown:
            return "" if self._written("app_name|namespace", unknown[0]) else "namespace"
        return "name" if not self._several and not self._resolves(spaces, last) else ""

    def _resolves(self, spaces: list[str], last: str) -> bool:
        """Whether the root configuration has a name, as ``reverse`` looks for it."""
        resolver = self._root
        for space in spaces:
            for instance in (space, *resolver.app_dict.get(space, ())):
                if instance in resolver.namespace_dict:
                    resolver = resolver.namespace_dict[instance][1]
                    break
            else:
                return False
        return last in resolver.reverse_dict

    def nearest(self, name: str) -> str:
        """The name that was most likely meant; empty for none."""
        same = [one for one in self._whole if one.rpartition(":")[2] == name.rpartition(":")[2]]
        near = difflib.get_close_matches(name, same or self._whole, 1, 0.0 if same else 0.7)
        return near[0] if near else ""

    def _optional(self, last: str) -> bool:
        """Whether a URL configuration that is not loaded has the name, or a router that makes it."""
        of_router, _, _ = last.rpartition("-")
        loaded = any(name.startswith(f"{of_router}-") for name in self._names)
        return self._written("name|url_name", last) or (
            bool(of_router) and not loaded and self._written("basename", of_router)
        )

    def _written(self, keywords: str, text: str) -> bool:
        """Whether a source file with URL patterns gives one of them, or all of them, this name.

        It may belong to an application that is optional, as the line that asks for it may.
        """
        quoted = rf"""\b(?:{keywords})\s*=\s*f?['"]{re.escape(text)}['"]"""
        made = re.compile(quoted.encode())
        if self._sources is None:
            self._sources = [source for source in self._texts() if MAKING.search(source)]
        return any(made.search(source) for source in self._sources)

    def _texts(self) -> Iterator[bytes]:
        """The text of every source file beside and below the loaded modules of the application."""
        loaded = {os.path.dirname(source_file(module)) for _, module in self._project.modules()}
        tops = [one for one in sorted(loaded) if not any(one.startswith(top + os.sep) for top in loaded)]
        for top in tops:
            for directory, inner, files in os.walk(top):
                inner[:] = [one for one in inner if one not in FOREIGN and not one.startswith(".")]
                for file in files:
                    if file.endswith(".py"):
                        yield read(os.path.join(directory, file))

    def _other_configurations(self) -> bool:
        """Whether requests may get another configuration: by a setting, or by code that speaks of it."""
        from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

        if any(name.endswith("URLCONF") and name != "ROOT_URLCONF" for name in dir(settings)):
            return True
        modules = {path.rpartition(".")[0] for path in settings.MIDDLEWARE if isinstance(path, str)}
        modules -= {one for one in modules if one.startswith("django.")}
        files = [source_file(sys.modules.get(name)) for name in modules]
        files += [source_file(module) for _, module in self._project.modules()]
        return any(SWITCHING.search(read(file)) for file in files if file)


def _other_patterns() -> Iterator[Iterable[Any]]:
    """The patterns of every loaded module that has some."""
    for _, module in sorted(sys.modules.items()):
        patterns = members(module).get("urlpatterns")
        if isinstance(patterns, list):
            yield patterns
