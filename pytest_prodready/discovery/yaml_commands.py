"""The commands in YAML files of a deployment: compose files, Kubernetes manifests, values of a Helm chart.

PyYAML gives the nodes with their lines; nothing is constructed from them. Aliases and merge keys are
followed as YAML means them, so that a command is known where it is used.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_prodready.discovery.deployed import Deployed, assignments
from pytest_prodready.discovery.worker_command import expand

if TYPE_CHECKING:
    import yaml

COMPOSE = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml")
_CONTROL = re.compile(r"^[ \t]*\{\{-?[^\n]*?-?\}\}[ \t]*$", re.MULTILINE)
"""A line of a template that holds nothing but an instruction."""
_EXPRESSION = re.compile(r"\{\{.*?\}\}")
_COMMANDS = ("entrypoint", "command", "args")
"""The keys of one container's command, in the order in which they are put together."""
_DEEPEST = 60


class NotReadError(ValueError):
    """The text is no YAML that can be read."""


def commands(path: str, text: str) -> Iterator[Deployed]:
    """The commands that a YAML file starts.

    Args:
        path: its name, relative to the root.
        text: its content; a template's expressions count as unknown.

    Raises:
        NotReadError: it is no YAML.
    """
    import yaml  # only where a project has such files

    if "{{" in text:
        text = _EXPRESSION.sub("$UNKNOWN", _CONTROL.sub("", text))
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise NotReadError(str(error)) from None
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
            command = _interpolated(" ".join(map(_line, parts)))
            yield Deployed(
                path, _first(parts[-1]), f"{path}, {name}", command, _last(parts[-1]), environment, name
            )


def _containers(
    path: str, node: yaml.Node | None, name: str, seen: set[int], depth: int
) -> Iterator[Deployed]:
    """Every mapping with a command: a container, or the values that a chart makes one of."""
    if node is None or id(node) in seen or depth > _DEEPEST:
        return
    seen.add(id(node))
    keys = mapping(node)
    own = _scalar(keys.get("name")) or name
    parts = [keys[key] for key in _COMMANDS if key in keys and _line(keys[key])]
    if parts:
        command = " ".join(map(_line, parts))
        environment = _environment(keys.get("env"))
        yield Deployed(
            path,
            _first(parts[-1]),
            f"{path}, {own}" if own else path,
            command,
            _last(parts[-1]),
            environment,
            own,
        )
    for key, value in keys.items():
        if value not in parts:
            if (text := _scalar(value)) and "celery" in text:
                yield Deployed(path, _first(value), f"{path}, {key}", text, _last(value), name=key)
            yield from _containers(path, value, own or key, seen, depth + 1)
    if _is(node, "sequence"):
        for item in node.value:
            yield from _containers(path, item, name, seen, depth + 1)


def mapping(node: yaml.Node | None, depth: int = 0) -> dict[str, yaml.Node]:
    """The keys of a mapping, those that it merges in included; empty for anything else."""
    if node is None or not _is(node, "mapping") or depth > _DEEPEST:
        return {}
    found = {str(key.value): value for key, value in node.value if isinstance(key.value, str)}
    if merged := found.pop("<<", None):
        for one in merged.value if _is(merged, "sequence") else [merged]:
            found = mapping(one, depth + 1) | found  # of several, the first one counts
    return found


def _is(node: Any, kind: str) -> bool:
    return node is not None and node.id == kind


def _scalar(node: Any) -> str:
    return (
        str(node.value) if node is not None and node.id == "scalar" and not node.tag.endswith(":null") else ""
    )


def _line(node: yaml.Node) -> str:
    """A command as a shell reads it: a list is quoted word by word."""
    if _is(node, "sequence"):
        words = (_scalar(item).replace("\\\n", " ") for item in node.value)
        return " ".join(_quoted(" ; ".join(word.strip().split("\n"))) for word in words)
    return " ".join(_scalar(node).split("\n"))


def _quoted(word: str) -> str:
    # a variable in a list is replaced before the program sees it: it must stay in sight
    return word if re.fullmatch(r"[\w${}:./=,@%+-]+", word) else shlex.quote(word)


def _environment(node: yaml.Node | None) -> dict[str, str]:
    """Variables, from a mapping, a list of ``NAME=value``, or a list of ``{name, value}``."""
    found = {name: _scalar(value) for name, value in mapping(node).items()}
    for item in node.value if node is not None and _is(node, "sequence") else ():
        keys = mapping(item)
        if "name" in keys and "value" in keys:
            found[_scalar(keys["name"])] = _scalar(keys["value"])
        else:
            found |= assignments(_scalar(item))
    return {name: value for name, value in found.items() if value}


def _interpolated(text: str) -> str:
    """A value of a compose file: ``$NAME`` is the host's, known by its default; ``$$`` is the shell's."""
    shells = "\0".join(expand(part, {}) for part in text.split("$$"))
    return re.sub(r"\$\{?\w+\}?", "$UNKNOWN", shells).replace("\0", "$")


def _first(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _last(node: yaml.Node) -> int:
    end = node.end_mark
    return int(end.line) + (1 if end.column else 0)
