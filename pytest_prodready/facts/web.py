"""The web application and its routes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Route:
    """One route that the web application has registered."""

    path: str
    methods: tuple[str, ...] = ()
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way in which a credential is sent."""

    where: str
    """``authorization`` (that header, behind a word), ``header``, ``query`` or ``cookie``."""
    name: str
    """The word (``Bearer``), or what the header, the parameter or the cookie is called."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET endpoint without parameters that declares that it needs a credential."""

    path: str
    schemes: tuple[Scheme, ...] = ()
    """Empty where a session is all that counts."""
    optional: bool = False
    """What declares it lets requests without a credential pass, or leaves them to the application."""
    source: str = ""
    """What declares it: ``Depends(HTTPBearer)``, ``@login_required``, ``LoginRequiredMixin``."""
    doubt: str = ""
    """Why an answer without a credential may be meant, in a clause; else empty."""
    decided_by: str = ""
    """What the application itself decides with, also about a request without a credential, which it may mean
    to let pass: ``verify_password``; else empty."""
    location: Location | None = None
    """Where its handler is written."""


@dataclass(frozen=True, slots=True)
class Build:
    """Something that the framework builds when it is first asked for it."""

    kind: str
    """``document`` (OpenAPI's), ``urls`` (Django's URL configuration), ``handler`` (of its errors) or
    ``template`` (of a health page)."""
    name: str
    """``/openapi.json``, ``config.urls``, ``handler404``, ``health.html``."""
    failure: Failure | None = None
    location: Location | None = None
    """Where it failed, where that is known: the view, or the line of the template."""
    culprit: str = ""
    """The route of that view: ``GET /items``; of a template the path."""


@dataclass(frozen=True, slots=True)
class App:
    """What the web entry point's import string named."""

    type: str
    """Qualified name of the object's class; empty when there was no object."""
    interface: str
    """``asgi``, ``wsgi``, or empty when the object is neither."""
    problem: str = ""
    """``missing`` (no such name), ``not-callable``, ``factory`` (a factory that is not called),
    ``needs-arguments``, ``not-an-app``, or empty."""
    detail: str = ""
    """For a problem: the signature, or the type of what was found."""
    available: tuple[str, ...] = ()
    """For a missing name: the names that the module has."""
    location: Location | None = None
    """Where the object, or its module, is defined."""
    factory: bool = False
    routes: tuple[Route, ...] | None = None
    """``None`` when the framework's routes could not be listed."""
    operations: tuple[Operation, ...] = ()
    """The protected endpoints that can be asked for without a parameter."""
    entrance: dict[str, str] = field(default_factory=dict)
    """Headers that production's proxy sends and without which the framework refuses every request alike: a
    host that is allowed, and that it was asked over https."""
    settings_module: str = ""
    """Django's, as it was in effect once the application had loaded, whoever has named it; else empty."""
    builds: tuple[Build, ...] = ()
