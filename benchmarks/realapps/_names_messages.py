"""What type checkers say, read from their output."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPARABLE = {
    "mypy": r"(attr-defined|union-attr): .*|(misc|call-arg): .*(Cannot resolve|Unexpected (attr|keyw)).*",
    "pyright": r"report(Attribute|OptionalMember|FunctionMember)Access(Issue)?: .*|reportCallIssue: No par.*",
    "ty": r"(missing-attribute|missing-union-attribute|unknown-argument): .*",
}
"""Kinds and texts of messages that say what the two rules say: an attribute or a keyword is not there."""
LINES = {
    "mypy": r"(?P<file>[^:]+\.py):(?P<line>\d+)(:\d+)?: error: (?P<text>.*?)(  \[(?P<kind>[\w-]+)\])?",
    "ty": r"(?P<file>[^:]+\.py):(?P<line>\d+):\d+: (?P<level>\w+)\[(?P<kind>[\w-]+)\] (?P<text>.*)",
}


@dataclass(frozen=True)
class Message:
    """What a tool says about a line."""

    file: str
    line: int
    kind: str
    text: str
    error: bool = True

    def comparable(self, tool: str) -> bool:
        """Whether it is of the kinds that the two rules know."""
        return re.match(COMPARABLE[tool], f"{self.kind}: {self.text}", re.DOTALL) is not None


@dataclass(frozen=True)
class Said:
    """One run of a tool."""

    messages: list[Message]
    seconds: float


def messages(tool: str, output: str, project: Path) -> list[Message]:
    """What a tool says in its output.

    Args:
        tool: its name.
        output: of mypy and ty lines of text, of pyright JSON.
        project: where it ran.
    """
    if tool == "pyright":
        return [_of_pyright(one, project) for one in json.loads(output)["generalDiagnostics"]]
    found = (re.fullmatch(LINES[tool], line) for line in output.splitlines())
    return [
        Message(one["file"], int(one["line"]), one["kind"] or "", one["text"], _level(one) == "error")
        for one in found
        if one
    ]


def _level(line: re.Match[str]) -> str:
    return line.groupdict().get("level", "error")


def _of_pyright(one: dict[str, Any], project: Path) -> Message:
    file = os.path.relpath(one["file"], project)
    line = one["range"]["start"]["line"] + 1
    return Message(file, line, one.get("rule", ""), one["message"], one["severity"] == "error")
