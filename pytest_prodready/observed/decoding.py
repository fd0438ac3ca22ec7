"""The facts of one entry point, made of what its child has told."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace

from pytest_prodready.causes import of_modules
from pytest_prodready.codec import decode
from pytest_prodready.facts import (
    App,
    BeatRows,
    Binding,
    Build,
    CallSite,
    Celery,
    Command,
    Database,
    DjangoProject,
    Effect,
    EnvironmentRead,
    Failure,
    ImportCost,
    InspectedEntry,
    Live,
    MappingFailure,
    Migrations,
    Module,
    Names,
    Operation,
    Receiver,
    Service,
    SettingsField,
    Tenancy,
    Way,
)
from pytest_prodready.facts import (
    Mapping as MappingFacts,
)
from pytest_prodready.observed.seen import COSTS, Seen


@dataclass(frozen=True)
class _Plain:
    """Facts that are no dataclass of their own."""

    names: dict[str, Failure] = field(default_factory=dict)
    unreached: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    call_sites: tuple[CallSite, ...] = ()
    parsed: int = 0
    environment_reads: tuple[EnvironmentRead, ...] = ()
    settings_fields: tuple[SettingsField, ...] = ()
    services: tuple[Service, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    operations: tuple[Operation, ...] = ()
    builds: tuple[Build, ...] = ()
    reaching: tuple[tuple[str, str, tuple[Way, ...]], ...] = ()
    """Module and function of a broken import, and how tasks can reach it."""


def decoded(seen: Seen) -> InspectedEntry:
    """The facts that a child has told so far, whether or not it came to its end.

    Raises:
        WireError: they are not of the form that the inspector gives them.
    """
    facts = {name: seen.redactor.blank_facts(value) for name, value in seen.facts.items()}
    mapping = decode(MappingFacts, facts["mapping"]) if facts.get("mapping") else None
    if facts.get("mapping_failure"):
        mapping = MappingFacts(failures=(decode(MappingFailure, facts["mapping_failure"]),))
    known = [one.name for one in dataclasses.fields(_Plain)]
    plain = decode(_Plain, {name: facts[name] for name in known if facts.get(name)})
    modules = (decode(Module, seen.redactor.blank_facts(module)) for module in seen.modules)
    ways = {(module, function): several for module, function, several in plain.reaching}
    app = decode(App, facts["app"]) if facts.get("app") else None
    if app is not None:
        app = replace(app, operations=plain.operations, builds=plain.builds)
    return InspectedEntry(
        seen.entry,
        failure=decode(Failure, facts["failure"]) if "failure" in facts else None,
        seconds=float(str(facts.get("seconds", 0.0))),
        app=app,
        celery=decode(Celery, facts["celery"]) if facts.get("celery") else None,
        binding=decode(Binding, facts["binding"]) if facts.get("binding") else None,
        call_sites=plain.call_sites,
        beat_rows=decode(BeatRows, facts["rows"]) if facts.get("rows") else None,
        tenancy=decode(Tenancy, facts["tenancy"]) if facts.get("tenancy") else None,
        live=decode(Live, facts["live"]) if facts.get("live") else None,
        modules=of_modules(
            tuple(_reached_by(module, ways) if module.broken else module for module in modules),
            seen.causes,
        ),
        mapping=mapping,
        databases=tuple(decode(Database, one) for one in _items(facts.get("databases"))),
        migrations=decode(Migrations, facts["migrations"]) if facts.get("migrations") else None,
        effects=tuple(decode(Effect, effect) for effect in _items(facts.get("effects"))),
        loaded=seen.loaded,
        costs=tuple(
            ImportCost(name, own / 1e6, total / 1e6)
            for own, total, name in sorted(seen.costs, reverse=True)[:COSTS]
        ),
        forbidden=tuple(seen.forbidden),
        commands=tuple(decode(Command, seen.redactor.blank_facts(command)) for command in seen.commands),
        names=plain.names,
        unreached=plain.unreached,
        libraries=plain.libraries,
        parsed=plain.parsed,
        environment_reads=plain.environment_reads,
        settings_fields=plain.settings_fields,
        services=plain.services,
        django=decode(DjangoProject, facts["django"]) if facts.get("django") else None,
        receivers=plain.receivers,
        names_asked=decode(Names, facts["names_asked"]) if facts.get("names_asked") else None,
    )


def _reached_by(module: Module, ways: dict[tuple[str, str], tuple[Way, ...]]) -> Module:
    """``module`` with the ways on which tasks can reach its broken imports."""
    broken = (replace(one, ways=ways.get((one.module, one.function), ())) for one in module.broken)
    return replace(module, broken=tuple(broken))


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []
