"""Reads ``[tool.fastapi]`` and ``FLASK_APP``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from pytest_prodready.discovery.command import flask_app as named_by
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location
from pytest_prodready.toml_lines import TomlLines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FLASKENV = re.compile(r"""\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'#\s]+)""")


def fastapi(tree: Tree) -> Start | None:
    """``[tool.fastapi] entrypoint``, which ``fastapi run`` starts."""
    text = tree.data("pyproject.toml").decode(errors="replace")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):  # the settings have already said so
        return None
    tool = document.get("tool")
    table = tool.get("fastapi") if isinstance(tool, dict) else None
    target = table.get("entrypoint") if isinstance(table, dict) else None
    if not isinstance(target, str) or not target.strip():
        return None
    place = TomlLines(text, "pyproject.toml").line("tool", "fastapi", "entrypoint")
    return Start("web", "[tool.fastapi] entrypoint", place, target=target.strip())


def flask(tree: Tree, environ: Mapping[str, str]) -> Start | None:
    """``FLASK_APP`` of the environment, else of .flaskenv."""
    value, source, place = environ.get("FLASK_APP", ""), "FLASK_APP in the environment", None
    if not value:
        for number, line in enumerate(tree.data(".flaskenv").decode(errors="replace").splitlines(), 1):
            if found := _FLASKENV.match(line):
                value, source, place = found[1], "FLASK_APP in .flaskenv", Location(".flaskenv", number)
    named = named_by(value)
    if not named:
        return None
    return Start("web", source, place, target=named.target, script=named.script, attribute=named.attribute)
