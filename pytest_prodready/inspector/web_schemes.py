"""The security schemes in the dependencies of a FastAPI operation, and the parameters that these require."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import web_routes
from .objects import attributes, is_a

SECURITY = "fastapi.security.base.SecurityBase"


def schemes(dependant: Any, overridden: Any, replaced: str, depth: int = 0) -> Iterator[tuple[Any, str]]:
    """Each security scheme of FastAPI's below a dependency, with the name of what stands in its place."""
    for below in getattr(dependant, "dependencies", ()) if depth < web_routes.DEPTH else ():
        call = getattr(below, "call", None)
        by = replaced
        if any(call is original for original in overridden):
            by = getattr(call, "__name__", "") or type(call).__name__
        if is_a(call, SECURITY):
            yield call, by
        yield from schemes(below, overridden, by, depth + 1)


def refuses(scheme: Any) -> bool:
    """Whether a scheme refuses by itself: FastAPI's own code, told to raise."""
    call = next((vars(cls)["__call__"] for cls in type(scheme).__mro__ if "__call__" in vars(cls)), None)
    own = str(getattr(call, "__module__", "")).startswith("fastapi.security")
    return own and attributes(scheme).get("auto_error") is True


def places(scheme: Any) -> Iterator[tuple[str, str]]:
    """Where a scheme takes its credential from, and by which name."""
    model = attributes(scheme).get("model")
    kind = {base.__name__ for base in type(scheme).__mro__}
    if where := next((place for place in ("Header", "Query", "Cookie") if f"APIKey{place}" in kind), ""):
        yield where.lower(), str(getattr(model, "name", ""))
    elif "HTTPBasic" in kind:
        yield "authorization", "Basic"
    elif "HTTPDigest" in kind:
        yield "authorization", "Digest"
    else:
        yield "authorization", "Bearer"


def requires_parameters(dependant: Any, depth: int = 0) -> bool:
    """Whether a request without any parameter is refused for that alone."""
    for name in ("path_params", "query_params", "header_params", "cookie_params", "body_params"):
        for parameter in getattr(dependant, name, ()):
            if _required(parameter):
                return True
    below = getattr(dependant, "dependencies", ()) if depth < web_routes.DEPTH else ()
    return any(requires_parameters(one, depth + 1) for one in below)


def _required(parameter: Any) -> bool:
    required = getattr(parameter, "required", None)
    if required is None:
        required = getattr(parameter, "field_info", parameter).is_required()
    return bool(required)
