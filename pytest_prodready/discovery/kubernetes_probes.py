"""The HTTP probes in manifests of Kubernetes and in the values of Helm charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_prodready.discovery.deployment import OTHERS_FILE
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.discovery.yaml_commands import command_line
from pytest_prodready.discovery.yaml_nodes import (
    UNKNOWN,
    first_line,
    items,
    mapping,
    scalar,
)
from pytest_prodready.facts import HttpProbe, Location

if TYPE_CHECKING:
    import yaml

ROLES = {"livenessProbe": "live", "readinessProbe": "ready", "startupProbe": "startup"}
_MENTIONED = re.compile(rb"(?:liveness|readiness|startup)Probe")
_FILE = re.compile(r".*\.ya?ml(\.j2)?")
_PATIENT = 10.0
"""Seconds, where a template leaves open how many there are."""
_DEEPEST = 60


def find(tree: Tree) -> tuple[HttpProbe, ...]:
    """Every HTTP probe of the project's deployment, each once.

    Left out are those over TLS, and those whose path or headers a template leaves open.
    """
    found: dict[object, HttpProbe] = {}
    for file in tree.deployment:
        data = tree.data(file) if _FILE.fullmatch(file.rpartition("/")[2]) else b""
        if not _MENTIONED.search(data) or OTHERS_FILE.search(file):
            continue
        for node in tree.documents(file) or ():
            for probe in _probes(file, node, "", set(), 0):
                key = (probe.role, probe.path, probe.container, *sorted(probe.headers.items()))
                found.setdefault(key, probe)
    return tuple(found.values())


def _probes(file: str, node: yaml.Node | None, name: str, seen: set[int], depth: int) -> Iterator[HttpProbe]:
    """Those of every mapping with a probe: a container, or the values that a chart makes one of."""
    if node is None or id(node) in seen or depth > _DEEPEST:
        return
    seen.add(id(node))
    keys = mapping(node)
    own = scalar(keys.get("name")) or name
    command = " ".join(command_line(keys[key]) for key in ("command", "args") if key in keys)
    for key, role in ROLES.items():
        if key in keys and (probe := _probe(file, role, keys[key])):
            address, hosts = _given(keys.get("env"))
            yield replace(probe, container=own, command=command, address=address, hosts=hosts)
    for key, value in keys.items():
        if key not in ROLES:
            yield from _probes(file, value, own if key in ("spec", "template") else key, seen, depth + 1)
    for item in items(node):
        yield from _probes(file, item, name, seen, depth + 1)


def _probe(file: str, role: str, node: yaml.Node) -> HttpProbe | None:
    keys = mapping(node)
    # values of a chart may have the path without httpGet around it
    http = mapping(keys.get("httpGet")) or (keys if scalar(keys.get("path")) else {})
    if not http or scalar(keys.get("enabled")).lower() == "false":
        return None
    headers = {
        scalar(one.get("name")): scalar(one.get("value"))
        for one in map(mapping, items(http.get("httpHeaders")))
    }
    path = "/" + scalar(http.get("path")).lstrip("/")
    written = [path, scalar(http.get("scheme")), *headers, *headers.values()]
    if any(UNKNOWN in text for text in written) or scalar(http.get("scheme")).upper() == "HTTPS":
        return None
    if re.search(r"\s", path):
        return None
    place = Location(file, first_line(http.get("path", node)))
    seconds = _seconds(scalar(keys.get("timeoutSeconds")))
    return HttpProbe(role, path, place, headers, seconds)


def _seconds(text: str) -> float:
    if UNKNOWN in text:
        return _PATIENT
    return float(text) if text.isdecimal() and int(text) else 1.0


def _given(node: yaml.Node | None) -> tuple[str, bool]:
    """Of a container's variables: the one that holds its own address, and whether one names hosts."""
    address, hosts = "", False
    variables = {scalar(one.get("name")): one for one in map(mapping, items(node))} | mapping(node)
    for name, value in variables.items():
        keys = value if isinstance(value, dict) else {}
        field = mapping(mapping(keys.get("valueFrom")).get("fieldRef")).get("fieldPath")
        if scalar(field) in ("status.podIP", "status.podIPs"):
            address = name
        hosts = hosts or "HOSTS" in name.upper()
    return address, hosts
