"""The steps of one inspection, in order; each sends its facts as soon as it has them.

A step that fails does not stop the next one, and what was sent before a crash or a hang is not lost. Other
inspector modules are imported only after the application: they need modules that it may shadow.
"""

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bootstrap import Events
    from .project import Project


def run(request: "dict[str, Any]", project: "Project", events: "Events") -> None:
    """Load the entry point, then look at what was loaded, as far as ``request["jobs"]`` asks for it."""
    loaded = _load(request, project, events)
    if loaded is None:
        return
    jobs = set(request["jobs"])

    def step(name: str, gather: "Callable[[], object]") -> object:
        return _step(name, gather, events)

    if request["kind"] == "web":
        step("app", lambda: _web_app().inspect(loaded[0], request["target"], project))
    elif request["kind"] == "celery":
        step("celery", lambda: _celery_app().inspect(loaded[0], project))
    if "closure" in jobs:
        _closure(request, loaded[0], project, events)
    if jobs & {"mapping", "database", "catalogue"}:
        mapping = step("mapping", lambda: _mapping().inspect(project))
        wanted = "catalogue" in jobs or (
            "database" in jobs and isinstance(mapping, dict) and mapping["columns"]
        )
        if wanted and isinstance(mapping, dict):
            step("database", lambda: _read_database(request, mapping, project))


COLLECT_AFTER = 50_000
"""Allocations between two garbage collections while the application loads: an import makes few cycles, and
looking for them every 700 allocations takes a seventh of the time."""


def _load(request: "dict[str, Any]", project: "Project", events: "Events") -> "tuple[object] | None":
    """Load the entry point as production does; ``None`` once its failure has been sent."""
    import gc
    import os

    events.send("step", "load")
    threshold = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *threshold[1:])
    if request["settings_module"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", request["settings_module"])
    try:
        module = request["target"].partition(":")[0]
        if request["kind"] == "celery":
            return (_celery_app().load(request["target"], project),)
        if request["kind"] == "database":
            return (None,)
        __import__(module)
        if request["kind"] == "module":
            return (_web_app().named(request["target"]),)
        return (_web_app().load(request["target"], project),)
    except BaseException as error:  # SystemExit and KeyboardInterrupt at import are facts too
        events.send("raised")
        from . import failure

        events.send("facts", "failure", failure.describe(error, project))
        raised = error
        _step("mapping_failure", lambda: _mapping().mapping_failure(raised, project), events)
        return None
    finally:
        if gc.get_threshold() == (COLLECT_AFTER, *threshold[1:]):  # else the application has its own
            gc.set_threshold(*threshold)


def _step(name: str, gather: "Callable[[], object]", events: "Events") -> object:
    events.send("step", name)
    try:
        facts = gather()
    except BaseException as error:  # an application's object may raise anything when it is looked at
        import traceback

        events.send("problem", name, f"{type(error).__name__}: {error}", traceback.format_exc(limit=-8))
        return None
    events.send("facts", name, facts)
    return facts


def _closure(request: "dict[str, Any]", loaded: object, project: "Project", events: "Events") -> None:
    def walk() -> None:
        from . import closure, web_app

        with web_app.context(loaded, project):
            for module in closure.walk(project, request["kind"]):
                events.send("facts", "module", module)

    _step("closure", walk, events)


def _read_database(request: "dict[str, Any]", mapping: "dict[str, Any]", project: "Project") -> object:
    import os

    from . import database

    return database.read(request["database"], mapping, project, request["database_limit"], os.environ)


def _web_app() -> "Any":
    from . import web_app

    return web_app


def _celery_app() -> "Any":
    from . import celery_app

    return celery_app


def _mapping() -> "Any":
    from . import mapping

    return mapping
