"""Which endpoints a kubelet asks, and how: from the manifests, the settings, and the names of the paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_prodready.facts import Expectation, HttpProbe, InspectedEntry

AGENT = "kube-probe/1.30"
ADDRESS = "10.42.0.17"
"""The instance's own, as a cluster could have given it."""
SECONDS = 1.0
"""How long a kubelet waits where nobody says how long."""
_NAMED_SO = ("healthz", "livez", "readyz")
"""Last segments of paths that are named as Kubernetes names its own."""
_ROLES = ("ready", "live", "startup")
"""Of several probes of one path, the first of these is what it is asked for."""


def own_probes(probes: Iterable[HttpProbe], web: InspectedEntry | None) -> tuple[HttpProbe, ...]:
    """The probes of the web application itself, and not of another container of the deployment.

    They are the application's for sure where their container starts it, or where it is the one container that
    asks for a route of the application. Of several that do, and of one that is alone in the deployment, this
    is only likely. A root path is a sign of nothing.
    """
    containers = _containers(probes)
    routes = web.app.routes or () if web is not None and web.app is not None else ()
    served = {_plain(route.path) for route in routes} - {""}
    module = web.entry.module if web is not None else None
    started = [several for several in containers if any(module in _words(one.command) for one in several)]
    asking = [several for several in containers if any(_plain(one.path) in served for one in several)]
    if started or len(asking) == 1:
        return tuple(replace(probe, sure=True) for several in started or asking for probe in several)
    if asking:
        return tuple(probe for several in asking for probe in several if _plain(probe.path) in served)
    return tuple(containers[0]) if len(containers) == 1 else ()


def _containers(probes: Iterable[HttpProbe]) -> list[list[HttpProbe]]:
    """The probes of each container; one that other files describe again, whole or in part, counts once."""
    found: dict[tuple[str, str], list[HttpProbe]] = {}
    for probe in probes:
        found.setdefault((probe.location.file, probe.container), []).append(probe)
    kept: list[list[HttpProbe]] = []
    for several in sorted(found.values(), key=len, reverse=True):
        if not any(_repeats(several, other) for other in kept):
            kept.append(several)
    return kept


def _repeats(some: list[HttpProbe], others: list[HttpProbe]) -> bool:
    known = {(one.container, one.path) for one in others}
    return all((one.container, one.path) in known for one in some)


def _words(command: str) -> list[str]:
    return [word.partition(":")[0] for word in command.split()]


def _plain(path: str) -> str:
    return path.partition("?")[0].strip("/")


def with_probes(configured: Iterable[Expectation], probes: Iterable[HttpProbe]) -> tuple[Expectation, ...]:
    """What the settings expect, with roles that the manifests give, then the other paths of the manifests.

    Args:
        configured: the expectations of the settings.
        probes: the application's own.
    """
    by_path: dict[str, list[HttpProbe]] = {}
    for probe in probes:
        by_path.setdefault(probe.path, []).append(probe)
    found = []
    for one in configured:
        several = by_path.pop(one.path, [])
        found.append(replace(one, role=one.role or _role(several)))
    for path, several in by_path.items():
        first = several[0]
        words = f"{first.location.file}, {first.container}" if first.container else first.location.file
        found.append(
            Expectation(
                path,
                headers=first.headers,
                source=words,
                location=first.location,
                found=not first.sure,
                role=_role(several),
            )
        )
    return tuple(found)


def _role(probes: list[HttpProbe]) -> str:
    return next((role for role in _ROLES if any(probe.role == role for probe in probes)), "")


def asked_by_kubelet(
    expectations: Iterable[Expectation], probes: Iterable[HttpProbe], kubelet: bool
) -> list[tuple[int, HttpProbe | None]]:
    """The places of those endpoints that are asked as a kubelet asks, with the probe of a manifest.

    Args:
        expectations: of this run.
        probes: the application's own.
        kubelet: the settings say that production's probes are those of Kubernetes. Without that, and without
            manifests, the names of paths may say so.
    """
    probes = tuple(probes)
    found: list[tuple[int, HttpProbe | None]] = []
    for at, one in enumerate(expectations):
        mine = [probe for probe in probes if probe.path == one.path]
        named = not probes and _plain(one.path).rpartition("/")[2] in _NAMED_SO
        health = bool(one.role or one.found) and (kubelet or named)
        credentials = any(value.startswith("env:") for value in one.headers.values())
        if one.method == "GET" and not credentials and (mine or health):
            found.append((at, min(mine, key=lambda probe: probe.seconds, default=None)))
    return found
