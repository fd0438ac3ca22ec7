"""The steps of one inspection, in order; each sends its facts as soon as it has them.

A step that fails does not stop the next one, and what was sent before a crash or a hang is not lost. Other
inspector modules are imported only after the application: they need modules that it may shadow.
"""

import sys
import time

from . import garbage, loading
from .step import inspector, step

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bootstrap import Events
    from .effects import Effects
    from .parsed import Parsed
    from .project import Project


def run(request: "dict[str, Any]", project: "Project", events: "Events", effects: "Effects") -> None:
    """Load the entry point, then look at what was loaded, as far as ``request["jobs"]`` asks for it."""
    effects.begin()
    if request["hurried"]:
        garbage.collect_seldom()
    if request["continue"] is not None:
        inspector("continuing").load(request, project, events)
        return
    started = time.perf_counter()
    reads = loading.environment_reads(effects)
    loaded = loading.load(request, project, events, reads)
    if loaded is None or events.forked:  # a fork would start as well: the other one is looked at
        return
    events.send("facts", "seconds", time.perf_counter() - started)
    effects.end()
    name = f"{request['kind']} {request['target']}"
    parsed = inspector("parsed").Parsed(request["cache"], name, request["shared"])
    jobs = set(request["jobs"])
    _expect(parsed, jobs)
    _effects(effects, events, parsed)
    loading.environment(reads, project, events)
    raised: dict[str, Any] = {}

    def do(name: str, gather: "Callable[[], object]") -> object:
        return step(name, gather, events)

    def connected() -> None:
        if "receivers" in jobs and "django.dispatch.dispatcher" in sys.modules:
            do("receivers", lambda: inspector("django.receivers").connected(project))

    tried: list[str] = []
    if request["kind"] != "web":
        connected()
    if request["kind"] == "web":
        do("app", lambda: inspector("web_app").inspect(loaded[0], request["target"], project, parsed))
        connected()  # now that the routes of Django's URL configuration were asked for, as by a request
        if "celery" in jobs and "celery" in sys.modules:
            do("binding", lambda: inspector("celery.wiring").inspect(loaded[0], project))
    elif request["kind"] == "celery" and "celery" in jobs:
        do("celery", lambda: inspector("celery.app").inspect(loaded[0], project, parsed))
    elif request["kind"] == "script":
        do("names", lambda: _names(request, project))
    elif request["kind"] == "commands":
        effects.begin()
        tried = _commands(request, project, events)
        effects.end()
        _effects(effects, events, parsed)
    if ("services" in jobs and request["kind"] == "celery") or (
        jobs & {"services", "controls"} and request["kind"] == "web"
    ):
        known = reads.facts(project.location)
        do("services", lambda: inspector("services").inspect(loaded[0], request["kind"], known, project))
    if "closure" in jobs:
        effects.begin()
        raised = _closure(request, loaded[0], project, events, parsed, tried)
        effects.end()
        _effects(effects, events, parsed)
        if "calls" in jobs:
            do("call_sites", lambda: inspector("celery.call_sites").inspect(project, parsed))
        if request["kind"] == "celery" and "celery" in jobs:
            do("tenancy", lambda: inspector("celery.tenants").inspect(loaded[0], project, parsed))
        do("conflicts", lambda: inspector("conflicts").inspect(project, tuple(request["pythonpath"])))
        do("parsed", parsed.save)  # a file of ours is no effect of the application's
    if request["kind"] in ("script", "commands"):
        jobs -= {"mapping", "database", "migrations"}  # they may well load half of the models, and use none
        # what else raises there does so most often because no function has set the application up yet
        raised = {name: failure for name, failure in raised.items() if failure["missing"]}
    if jobs & {"mapping", "database", "catalogue", "migrations"}:
        mapping = do("mapping", lambda: inspector("mapping.mappers").inspect(project))
        migrated = "migrations" in jobs and bool(request["alembic"])
        wanted = "catalogue" in jobs or (
            "database" in jobs
            and isinstance(mapping, dict)
            and (migrated or mapping["columns"] or mapping["tables"])
        )
        databases: Any = None
        if wanted and isinstance(mapping, dict):
            read = _read_databases
            databases = do("databases", lambda: read(request, loaded[0], mapping, project, events))
        if "migrations" in jobs and isinstance(mapping, dict):  # imports what belongs to no other step
            do("migrations", lambda: _migrations(request, mapping, databases, project))
    if request["kind"] == "celery" and "rows" in jobs:
        do("rows", lambda: inspector("celery.beat_rows").read(loaded[0], request["database_limit"]))
    if request["kind"] == "celery" and "live" in jobs:
        do("live", lambda: inspector("celery.live").ask(loaded[0], request["live_limit"]))
    if "django" in jobs and request["kind"] in ("web", "commands"):
        do("django", lambda: _django(project, parsed, events))
    if "names" in jobs:  # what it loads, and what the models bring when they are configured, is there now
        do("names_asked", lambda: _names_asked(request, loaded[0], project, parsed, events))
    if request["kind"] == "web" and "health" in jobs:  # changes what the application keeps
        _framework(request, loaded[0], project, events)
    if raised:  # the very last step: it changes what is loaded
        do("further", lambda: _go_on(raised, request, loaded[0], project, events))


def _expect(parsed: "Any", jobs: "set[str]") -> None:
    """Have each file parsed once for all the steps that will ask for most of them."""
    if "closure" in jobs:
        with_celery = inspector("celery.call_sites").CELERY in sys.modules
        for reading in inspector("readings").of_most(calls="calls" in jobs and with_celery):
            parsed.expect(*reading)


def _closure(
    request: "dict[str, Any]",
    loaded: object,
    project: "Project",
    events: "Events",
    parsed: "Any",
    tried: "list[str]",
) -> "dict[str, Any]":
    """Send the modules of the closure; return those that raised, each with its failure.

    Beside these, ``tried`` are the files that something else has reached although they are not loaded.
    """

    def walk() -> None:
        from . import closure, web_app

        module: Any
        with web_app.context(loaded, project):
            for module in closure.walk(project, request["kind"], parsed):
                events.send("facts", "module", module)
                broken.extend(module.get("broken", ()))
                if "failure" in module:
                    failed[module["name"]] = module

    def reaching() -> object:
        return inspector("celery.reaching").tasks_reaching(loaded, broken, project, parsed)

    failed: dict[str, Any] = {}
    broken: list[Any] = []
    step("closure", walk, events)
    step("libraries", lambda: inspector("outside").libraries(project), events)
    if broken and request["kind"] == "celery":
        step("reaching", reaching, events)
    tried += [one["file"] for one in failed.values()]
    step("unreached", lambda: inspector("unreached").files(project, tried), events)
    return {name: one["failure"] for name, one in failed.items() if one["failure"]["how"] == "raised"}


def _go_on(
    raised: "dict[str, Any]", request: "dict[str, Any]", loaded: object, project: "Project", events: "Events"
) -> None:
    from . import web_app

    with web_app.context(loaded, project):
        inspector("continuing").modules(raised, project, request["hidden"], events.send)


def _effects(effects: "Effects", events: "Events", parsed: "Parsed") -> None:
    def find_line(file: str, module: str, kind: str, detail: str) -> "int | None":
        from . import effect_lines

        return effect_lines.find_line(file, module, kind, detail, parsed)

    def gather() -> object:
        return effects.facts(find_line)

    step("effects", gather, events)


def _read_databases(
    request: "dict[str, Any]",
    loaded: object,
    mapping: "dict[str, Any]",
    project: "Project",
    events: "Events",
) -> object:
    import os

    from . import web_app
    from .database import reading

    found = []
    limit = request["database_limit"]
    scan = request["scan"]
    tables = request["tables"]
    with web_app.context(loaded, project):  # what listens to the engine's statements may need it
        for database in reading.read(request["database"], mapping, project, limit, os.environ, scan, tables):
            found.append(database)
            events.send("facts", "databases", found)
            events.send("step", "databases")  # each has its own time
    return found


def _migrations(
    request: "dict[str, Any]", mapping: "dict[str, Any]", databases: "Any", project: "Project"
) -> object:
    from . import migrations

    return migrations.inspect(request["alembic"], mapping, databases or (), project)


def _django(project: "Project", parsed: "Any", events: "Events") -> object:
    def tell(facts: object) -> None:
        events.send("facts", "django", facts)

    def begin(name: str) -> None:
        events.send("step", name)

    return inspector("django.look").inspect(project, parsed, tell, begin)


def _names_asked(
    request: "dict[str, Any]", loaded: "Any", project: "Project", parsed: "Any", events: "Events"
) -> object:
    from . import web_app

    def begin() -> None:
        events.send("step", "names_asked")

    among: set[str] | None = None
    if not request["names_whole"]:  # of its own kind alone: the rest is read in another interpreter
        if request["kind"] == "celery":
            registry = inspector("celery.registry")
            among = {str(type(task).__module__) for task in registry.own(loaded).values()}
        else:
            among = {name for name, _ in project.modules() if ".management.commands." in name}
    with web_app.context(loaded, project):  # the configured cache and the session may be bound to it
        return inspector("names.look").inspect(project, parsed, begin, among)


def _framework(request: "dict[str, Any]", loaded: "Any", project: "Project", events: "Events") -> None:
    """Send the guarded operations, and what the framework builds when it is first asked for it."""
    from . import web_app, web_builds, web_operations

    def look() -> "list[dict[str, object]]":
        return web_operations.inspect(loaded.value, project)

    def is_health(path: str) -> bool:
        last = path.rstrip("/").rpartition("/")[2]
        return last in request["health_names"] or path in request["health_paths"]

    builds = []
    with web_app.context(loaded, project):
        operations: Any = step("operations", look, events)
        for build in web_builds.planned(loaded.value, is_health):
            events.send("step", f"build {build.kind} {build.name}")
            builds.append(build.tried(project))
            events.send("facts", "builds", builds)
            more = web_operations.documented(build.document, operations or [])
            if more:
                events.send("facts", "operations", [*(operations or []), *more])


def _names(request: "dict[str, Any]", project: "Project") -> object:
    from . import script

    module = request["target"].partition(":")[0]
    return script.names(module, request["names"], request["started"] == "console", project)


def _commands(request: "dict[str, Any]", project: "Project", events: "Events") -> "list[str]":
    """Send each command as soon as it is loaded: one that stops the interpreter does not hide the others.

    Returns the places of those that raised, and of manage.py itself, which stands behind all of them.
    """
    tried = [request["target"]]
    found: Any = step("commands", lambda: inspector("management").own(project, request["skipped"]), events)
    for name, module, file in found or ():
        events.send("command", name, module, project.relative(file))
        command = inspector("management").load(name, module, file, project)
        events.send("facts", "command", command)
        if "failure" in command:
            tried.append(project.relative(file))
    return tried
