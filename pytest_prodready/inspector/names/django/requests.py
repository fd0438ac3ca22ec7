"""The request that Django gives to views, and what it holds."""

from __future__ import annotations

import functools
import re
import sys
from typing import Any

from ...django.source_text import read
from ...project import Project, source_file
from ..value import Class, Instance, Known, Value
from .models import descends, held, of_django

API_VIEW = "rest_framework.views.APIView"
REQUEST = "django.http.request.HttpRequest"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
ANOTHER_USER = re.compile(rb"\brequest\.user\s*=[^=]")
KEPT = Known("kept")
HELD = {
    "COOKIES": ("builtins", "dict"),
    "FILES": ("django.utils.datastructures", "MultiValueDict"),
    "GET": ("django.http.request", "QueryDict"),
    "META": ("builtins", "dict"),
    "POST": ("django.http.request", "QueryDict"),
}
"""What Django's own request holds."""


def given(view: type) -> Instance | None:
    """The request that a view of a class is given."""
    if descends(view, API_VIEW):
        return _instance("rest_framework.request", "Request")
    plain = _instance("django.http.request", "HttpRequest")
    # a middleware that is not loaded cannot be asked for what it gives to requests
    return plain and plain._replace(opened=not _are_loaded())


def attribute(owner: Instance, name: str, project: Project) -> Value | None:
    """What a request holds, among that its user, where Django itself looks that up.

    Args:
        owner: the request.
        name: the attribute.
        project: the application; it may give requests users of its own.
    """
    if not descends(owner.cls, REQUEST) or any(
        name in (vars(cls).get("__annotations__") or ()) for cls in owner.cls.__mro__
    ):
        return None
    if name == "user":
        return _user(project)
    return _instance(*HELD[name]) if name in HELD else None


def user_model() -> Class | None:
    """The model that ``AUTH_USER_MODEL`` names."""
    from django.apps import apps
    from django.conf import settings

    app, _, name = str(settings.AUTH_USER_MODEL).partition(".")
    found = apps.all_models.get(app, {}).get(name.lower())
    return Class(found) if isinstance(found, type) else None


def _user(project: Project) -> Value | None:
    """A user, or the anonymous one, whose attributes are not missing either."""
    from django.conf import settings

    model = user_model()
    if model is None or AUTHENTICATION not in settings.MIDDLEWARE or _gives_another(project):
        return None
    for path in settings.AUTHENTICATION_BACKENDS:
        backend = _loaded(path)
        if path.startswith("django.") and backend is None:  # it is loaded at the first request
            continue
        if not isinstance(backend, type) or not of_django(held(backend, "get_user")[0]):
            return None
    anonymous = _loaded("django.contrib.auth.models.AnonymousUser")
    names = frozenset(name for cls in getattr(anonymous, "__mro__", ()) for name in vars(cls))
    return Instance(model.cls, Known("configured"), extra=names)


@functools.cache
def _gives_another(project: Project) -> bool:
    """Whether the application, or a middleware that it has, stores a user in a request."""
    from django.conf import settings

    modules = [module for _, module in project.modules()]
    own = [path for path in settings.MIDDLEWARE if not path.startswith("django.")]
    modules += [sys.modules.get(path.rpartition(".")[0]) for path in own]
    return any(ANOTHER_USER.search(read(source_file(module))) for module in modules)


def _are_loaded() -> bool:
    """Whether all middleware of the settings is loaded, as a server has it."""
    from django.conf import settings

    return all(path.rpartition(".")[0] in sys.modules for path in settings.MIDDLEWARE)


def _loaded(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return vars(sys.modules[module]).get(name) if module in sys.modules else None


def _instance(module: str, name: str) -> Instance | None:
    cls = getattr(sys.modules.get(module), name, None)
    return Instance(cls, KEPT) if isinstance(cls, type) else None
