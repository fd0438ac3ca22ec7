"""The commands in YAML files of a deployment: compose files, Kubernetes manifests, values of a Helm chart.

PyYAML gives the nodes with their lines; nothing is constructed from them. Aliases and merge keys are
followed as YAML means them, so that a command is known where it is used.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_prodready.discovery.deployed import Deployed, assignments
from pytest_prodready.discovery.worker_command import expand
from pytest_prodready.discovery.yaml_nodes import (
    first_line,
    is_a,
    items,
    last_line,
    mapping,
    scalar,
)

if TYPE_CHECKING:
    import yaml

COMPOSE = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml")
_COMMANDS = ("entrypoint", "command", "args")
"""The keys of one container's command, in the order in which they are put together."""
_DEEPEST = 60


def commands(path: str, documents: Iterable[yaml.Node | None]) -> Iterator[Deployed]:
    """The commands that a YAML file starts.

    Args:
        path: its name, relative to the root.
        documents: it holds; see :meth:`Tree.documents`.
    """
    compose = COMPOSE.fullmatch(PurePosixPath(path).name) is not None
    for document in documents:
        if compose:
            yield from _services(path, document)
        else:
            yield from _containers(path, document, "", set(), 0)


def _services(path: str, document: yaml.Node | None) -> Iterator[Deployed]:
    for name, service in mapping(mapping(document).get("services")).items():
        keys = mapping(service)
        environment = {
            variable: _interpolated(value)
            for variable, value in _environment(keys.get("environment")).items()
        }
        parts = [keys[key] for key in _COMMANDS if key in keys]
        if parts:
            command = _interpolated(" ".join(map(command_line, parts)))
            yield Deployed(
                path,
                first_line(parts[-1]),
                f"{path}, {name}",
                command,
                last_line(parts[-1]),
                environment,
                name,
            )


def _containers(
    path: str, node: yaml.Node | None, name: str, seen: set[int], depth: int
) -> Iterator[Deployed]:
    """Every mapping with a command: a container, or the values that a chart makes one of."""
    if node is None or id(node) in seen or depth > _DEEPEST:
        return
    seen.add(id(node))
    keys = mapping(node)
    own = scalar(keys.get("name")) or name
    parts = [keys[key] for key in _COMMANDS if key in keys and command_line(keys[key])]
    if parts:
        command = " ".join(map(command_line, parts))
        environment = _environment(keys.get("env"))
        yield Deployed(
            path,
            first_line(parts[-1]),
            f"{path}, {own}" if own else path,
            command,
            last_line(parts[-1]),
            environment,
            own,
        )
    for key, value in keys.items():
        if value not in parts:
            if (text := scalar(value)) and "celery" in text:
                yield Deployed(path, first_line(value), f"{path}, {key}", text, last_line(value), name=key)
            yield from _containers(path, value, own or key, seen, depth + 1)
    for item in items(node):
        yield from _containers(path, item, name, seen, depth + 1)


def command_line(node: yaml.Node) -> str:
    """A command as a shell reads it: a list is quoted word by word."""
    if is_a(node, "sequence"):
        words = (scalar(item).replace("\\\n", " ") for item in items(node))
        return " ".join(_quoted(" ; ".join(word.strip().split("\n"))) for word in words)
    return " ".join(scalar(node).split("\n"))


def _quoted(word: str) -> str:
    # a variable in a list is replaced before the program sees it: it must stay in sight
    return word if re.fullmatch(r"[\w${}:./=,@%+-]+", word) else shlex.quote(word)


def _environment(node: yaml.Node | None) -> dict[str, str]:
    """Variables, from a mapping, a list of ``NAME=value``, or a list of ``{name, value}``."""
    found = {name: scalar(value) for name, value in mapping(node).items()}
    for item in items(node):
        keys = mapping(item)
        if "name" in keys and "value" in keys:
            found[scalar(keys["name"])] = scalar(keys["value"])
        else:
            found |= assignments(scalar(item))
    return {name: value for name, value in found.items() if value}


def _interpolated(text: str) -> str:
    """A value of a compose file: ``$NAME`` is the host's, known by its default; ``$$`` is the shell's."""
    shells = "\0".join(expand(part, {}) for part in text.split("$$"))
    return re.sub(r"\$\{?\w+\}?", "$UNKNOWN", shells).replace("\0", "$")
