"""Every command that the files of a deployment start, whatever kind of file each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from pytest_prodready.discovery import deployed, yaml_commands
from pytest_prodready.discovery.deployed import Deployed
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.discovery.worker_command import may_be_worker

OTHERS_FILE = re.compile(
    r"(?i)(^|[./_-])(dev|devel|development|local|tests?|testing|ci|override|example|sample)([./_-]|$)"
)
"""Files whose names say that production does not use them."""


def commands(tree: Tree, about: re.Pattern[bytes]) -> Iterator[Deployed]:
    """Every command of every file of the deployment, the files nearest to the root first.

    Args:
        tree: the project's files.
        about: what must stand in a file that is no Procfile, Dockerfile or compose file.
    """
    files = tree.deployment
    for path in files:
        name = PurePosixPath(path).name
        template = name.endswith((".j2", ".tpl"))
        plain = name.removesuffix(".j2").removesuffix(".tpl")
        if name == "Procfile":
            yield from deployed.procfile(tree, path)
        elif re.fullmatch(r"Dockerfile.*|.*\.(?i:dockerfile)", name):
            yield from deployed.dockerfile(tree, path)
        elif plain.endswith((".yml", ".yaml")):
            yield from _yaml(tree, path, about)
        elif not about.search(tree.data(path)):
            continue
        elif plain.endswith(".service"):
            yield from deployed.systemd(tree, path, files)
        elif b"CELERYD_OPTS" in tree.data(path):
            if not template and not _names_environment_file(tree, files, name):
                yield from deployed.daemon_options(tree, path)
        elif plain.endswith((".conf", ".ini")):
            yield from deployed.supervisor(tree, path)
        elif template:
            yield from _unread(tree, path)


def script_of(tree: Tree, line: str) -> str:
    """The shell script of the project that a command runs; empty when it runs none that is there."""
    for word in line.split()[:3]:
        parts = PurePosixPath(word.strip("\"'").removeprefix("./")).parts
        for start in range(len(parts)):
            path = "/".join(parts[start:]).lstrip("/")
            data = tree.data(path) if path and not path.endswith("/") else b""
            if data and (path.endswith(".sh") or re.match(rb"#!.*\b(ba|da|a)?sh\b", data)):
                return path
    return ""


def _yaml(tree: Tree, path: str, about: re.Pattern[bytes]) -> Iterator[Deployed]:
    if not yaml_commands.COMPOSE.fullmatch(PurePosixPath(path).name) and not about.search(tree.data(path)):
        return
    documents = tree.documents(path)
    yield from _unread(tree, path) if documents is None else yaml_commands.commands(path, documents)


def _unread(tree: Tree, path: str) -> Iterator[Deployed]:
    """The line of a file that cannot be read and that may start a worker, as a command that is not known."""
    for number, line in enumerate(tree.data(path).decode(errors="replace").splitlines(), 1):
        if may_be_worker(line):
            yield Deployed(path, number, path, "", readable=False)
            return


def _names_environment_file(tree: Tree, files: Iterable[str], name: str) -> bool:
    """Whether a unit of the project reads the file ``name``: its command is known from there."""
    pattern = re.compile(rb"^\s*EnvironmentFile\s*=.*\b" + re.escape(name.encode()) + rb"\s*$", re.MULTILINE)
    return any(pattern.search(tree.data(unit)) for unit in files if ".service" in unit)
