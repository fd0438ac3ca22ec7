"""Parameters whose annotations FastAPI keeps: it checks what it passes to endpoints and dependencies."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...objects import attributes, is_a
from ...sources import unbound
from ..presence.objects_held import is_class
from ..value import Instance, Known, Value
from .resting import agreeing

if TYPE_CHECKING:
    from .analysis import Analysis
    from .statements import Flow

ROUTERS = ("fastapi.applications.FastAPI", "fastapi.routing.APIRouter")
ROUTES = ("fastapi.routing.APIRoute", "fastapi.routing.APIWebSocketRoute")
FIELDS = ("path_params", "query_params", "header_params", "cookie_params", "body_params")
OWN = ("request", "websocket", "http_connection", "response", "background_tasks", "security_scopes")
"""What it passes where an annotation asks for it, as ``request_param_name``."""
DEEPEST = 20


class Validated:
    """Knows them from the routes of the routers that modules hold.

    Args:
        analysis: knows all modules.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._passed: dict[Any, dict[str, Any]] | None = None

    def checks(self, flow: Flow, name: str, said: Value) -> bool:
        """Whether a parameter of the function that is read is given nothing but what its annotation says.

        Args:
            flow: the function.
            name: the parameter.
            said: what the annotation says.
        """
        function = self._analysis.live_function(flow)
        passed = self._endpoints().get(function, {}) if type(function) is types.FunctionType else {}
        if name not in passed:
            return False
        gives = passed[name]
        return gives is None or agreeing(said, self._given(gives)) == frozenset()

    def _given(self, call: Any) -> Value | None:
        """What a dependency gives."""
        if is_class(call):
            return Instance(call, Known("made"))
        given = self._analysis.functions.result(call, None, "", 0)
        if type(call) is not types.FunctionType or not isinstance(given, Instance):
            return given
        flags = call.__code__.co_flags
        if flags & inspect.CO_COROUTINE:
            return given.awaited
        return given.items if flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR) else given

    def _endpoints(self) -> dict[Any, dict[str, Any]]:
        """Function → its parameters, each with the dependency that gives it; ``None`` for what is checked."""
        if self._passed is None:
            self._passed = {}
            for unit in self._analysis.units.values():
                for held in list(unit.held.values()):
                    if is_a(held, *ROUTERS):
                        self._read(held)
        return self._passed

    def _read(self, router: Any) -> None:
        routes = attributes(attributes(router).get("router", router)).get("routes", ())
        for route in routes if isinstance(routes, (list, tuple)) else ():
            if is_a(route, *ROUTES):
                self._of(attributes(route).get("dependant"), 0)

    def _of(self, dependant: Any, depth: int) -> None:
        function = unbound(getattr(dependant, "call", None))
        if self._passed is None or depth > DEEPEST or type(function) is not types.FunctionType:
            return
        self._passed[function] = dict(_parameters(dependant))
        for one in dependant.dependencies:
            self._of(one, depth + 1)


def _parameters(dependant: Any) -> Iterator[tuple[str, Any]]:
    for field in FIELDS:
        for one in getattr(dependant, field):
            yield one.name, None
    for own in OWN:
        name = getattr(dependant, f"{own}_param_name", None)
        if name:
            yield name, None
    for one in dependant.dependencies:
        if one.name:
            yield one.name, one.call
