"""Alembic's revisions, as its own ``ScriptDirectory`` reads them: the files are imported, none is run.

``alembic upgrade`` reads them in the same way before it runs env.py, which connects and is not run here.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from .. import failure
from ..project import Project
from . import alembic_env, alembic_operations
from .places import assigned_line

Facts = dict[str, Any]
WORTH_SAYING = ("is not present", "present more than once")
"""Of what Alembic warns of: why it then cannot go on, or which file it leaves out."""


def read(file: str, section: str, tables: Sequence[Facts], project: Project) -> Facts:
    """An ``Alembic``.

    Args:
        file: its configuration, or its env.py; relative to the root.
        section: of the configuration; empty for the usual one.
        tables: the ``MappedTable`` values of SQLAlchemy's, in their plain form.
        project: the application.
    """
    path = os.path.join(project.root, file)
    facts: Facts = {"config": project.location(path, _line(path, section)), "section": section}
    with _as_before():
        try:
            script, base = _directory(path, section, project)
        except _UnreadError as error:
            return {**facts, "unread": str(error)}
        os.chdir(base)
        place = os.path.abspath(str(script.dir))
        facts["directory"] = project.relative(place)
        facts |= _revisions(script, project)
        facts["doubted"] = _doubted(facts["failure"], place)
    files = [one.pop("file") for one in facts["revisions"]]
    facts |= alembic_env.read(place, project)
    known = dict(zip(files, (one["id"] for one in facts["revisions"]), strict=True))
    facts |= alembic_operations.read(known, [table["name"] for table in tables], project)
    if tables and not facts["filtered"]:
        facts["filtered"] = alembic_env.made_besides(project)
    return facts


class _UnreadError(Exception):
    """Alembic could not be asked; ``str()`` says why."""


def _directory(path: str, section: str, project: Project) -> tuple[Any, str]:
    """The ``ScriptDirectory``, and the working directory from which its configuration makes sense.

    Raises:
        _UnreadError: there is none.
    """
    try:
        from alembic.config import Config
        from alembic.script import ScriptDirectory
    except Exception as error:
        if owner := project.hidden.get("alembic"):
            raise _UnreadError(f"{owner} is installed, but no runtime requirement brings it") from None
        if isinstance(error, ModuleNotFoundError) and error.name == "alembic":
            raise _UnreadError("alembic is not installed where the application runs") from None
        raise _UnreadError(f"alembic does not import: {error}") from None
    name, parent = os.path.basename(path), os.path.dirname(path)
    problem = ""
    for base in dict.fromkeys([project.root, parent]):
        os.chdir(base)
        try:
            if name == "env.py":
                config = Config()
                config.set_main_option("script_location", parent.replace("%", "%%"))
            elif name.endswith(".toml"):
                config = Config(toml_file=path)
            else:
                config = Config(path, ini_section=section or "alembic")
                if not config.get_main_option("script_location"):  # Flask-Migrate fills it in
                    config.set_main_option("script_location", parent.replace("%", "%%"))
            return ScriptDirectory.from_config(config), base
        except Exception as error:
            problem = problem or f"{type(error).__name__}: {error}".partition("  Please use")[0]
    raise _UnreadError(f"alembic does not find its scripts: {problem}")


def _revisions(script: Any, project: Project) -> Facts:
    """The revisions and heads; where Alembic gives up, what it has read until then, and why."""
    read: list[Any] = []
    generate = script.revision_map._generator

    def generator() -> Iterator[Any]:
        for one in generate():
            read.append(one)
            yield one

    script.revision_map._generator = generator
    facts: Facts = {"heads": [], "failure": None}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            facts["heads"] = list(script.get_heads())
        except BaseException as error:  # a migration's module may raise anything, and may call sys.exit()
            facts["failure"] = failure.describe(error, project)
        said = [text for one in warned if any(words in (text := str(one.message)) for words in WORTH_SAYING)]
    if said and facts["failure"] is not None:
        facts["failure"]["message"] = said[-1]
    elif said:
        facts["failure"] = {"how": "raised", "type": "UserWarning", "message": said[0]}
    if facts["failure"] is None:
        facts["several"] = _refuses_head(script)
    facts["revisions"] = [_revision(one, project) for one in read]
    return facts


def _doubted(failed: Facts | None, directory: str) -> bool:
    """Whether a failure may come from env.py not having been run, which ``alembic upgrade`` does first."""
    bases = (failed or {}).get("bases", ())
    if failed is None or failed["type"] in ("UserWarning", "KeyError", "SyntaxError"):
        return False
    if any(base.startswith("alembic.") or base == "builtins.SyntaxError" for base in bases):
        return False
    try:
        with open(os.path.join(directory, "env.py"), encoding="utf-8", errors="replace") as text:
            changes_path = "sys.path" in text.read()
    except OSError:
        return True
    return "builtins.ImportError" not in bases or changes_path


def _refuses_head(script: Any) -> bool:
    from alembic.util import CommandError

    try:
        script.get_current_head()
    except CommandError:
        return True
    return False


def _revision(script: Any, project: Project) -> Facts:
    file = str(script.path)
    down = [*_texts(script.down_revision), *_texts(getattr(script, "_resolved_dependencies", None))]
    title = str(script.doc or "").partition("\n")[0].strip()
    return {
        "id": str(script.revision),
        "down": list(dict.fromkeys(down)),
        "labels": sorted(map(str, script.branch_labels or ())),
        "title": title[:200],
        "location": project.location(file, assigned_line(file, "down_revision", "revision")),
        "directory": str(PurePosixPath(project.relative(file)).parent),
        "file": file,
    }


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _line(path: str, section: str) -> int | None:
    """The line of ``script_location`` in a configuration."""
    if os.path.basename(path) == "env.py":
        return None
    wanted = f"[{section}]" if section else ""
    inside = not wanted
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if wanted and line.startswith("["):
                    inside = line.strip() == wanted
                if inside and line.split("=")[0].strip() == "script_location":
                    return number
    except OSError:
        pass
    return None


@contextmanager
def _as_before() -> Iterator[None]:
    """Give the application its working directory and ``sys.path`` back, which a configuration changes."""
    directory, path = os.getcwd(), list(sys.path)
    try:
        yield
    finally:
        os.chdir(directory)
        sys.path[:] = path
