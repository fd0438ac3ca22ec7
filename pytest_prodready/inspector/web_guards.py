"""The decorators and permission classes that let nobody in without a credential, seen on the real objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

from .objects import attributes, is_a

DEPTH = 20
DECORATORS = {
    "flask_login.utils": ("login_required", "fresh_login_required"),
    "flask_jwt_extended.view_decorators": ("jwt_required",),
    "flask_httpauth": ("HTTPAuth.login_required", "MultiAuth.login_required"),
    "flask_security.decorators": (
        *("auth_required", "auth_token_required", "http_auth_required"),
        *("roles_required", "roles_accepted", "permissions_required", "permissions_accepted"),
    ),
    "starlette.authentication": ("requires",),
    "django.contrib.auth.decorators": ("user_passes_test",),
}
"""Module → its decorators that guard a view."""
DJANGO_TESTS = {
    "django.contrib.auth.decorators": "login_required",
    "django.contrib.admin.views.decorators": "staff_member_required",
}
"""The module of the test that ``user_passes_test`` was given → the decorator that gave it."""
HTTPAUTH_VERIFIERS = ("verify_password", "verify_token")
STRICT_PERMISSIONS = ("IsAuthenticated", "IsAdminUser", "DjangoModelPermissions")
DJANGO_LOGIN = "django.contrib.auth.mixins.LoginRequiredMixin"


class Guard:
    """What guards a view.

    Args:
        name: as the source has it: ``@login_required``.
        schemes: how a credential is sent, each as place and name (``("authorization", "Bearer")``).
        optional: it lets a request without a credential pass.
        doubt: why it may be meant to let one pass, in a clause; else empty.
        decided_by: what of the application's own decides about such a request, too; else empty.
    """

    def __init__(
        self,
        name: str,
        schemes: tuple[tuple[str, str], ...] = (),
        optional: bool = False,
        doubt: str = "",
        decided_by: str = "",
    ) -> None:
        self.name, self.schemes, self.optional = name, schemes, optional
        self.doubt, self.decided_by = doubt, decided_by


def layers(view: object) -> Iterator[Any]:
    """A view and what it wraps, the outermost first."""
    for _ in range(DEPTH):
        if type(view) is partial:
            view = view.func
        elif type(view) is MethodType:
            view = view.__func__
        if not isinstance(view, FunctionType):
            return
        yield view
        view = vars(view).get("__wrapped__")


def of_layer(function: FunctionType) -> Guard | None:
    """The guard that a decorator's wrapper is; ``None`` for every other function."""
    module = function.__globals__.get("__name__")
    for name in DECORATORS.get(str(module), ()):
        decorator: Any = sys.modules.get(str(module))
        for part in name.split("."):
            decorator = getattr(decorator, part, None)
        if isinstance(decorator, FunctionType) and _within(function.__code__, decorator.__code__):
            return _guard(name, _closure(function))
    return None


def of_decorator(decorator: object) -> Guard | None:
    """The guard that a decorator would put around a view; ``None`` when it is none."""
    if not isinstance(decorator, FunctionType):
        return None
    if decorator.__globals__.get("__name__") in DJANGO_TESTS and decorator.__name__ in DJANGO_TESTS.values():
        return Guard(f"@{decorator.__name__}")
    if (
        decorator.__globals__.get("__name__") == "flask_login.utils"
        and decorator.__name__ == "login_required"
    ):
        return Guard("@login_required")
    return of_layer(decorator)


def of_class(cls: type, method: str = "get") -> Guard | None:
    """The guard of a class-based view: its mixins, and what its own methods are decorated with."""
    if any(f"{base.__module__}.{base.__qualname__}" == DJANGO_LOGIN for base in cls.__mro__):
        return Guard("LoginRequiredMixin", doubt=_overridden(cls, "dispatch", "handle_no_permission"))
    for name in ("dispatch", "dispatch_request", method):
        for layer in layers(_of_class(cls, name)):
            # Django's method_decorator applies its decorators when the method is called
            applied = _closure(layer).get("decorators")
            if guard := of_layer(layer) or _first(applied):
                return guard
    return _first(_of_class(cls, "method_decorators"))  # Flask-RESTful's


def _first(decorators: object) -> Guard | None:
    listed = decorators if isinstance(decorators, (list, tuple)) else ()
    return next(filter(None, map(of_decorator, listed)), None)


def of_rest_framework(view: Any) -> Guard | None:
    """The permission class of Django REST framework's that asks for a user in every request."""
    cls = attributes(view).get("cls")
    if not isinstance(cls, type) or not any(
        f"{base.__module__}.{base.__qualname__}" == "rest_framework.views.APIView" for base in cls.__mro__
    ):
        return None
    if getattr(_of_class(cls, "get_permissions"), "__module__", "") != "rest_framework.views":
        return None  # decided when it is asked
    given = attributes(view).get("initkwargs")
    own = given.get("permission_classes") if isinstance(given, dict) else None
    # a decorator above @api_view leaves its mark on the view alone, where nobody reads it
    permissions = attributes(view).get("permission_classes") or own or _of_class(cls, "permission_classes")
    strict: Any = sys.modules.get("rest_framework.permissions")
    for permission in permissions if isinstance(permissions, (list, tuple)) else ():
        for name in STRICT_PERMISSIONS:
            stock = getattr(strict, name, None)
            if isinstance(permission, type) and stock in permission.__mro__:
                same = _of_class(permission, "has_permission") is _of_class(stock, "has_permission")
                if same and _of_class(permission, "authenticated_users_only") is not False:
                    schemes = (("authorization", "Token"),)
                    doubt = _overridden(cls, "check_permissions", "initial", "dispatch", "permission_denied")
                    return Guard(f"permission_classes = [{permission.__name__}]", schemes, doubt=doubt)
    return None


def _overridden(cls: type, *names: str) -> str:
    """That a class decides by a method of its own, and not of the framework's, in a clause; else empty."""
    for name in names:
        module = str(getattr(_of_class(cls, name), "__module__", "django"))
        if module.partition(".")[0] not in ("django", "rest_framework"):
            return f"{cls.__name__} has a method {name} of its own"
    return ""


def behind_rest_framework(view: Any) -> object:
    """The class of such a view, or the function that ``@api_view`` has made a class of."""
    cls: type = attributes(view)["cls"]
    handler = _of_class(cls, "get")
    made = (
        isinstance(handler, FunctionType) and handler.__globals__["__name__"] == "rest_framework.decorators"
    )
    return _closure(handler).get("func") if made else cls


def _guard(name: str, variables: dict[str, Any]) -> Guard | None:
    if name == "jwt_required":
        return Guard("@jwt_required", (("authorization", "Bearer"),), bool(variables.get("optional")))
    if name.endswith("Auth.login_required"):
        auth, optional = variables.get("self"), bool(variables.get("optional"))
        return Guard("@auth.login_required", _schemes(auth), optional, decided_by=_verifier(auth))
    if name == "requires":
        if not variables.get("scopes_list"):
            return None
        return Guard("@requires", (("authorization", "Bearer"),), decided_by="authentication backend")
    if name == "user_passes_test":
        test = variables.get("test_func")
        # what has_perms says of an anonymous user is for the authentication backends to decide
        if not isinstance(test, FunctionType) or test.__name__ != "<lambda>":
            return None
        decorator = DJANGO_TESTS.get(str(test.__globals__.get("__name__")))
        return Guard(f"@{decorator}") if decorator else None
    token = (("authorization", "Bearer"),) if name == "auth_token_required" else ()
    return Guard(f"@{name}", token)


def _verifier(auth: object) -> str:
    """What the application has registered with flask-httpauth's object to decide of every request."""
    held = attributes(auth)
    names = (name for name in HTTPAUTH_VERIFIERS if held.get(f"{name}_callback") is not None)
    return next(names, "") or (_verifier(held["main_auth"]) if "main_auth" in held else "")


def _schemes(auth: object) -> tuple[tuple[str, str], ...]:
    """How flask-httpauth's object wants its credential."""
    held = attributes(auth)
    if isinstance(header := held.get("header"), str):
        return (("header", header),)
    if is_a(auth, "flask_httpauth.HTTPBasicAuth"):
        return (("authorization", "Basic"),)
    scheme = held.get("scheme")
    return (("authorization", scheme if isinstance(scheme, str) else "Bearer"),)


def _within(code: CodeType, outer: CodeType, depth: int = 4) -> bool:
    """Whether a function is defined in another one's body."""
    inner = [constant for constant in outer.co_consts if isinstance(constant, CodeType)]
    return code in inner or (depth > 0 and any(_within(code, one, depth - 1) for one in inner))


def _closure(function: FunctionType) -> dict[str, Any]:
    """The variables that a function has from the functions around it."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return found


def _of_class(cls: type, name: str) -> Any:
    """What a class, or the first of its bases that has it, holds by a name; nothing of it runs."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
