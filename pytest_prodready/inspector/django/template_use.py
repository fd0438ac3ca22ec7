"""Which templates may be rendered at all: by what the application's sources and its other templates name."""

from __future__ import annotations

import os
import re

from ..project import Project, source_file
from ..sources import tree_of
from . import source_names, template_names
from .source_text import read
from .templates import Page, overrides

IMPLIED = re.compile(
    r"(?:_list|_detail|_form|_confirm_delete|_archive(?:_\w+)?)\.html$|^(?:400|403|404|500)\.html$"
)
"""Templates that Django asks for by a name that no line has to write."""
UNNAMED = "nothing in the sources names it"


class Use:
    """What leads to each template.

    Args:
        pages: the application's.
        project: the application.
    """

    def __init__(self, pages: list[Page], project: Project) -> None:
        self._project = project
        self._pages = {page.name: page for page in pages}
        texts = {page.name: read(page.file).decode("utf-8", "replace") for page in pages}
        self._texts = texts
        self._quoted = {name: {*template_names.quoted(text, name)} for name, text in texts.items()}
        self._doubts: dict[str, str] = {}
        self._modules = {
            source_file(module): (module, frozenset(_quoted_in(source_file(module))))
            for _, module in project.modules()
        }

    def doubt(self, page: Page) -> str:
        """Why a template may well never be rendered, in a clause; empty for one that something may render."""
        if page.name not in self._doubts:
            self._doubts.update(self._follow(page.name))
        return self._doubts[page.name]

    def _follow(self, name: str) -> dict[str, str]:
        """The doubts about a template, and about all that lead to it: nothing else is read for that."""
        leading = {name}
        waiting = [name]
        while waiting:
            asked = waiting.pop()
            found = {one for one, names in self._quoted.items() if asked in names} - leading
            leading |= found
            waiting += found
        doubts: dict[str, str] = {}
        certain = [(one, "") for one in leading if _is_implied(self._pages[one], self._project)]
        certain += self._from_sources(leading)
        doubtful = [one for one in certain if one[1]]
        certain = [one for one in certain if not one[1]]
        while certain or doubtful:  # those that nothing is doubted of come first
            one, doubt = certain.pop() if certain else doubtful.pop()
            if one in doubts:
                continue
            doubts[one] = doubt
            for inner, condition in template_names.named(self._texts[one], one):
                if inner in leading and inner not in doubts:
                    because = doubt or _behind(condition)
                    (doubtful if because else certain).append((inner, because))
        return {one: doubts.get(one, UNNAMED) for one in leading}

    def _from_sources(self, wanted: set[str]) -> list[tuple[str, str]]:
        """Those of the templates that a loaded source names, each with a doubt."""
        found: list[tuple[str, str]] = []
        for file, (module, names) in self._modules.items():
            tree = tree_of(file) if names & wanted else None
            if tree is not None:
                found += source_names.named(module, tree, wanted)
        return [(name, _behind(condition)) for name, condition in found]


def _behind(condition: str) -> str:
    return f"what names the template stands behind a condition ({condition})" if condition else ""


def _quoted_in(file: str) -> set[str]:
    return {*template_names.quoted(read(file).decode("utf-8", "replace"))}


def _is_implied(page: Page, project: Project) -> bool:
    """Whether Django asks for a template without that a line names it.

    That is an error page, one of a generic view for a model, or one of a library that is installed, which
    the application has in its stead.
    """
    from django.apps import apps  # type: ignore[import-untyped,unused-ignore]

    if not IMPLIED.search(page.name):
        return False
    label, _, file = page.name.partition("/")
    if not file:
        return True
    if label == "admin" and apps.is_installed("django.contrib.admin"):
        return True
    models = apps.all_models.get(label, ())
    return any(os.path.basename(file).startswith(f"{model}_") for model in models) or overrides(page, project)
