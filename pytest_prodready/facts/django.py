"""What Django says of the application's configuration, and what its settings, signals and templates name."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Failure, Location


@dataclass(frozen=True, slots=True)
class SystemCheck:
    """One registered check function."""

    name: str
    """Its qualified name: ``django.core.checks.urls.check_url_config``."""
    failure: Failure | None = None
    """What it raised itself, instead of giving messages."""
    reached_out: str = ""
    """What it was about to do when it was stopped, such as ``open a connection``; else empty."""


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """What one check said of one object."""

    id: str
    """``security.W004``; the check's own name where it gives none."""
    level: int
    """Django's: 20 info, 30 warning, 40 error, 50 critical."""
    message: str
    detail: str = ""
    """Its hint."""
    about: str = ""
    """The object, in Django's words; empty for none."""
    deploy: bool = False
    """Only ``check --deploy`` runs the check."""
    own_check: bool = False
    """The check is the application's own."""
    own: bool = True
    """It is about the application's own code or settings, not about a library's."""
    location: Location | None = None
    written: bool = False
    """Of a setting: its value stands in the settings as a constant, or Django's default is in force."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One live receiver of a signal."""

    signal: str
    """``django.db.models.signals.post_save``."""
    sender: str
    """What it is connected for: ``auth.User``; empty for every sender."""
    module: str
    function: str
    """Its qualified name in that module."""
    location: Location
    identity: int
    """Equal for one and the same object."""
    body: str
    """A digest of its source, without its name and docstring; empty where the source cannot be read."""
    uid: str = ""
    """Its ``dispatch_uid``."""


@dataclass(frozen=True, slots=True)
class SettingPath:
    """A dotted path in the settings."""

    setting: str
    """``MIDDLEWARE``, ``TEMPLATES context_processors``."""
    path: str
    failure: Failure | None = None
    """Why it does not import."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class UrlName:
    """A constant name of a URL pattern that the application asks for."""

    name: str
    how: str
    """``reverse``, ``reverse_lazy``, ``redirect``, ``resolve_url`` or ``{% url %}``."""
    location: Location
    lacking: str = ""
    """``name`` or ``namespace``: what no URL configuration has; empty when it is there."""
    near: str = ""
    """The name that was most likely meant; else empty."""
    doubt: str = ""
    """Why the line may well never ask for it, in a clause; else empty."""


@dataclass(frozen=True, slots=True)
class DjangoTemplate:
    """A template of an installed application of the project's own."""

    name: str
    location: Location
    """The line that does not compile; of one that does, the file."""
    message: str = ""
    """What the engine said of it; empty when it compiles."""
    doubt: str = ""
    """Why it may well never be rendered, in a clause; else empty."""


@dataclass(frozen=True, slots=True)
class StaticReference:
    """``{% static %}`` with a constant path, where the storage asks a manifest for it."""

    path: str
    location: Location
    storage: str
    """The class of the storage."""
    there: bool
    """A finder has the file."""
    beside: bool = False
    """The finders have other files of its kind in its directory: this one is not built later."""


@dataclass(frozen=True, slots=True)
class DjangoProject:
    """A Django project as one entry point has set it up."""

    settings_module: str
    checks: tuple[SystemCheck, ...] = ()
    messages: tuple[CheckMessage, ...] = ()
    """Of all checks, those in ``SILENCED_SYSTEM_CHECKS`` left out."""
    paths: tuple[SettingPath, ...] = ()
    url_names: tuple[UrlName, ...] = ()
    templates: tuple[DjangoTemplate, ...] = ()
    static: tuple[StaticReference, ...] = ()
