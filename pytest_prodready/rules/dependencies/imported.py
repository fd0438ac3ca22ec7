"""PRD409: what the application imports, it declares; and what it declares could be imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import INSTALLED, Bringer, Dependencies, Distribution, Facts
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.dependencies.family import declared_at, family, way
from pytest_prodready.rules.dependencies.requirements import Required, requirement
from pytest_prodready.rules.dependencies.uses import Use, imported_modules


@dataclass(frozen=True)
class Library:
    """A top-level module from outside, and who imports it."""

    module: str
    uses: tuple[Use, ...]
    providers: tuple[Distribution, ...]


@family.kind(
    "imported library",
    "imported libraries",
    needs={"dependencies", "web", "worker", "script", "commands", "closure"},
)
def library(facts: Facts) -> Iterator[Subject[Library]]:
    """Each module from outside that the application's own modules import, where it is installed."""
    dependencies = facts.dependencies
    if dependencies is None or not dependencies.declared or not dependencies.complete:
        return
    providers: dict[str, list[Distribution]] = {}
    for one in dependencies.installed:
        for module in one.modules:
            providers.setdefault(module, []).append(one)
    for module, uses in sorted(imported_modules(facts).items()):
        bare = tuple(use for use in uses if not use.guard)
        # what is hidden did not import: PRD105 says so
        if bare and module in providers and module not in dependencies.hidden:
            yield Subject(
                f"import:{module}", Library(module, bare, tuple(providers[module])), location=bare[0].location
            )


@family.rule(
    "PRD409",
    "imported-not-declared",
    library,
    requirement,
    checks="Every library that the application's own modules import is among its declared requirements, and "
    "what is declared brings something.",
    reason="It is there because another one happens to require it, and goes when that one no longer does.",
    remedy="Declare it as a runtime requirement.",
    level=Level.WARNING,
)
def imported_not_declared(value: Library | Required, facts: Facts) -> Iterator[Fault]:
    """PRD409: a note about a declared distribution that brings nothing at all."""
    dependencies = facts.dependencies
    if dependencies is None:
        return
    if isinstance(value, Required):
        yield from _brings_nothing(value.name, dependencies)
        return
    # several that fill one package together cannot be told apart by its name
    if len(value.providers) > 1 or value.providers[0].name in _declared(dependencies):
        return
    provider = value.providers[0]
    owners = {use: _owners(use, dependencies) for use in value.uses}
    uses = [use for use, several in owners.items() if not _asked_for(provider.name, several)]
    if not uses:
        return
    first, *others = uses
    brought = (
        f"it is here because {provider.way[-2]} requires it"
        if provider.within != INSTALLED and len(provider.way) > 1
        else "nothing that is declared requires it"
    )
    named = provider.name if provider.name == value.module else f"{provider.name} ({value.module})"
    details = [("comes with", way(provider.way))] if len(provider.way) > 1 else []
    if others:
        details.append(("also imported at", "\n".join(str(use.location) for use in others[:10])))
    by = " or ".join(one.name for one in owners[first])
    yield Fault(
        f"{first.module} imports {value.module}, but {named} is not declared{by and f' by {by}'}: {brought}",
        f'Declare "{provider.name}>={provider.version}", or what the code needs of it; name it in '
        "[tool.prodready] runtime.also if the image brings it.",
        first.location,
        f"the module was imported from {provider.name} {provider.version} in {provider.place}",
        tuple(details),
    )


def _declared(dependencies: Dependencies) -> set[str]:
    """Everything that the project asks for in its own lines, whether it applies here or not."""
    lines = {one.name for one in dependencies.requirements if not one.constraint}
    return lines | {*dependencies.optional, *dependencies.also, *dependencies.own}


def _owners(use: Use, dependencies: Dependencies) -> tuple[Bringer, ...]:
    """The installed distributions that the importing module may be of; none where it is the project's."""
    top = use.module.partition(".")[0]
    if use.location.file != f"{top}.py" and not use.location.file.startswith(f"{top}/"):
        return ()  # somewhere in the project, which brings a module of this name as well
    return tuple(one for one in dependencies.bringers if top in one.modules)


def _asked_for(name: str, owners: tuple[Bringer, ...]) -> bool:
    return any(name == one.name or name in one.requires for one in owners)


def _brings_nothing(name: str, dependencies: Dependencies) -> Iterator[Fault]:
    found = next((one for one in dependencies.installed if one.name == name), None)
    if found is not None and not found.importable:
        yield Fault(
            f"{found.name} {found.version} is declared, but brings nothing that could be imported",
            "Remove the declaration, or correct the name if another distribution was meant.",
            declared_at((name,), dependencies),
            f"its list of files in {found.place} has nothing but its own metadata",
            level=Level.INFO,
        )
