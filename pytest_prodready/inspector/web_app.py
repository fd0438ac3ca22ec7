"""The web entry point: the object that its import string names, and what it is."""

from __future__ import annotations

import ast
import contextlib
import inspect as signatures
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from . import web_entrance, web_routes
from .parsed import Parsed
from .project import Project, source_file


class Found:
    """What an import string named: ``value``, or the ``problem`` that stood in the way."""

    def __init__(
        self, value: object = None, problem: str = "", detail: str = "", factory: bool = False
    ) -> None:
        self.value = value
        self.problem = problem
        self.detail = detail
        self.factory = factory


def load(target: str) -> Found:
    """Resolve ``target`` (``module:attribute`` or ``module:factory()``) after its module was imported.

    Returns:
        The object, or the problem. A factory is called, as the server would call it.

    Raises:
        BaseException: whatever the factory raises.
    """
    module_name, _, expression = target.partition(":")
    module = sys.modules[module_name]
    path, arguments, keywords = _split_call(expression or "app")
    value: object = module
    for attribute in path.split("."):
        try:
            value = getattr(value, attribute)
        except AttributeError:
            return Found(problem="missing", detail=path)
    if arguments is None:
        return _classified(value)
    if not callable(value):
        return Found(value, "not-callable", f"an object of type {type(value).__name__}")
    try:
        signature: signatures.Signature | None = signatures.signature(value)
    except Exception:
        signature = None  # it cannot be read: the call itself decides
    if signature is not None:
        try:
            signature.bind(*arguments, **keywords)
        except TypeError:
            return Found(value, "needs-arguments", f"{path}{signature}", factory=True)
    made = value(*arguments, **keywords)
    if signatures.iscoroutine(made):
        made.close()
        return Found(made, "not-an-app", "a coroutine: no server awaits a factory", factory=True)
    found = _classified(made)
    found.factory = True
    return found


def named(target: str) -> object:
    """What ``module`` or ``module:name`` names, after the module was imported.

    Raises:
        ImportError: the module has no such name.
    """
    module_name, _, path = target.partition(":")
    value: object = sys.modules[module_name]
    for attribute in filter(None, path.split(".")):
        if not hasattr(value, attribute):
            raise ImportError(f"cannot import name '{path}' from '{module_name}'", name=module_name)
        value = getattr(value, attribute)
    return value


def _split_call(expression: str) -> tuple[str, list[object] | None, dict[str, object]]:
    """``create_app("x")`` → its path and literal arguments; arguments are ``None`` where there is no call."""
    try:
        node = ast.parse(expression, mode="eval").body
        if isinstance(node, ast.Call):
            return (
                ast.unparse(node.func),
                [ast.literal_eval(argument) for argument in node.args],
                {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg},
            )
    except (SyntaxError, ValueError):
        pass
    return expression, None, {}


def _classified(value: object) -> Found:
    """``value`` with the problem that keeps a server from serving it, if there is one."""
    if type in type(value).__mro__:
        return _classified_class(value)
    if not callable(value):
        return Found(value, "not-callable", f"an object of type {type(value).__name__}")
    if _interface(value):
        return Found(value)
    required = _required(value)
    if required == 0 and _is_routine(value):
        return Found(value, "factory", type(value).__name__)
    if required is not None and required != 2 and _is_routine(value):
        return Found(value, "not-an-app", f"a function that takes {required} arguments")
    return Found(value)


def _classified_class(cls: Any) -> Found:
    """PEP 3333 allows a class whose instances are iterated, and an ASGI class may be awaited."""
    names = {name for base in type.mro(cls) for name in vars(base)}
    required = _required(cls)
    if (required == 2 and "__iter__" in names) or (required == 3 and "__await__" in names):
        return Found(cls)
    return Found(cls, "not-an-app", f"the class {cls.__name__}, not an instance of it")


def _is_routine(value: object) -> bool:
    """By its type alone: an object may raise when it is asked for its class."""
    return type(value) in (FunctionType, MethodType, BuiltinFunctionType)


def _required(value: object) -> int | None:
    """How many positional arguments a call must give; ``None`` when that cannot be known."""
    try:
        parameters = signatures.signature(value).parameters.values()  # type: ignore[arg-type]
    except Exception:  # it cannot be read, or the object answers in its own way
        return None
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    positional = (signatures.Parameter.POSITIONAL_ONLY, signatures.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(
        parameter.kind in positional and parameter.default is parameter.empty for parameter in parameters
    )


def _interface(value: object) -> str:
    """``asgi`` or ``wsgi``, by what the object is or how it can be called; empty when that is not certain."""
    names = {f"{cls.__module__.partition('.')[0]}.{cls.__name__}" for cls in type(value).__mro__}
    if names & {
        "starlette.Starlette",
        "fastapi.FastAPI",
        "litestar.Litestar",
        "quart.Quart",
        "django.ASGIHandler",
    }:
        return "asgi"
    if names & {"flask.Flask", "django.WSGIHandler", "bottle.Bottle", "falcon.API", "pyramid.Router"}:
        return "wsgi"
    if _is_routine(value):
        call = value
    else:
        call = next((vars(cls)["__call__"] for cls in type(value).__mro__ if "__call__" in vars(cls)), None)
    required = _required(value)
    if signatures.iscoroutinefunction(call) and required in (3, None):
        return "asgi"
    if required == 2 and not signatures.iscoroutinefunction(call):
        return "wsgi"
    return "asgi" if required == 3 else ""


def inspect(found: Found, target: str, project: Project, parsed: Parsed) -> dict[str, object]:
    """The ``App`` for what :func:`load` found."""
    module_name, _, expression = target.partition(":")
    module = sys.modules[module_name]
    cls = type(found.value)
    no_object = found.problem == "missing"
    return {
        "type": "" if no_object else f"{cls.__module__}.{cls.__qualname__}",
        "interface": "" if found.problem else _interface(found.value),
        "problem": found.problem,
        "detail": found.detail,
        "available": sorted(name for name in vars(module) if not name.startswith("_")) if no_object else [],
        "location": _location(module, expression or "app", project, parsed),
        "factory": found.factory,
        "routes": None if found.problem else web_routes.routes(found.value),
        "entrance": {} if found.problem else web_entrance.inspect(found.value),
        "settings_module": _settings_module(),
    }


def _settings_module() -> str:
    """Django's settings module that is in effect; empty without one, as after ``settings.configure()``."""
    with contextlib.suppress(Exception):  # other settings may stand there, which raise what they like
        settings: Any = sys.modules["django.conf"].settings
        # what is not configured yet would be by being asked
        module: object = settings.SETTINGS_MODULE if settings.configured else None
        if type(module) is str:
            return module
    return ""


@contextlib.contextmanager
def context(loaded: object, project: Project) -> Iterator[None]:
    """What surrounds the code of a view: in a Flask application its functions run in its context.

    Args:
        loaded: what the entry point gave; for a Celery app the Flask application stands in a module.
        project: tells the application's own modules.
    """
    own = [value for _, module in project.modules() for value in list(vars(module).values())]
    with contextlib.ExitStack() as stack:
        for value in (getattr(loaded, "value", None), *own):
            names = {f"{cls.__module__}.{cls.__qualname__}" for cls in type.mro(type(value))}
            if "flask.app.Flask" in names:
                with contextlib.suppress(Exception):  # without one, as before
                    stack.enter_context(value.app_context())
                break
        yield


def _location(module: object, expression: str, project: Project, parsed: Parsed) -> dict[str, object] | None:
    """Where the module defines the name, else the module's file."""
    file = source_file(module)
    if not file:
        return None
    name = expression.partition("(")[0].partition(".")[0]
    lines: dict[str, int] = parsed.of(file, "names at top", _lines_at_top) or {}
    return project.location(file, lines.get(name))


def _lines_at_top(tree: ast.Module) -> dict[str, int]:
    """Each name that a statement of the module itself binds, with the line of the first one."""
    lines: dict[str, int] = {}
    for node in tree.body:
        for name in _bound(node):
            lines.setdefault(name, node.lineno)
    return lines


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement binds in its module."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
