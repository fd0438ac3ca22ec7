"""All that is to be known of a Django project once its entry point has been loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..parsed import Parsed
from ..project import Project
from . import checks, setting_paths, static_files, template_nodes, template_use, templates, url_calls
from .settings_source import SettingsSource
from .url_names import Names

Facts = dict[str, Any]


def inspect(
    project: Project, parsed: Parsed, tell: Callable[[Facts], None], begin: Callable[[str], None]
) -> Facts | None:
    """The ``DjangoProject``; ``None`` where Django is not set up.

    Args:
        project: the application.
        parsed: reads its sources.
        tell: is given what is known so far, part by part: a check may end the interpreter.
        begin: is told what is about to run, which has a time of its own.
    """
    registry = getattr(sys.modules.get("django.apps"), "apps", None)
    if registry is None or not registry.ready:
        return None
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    module = str(getattr(settings, "SETTINGS_MODULE", ""))
    source = SettingsSource(project, module)
    facts: Facts = {"settings_module": module}
    facts["paths"] = setting_paths.imported(project, source)
    tell(facts)
    pages = templates.compiled(project)
    doubt = _doubt(pages, project)
    facts["templates"] = [_template(page, project, doubt) for page in pages]
    facts["static"] = static_files.references(pages, project, doubt)
    tell(facts)
    facts["url_names"] = _url_names(pages, project, parsed, doubt)
    tell(facts)
    facts["checks"], facts["messages"] = checks.run(project, source, lambda name: begin(f"check {name}"))
    return facts


def after_failure(project: Project) -> Facts | None:
    """The ``DjangoProject`` with the paths of the settings that name nothing, once the start has failed.

    What else fails may follow from that. ``None`` where the settings themselves do not load.
    """
    from django.conf import settings  # type: ignore[import-untyped,unused-ignore]

    if not settings.configured:
        return None
    module = str(getattr(settings, "SETTINGS_MODULE", ""))
    paths = setting_paths.imported(project, SettingsSource(project, module), with_apps=True)
    return {"settings_module": module, "paths": [one for one in paths if _names_nothing(one)]}


def _names_nothing(path: Facts) -> bool:
    """Whether it is the path itself that leads nowhere, not an import in the module that it names."""
    missing = path.get("failure", {}).get("missing")
    return bool(missing) and f"{path['path']}.".startswith(f"{missing['module']}.")


def _doubt(pages: list[templates.Page], project: Project) -> Callable[[templates.Page], str]:
    """Why a page may well never be rendered; nothing is read for it before it is asked for."""
    made: list[template_use.Use] = []

    def doubt(page: templates.Page) -> str:
        if not made:
            made.append(template_use.Use(pages, project))
        return made[0].doubt(page)

    return doubt


def _template(page: templates.Page, project: Project, doubt: Callable[[templates.Page], str]) -> Facts:
    """The ``DjangoTemplate``."""
    return {
        "name": page.name,
        "location": project.location(page.file, page.line),
        "message": " ".join(page.problem.split())[:400],
        "doubt": doubt(page) if page.problem else "",
    }


def _url_names(
    pages: list[templates.Page], project: Project, parsed: Parsed, doubt_of: Callable[[templates.Page], str]
) -> list[Facts]:
    """A ``UrlName`` for each line that asks for one; none where the URL configuration does not load."""
    try:
        names = Names(project)
    except Exception:  # PRD505 says why
        return []
    asked: list[tuple[str, int | None, str, str, str, templates.Page | None]] = [
        (one.file, one.line, one.how, one.name, one.doubt, None) for one in url_calls.asked(project, parsed)
    ]
    asked += [
        (page.file, line, "{% url %}", name, doubt, page)
        for page in pages
        for kind, name, line, doubt in template_nodes.asked(page.nodes or ())
        if kind == "url"
    ]
    found = []
    for file, line, how, name, doubt, page in asked:
        fact = {"name": name, "how": how, "location": project.location(file, line)}
        lacking = names.lacking(name)
        if lacking:
            if not doubt and page is not None:
                doubt = doubt_of(page)
            fact |= {"lacking": lacking, "near": names.nearest(name), "doubt": doubt}
        found.append(fact)
    return found
