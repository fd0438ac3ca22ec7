"""What the project declares that production installs: pyproject.toml, setup.cfg, requirements files, Pipfile.

No resolver: declarations are read as they stand, with the line of each.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from configparser import Error as ConfigError
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from pytest_prodready.facts import Problem, Requirement
from pytest_prodready.requirements import pipenv, poetry
from pytest_prodready.requirements.declarations import Declarations
from pytest_prodready.requirements.file import Reader
from pytest_prodready.requirements.line import for_development, requirement
from pytest_prodready.requirements.setup_cfg import EXTRAS, SetupCfg
from pytest_prodready.settings import Runtime
from pytest_prodready.toml_lines import TomlLines, table_at
from pytest_prodready.wording import listed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_RUNTIME = ("base", "common", "main", "prod", "production", "runtime")
CANDIDATES = (
    "requirements.txt",
    *(f"requirements{separator}{word}.txt" for word in _RUNTIME for separator in "-_./"),
    "requirements/requirements.txt",
)
"""Files that production installs by convention; none for development, tests or documentation."""


def read(root: Path, runtime: Runtime, markers: Mapping[str, str]) -> Declarations:
    """Read the runtime declarations of the project in ``root``; never raises for what its files say.

    Args:
        root: the project's directory.
        runtime: the extras, groups and requirements files that production installs.
        markers: the environment of the target, in which markers are evaluated.

    """
    return _Reading(root.resolve(), runtime, markers).result()


class _Reading:
    def __init__(self, root: Path, runtime: Runtime, markers: Mapping[str, str]) -> None:
        self._root = root
        self._runtime = runtime
        self._markers = markers
        self._files = Reader(root, markers)
        self._pipfile = pipenv.Pipfile(root)
        self._problems: list[Problem] = []
        self._sources: list[str] = []
        self._requirements: list[Requirement] = []
        self._from_files = 0
        self._seen: set[tuple[str, str]] = set()
        self._data, self._lines = self._pyproject()
        self._project = table_at(self._data, "project")
        dynamic = _strings(self._project.get("dynamic"))
        self._open = "dependencies" not in self._project and (not self._project or "dependencies" in dynamic)
        """The build backend says what is needed, not ``[project]``."""
        self._poetry: dict[str, list[poetry.Declared]] = {}
        table = table_at(self._data, *poetry.TABLE) if self._open else {}
        for key, found in poetry.declared(table, poetry.TABLE, self._lines, markers):
            self._poetry.setdefault(canonicalize_name(key), []).append(found)
        self._python = str(table.get("python", "")) and poetry.requires_python(table["python"])
        backend = str(table_at(self._data, "build-system").get("build-backend", "setuptools"))
        self._setuptools = self._open and not table and backend.startswith("setuptools")
        self._cfg = self._setup_cfg() if self._setuptools else SetupCfg("")
        self._extras = self._known_extras()
        names = (
            self._project.get("name"),
            table_at(self._data, "tool", "poetry").get("name"),
            self._cfg.value("metadata", "name"),
        )
        self._name = canonicalize_name(next((name for name in names if isinstance(name, str) and name), ""))

    def result(self) -> Declarations:
        if listed_here := "dependencies" in self._project:
            self._sources.append("pyproject.toml [project] dependencies")
            self._list(self._project["dependencies"], "project", "dependencies")
        if self._poetry or self._python:
            self._sources.append("pyproject.toml [tool.poetry.dependencies]")
            for found in (one for several in self._poetry.values() for one in several if not one.optional):
                self._take(found.requirement)
        generated = table_at(self._data, "tool", "setuptools", "dynamic")
        self._dynamic(generated.get("dependencies"))
        if self._cfg.value("options", "install_requires"):
            self._sources.append("setup.cfg install_requires")
            self._from_cfg("options", "install_requires")
        for extra in self._runtime.extras:
            self._extra(extra, asked="runtime.extras of [tool.prodready]")
        for group in self._runtime.groups:
            self._group(group, asked="runtime.groups of [tool.prodready]")
        self._requirements_files()
        self._take_files()
        required = self._declarations()
        extras_elsewhere = "optional-dependencies" in _strings(self._project.get("dynamic"))
        required = replace(
            required,
            static=bool(self._poetry or self._python)
            or (listed_here and not (extras_elsewhere and "optional-dependencies" not in generated)),
            setup_py=self._setuptools and "dependencies" not in generated and self._setup_py(),
        )
        return required if self._runtime.extras else self._with_possible(required)

    def _declarations(self) -> Declarations:
        contents = self._files.contents
        python, place = self._project.get("requires-python"), self._lines.line("project", "requires-python")
        if not python and self._python:
            python, place = self._python, self._lines.line(*poetry.TABLE, "python")
        elif not python:
            python = self._cfg.value("options", "python_requires")
            place = self._cfg.location("options", "python_requires")
        if not python and any(one.startswith(pipenv.FILE) for one in self._sources):
            python, place = self._pipfile.requires_python()
        return Declarations(
            requirements=tuple(self._requirements),
            sources=tuple(self._sources),
            declared=bool(self._sources),
            complete=contents.complete and not any(found.problem for found in self._requirements),
            name=self._name,
            locals=tuple(local for local in contents.locals if local.path != self._root),
            requires_python=python if isinstance(python, str) else "",
            requires_python_location=place if python else None,
            problems=(*self._problems, *contents.problems),
        )

    def _with_possible(self, required: Declarations) -> Declarations:
        """Add what the other extras ask for: nobody says that production does not install them."""
        for extra in self._extras:
            if not for_development(extra):
                self._extra(extra, asked="")
        self._take_files()
        every = self._declarations()
        possible = every.requirements[len(required.requirements) :]
        return replace(required, possible=possible, complete=every.complete, locals=every.locals)

    def _pyproject(self) -> tuple[dict[str, object], TomlLines]:
        try:
            text = (self._root / "pyproject.toml").read_bytes().decode()
            return tomllib.loads(text), TomlLines(text, "pyproject.toml")
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self._problem(f"pyproject.toml cannot be read: {error}")
        return {}, TomlLines("", "pyproject.toml")

    def _setup_cfg(self) -> SetupCfg:
        try:
            return SetupCfg((self._root / "setup.cfg").read_bytes().decode())
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            self._problem(f"setup.cfg cannot be read: {str(error).partition(chr(10))[0]}")
        return SetupCfg("")

    def _setup_py(self) -> bool:
        try:
            return b"install_requires" in (self._root / "setup.py").read_bytes()
        except OSError:
            return False

    def _known_extras(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Canonical name → name as written and the table that defines it; of setup.cfg, its section."""
        tables: list[tuple[str, ...]] = [
            ("tool", "setuptools", "dynamic", "optional-dependencies"),
            ("project", "optional-dependencies"),
        ]
        if self._poetry:
            tables.append(("tool", "poetry", "extras"))
        known = [(key, path) for path in tables for key in table_at(self._data, *path)]
        known += [(key, (EXTRAS,)) for key in self._cfg.extras()]
        return {canonicalize_name(key): (key, path) for key, path in known}

    def _requirements_files(self) -> None:
        files = self._runtime.requirements
        for file in files or CANDIDATES:
            path = self._root / file
            if file == pipenv.FILE and self._pipfile.there:
                self._from_pipfile(pipenv.PACKAGES)
            elif files or path.is_file():
                before = self._files.contents
                self._files.read(path)
                after = self._files.contents
                # a file that only installs the project itself declares nothing that pyproject.toml does not
                if after.requirements != before.requirements or (files and path.is_file()):
                    self._sources.append(file)
        # beside another declaration it may be left over from the days before that one
        if not files and all(source.startswith(pipenv.FILE) for source in self._sources):
            self._from_pipfile(pipenv.PACKAGES)
        for local in self._files.contents.locals:
            if local.path == self._root:
                for extra in local.extras:
                    self._extra(extra, asked="a requirements file")

    def _from_pipfile(self, category: str) -> None:
        if self._pipfile.problem:
            self._problem(self._pipfile.problem)
        before = self._files.contents
        for line, location in self._pipfile.lines(category):
            self._files.take(line, location)
        if self._files.contents.requirements != before.requirements:
            self._sources.append(pipenv.FILE if category == pipenv.PACKAGES else f"Pipfile [{category}]")

    def _take_files(self) -> None:
        """Keep what was read from files since the last time; an extra that is met may read further ones."""
        while self._from_files < len(self._files.contents.requirements):
            self._from_files += 1
            self._take(self._files.contents.requirements[self._from_files - 1])

    def _from_cfg(self, section: str, key: str) -> None:
        for file in self._cfg.files(section, key) or ():
            self._files.read(self._root / file)
        if self._cfg.files(section, key) is None:
            for text, location in self._cfg.requirements(section, key):
                self._take(requirement(text, location, self._markers))

    def _dynamic(self, value: object) -> None:
        """``{file = …}`` of ``[tool.setuptools.dynamic]``: the files that become the metadata."""
        files = value.get("file") if isinstance(value, dict) else None
        for file in [files] if isinstance(files, str) else files if isinstance(files, list) else []:
            if isinstance(file, str):
                self._sources.append(f"pyproject.toml [tool.setuptools.dynamic]: {file}")
                self._files.read(self._root / file)

    def _list(self, value: object, *path: str) -> None:
        if not isinstance(value, list):
            self._problem(f"{self._lines.line(*path)}: {path[-1]} is not a list of requirements")
            return
        for index, text in enumerate(value):
            if isinstance(text, str):
                self._take(requirement(text, self._lines.line(*path, index), self._markers))
            else:
                self._problem(
                    f"{self._lines.line(*path, index)}: a requirement is not a text in quotation marks"
                )

    def _take(self, found: Requirement) -> None:
        """Keep ``found``; where the project names itself, its extras are meant."""
        if found.name and found.name == self._name and not found.constraint:
            for extra in found.extras if found.applies else ():
                self._extra(extra, asked=str(found.location))
        else:
            self._requirements.append(found)

    def _extra(self, extra: str, asked: str) -> None:
        name = canonicalize_name(extra)
        if ("extra", name) in self._seen:
            return
        self._seen.add(("extra", name))
        if name not in self._extras:
            # where nothing static defines extras, they stand in setup.py: the installed metadata knows them
            dynamic = "optional-dependencies" in _strings(self._project.get("dynamic"))
            if self._poetry or (self._project and not dynamic):
                self._problem(
                    f"{asked} names the extra {extra}, which pyproject.toml does not define",
                    _have(self._extras),
                )
            return
        key, path = self._extras[name]
        self._sources.append(f"extra {key}")
        if path == (EXTRAS,):
            self._from_cfg(EXTRAS, key)
            return
        value = table_at(self._data, *path)[key]
        if path[1] == "poetry":
            for wanted in _strings(value):
                for found in self._poetry.get(canonicalize_name(str(wanted)), ()):
                    self._take(found.requirement)
        elif isinstance(value, dict):
            self._dynamic(value)
        else:
            self._list(value, *path, key)

    def _group(self, group: str, asked: str) -> None:
        """A dependency group (PEP 735) with the groups that it includes."""
        name = canonicalize_name(group)
        if ("group", name) in self._seen:
            return
        self._seen.add(("group", name))
        groups, own = (
            table_at(self._data, "dependency-groups"),
            table_at(self._data, "tool", "poetry", "group"),
        )
        key = next((key for key in (*groups, *own) if canonicalize_name(key) == name), None)
        if key is None and group in self._pipfile.categories:
            self._from_pipfile(group)
            return
        if key is None:
            self._problem(
                f"{asked} names the group {group}, which pyproject.toml does not define",
                _have({*groups, *own}),
            )
            return
        if key not in groups:
            path = ("tool", "poetry", "group", key, "dependencies")
            self._sources.append(f"dependency group {key}")
            for _, found in poetry.declared(table_at(self._data, *path), path, self._lines, self._markers):
                self._take(found.requirement)
            return
        self._sources.append(f"dependency group {key}")
        value = groups[key]
        for index, item in enumerate(value if isinstance(value, list) else []):
            location = self._lines.line("dependency-groups", key, index)
            included = item.get("include-group") if isinstance(item, dict) else None
            if isinstance(item, str):
                self._take(requirement(item, location, self._markers))
            elif isinstance(included, str):
                self._group(included, asked=str(location))
            else:
                self._problem(f"{location}: neither a requirement nor an include-group")

    def _problem(self, message: str, detail: str = "") -> None:
        self._problems.append(Problem("dependencies", message, detail))


def _strings(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _have(names: Collection[str]) -> str:
    return f"It defines: {listed(sorted(names))}." if names else "It defines none."
