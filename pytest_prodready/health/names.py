"""The names that health endpoints go by."""

from __future__ import annotations

ROLES = {
    **dict.fromkeys(("live", "livez", "liveness", "alive"), "live"),
    **dict.fromkeys(("ready", "readyz", "readiness"), "ready"),
    **dict.fromkeys(("startup", "startupz"), "startup"),
}
"""Last segments that say what production asks an endpoint for; ``health`` says none of these."""
NAMES = frozenset(
    {
        *("health", "healthz", "healthcheck", "health-check", "health_check", "heartbeat", "__heartbeat__"),
        *("__lbheartbeat__", "ht"),
        *ROLES,
    }
)
"""Last segments that say health: ``ht`` is django-health-check's. ``status`` and ``ping`` mean other things
too often."""
