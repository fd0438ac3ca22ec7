"""Which models of a project with tenants only the tenants' schemas have tables for."""

from __future__ import annotations

from typing import Any


class TenantApps:
    """Tells the models whose tables only tenants' schemas have, as the library's own router does."""

    def __init__(self, settings: Any) -> None:
        shared, own = getattr(settings, "SHARED_APPS", ()), getattr(settings, "TENANT_APPS", ())
        if getattr(settings, "HAS_MULTI_TYPE_TENANTS", False):
            public = str(getattr(settings, "PUBLIC_SCHEMA_NAME", "public"))
            types = getattr(settings, "TENANT_TYPES", {})
            shared = types.get(public, {}).get("APPS", ())
            own = [app for name, one in types.items() if name != public for app in one.get("APPS", ())]
        self._only = {*own} - {*shared}
        self._shared = {*shared}

    def label(self, value: object) -> str:
        """``ats.JobPosting`` of a model class that only tenants have a table for; else empty."""
        from django.db.models.base import ModelBase

        if ModelBase not in type(value).__mro__:
            return ""
        options = getattr(value, "_meta", None)
        config = getattr(options, "app_config", None)
        if options is None or config is None or options.abstract or not options.managed:
            return ""
        names = {config.name, f"{type(config).__module__}.{type(config).__name__}"}
        return str(options.label) if names & self._only and not names & self._shared else ""


def is_manager(model: object, part: str) -> bool:
    """Whether an attribute of a model class is one of its managers; nothing is called for it."""
    if type not in type(model).__mro__:
        return False
    held = next((vars(base)[part] for base in type.mro(model) if part in vars(base)), None)  # type: ignore[arg-type]
    return type(held).__name__ == "ManagerDescriptor"
