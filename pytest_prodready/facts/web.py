"""The web application and its routes."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class Route:
    """One route that the web application has registered."""

    path: str
    methods: tuple[str, ...] = ()
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET endpoint that declares that it needs a credential."""

    name: str
    """Method and path."""
    path: str
    schemes: tuple[str, ...] = ()
    """How the credential is sent: ``http bearer``, ``apiKey header X-Token`` …, or the guard's own name."""
    optional: bool = False
    """The declaration itself lets requests without a credential pass to the endpoint."""
    source: str = ""
    """Who declares it, in words: ``the OpenAPI document``, ``@login_required``."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """Something that the framework builds when it is first asked for it."""

    name: str
    """``/openapi.json``, ``the URL configuration`` …"""
    failure: Failure | None = None


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
    builds: tuple[Build, ...] = ()
