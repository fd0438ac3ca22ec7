"""The contract with messages in flight: a small TOML file, one task a line, that people review.

``--prodready-update`` writes it with each release; every later run reads it. A line says how the task was
called and where it was sent::

    "mail.send" = { takes = "(to, subject=..., *, urgent=...)", queue = "mail" }
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pytest_prodready.facts import Contract, ContractMistake, ContractTask, Location, Parameter
from pytest_prodready.toml_lines import TomlLines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "prodready-tasks.toml"
"""Its name where the settings say nothing else."""
HEAD = """\
# The Celery tasks of the last release: messages that wait in the queues name them, and pass what they take.
# Written by `pytest --prodready --prodready-update`, compared by `pytest --prodready` (PRD210). Commit it.

[tasks]
"""
KEYS = ("takes", "queue")
EXAMPLE = '"mail.send" = { takes = "(to, subject=...)", queue = "celery" }'
_PARAMETER = re.compile(r"(\*{0,2})([^\W\d]\w*)(=\.\.\.)?")
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


def read(root: Path, file: str, required: Location | None = None) -> Contract | None:
    """The contract in ``file``; ``None`` where there is none, and no settings that ask for one.

    Args:
        root: the project's directory.
        file: relative to it.
        required: the line of the settings that names the file; ``None`` where it is only the default.
    """
    path = root / file
    if not os.path.lexists(path):
        missing = ContractMistake(f"does not exist, though {required} names it", required or Location(file))
        return Contract(file, mistakes=(missing,)) if required else None
    try:
        if not path.is_file():
            return _unreadable(file, "is no file")
        text = path.read_bytes().decode().replace("\r\n", "\n")
    except OSError as error:
        return _unreadable(file, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _unreadable(
            file, "is not valid UTF-8, as TOML must be", error.object[: error.start].count(b"\n") + 1
        )
    return parse(text, file)


def parse(text: str, file: str) -> Contract:
    """What the text of a contract says; ``file`` is its name as the user knows it."""
    if conflict := _CONFLICT.search(text):
        return _unreadable(file, "holds a merge conflict", text[: conflict.start()].count("\n") + 1)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        return _unreadable(file, "is nested too deeply to be read")
    except ValueError as error:  # TOMLDecodeError, and an integer beyond Python's limit of digits
        reason, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", place)
        return _unreadable(file, f"is not valid TOML: {reason}", int(found[1]) if found else None)
    return _contract(document, file, TomlLines(text, file))


def text(tasks: Iterable[ContractTask]) -> str:
    """The file's text for these tasks: the same for the same tasks, whatever their order."""
    lines = []
    for task in sorted(tasks, key=lambda task: task.name):
        values = {"takes": takes(task.parameters) if task.parameters is not None else "", "queue": task.queue}
        said = ", ".join(f"{key} = {_quoted(value)}" for key, value in values.items() if value)
        lines.append(f"{_quoted(task.name)} = {{ {said} }}\n" if said else f"{_quoted(task.name)} = {{}}\n")
    return HEAD + "".join(lines)


def write(path: Path, content: str) -> None:
    """Put ``content`` into ``path`` at once: whoever reads it finds the old text or the new one.

    Raises:
        OSError: it cannot be written; the old text stands.
    """
    path = path.resolve()  # where it is a link, the file that it leads to
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_bytes(content.encode("utf-8", "replace"))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def takes(parameters: Iterable[Parameter]) -> str:
    """Parameters as a signature without its defaults: ``(to, subject=..., *, urgent=...)``."""
    shown: list[str] = []
    every = list(parameters)
    for at, parameter in enumerate(every):
        before = [one.kind for one in every[:at]]
        if parameter.kind == "keyword-only" and not {"keyword-only", "*args"} & set(before):
            shown.append("*")
        stars = {"*args": "*", "**kwargs": "**"}.get(parameter.kind, "")
        default = "" if parameter.required or stars else "=..."
        shown.append(f"{stars}{parameter.name}{default}")
        following = [one.kind for one in every[at + 1 : at + 2]]
        if parameter.kind == "positional-only" and following != ["positional-only"]:
            shown.append("/")
    return f"({', '.join(shown)})"


def parameters(written: str) -> tuple[Parameter, ...]:
    """What :func:`takes` has written.

    Raises:
        ValueError: it is something else; the message holds the part that cannot be read.
    """
    if not (written.startswith("(") and written.endswith(")")):
        raise ValueError(written)
    found: list[Parameter] = []
    kind = "positional"
    for part in filter(None, (part.strip() for part in written[1:-1].split(","))):
        if part == "/":
            found = [replace(one, kind="positional-only") for one in found]
        elif part == "*":
            kind = "keyword-only"
        elif match := _PARAMETER.fullmatch(part):
            stars, name, default = match.groups()
            if stars:
                kind = "keyword-only"
            stands = {"*": "*args", "**": "**kwargs"}.get(stars, kind)
            found.append(Parameter(name, stands, required=not (stars or default)))
        else:
            raise ValueError(part)
    return tuple(found)


def _contract(document: dict[str, object], file: str, lines: TomlLines) -> Contract:
    tasks = document.get("tasks", {})
    mistakes = [
        ContractMistake(f"has the key {_shown(key)}, which nobody reads", lines.line(key))
        for key in document
        if key != "tasks"
    ]
    if not isinstance(tasks, dict):
        mistakes.append(
            ContractMistake(f"must hold a table [tasks] of lines as {EXAMPLE}", lines.line("tasks"))
        )
        tasks = {}
    read = []
    for name, values in tasks.items():
        location = lines.line("tasks", _quoted(name)[1:-1])  # as the file writes it
        wrong = list(_wrong(values))
        mistakes += [ContractMistake(f"says of {_shown(name)} {message}", location) for message in wrong]
        if not wrong:
            written = values.get("takes")
            known = None if written is None else parameters(written)
            read.append(ContractTask(name, known, values.get("queue", ""), location))
    return Contract(file, tuple(read), tuple(mistakes))


def _wrong(values: object) -> Iterator[str]:
    """What is wrong with the line of one task."""
    if not isinstance(values, dict):
        yield f"what nobody reads; a line is written {EXAMPLE}"
        return
    for key, value in values.items():
        if key not in KEYS:
            yield f"{_shown(key)}; there are takes and queue"
        elif not isinstance(value, str):
            yield f"{key} without quotes; a line is written {EXAMPLE}"
    written = values.get("takes", "()")
    try:
        if isinstance(written, str):
            parameters(written)
    except ValueError as error:
        yield f'takes = "…{_shown(str(error))}…", which is no signature such as "(to, subject=...)"'


def _unreadable(file: str, message: str, line: int | None = None) -> Contract:
    return Contract(file, mistakes=(ContractMistake(message, Location(file, line)),))


def _shown(value: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in value[:60])


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
