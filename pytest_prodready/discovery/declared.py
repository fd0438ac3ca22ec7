"""Reads ``[tool.fastapi]`` and ``FLASK_APP``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_prodready.discovery.command import flask_app as named_by
from pytest_prodready.discovery.project import document, tool
from pytest_prodready.discovery.start import Start
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location
from pytest_prodready.toml_lines import TomlLines

FASTAPI = "[tool.fastapi] entrypoint"
"""Where the app was found that ``fastapi run`` starts, in words."""
_FLASKENV = re.compile(r"""\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'#\s]+)""")


def fastapi(tree: Tree) -> Start | None:
    """``[tool.fastapi] entrypoint``, which ``fastapi run`` starts."""
    data = tree.data("pyproject.toml")
    target = (tool(document(data), "fastapi") or {}).get("entrypoint")
    if not isinstance(target, str) or not target.strip():
        return None
    place = TomlLines(data.decode(errors="replace"), "pyproject.toml").line("tool", "fastapi", "entrypoint")
    return Start("web", FASTAPI, place, target=target.strip())


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
    return Start(
        kind="web",
        source=source,
        location=place,
        program="flask",
        target=named.target,
        script=named.script,
        attribute=named.attribute,
    )
