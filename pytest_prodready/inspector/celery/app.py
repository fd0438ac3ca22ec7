"""The Celery app as a worker has it before it starts to consume: loaded, searched, finalized.

:func:`load` goes the way of ``celery -A target worker``: ``celery/bin/celery.py`` finds the app, its ``conf``
is read for the options, ``WorkController.__init__`` calls ``loader.init_worker()``, and
``celery.app.trace.setup_worker_optimizations`` makes the app current and finalizes it. No task is run.
"""

from __future__ import annotations

import importlib.util
import sys
from types import FunctionType, ModuleType
from typing import Any

from ..project import Project
from . import beat, discovery, inventory, recorder, registry, routing

Facts = dict[str, Any]


class NotACeleryAppError(TypeError):
    """The target names something else than a Celery app; the message says what."""


class MisnamedModuleError(ModuleNotFoundError):
    """A module that the app names in a string does not exist; the message says which, and who names it."""


def load(target: str, project: Project) -> Any:
    """Load the app named ``target`` as a worker does, and return it finalized.

    Args:
        target: what stands behind ``celery -A``: ``src.celery_app:celery_app``, ``src.celery_app``, ``proj``.
        project: the application.

    Raises:
        NotACeleryAppError: the target names something else.
        MisnamedModuleError: the configuration, or a top-level package named for discovery, does not exist.
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
        _raise_misnamed_settings(app)
        raise
    try:
        app.loader.init_worker()
    except ModuleNotFoundError as error:
        _raise_misnamed(error, project)
        raise
    app.set_current()
    app.set_default()
    app.finalize()
    return app


def inspect(app: Any, project: Project) -> Facts:
    """The ``Celery`` facts of a loaded app; to be called before more modules are imported.

    Args:
        app: what :func:`load` returned.
        project: the application.
    """
    import celery

    tasks = registry.own(app)
    described = [registry.describe(name, task, project) for name, task in sorted(tasks.items())]
    found = discovery.discoveries(project)
    return {
        "name": str(app.main or ""),
        "version": str(celery.__version__),
        "tasks": described,
        "discoveries": found,
        "sources": inventory.sources(app, tasks, described, found, project),
        "beat": beat.entries(app, project),
        "routes": routing.routes(app, tasks),
        "queues": routing.queues(app),
    }


def _raise_misnamed_settings(app: Any) -> None:
    """Say that it is the configuration which is missing: Celery's own error names only the module."""
    configured = app._config_source
    if not isinstance(configured, str) or ":" in configured:
        return
    try:
        found = importlib.util.find_spec(configured) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        message = f"config_from_object names {configured!r}, which does not exist"
        raise MisnamedModuleError(message, name=configured) from None


def _raise_misnamed(error: ModuleNotFoundError, project: Project) -> None:
    """Say where the name stands: the traceback of Celery's search holds none of the application's lines."""
    search = recorder.searches[-1] if recorder.searches else None
    if search is None or search.error is None or search.found or error.name != search.error.name:
        return
    if not f"{search.package}.".startswith(f"{error.name}."):
        return
    place = discovery.named_at(search, project)
    where = f" at {place['file']}:{place['line']}" if place else ""
    given = search.call.packages if search.call is not None else None
    if type(given) is str:
        message = f"autodiscover_tasks{where} is given the text {given!r} where it takes a list of packages"
        raise MisnamedModuleError(message) from None
    message = f"autodiscover_tasks names the package {search.package!r}{where}, which does not exist"
    raise MisnamedModuleError(message, name=error.name) from None


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
