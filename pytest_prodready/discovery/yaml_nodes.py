"""YAML as nodes with their lines, by PyYAML; nothing is constructed from them.

Aliases and merge keys are followed as YAML means them. In a template, expressions count as unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

UNKNOWN = "$UNKNOWN"
"""What stands in the place of a template's expression."""
_CONTROL = re.compile(r"^[ \t]*\{\{-?[^\n]*?-?\}\}[ \t]*$", re.MULTILINE)
"""A line of a template that holds nothing but an instruction."""
_EXPRESSION = re.compile(r"\{\{.*?\}\}")
_DEEPEST = 60


class NotReadError(ValueError):
    """The text is no YAML that can be read."""


def documents(text: str) -> list[yaml.Node | None]:
    """The documents of a file, each by its first node.

    Raises:
        NotReadError: it is no YAML.
    """
    import yaml  # only where a project has such files

    if "{{" in text:
        text = _EXPRESSION.sub(UNKNOWN, _CONTROL.sub("", text))
    try:
        return list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise NotReadError(str(error)) from None


def mapping(
    node: yaml.Node | None, depth: int = 0, merged_in: set[int] | None = None
) -> dict[str, yaml.Node]:
    """The keys of a mapping, those that it merges in included; empty for anything else."""
    known = set() if merged_in is None else merged_in
    if node is None or not is_a(node, "mapping") or depth > _DEEPEST or id(node) in known:
        return {}
    known.add(id(node))  # merges of merges may name it as often as they like
    found = {str(key.value): value for key, value in node.value if isinstance(key.value, str)}
    if merged := found.pop("<<", None):
        for one in merged.value if is_a(merged, "sequence") else [merged]:
            found = mapping(one, depth + 1, known) | found  # of several, the first one counts
    return found


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The items of a sequence; none of anything else."""
    return list(node.value) if node is not None and is_a(node, "sequence") else []


def is_a(node: Any, kind: str) -> bool:
    """Whether there is a node of that kind: ``mapping``, ``sequence`` or ``scalar``."""
    return node is not None and node.id == kind


def scalar(node: Any) -> str:
    """The text of a scalar; empty for null and for anything else."""
    return str(node.value) if is_a(node, "scalar") and not node.tag.endswith(":null") else ""


def first_line(node: yaml.Node) -> int:
    """The line that a node begins in."""
    return int(node.start_mark.line) + 1


def last_line(node: yaml.Node) -> int:
    """The last line that belongs to a node."""
    end = node.end_mark
    return int(end.line) + (1 if end.column else 0)
