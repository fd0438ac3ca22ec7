"""PRD213: no task that needs a tenant runs in the schema that all tenants share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_prodready.facts import BeatEntry, CallSite, Facts, Task, TenantQuery
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.family import family, loaded, plain_name

NO_TABLE = "which only the tenants' schemas have a table for"
READ = (
    "read from SHARED_APPS and TENANT_APPS, the loaded models and the source of what the task calls; "
    "nothing was run"
)
CARRIER = "tenant_schemas_celery.app.CeleryApp"


@dataclass(frozen=True, slots=True)
class TenantTask:
    """A task that queries what only tenants have, and whatever sends it without a tenant."""

    query: TenantQuery
    task: Task
    carried: bool
    """The message brings the sender's schema along."""
    beat: tuple[BeatEntry, ...] = ()
    """The entries that send it without what would bring it into a tenant's schema."""
    sites: tuple[CallSite, ...] = ()
    """The calls that leave out the parameter which names the tenant."""


@family.kind("tenant task", "tenant tasks", needs={"celery", "closure", "calls", "web", "script", "commands"})
def tenant_task(facts: Facts) -> Iterator[Subject[TenantTask]]:
    """Every task that queries a model whose table only tenants have."""
    sites: dict[str, list[CallSite]] = {}
    for site in (site for seen in facts.entries for site in seen.call_sites):
        sites.setdefault(site.task or f"{site.task_function} ", []).append(site)
    found: dict[str, TenantTask] = {}
    for seen in loaded(facts):
        tenancy = seen.tenancy
        if tenancy is None or seen.celery is None:
            continue
        tasks = {task.name: task for task in seen.celery.tasks}
        entries = {entry.name: entry for entry in seen.celery.beat}
        all_carried = {*tenancy.carried}
        for query in tenancy.queries:
            if query.task in tasks:
                task = tasks[query.task]
                beat = tuple(entries[name] for name in query.beat if name in entries)
                to_it = [*sites.get(task.name, ()), *sites.get(f"{task.module}.{task.function} ", ())]
                carried = query.task in all_carried
                found[task.name] = TenantTask(query, task, carried, beat, _leaving_out(query, to_it))
    for name, one in sorted(found.items()):
        yield Subject(plain_name(f"tenant:{name}"), one, location=one.task.location)


@family.rule(
    "PRD213",
    "tenant-context-lost",
    tenant_task,
    level=Level.WARNING,
    checks="With django-tenants: a task that queries what only tenants have runs in a tenant's schema.",
    reason="The worker starts each task in the public schema, where the table does not exist: the task fails "
    "with 'relation does not exist', and is retried for ever.",
    remedy="Enter the tenant's schema in the task, or let the message carry it with tenant-schemas-celery.",
)
def tenant_context_lost(subject: TenantTask, facts: Facts) -> Iterator[Fault]:
    """PRD213: warnings, as nothing of it was seen to fail."""
    query, name = subject.query, subject.task.name
    evidence = (("the query", f"{query.location}  {query.function}"),)
    if not query.enters and not subject.carried:
        yield Fault(
            f"{name} runs in the public schema and queries {query.model}, {NO_TABLE}: nothing brings it "
            "into a tenant's schema",
            f"Pass the schema's name and enter it, with schema_context(schema_name): …, or make the Celery "
            f"app a {CARRIER}, whose messages carry the sender's schema.",
            query.location,
            READ,
            evidence,
        )
        return
    if subject.carried and not query.enters:
        for entry in subject.beat:
            yield Fault(
                f"beat entry '{entry.name}' sends {name} from no tenant's schema: it runs in the public one "
                f"and queries {query.model}, {NO_TABLE}",
                "Let beat send it once for each tenant: beat_scheduler = "
                "'tenant_schemas_celery.scheduler:TenantAwareScheduler'.",
                entry.location,
                READ,
                evidence,
            )
    if subject.carried:
        return
    for site in subject.sites:
        yield Fault(
            f"{name} is sent without {query.parameter}, so it enters no tenant's schema and queries "
            f"{query.model}, {NO_TABLE}",
            f"Pass {query.parameter}=connection.schema_name, or give the parameter no default.",
            site.location,
            f"the call was bound to {name}{subject.task.signature}; {READ}",
            evidence,
        )
    for entry in subject.beat:
        yield Fault(
            f"beat entry '{entry.name}' sends {name} without {query.parameter}, so it enters no tenant's "
            f"schema and queries {query.model}, {NO_TABLE}",
            f"Let it send a task that goes through the tenants and sends {name} once for each of them.",
            entry.location,
            READ,
            evidence,
        )


def _leaving_out(query: TenantQuery, sites: list[CallSite]) -> tuple[CallSite, ...]:
    """Those of the calls that send the task which give it no tenant."""
    if not query.parameter:
        return ()
    return tuple(
        dict.fromkeys(
            site
            for site in sites
            if site.complete and not site.misuse and not site.more and not site.more_keywords
            if query.parameter not in site.keywords
            if query.position < 0 or all(count <= query.position for count in site.counts)
        )
    )
