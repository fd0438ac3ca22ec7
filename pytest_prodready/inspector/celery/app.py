"""The Celery app as a worker has it before it starts to consume: loaded, searched, finalized.

:func:`load` goes the way of ``celery -A target worker``: ``celery/bin/celery.py`` finds the app, its ``conf``
is read for the options, ``WorkController.__init__`` calls ``loader.init_worker()``, and
``celery.app.trace.setup_worker_optimizations`` makes the app current and finalizes it. No task is run.
"""

from __future__ import annotations

import importlib
import sys
from types import FunctionType, ModuleType
from typing import Any

from ..parsed import Parsed
from ..project import Project
from . import (
    beat,
    claims,
    configuration,
    discovery,
    inventory,
    known_options,
    misnamed,
    option_names,
    options,
    queue_names,
    registry,
    routing,
    setup,
    source,
    takes,
)

Facts = dict[str, Any]


class NotACeleryAppError(TypeError):
    """The target names something else than a Celery app; the message says what."""


def load(target: str, project: Project) -> Any:
    """Load the app named ``target`` as a worker does, and return it finalized.

    Args:
        target: what stands behind ``celery -A``: ``src.celery_app:celery_app``, ``src.celery_app``, ``proj``.
        project: the application.

    Raises:
        NotACeleryAppError: the target names something else.
        MisnamedModuleError: the configuration, a top-level package named for discovery, a module of
            ``include`` or an app of Django's does not exist.
        BaseException: whatever the application raises, as it would stop the worker.
    """
    app: Any = _find(target)
    from celery.app.base import Celery

    if not isinstance(app, Celery):
        raise NotACeleryAppError(f"{target} is {_named(app)}, not a Celery app")
    if Celery not in type(app).__mro__:
        app = vars(type(app))["_get_current_object"](app)  # a proxy, Celery's own or Werkzeug's
    try:
        app.conf.get("timezone")  # the first look at any key reads the whole configuration
    except (ImportError, AttributeError, RecursionError):  # Celery 5.3 looks for it again and again
        misnamed.settings(app, project)
        raise
    try:
        app.loader.init_worker()
    except Exception as error:
        if isinstance(error, ModuleNotFoundError):
            misnamed.searched(error, project)
            misnamed.imported(error, app, project)
        misnamed.installed(error, project)
        raise
    app.set_current()
    app.set_default()
    app.finalize()
    return app


def inspect(app: Any, project: Project, parsed: Parsed) -> Facts:
    """The ``Celery`` facts of a loaded app; to be called before more modules are imported.

    Args:
        app: what :func:`load` returned.
        project: the application.
        parsed: reads its source.
    """
    import celery

    source.keep_in(parsed)
    parsed.expect(*queue_names.READING)
    consumed = routing.declared(app)
    tasks = registry.own(app)
    described = [registry.describe(name, task, project) for name, task in sorted(tasks.items())]
    readers = option_names.Readers(project)
    for one in described:
        one["options"] = options.of_task(app, one["name"], tasks[one["name"]], project, readers)
    for one in described:
        one |= takes.facts(tasks[one["name"]])
    found = discovery.discoveries(project)
    rivals = claims.rivals(app, tasks, project)
    for task in described:
        task["claims"] = rivals.get(task["name"], [])
    scheduled = beat.entries(app, project)
    answers = routing.asked(app)
    return {
        "name": str(app.main or ""),
        "version": str(celery.__version__),
        "tasks": described,
        "discoveries": found,
        "sources": inventory.sources(app, tasks, described, found, project, rivals),
        "beat": scheduled,
        **beat.lost(app, project),
        "routing": routing.inspect(app, tasks, scheduled, consumed, answers, project),
        "setup": setup.inspect(app, project),
        "routes": routing.routes(answers, tasks),
        "queues": routing.queues(app),
        "options": options.of_configuration(app),
        "known_options": sorted(known_options.names()),
        "keys": configuration.keys(app, project),
    }


def _find(target: str) -> Any:
    """Celery's own search, with the cause that it hides brought to light."""
    from celery.app.utils import find_app

    try:
        return find_app(target)
    except ModuleNotFoundError as error:
        # a name that the module does not have: Celery tries "module:name" as a module and reports only that
        cause = error.__context__
        if error.name == target and isinstance(cause, AttributeError) and isinstance(cause.obj, ModuleType):
            raise cause.with_traceback(None) from None
        raise
    except AttributeError:
        # for a package, Celery also looks into its module "celery", and drops the ImportError of that one
        if ":" not in target and hasattr(sys.modules.get(target), "__path__"):
            _raise_hidden(f"{target}.celery")
        raise


def _raise_hidden(module: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise


def _named(value: object) -> str:
    if type(value) is ModuleType:
        return f"the module {value.__name__}"
    if type(value) is FunctionType:
        return f"the function {value.__name__}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"an object of type {type(value).__name__}"
