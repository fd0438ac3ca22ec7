"""Reads ``[tool.prodready] health``: what endpoints must answer, or a table that says more."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts import Expectation, Location
from pytest_prodready.settings.checks import environment_name
from pytest_prodready.settings.probes import PROBE_KEYS, expectation, one_of, request_path
from pytest_prodready.settings.table import Table

TITLE = "[tool.prodready.health]"
KEYS = ("probes", "mode", "probe_as", "dependencies", "slow")
MODES = ("server", "inprocess")
KUBELET = "kubelet"


@dataclass(frozen=True)
class HealthSettings:
    """What the user wrote about health; empty where nothing is written."""

    probes: tuple[Expectation, ...] = ()
    """What the endpoints must answer."""
    mode: str = ""
    """``server`` or ``inprocess``: who serves the application while it is probed; empty for a server."""
    probe_as: str = ""
    """``kubelet``: production's probes are those of Kubernetes; empty when nothing is said of them."""
    dependencies: tuple[str, ...] = ()
    """Variables whose dependency readiness must not do without."""
    dependencies_location: Location | None = None
    slow: str = ""
    """The path of a request that takes a while, in flight while the server is stopped."""


def read(parent: Table) -> HealthSettings:
    """What ``[tool.prodready]`` says under ``health``; its mistakes are noted in the table.

    Args:
        parent: the table ``[tool.prodready]``.
    """
    written = parent.values.get("health")
    if not isinstance(written, dict):  # the short form: the probes alone
        return HealthSettings(tuple(map(expectation, parent.tables("health", PROBE_KEYS))))
    table = Table(written, (*parent.path, "health"), TITLE, KEYS, parent.mistakes)
    return HealthSettings(
        probes=tuple(map(expectation, table.tables("probes", PROBE_KEYS))),
        mode=table.text("mode", 'mode = "inprocess"', one_of(MODES)),
        probe_as=table.text("probe_as", 'probe_as = "kubelet"', one_of((KUBELET,))),
        dependencies=table.texts("dependencies", 'dependencies = ["DATABASE_URL"]', environment_name),
        dependencies_location=table.location("dependencies") if "dependencies" in written else None,
        slow=table.text("slow", 'slow = "/reports/slow"', request_path),
    )
