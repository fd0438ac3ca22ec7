#!/usr/bin/env python3
"""
One door to every chore: it sets itself up, then runs nox with the Python that started it.

    python3 dev.py demo            the gate on the healthy example, then on a broken one
    python3 dev.py test            the whole test suite
    python3 dev.py test -k enum    what follows the name goes to the session, here to pytest
    python3 dev.py lint            also: typing, coverage, minimums, without_extras, bench, build
    python3 dev.py --list          what starts with a dash goes to nox as it is

It needs Python 3.10 or later and a package index. The tools live in .dev/, the environments in .nox/.
The exit status is that of nox: 0 when all is well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VERSION = "{}.{}".format(*sys.version_info)
HOME = ROOT / ".dev" / VERSION
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / "python")
TOOLS = ("nox>=2025.11.12", "uv>=0.6")
READY = HOME / "ready.txt"


def how_to_make_an_environment() -> tuple[list[str], list[str]]:
    """The commands that make an environment and that install into it, with what this machine has."""
    uv, virtualenv = shutil.which("uv"), shutil.which("virtualenv")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if find_spec("venv") and find_spec("ensurepip"):
        return [sys.executable, "-m", "venv", str(HOME)], pip
    if uv:
        make = [uv, "venv", "--quiet", "--python", sys.executable, str(HOME)]
        return make, [uv, "pip", "install", "--quiet", "--python", PYTHON]
    if virtualenv:
        return [virtualenv, "--quiet", "--python", sys.executable, str(HOME)], pip
    sys.exit(
        "dev.py: this Python has no venv module (on Debian and Ubuntu: apt install python3-venv);"
        " uv or virtualenv on PATH will do as well."
    )


def set_up() -> None:
    """Make the environment of the tools; one that an interrupt left half made is made again."""
    make, install = how_to_make_an_environment()
    print(f"dev.py: setting up {HOME.relative_to(ROOT)} (only once)", flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    if subprocess.call(make) != 0:
        sys.exit(f"dev.py: could not make the environment {HOME}; the reason is above.")
    if subprocess.call([*install, *TOOLS]) != 0:
        sys.exit("dev.py: could not install nox and uv, as said above; is there a network connection?")
    READY.write_text(str(TOOLS), encoding="utf-8")


def nox_arguments(words: list[str]) -> list[str]:
    """Translate `test -k enum` into nox's own words; a session that cannot run is an error, not a pass."""
    if words[0].startswith("-"):
        return words
    session, rest = words[:1], words[2:] if words[1:2] == ["--"] else words[1:]
    if session == ["test"]:  # on this very Python, even one that pyproject.toml does not list yet
        session = ["tests", "--force-python", VERSION]
    return ["--error-on-missing-interpreters", "--session", *session, "--", *rest]


def index_of_pip() -> dict[str, str]:
    """The package index that pip is set to, for uv, which does not read pip's settings."""
    command = [PYTHON, "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.findall(r"^\S+\.index-url='(.+)'$", settings, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": found[0]} if found else {}


def main(words: list[str]) -> int:
    """Run the chore that the command line names; the exit status is nox's."""
    if not words or words[0] in {"-h", "--help", "help"}:
        print((__doc__ or "").strip())
        return 0 if words else 2
    if not (Path(PYTHON).exists() and READY.is_file() and READY.read_text(encoding="utf-8") == str(TOOLS)):
        set_up()
    # First on PATH: there nox finds uv, and this Python under its version's name.
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    env = {**index_of_pip(), **os.environ, "PATH": path}
    return subprocess.call([PYTHON, "-m", "nox", *nox_arguments(words)], cwd=ROOT, env=env)


if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 - whoever starts it with an older Python is told so
        sys.exit("dev.py: Python 3.10 or later is needed, this is " + VERSION + ".")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
