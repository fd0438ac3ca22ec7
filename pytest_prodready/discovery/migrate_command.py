"""Finds the commands with which a deployment migrates its database, and what they upgrade to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pytest_prodready.discovery.deployment import OTHERS_FILE
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location, MigrateCommand, VendorMark

_GAP = r"(?:[\s\"',\[\]\\]|-\s)+"
"""Between two words of a command: blanks, the marks of a list in JSON, a line of a list in YAML."""
_OPTION = rf"(?:{_GAP}--?[A-Za-z][\w-]*(?:=\S+|{_GAP}(?![\"']?(?:upgrade|db|migrate)\b)[\w./${{}}:@=-]+)?)"
_COMMANDS = (
    (
        "alembic",
        re.compile(
            rf"\balembic\b{_OPTION}*{_GAP}upgrade\b(?:{_GAP}--(?:sql|tag)\b)?(?:{_GAP}([\w@+$][\w@:+-]*))?"
        ),
    ),
    (
        "flask",
        re.compile(
            rf"\bflask\b{_OPTION}*{_GAP}(?:db|database){_GAP}upgrade\b{_OPTION}*(?:[^\S\n]+([\w@:+]+))?"
        ),
    ),
    (
        "django",
        re.compile(rf"\b(?:manage\.py|django-admin)\b{_OPTION}*{_GAP}migrate(?:_schemas)?\b([^\n&|;\]#]*)"),
    ),
)
_CALL = re.compile(rb"\bupgrade\(\s*[\w.()]+\s*,\s*(?:revision\s*=\s*)?[\"']([\w@:+-]+)[\"']")
_CALL_DJANGO = re.compile(rb"\bcall_command\(\s*[\"']migrate(?:_schemas)?[\"']([^)]*)\)")
_SCRIPT = re.compile(r"[\w./-]+\.(?:sh|bash)\b")
_DEEPEST = 3
_FURTHER = ("fly.toml", "railway.toml", "railway.json", "app.json", "nixpacks.toml", "render.yaml")
_ENTRYPOINTS = ("entrypoint.sh", "docker-entrypoint.sh", "start.sh", "prestart.sh", "release.sh", "boot.sh")
_ADDRESS = re.compile(r"\b(postgres(?:ql)?|postgis|mysql|mariadb)(?:\+\w+)?://")
_VENDORS = {"postgres": "postgresql", "postgis": "postgresql"}


def find(tree: Tree) -> tuple[MigrateCommand, ...]:
    """Every command that migrates, each once for each file and line.

    Files whose names say development or test count only where no other file has one.
    """
    found: dict[tuple[str, str, Location], MigrateCommand] = {}
    for path in _files(tree):
        for one in _in_text(path, tree.data(path).decode(errors="replace")):
            found.setdefault((one.tool, one.target, one.location), one)
    for path in tree.files if not found else ():  # some read and migrate by a program of their own
        for one in _in_source(path, tree.data(path)):
            found.setdefault((one.tool, one.target, one.location), one)
    production = [one for one in found.values() if not OTHERS_FILE.search(one.location.file)]
    return tuple(production or found.values())


def _files(tree: Tree) -> list[str]:
    """The files of the deployment, and the scripts that they run."""
    found = [*tree.deployment, *(name for name in (*_FURTHER, *_ENTRYPOINTS) if tree.data(name))]
    level = found
    for _ in range(_DEEPEST):
        scripts = (script for path in level for script in _scripts(tree, path))
        level = [path for path in dict.fromkeys(scripts) if path not in found]
        found = [*found, *level]
    return [*dict.fromkeys(found)]


def _scripts(tree: Tree, path: str) -> Iterator[str]:
    """The shell scripts of the project that a file names; a path of the image ends like the project's."""
    for written in _SCRIPT.findall(tree.data(path).decode(errors="replace")):
        parts = [part for part in PurePosixPath(written).parts if part not in ("/", ".")]
        for start in range(len(parts)):
            candidates = ("/".join(parts[start:]), str(PurePosixPath(path).parent.joinpath(*parts[start:])))
            known = next((one for one in candidates if tree.inside(one) and tree.data(one)), "")
            if known:
                yield known
                break


def _in_text(path: str, text: str) -> Iterator[MigrateCommand]:
    for tool, pattern in _COMMANDS:
        for found in pattern.finditer(text):
            begin = text.rfind("\n", 0, found.start()) + 1
            before = text[begin : found.start()]
            if re.match(r"\s*(#|;|//)", before) or re.search(r"\b(echo|printf)\b|\s#", before):
                continue
            rest = (found[1] or "").strip()
            if tool == "django" and re.search(r"--(check|plan|fake|list)\b", rest):
                continue
            yield MigrateCommand(
                tool,
                rest if tool == "django" else rest or ("head" if tool == "flask" else ""),
                Location(path, text.count("\n", 0, found.start()) + 1),
                syncdb="--run-syncdb" in rest,
            )


def _in_source(path: str, data: bytes) -> Iterator[MigrateCommand]:
    """The calls of Alembic's and Django's own commands in a module that production may run."""
    if b"alembic" in data or b"flask_migrate" in data:
        for found in _CALL.finditer(data):
            yield MigrateCommand("alembic", found[1].decode(), _place(path, data, found.start()))
    if b"call_command" in data:
        for found in _CALL_DJANGO.finditer(data):
            words = found[1].decode(errors="replace")
            syncdb = "run_syncdb" in words or "--run-syncdb" in words
            yield MigrateCommand("django", "", _place(path, data, found.start()), syncdb=syncdb)


def _place(path: str, data: bytes, at: int) -> Location:
    return Location(path, data.count(b"\n", 0, at) + 1)


def vendors(tree: Tree) -> tuple[VendorMark, ...]:
    """The vendors whose addresses stand in the files of the deployment, each once."""
    found: dict[str, VendorMark] = {}
    for path in tree.deployment:
        text = "" if OTHERS_FILE.search(path) else tree.data(path).decode(errors="replace")
        for address in _ADDRESS.finditer(text):
            line = text[text.rfind("\n", 0, address.start()) + 1 : address.start()]
            vendor = _VENDORS.get(address[1], address[1])
            if vendor not in found and not re.match(r"\s*[#;]", line):
                place = Location(path, text.count("\n", 0, address.start()) + 1)
                found[vendor] = VendorMark(vendor, address[0], place)
    return tuple(found.values())
