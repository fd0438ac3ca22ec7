"""PRD703: what settings, code and templates name is there."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import DjangoTemplate, Facts, SettingPath, StaticReference, UrlName
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.django.family import NEEDS, SET_UP, family, project_of
from pytest_prodready.rules.failures import evidence, explain, outside_closure

Paths = tuple[SettingPath, ...]
Urls = tuple[UrlName, ...]


@family.kind("path in the settings", "paths in the settings", needs=NEEDS)
def setting_path(facts: Facts) -> Iterator[Subject[Paths]]:
    """Each dotted path, with the settings that name it."""
    found = project_of(facts)
    by_path: dict[str, list[SettingPath]] = {}
    for one in found[1].paths if found is not None else ():
        by_path.setdefault(one.path, []).append(one)
    for path, several in by_path.items():
        yield Subject(path, tuple(several), location=several[0].location)


@family.kind("URL name", "URL names", needs=NEEDS)
def url_name(facts: Facts) -> Iterator[Subject[Urls]]:
    """Each name of a URL pattern that code or a template asks for, with the lines that do."""
    found = project_of(facts)
    by_name: dict[str, list[UrlName]] = {}
    for one in found[1].url_names if found is not None else ():
        by_name.setdefault(one.name, []).append(one)
    for name, several in sorted(by_name.items()):
        yield Subject(f"url:{name}", tuple(several), location=several[0].location)


@family.kind("Django template", "Django templates", needs=NEEDS)
def django_template(facts: Facts) -> Iterator[Subject[DjangoTemplate]]:
    """Each page of the application's own."""
    found = project_of(facts)
    for one in found[1].templates if found is not None else ():
        yield Subject(f"template:{one.name}", one, location=one.location)


@family.kind("static file", "static files", needs=NEEDS)
def static_file(facts: Facts) -> Iterator[Subject[StaticReference]]:
    """Each static file that a template names, where the storage looks it up in a manifest."""
    found = project_of(facts)
    for one in found[1].static if found is not None else ():
        yield Subject(f"static:{one.path}", one, location=one.location)


@family.rule(
    "PRD703",
    "name-leads-nowhere",
    setting_path,
    url_name,
    django_template,
    static_file,
    checks="Dotted paths in Django's settings import, URL names that code and templates ask for exist, the "
    "application's templates compile, and static files are there where their names are hashed.",
    reason="Django looks these names up at the first request, mail or login that needs them.",
    remedy="Correct the name.",
)
def name_leads_nowhere(subject: object, facts: Facts) -> Iterator[Fault]:
    """PRD703."""
    if isinstance(subject, DjangoTemplate):
        yield from _of_template(subject)
    elif isinstance(subject, StaticReference):
        yield from _of_static_file(subject)
    elif isinstance(subject, tuple):
        paths = [one for one in subject if isinstance(one, SettingPath)]
        yield from (
            _of_paths(paths) if paths else _of_urls([one for one in subject if isinstance(one, UrlName)])
        )


def _of_paths(paths: list[SettingPath]) -> Iterator[Fault]:
    one = paths[0]
    if one.failure is None:
        return
    explanation = explain(one.failure)
    settings = " and ".join(dict.fromkeys(path.setting for path in paths))
    verb = "name" if " and " in settings else "names"
    own = any(frame.own for frame in one.failure.frames)
    yield Fault(
        f"{settings} {verb} {one.path}, which does not import: {explanation.cause}",
        explanation.remedy,
        one.location,
        "imported in the interpreter that had set the project up, as Django does when it first needs it",
        details=evidence(one.failure) if own else (),
        # the image may well bring it
        level=Level.WARNING if outside_closure(one.failure) else None,
    )


def _of_urls(urls: list[UrlName]) -> Iterator[Fault]:
    lacking = [one for one in urls if one.lacking]
    if not lacking:
        return
    one = next((each for each in lacking if not each.doubt), lacking[0])
    what = (
        "no URL pattern has that name" if one.lacking == "name" else "no URL configuration has that namespace"
    )
    doubt = f"; {one.doubt}" if one.doubt else ""
    others = "\n".join(f"{each.location}  {each.how}" for each in lacking)
    yield Fault(
        f'{one.how} asks for the URL name "{one.name}", and {what}{doubt}',
        f'Write "{one.near}", the nearest name there is.'
        if one.near
        else "Write a name that a URL pattern has.",
        one.location,
        f"the whole URL configuration was loaded; {SET_UP}",
        details=(("all lines that ask for it", others),) if len(lacking) > 1 else (),
        level=Level.INFO if one.doubt else None,
    )


def _of_template(template: DjangoTemplate) -> Iterator[Fault]:
    if not template.message:
        return
    doubt = f"; {template.doubt}" if template.doubt else ""
    yield Fault(
        f"the template {template.name} does not compile: {template.message.rstrip('.')}{doubt}",
        f"Correct {template.location}: until then every page that uses it is answered 500.",
        template.location,
        f"compiled by the project's own template engine, not rendered; {SET_UP}",
        level=Level.WARNING if template.doubt else None,
    )


def _of_static_file(reference: StaticReference) -> Iterator[Fault]:
    if reference.there:
        return
    later = "" if reference.beside else "; a build may make it later"
    yield Fault(
        f"the template names the static file {reference.path}, which no finder has, and {reference.storage} "
        f"raises for what its manifest lacks{later}",
        "Correct the path, or add the file to a directory of static files.",
        reference.location,
        f"asked every finder of the project; {SET_UP}",
        level=None if reference.beside else Level.WARNING,
    )
