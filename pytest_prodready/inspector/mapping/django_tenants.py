"""Which schemas have the tables of a model, in a project with a schema for each tenant.

For django-tenants and its ancestor django-tenant-schemas. Settings and classes are looked at, as the
library's own router does it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

LIBRARIES = ("django_tenants", "tenant_schemas")
ROUTERS = tuple(f"{library}.routers.TenantSyncRouter" for library in LIBRARIES)
TENANT = "tenant"
"""The one type of tenants of a project that does not tell several apart."""


class Tenants:
    """What the settings say of the tenants of the project that is loaded."""

    def __init__(self, settings: Any) -> None:
        self.alias = str(getattr(settings, "TENANT_DB_ALIAS", "default"))
        self.public = str(getattr(settings, "PUBLIC_SCHEMA_NAME", "public"))
        self.several = bool(getattr(settings, "HAS_MULTI_TYPE_TENANTS", False))
        self._kind_field = str(getattr(settings, "MULTI_TYPE_DATABASE_FIELD", ""))
        self._model = str(getattr(settings, "TENANT_MODEL", ""))
        self._apps: dict[str, tuple[str, ...]] = {
            "public": tuple(getattr(settings, "SHARED_APPS", ())),
            TENANT: tuple(getattr(settings, "TENANT_APPS", ())),
        }
        if self.several:
            types: Mapping[str, Any] = getattr(settings, "TENANT_TYPES", {})
            self._apps = {
                "public" if name == self.public else name: tuple(one.get("APPS", ()))
                for name, one in types.items()
            }

    def register(self) -> dict[str, str] | None:
        """The ``TenantRegister``; ``None`` when there is no such model."""
        from django.apps import apps

        try:
            options = apps.get_model(self._model)._meta
            column = str(options.get_field("schema_name").column)
            kind = str(options.get_field(self._kind_field).column) if self.several else ""
        except Exception:  # no such model or field: the library itself would say so
            return None
        found = {"bind": self.alias, "table": str(options.db_table), "column": column}
        return {**found, "kind_column": kind, "public": self.public}

    def of(self, model: Any) -> list[str]:
        """The ``MappedTable.tenancy`` of a model."""
        config = model._meta.app_config
        if config is None:
            return []
        names = {config.name, f"{type(config).__module__}.{type(config).__name__}"}
        return sorted(kind for kind, apps in self._apps.items() if names.intersection(apps))


def tenants() -> Tenants | None:
    """The tenants of the loaded project; ``None`` for one without them."""
    if not any(name in sys.modules for name in LIBRARIES):
        return None
    from django.conf import settings

    if not settings.configured:  # the library is loaded, and Django is not in use
        return None
    engine = str(
        settings.DATABASES.get(getattr(settings, "TENANT_DB_ALIAS", "default"), {}).get("ENGINE", "")
    )
    routed = any(str(router) in ROUTERS for router in getattr(settings, "DATABASE_ROUTERS", ()))
    # an engine of the project's own may derive from the library's
    return Tenants(settings) if routed or engine.partition(".")[0] in LIBRARIES else None


def allowed(model: Any, alias: str) -> bool:
    """Whether the other routers let migrations make the table: the library's speaks of one schema only."""
    from django.db import router

    for one in router.routers:
        if f"{type(one).__module__}.{type(one).__qualname__}" in ROUTERS or not hasattr(one, "allow_migrate"):
            continue
        answer = one.allow_migrate(
            alias, model._meta.app_label, model_name=model._meta.model_name, model=model
        )
        if answer is not None:
            return bool(answer)
    return True
