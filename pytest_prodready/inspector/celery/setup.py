"""What a loaded app's configuration says of its broker, its result backend and where tasks run.

Classes are imported as the worker imports them; none is instantiated, and nothing is connected to. Of an
address, only the scheme becomes a fact.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from ..nodes import last_name, walk
from ..project import Project, source_file
from . import source

Facts = dict[str, Any]
EAGER = re.compile(rb"(?i)always_eager")
ADDRESS = re.compile(rb"(?i)broker|backend")
ROLES = {
    "broker": "broker",
    "broker_url": "broker",
    "backend": "result backend",
    "result_backend": "result backend",
}
"""What gives an address, ``CELERY_`` left out."""
PROFILES = ("ENV", "ENVIRONMENT", "APP_ENV", "DJANGO_ENV", "FLASK_ENV", "FASTAPI_ENV", "PYTHON_ENV")
NOT_PRODUCTION = ("dev", "develop", "development", "local", "test", "testing", "ci", "debug")
NEEDED = {
    "kombu.transport.redis": ("redis", "redis"),
    "kombu.transport.mongodb": ("pymongo", "pymongo"),
    "kombu.transport.SQS": ("boto3", "boto3"),
    "kombu.transport.consul": ("consul", "consul"),
    "kombu.transport.etcd": ("etcd", "etcd"),
    "kombu.transport.zookeeper": ("kazoo", "kazoo"),
    "kombu.transport.confluentkafka": ("confluent_kafka", "confluent_kafka"),
    "kombu.transport.azurestoragequeues": ("QueueServiceClient", "azure.storage.queue"),
    "kombu.transport.pgmq": ("psycopg", "psycopg"),
    "celery.backends.redis": ("redis", "redis"),
    "celery.backends.mongodb": ("pymongo", "pymongo"),
    "celery.backends.consul": ("consul", "consul"),
    "celery.backends.cassandra": ("cassandra", "cassandra"),
    "celery.backends.couchbase": ("Cluster", "couchbase"),
    "celery.backends.couchdb": ("pycouchdb", "pycouchdb"),
    "celery.backends.elasticsearch": ("elasticsearch", "elasticsearch"),
    "celery.backends.dynamodb": ("boto3", "boto3"),
    "celery.backends.s3": ("boto3", "boto3"),
    "celery.backends.azureblockblob": ("azurestorage", "azure.storage.blob"),
    "celery.backends.arangodb": ("py_arango_connection", "pyArango"),
    "celery.backends.gcs": ("storage", "google.cloud.storage"),
}
"""Module of a transport or backend → its name that is ``None`` without the package, and that package."""
BY_ALIAS = {"django-db": "django_celery_results", "django-cache": "django_celery_results"}


def inspect(app: Any, project: Project) -> Facts:
    """The ``Setup`` of a loaded app.

    Args:
        app: the loaded app.
        project: the application.
    """
    conf = app.conf
    eager = bool(conf.task_always_eager)
    always, place = _eager(project) if eager else (False, None)
    return {
        "broker": bool(conf.broker_url or conf.get("broker_read_url") or conf.get("broker_transport")),
        "eager": eager,
        "eager_always": always,
        "eager_location": place,
        "drivers": [
            {**driver, "location": _given_at(driver["role"], driver["scheme"], project)}
            for driver in (*_brokers(conf, project), *_backend(app, project))
        ],
        "development": _development(),
        "location": _made_at(app, project),
    }


def _brokers(conf: Any, project: Project) -> Iterator[Facts]:
    from kombu.transport import resolve_transport

    schemes: dict[str, None] = {}
    for given in (conf.broker_url, conf.broker_read_url, conf.broker_write_url):
        for addresses in given if isinstance(given, (list, tuple)) else [given]:
            for address in str(addresses or "").split(";"):
                before, found, _ = address.partition("://")
                if found:
                    schemes[before.partition("+")[0]] = None
    for scheme in schemes:
        try:
            cls = resolve_transport(scheme)
        except Exception as error:
            yield _raised("broker", scheme, error, project)
        else:
            yield from _without_package("broker", scheme, cls, project)


def _backend(app: Any, project: Project) -> Iterator[Facts]:
    from celery.app import backends

    by_url: Any = backends.by_url
    configured = app.conf.result_backend
    if not isinstance(configured, str) or not configured:
        return
    scheme = configured.partition("://")[0].partition("+")[0]
    try:
        cls, address = by_url(configured, loader=app.loader)
    except Exception as error:
        yield _raised("result backend", scheme, error, project)
        return
    yield from _without_package("result backend", scheme, cls, project)
    memcached = str(address or "").partition("://")[0] in ("memcache", "memcached")
    if cls.__module__ == "celery.backends.cache" and memcached:
        clients = [name for name in ("pylibmc", "memcache") if importlib.util.find_spec(name)]
        for name in [] if clients else ["pylibmc"]:
            yield _fact("result backend", scheme, "package", name, "", project)


def _without_package(role: str, scheme: str, cls: Any, project: Project) -> Iterator[Facts]:
    for base in getattr(cls, "__mro__", ()):
        name, package = NEEDED.get(str(base.__module__), ("", ""))
        module = sys.modules.get(str(base.__module__))
        if name and module is not None and vars(module).get(name, module) is None:
            yield _fact(role, scheme, "package", package, "", project)
            return


def _raised(role: str, scheme: str, error: Exception, project: Project) -> Facts:
    """What importing the class raised; a module of the application's that raises is judged elsewhere."""
    missing = str(getattr(error, "name", None) or "") if isinstance(error, ImportError) else ""
    # a scheme that nobody knows is taken for a module of that name
    package = BY_ALIAS.get(scheme) or _needed(role, scheme) or (missing if missing != scheme else "")
    message = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    told = f"{type(error).__name__}: {message}" if "://" not in message and "@" not in message else ""
    if (
        not package
        and not missing
        and (library := re.search(r"\b(?:install|requires the) ([\w.-]+)", message))
    ):
        package = library[1]
    return _fact(role, scheme, "package" if package else "unknown", package, told, project)


def _needed(role: str, scheme: str) -> str:
    """The package that a known transport or backend needs and that is not there."""
    from celery.app.backends import BACKEND_ALIASES
    from kombu.transport import TRANSPORT_ALIASES

    aliases: dict[str, Any] = TRANSPORT_ALIASES if role == "broker" else BACKEND_ALIASES
    _, package = NEEDED.get(str(aliases.get(scheme, "")).partition(":")[0], ("", ""))
    top = package.partition(".")[0]
    return package if top and importlib.util.find_spec(top) is None else ""


def _fact(role: str, scheme: str, problem: str, package: str, message: str, project: Project) -> Facts:
    hidden = project.hidden.get(package.partition(".")[0], "")
    return {
        "role": role,
        "scheme": scheme if re.fullmatch(r"[\w.+:-]{1,60}", scheme) else "",
        "problem": problem,
        "package": package,
        "message": message,
        "hidden": hidden,
    }


def _development() -> str:
    for name in PROFILES:
        if os.environ.get(name, "").lower() in NOT_PRODUCTION:
            return f"{name} is {os.environ[name]}"
    django = sys.modules.get("django.conf")
    if django is not None:
        try:
            if django.settings.configured and django.settings.DEBUG is True:
                return "DEBUG is on"
        except Exception:
            return ""
    return ""


def _eager(project: Project) -> tuple[bool, Facts | None]:
    """Whether a line turns it on under no condition, and that line; else the first line that may."""
    found: list[tuple[bool, str, int]] = []
    for _, module in project.modules():
        file = source_file(module)
        for line, always in source.of(file, "eager", _eager_lines, EAGER.search) or ():
            found.append((always, file, line))
    found.sort(key=lambda one: not one[0])
    if not found:
        return False, None
    always, file, line = found[0]
    return always, project.location(file, line)


def _eager_lines(tree: ast.Module) -> list[tuple[int, bool]]:
    found: list[tuple[int, bool]] = []
    direct: set[int] = set()
    """The displays that are given to a call as they stand."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, True)]
    while waiting:
        node, always = waiting.pop()
        if isinstance(node, ast.Dict) and id(node) not in direct:
            always = False  # a default, which the rest of the configuration may come after
        for name, value in _given(node):
            if name.lower().removeprefix("celery_").removeprefix("task_") == "always_eager":
                plain = isinstance(value, ast.Constant)
                if not plain or value.value is True:
                    found.append((value.lineno, always and plain))
        inside = always and not isinstance(node, (ast.If, ast.IfExp, ast.Try, ast.Match))
        if isinstance(node, ast.Call):
            direct.update(id(one) for one in (*node.args, *(one.value for one in node.keywords)))
        waiting += [(one, inside) for one in ast.iter_child_nodes(node)]
    return sorted(found)


def _given_at(role: str, scheme: str, project: Project) -> Facts | None:
    """The only line that gives an address of this scheme; ``None`` for none, and for several."""
    places = {
        (file, line)
        for _, module in project.modules()
        for file in [source_file(module)]
        for line, of, begins in source.of(file, "addresses", _addresses, ADDRESS.search) or ()
        if (of, begins) == (role, scheme)
    }
    return project.location(*places.pop()) if scheme and len(places) == 1 else None


def _addresses(tree: ast.Module) -> list[tuple[int, str, str]]:
    """Line, ``broker`` or ``result backend``, and scheme of each address that is written out."""
    found = []
    for node in walk(tree):
        for name, value in _given(node):
            role = ROLES.get(name.lower().removeprefix("celery_"))
            if role and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append((value.lineno, role, value.value.partition("://")[0].partition("+")[0]))
    return found


def _given(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Each name that a node gives a value to."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            key = target.slice if isinstance(target, ast.Subscript) else None
            yield (str(key.value) if isinstance(key, ast.Constant) else last_name(target)), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


def _made_at(app: Any, project: Project) -> Facts | None:
    """The line of the only call of ``Celery(…)`` in the modules that hold the app."""
    places = {
        (file, line)
        for _, module in project.modules()
        if any(value is app for value in list(vars(module).values()))
        for file in [source_file(module)]
        for line in source.of(file, "makes apps", _makes, lambda data: b"Celery(" in data) or ()
    }
    return project.location(*places.pop()) if len(places) == 1 else None


def _makes(tree: ast.Module) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and last_name(node.func) == "Celery"
    ]
