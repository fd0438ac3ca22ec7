"""The services that the application's own configuration names: where they are, and which setting says so.

Host, port and kind alone leave this process: never a login, a path or a query.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .objects import is_a
from .project import Project
from .service_addresses import MAIL, SCHEMES, from_host, from_setting, from_url
from .setting_lines import assigned, mentioned

Facts = dict[str, Any]
KEPT = 100
CONFIGURATION = ("config", "configuration", "settings", "conf", "constants")
DJANGO_MAIL = "django.core.mail"


def inspect(loaded: Any, kind: str, reads: Iterable[Mapping[str, Any]], project: Project) -> list[Facts]:
    """The ``Service``s, each address once, the most telling setting first.

    Args:
        loaded: the entry point's object.
        kind: of the entry point.
        reads: the ``EnvironmentRead``s of its start.
        project: the application.
    """
    found: dict[tuple[str, str, int], Facts] = {}
    ways: tuple[Callable[[], Iterator[Facts]], ...] = (
        lambda: _django(project),
        lambda: _celery(loaded, kind, project),
        lambda: _engines(project),
        lambda: _flask(loaded, project),
        lambda: _settings_objects(project),
        lambda: _environment(reads),
        lambda: _constants(project),
    )
    for read in ways:
        try:
            for service in read():
                if len(found) < KEPT:
                    found.setdefault((service["kind"], service["host"], service["port"]), service)
        except Exception:  # noqa: S112  # an application's object may raise anything when it is looked at
            continue
    return list(found.values())


def _django(project: Project) -> Iterator[Facts]:
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not settings.configured:
        return
    module = str(getattr(settings, "SETTINGS_MODULE", "") or "")

    def place(*names: str) -> object:
        return next((found for name in names if (found := assigned(name, project, module))), None)

    for alias, database in settings.DATABASES.items():
        engine = str(database.get("ENGINE", ""))
        kind = next((one for one in ("postgresql", "postgis", "mysql") if one in engine), "")
        kind = {"postgis": "postgresql"}.get(kind, kind)
        host = str(database.get("HOST") or "")
        if kind and host and not host.startswith("/"):
            usual = SCHEMES[kind][1]
            name = f"DATABASES[{alias!r}]"
            for one in host.split(","):
                yield from from_host(kind, one, database.get("PORT") or usual, name, place("DATABASES"))
    for alias, cache in settings.CACHES.items():
        where = cache.get("LOCATION") or ()
        several = re.split(r"[;,]", where) if isinstance(where, str) else where
        for one in several:
            name, line = f"CACHES[{alias!r}]", place("CACHES")
            if "://" in str(one):
                yield from from_url(one, name, line, "cache")
            elif "memcache" in str(cache.get("BACKEND", "")).lower():
                host, _, port = str(one).rpartition(":")
                yield from from_host("memcached", host or one, port or 11211, name, line)
    for alias, layer in (getattr(settings, "CHANNEL_LAYERS", None) or {}).items():
        for one in (layer.get("CONFIG") or {}).get("hosts") or ():
            name, line = f"CHANNEL_LAYERS[{alias!r}]", place("CHANNEL_LAYERS")
            address = one.get("address") if isinstance(one, dict) else one
            if isinstance(address, (tuple, list)):
                host, port = address[:2]
                yield from from_host("redis", host, port, name, line, "channel layer")
            else:
                yield from from_url(address, name, line, "channel layer")
    written = [name for name in ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_BACKEND") if settings.is_overridden(name)]
    if str(settings.EMAIL_BACKEND).endswith("smtp.EmailBackend") and (written or _mails(project)):
        # the settings that say nothing of it have Django's own: localhost
        name = "EMAIL_HOST" if "EMAIL_HOST" in written else "EMAIL_HOST, which no setting changes"
        host, port, line = settings.EMAIL_HOST, settings.EMAIL_PORT, place(*written)
        yield from from_host("smtp", host, port, name, line, tls=bool(settings.EMAIL_USE_SSL))
    values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    for name in values:
        if settings.is_overridden(name) and not name.startswith(("EMAIL_", "CELERY_")):
            yield from from_setting(name, values, name, place, http=True)


def _mails(project: Project) -> bool:
    """Whether a module of the application holds something that sends mail."""
    mail = sys.modules.get(DJANGO_MAIL)
    sending = [
        getattr(mail, name, None) for name in ("send_mail", "send_mass_mail", "EmailMessage", "mail_admins")
    ]
    sending.append(getattr(mail, "EmailMultiAlternatives", None))
    known = {id(one) for one in (*sending, mail) if one is not None}
    return any(id(value) in known for _, module in project.modules() for value in [*vars(module).values()])


def _celery(loaded: Any, kind: str, project: Project) -> Iterator[Facts]:
    apps = [loaded] if kind == "celery" else []
    for _, module in project.modules():
        apps += [value for value in [*vars(module).values()] if is_a(value, "celery.app.base.Celery")]
    for app in {id(app): app for app in apps}.values():
        conf = app.conf
        broker = conf.broker_write_url or conf.broker_url
        line = mentioned(("broker_url", "CELERY_BROKER_URL", "BROKER_URL", "broker"), project)
        for one in broker if isinstance(broker, (list, tuple)) else [broker or "amqp://localhost"]:
            yield from from_url(one, "broker_url of Celery", line, "broker")
        line = mentioned(("result_backend", "CELERY_RESULT_BACKEND", "backend"), project)
        backend = conf.result_backend
        if isinstance(backend, str):
            yield from from_url(backend, "result_backend of Celery", line, "result backend")


def _engines(project: Project) -> Iterator[Facts]:
    if "sqlalchemy" not in sys.modules:
        return
    from .database import engines

    for chosen in engines.own(project, 1.0):
        address = chosen.address
        kind = SCHEMES.get(address.vendor if address is not None else "", ("", 0))[0]
        if address is not None and kind:
            host, _, port = address.where.rpartition(":")
            module, _, rest = chosen.source.rpartition(".")
            line = assigned(rest.partition(".")[0], project, module)
            yield from from_host(kind, host, port, f"the engine {chosen.source}", line)


def _flask(loaded: Any, project: Project) -> Iterator[Facts]:
    app: Any = getattr(loaded, "value", None)
    if not is_a(app, "flask.app.Flask"):
        return
    values = {str(name): value for name, value in app.config.items()}
    for name in values:
        yield from from_setting(
            name, values, f"app.config[{name!r}]", lambda at: mentioned((at,), project), http=True
        )


def _settings_objects(project: Project) -> Iterator[Facts]:
    """Instances of pydantic settings classes that modules of the application hold."""
    from .settings_classes import settings_types

    types = settings_types()
    for module_name, module in project.modules() if types else ():
        for held, value in [*vars(module).items()]:
            if type(value) in types:
                values = {name: _revealed(one) for name, one in [*vars(value).items()]}
                for name in values:
                    setting = f"{held}.{name}"
                    yield from from_setting(
                        name, values, setting, lambda at, m=module_name: assigned(at, project, m), http=True
                    )


def _revealed(value: Any) -> object:
    secret = getattr(value, "get_secret_value", None)
    return secret() if callable(secret) else value


def _environment(reads: Iterable[Mapping[str, Any]]) -> Iterator[Facts]:
    places = {str(read["name"]): read["location"] for read in reads}
    values = {name: os.environ.get(name, "") for name in places}
    for name in places:
        yield from from_setting(name, values, f"the variable {name}", places.get, http=True)


def _constants(project: Project) -> Iterator[Facts]:
    django = getattr(getattr(sys.modules.get("django.conf"), "settings", None), "configured", False)
    for name, module in project.modules():
        http = name.rpartition(".")[2] in CONFIGURATION
        values = {key: value for key, value in [*vars(module).items()] if key.isupper()}
        if django:  # what counts of them was read from its settings
            values = {key: value for key, value in values.items() if not MAIL.fullmatch(key)}
        for key in values:
            yield from from_setting(
                key, values, f"{name}.{key}", lambda at, m=name: assigned(at, project, m), http=http
            )
