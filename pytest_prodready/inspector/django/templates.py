"""The templates of the application's own, compiled by Django's engine; none is rendered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from ..project import Project
from .vendored import is_vendored

Facts = dict[str, Any]
PAGES = (".html", ".htm")
MOST = 5_000
OF_ANOTHER_LANGUAGE = re.compile(
    r"\{%-|-%\}|\{%\s*(?:set|macro|call|import|from|do|raw)\b|\{\{\s*cookiecutter\b"
)
"""What Jinja's templates have, and Django's never."""


class Page:
    """One template: its name, its file, and what came of compiling it."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.nodes: Any = None
        """The compiled ``nodelist``; ``None`` where it does not compile."""
        self.problem = ""
        self.line: int | None = None


def compiled(project: Project) -> list[Page]:
    """Each page that one of Django's own engines takes from a directory of the application's."""
    ours, every = _engines()
    others = {str(path) for one in every if one not in ours for path in getattr(one, "template_dirs", ())}
    found: dict[str, Page] = {}
    for backend in ours:
        for directory in _directories(backend):
            if directory in others or not is_own(directory, project):
                continue
            for name, file in _pages(directory):
                if len(found) < MOST and file not in found and (page := _compile(backend, name, file)):
                    found[file] = page
    return list(found.values())


def _engines() -> tuple[list[Any], list[Any]]:
    """Django's own engines, and all of them."""
    from django.template import engines  # type: ignore[import-untyped,unused-ignore]

    every = engines.all()
    return [one for one in every if type(one).__module__ == "django.template.backends.django"], every


def is_own(directory: str, project: Project) -> bool:
    """Whether a directory of templates is the application's, and no library's that it brings along."""
    return project.owns_file(directory) and not is_vendored(directory, project)


def _directories(backend: Any) -> list[str]:
    """Where the engine's loaders look for templates, in their order."""
    waiting, found = list(backend.engine.template_loaders), list(map(str, backend.template_dirs))
    while waiting:
        loader = waiting.pop(0)
        waiting += getattr(loader, "loaders", ())  # one that keeps what the others have loaded
        if hasattr(loader, "get_dirs"):
            found += map(str, loader.get_dirs())
    return list(dict.fromkeys(found))


def _pages(directory: str) -> Iterator[tuple[str, str]]:
    for place, inner, files in os.walk(directory):
        inner[:] = sorted(one for one in inner if "{{" not in one and one != "jinja2")
        for file in sorted(files):
            if file.endswith(PAGES) and "{{" not in file:
                path = os.path.join(place, file)
                yield os.path.relpath(path, directory).replace(os.sep, "/"), path


def _compile(backend: Any, name: str, file: str) -> Page | None:
    """The page; ``None`` where another file of this name wins, or where it is of another language."""
    from django.template import TemplateDoesNotExist  # type: ignore[import-untyped,unused-ignore]

    page = Page(name, file)
    try:
        with open(file, encoding="utf-8") as source:
            if OF_ANOTHER_LANGUAGE.search(source.read()):
                return None
        template, origin = backend.engine.find_template(name)
    except (OSError, UnicodeDecodeError, TemplateDoesNotExist):
        return None
    except Exception as error:  # a tag of the application's may raise anything while it is compiled
        if not _is_from(error, name, file, backend):
            return None
        page.problem = f"{type(error).__name__}: {error}" if _is_foreign(error) else str(error)
        page.line = getattr(getattr(error, "token", None), "lineno", None)
        return page
    if os.path.realpath(str(origin)) != os.path.realpath(file):
        return None
    page.nodes = template.nodelist
    return page


def _is_foreign(error: Exception) -> bool:
    return type(error).__name__ != "TemplateSyntaxError"


def _is_from(error: Exception, name: str, file: str, backend: Any) -> bool:
    """Whether it is this file that does not compile: the first one that the loaders have by its name."""
    for loader in backend.engine.template_loaders:
        for origin in loader.get_template_sources(name):
            if os.path.isfile(str(origin)):
                return os.path.realpath(str(origin)) == os.path.realpath(file)
    return False


def overrides(page: Page, project: Project) -> bool:
    """Whether a library that is installed has a template of this name, too."""
    for backend in _engines()[0]:
        for directory in _directories(backend):
            file = os.path.join(directory, page.name)
            if not is_own(directory, project) and os.path.isfile(file):
                return True
    return False
