"""Loads an entry point as production does; what it raises is a fact.

Nothing is imported here before the application is: the inspector needs modules that it may shadow.
"""

import builtins
import sys

from .step import inspector, step

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from typing import Any

    from .bootstrap import Events
    from .effects import Effects
    from .environment_reads import EnvironmentReads
    from .project import Project

_BUILTINS = dict(vars(builtins))
_RECURSION_LIMIT = sys.getrecursionlimit()


def load(
    request: "dict[str, Any]", project: "Project", events: "Events", reads: "EnvironmentReads"
) -> "tuple[object] | None":
    """Load the entry point as production does; ``None`` once its failure has been sent."""
    events.send("step", "load")
    reads.begin()
    try:
        if request["loop"]:
            with inspector("running_loop").running():
                loaded = load_entry(request, project)
        else:
            loaded = load_entry(request, project)
        reads.end()
        return (loaded,)
    except BaseException as error:  # SystemExit and KeyboardInterrupt at import are facts too
        events.send("raised")
        reads.end()
        # what is left to do needs them as they were
        vars(builtins).update(_BUILTINS)
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
        from . import failure

        events.send("facts", "failure", failure.describe(error, project))
        raised = error
        step(
            "mapping_failure", lambda: inspector("mapping.failures").mapping_failure(raised, project), events
        )
        environment(reads, project, events)  # while the exception keeps what its modules have defined
        if "django" in request["jobs"] and "django.conf" in sys.modules:
            step("django", lambda: inspector("django.look").after_failure(project), events)
        if request["settle"]:  # the very last step: it changes what is loaded
            here = inspector("continuing_here")
            step("further", lambda: here.settle(raised, request, project, events.send), events)
        return None


def load_entry(request: "dict[str, Any]", project: "Project") -> object:
    """Load the entry point, and return what the later steps look at.

    Raises:
        BaseException: whatever the application raises.
    """
    import os

    if request["settings_module"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", request["settings_module"])
    module = request["target"].partition(":")[0]
    if request["kind"] == "celery":
        return inspector("celery.app").load(request["target"], project)
    if request["kind"] == "database":
        return None
    if request["kind"] == "commands":
        return inspector("management").set_up()
    __import__(module)
    if request["kind"] == "script":
        return None
    if request["kind"] == "module":
        return inspector("web_app").named(request["target"])
    return inspector("web_app").load(request["target"])


def environment_reads(effects: "Effects") -> "EnvironmentReads":
    """What notes the environment variables that the application reads while it is loaded."""
    from .environment_reads import EnvironmentReads

    return EnvironmentReads(effects.owns)


def environment(reads: "EnvironmentReads", project: "Project", events: "Events") -> None:
    """Send what the start has read of the environment, and what its settings classes ask of it."""
    step("environment_reads", lambda: reads.facts(project.location), events)
    if "pydantic_settings" in sys.modules or "pydantic" in sys.modules:
        from . import settings_classes

        step("settings_fields", lambda: settings_classes.inspect(project), events)
