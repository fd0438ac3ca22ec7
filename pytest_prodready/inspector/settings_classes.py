"""The application's pydantic settings classes as they are, and what they need of the environment.

Of pydantic-settings (pydantic 2) and of pydantic 1. Names and states alone: no class is built, and no value
is kept.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from typing import Any

from .nodes import is_try, last_name
from .project import Project

Facts = dict[str, Any]
DEEP = 3
"""How far fields of fields are followed."""
HOOKS = ("settings_customise_sources", "customise_sources")
CACHES = ("lru_cache", "cache", "cached")
CONDITIONS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp, ast.BoolOp, ast.Match)


def inspect(project: Project) -> list[Facts]:
    """The ``SettingsField``s: every field that has no default, of every class that reads no other source."""
    found = []
    for cls in _own(project):
        try:
            fields = [*_fields(cls)]
        except Exception:  # noqa: S112  # half a class, as its module has failed
            continue
        if fields:
            shared = {"built": _built(cls, project), "calls": [*_calls(cls, project)]}
            for field in fields:
                place = _location(cls, str(field["field"]), project)
                name = f"{cls.__module__}.{cls.__qualname__}"
                found.append({"settings": name, "location": place, **field, **shared})
    return found


def _bases() -> Iterator[tuple[Any, bool]]:
    """Each ``BaseSettings`` that is loaded, and whether it is pydantic 1's."""
    for module, old in (
        ("pydantic_settings.main", False),
        ("pydantic.env_settings", True),
        ("pydantic.v1.env_settings", True),
    ):
        base = getattr(sys.modules.get(module), "BaseSettings", None)
        if isinstance(base, type):
            yield base, old


def _own(project: Project) -> Iterator[Any]:
    """The application's classes, each once."""
    seen: set[Any] = set()
    for base, _ in _bases():
        waiting = [base]
        while waiting:
            cls = waiting.pop()
            below = [one for one in type.__subclasses__(cls) if one not in seen]
            waiting += below
            seen.update(below)
            if cls is base or not project.owns_module(str(cls.__module__)):
                continue
            if all(getattr(cls, hook, None) is None or _inherited(cls, base, hook) for hook in HOOKS):
                yield cls


def _inherited(cls: Any, base: Any, hook: str) -> bool:
    """Whether the sources are the usual ones."""
    if hook == "customise_sources":
        return True
    return getattr(cls, hook).__func__ is getattr(base, hook).__func__


def _fields(cls: Any) -> Iterator[Facts]:
    if any(base is old and flag for base, flag in _bases() for old in cls.__mro__):
        config, fields = cls.__config__, cls.__fields__
        usual = next(base for base, flag in _bases() if flag and base in cls.__mro__).Config
        if config.customise_sources.__func__ is not usual.customise_sources.__func__:
            return
        kept = _Kept(config.env_file, config.env_file_encoding, config.secrets_dir, config.case_sensitive)
        for name, field in fields.items():
            if field.required is True:
                names = [*field.field_info.extra.get("env_names", ())]
                complex_by = config.env_nested_delimiter if field.is_complex() else None
                yield from _field(name, sorted(names), kept, complex_by or "")
        return
    config = cls.model_config
    kept = _Kept(
        config.get("env_file"),
        config.get("env_file_encoding"),
        config.get("secrets_dir"),
        config.get("case_sensitive"),
    )
    prefix, delimiter = config.get("env_prefix") or "", config.get("env_nested_delimiter") or ""
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    for name, field in cls.model_fields.items():
        if field.is_required():
            names = _aliases(field.validation_alias)
            if not names or by_name:
                names.append(prefix + name)
            yield from _field(name, names, kept, delimiter, field.annotation)


def _aliases(alias: Any) -> list[str]:
    """The names that a ``validation_alias`` stands for."""
    if isinstance(alias, str):
        return [alias]
    choices = getattr(alias, "choices", None) or ([alias] if alias is not None else [])
    return [one if isinstance(one, str) else str(one.path[0]) for one in choices]


class _Kept:
    """Where a class finds its values, by the names alone."""

    def __init__(self, files: Any, encoding: Any, secrets: Any, exact: Any) -> None:
        self.exact = bool(exact)
        self.environ = {self.folded(name): bool(value) for name, value in os.environ.items()}
        several = files if isinstance(files, (list, tuple)) else [files]
        self.files: set[str] = set()
        for file in several:
            path = os.path.expanduser(file) if file else ""
            if path and os.path.isfile(path):
                self.files.update(map(self.folded, _names_in(path, encoding or "utf-8")))
        directories = secrets if isinstance(secrets, (list, tuple)) else [secrets]
        for directory in directories:
            if directory and os.path.isdir(directory):
                self.files.update(map(self.folded, os.listdir(directory)))

    def folded(self, name: str) -> str:
        return name if self.exact else name.lower()

    def shown(self, name: str) -> str:
        return name if self.exact else name.upper()

    def state(self, names: list[str], delimiter: str) -> str:
        wanted = [self.folded(name) for name in names]
        states = [self.environ[name] for name in wanted if name in self.environ]
        if any(states):
            return "set"
        below = tuple(f"{name}{self.folded(delimiter)}" for name in wanted) if delimiter else ()
        if below and any(one.startswith(below) for one in self.environ):
            return "below"
        if states:
            return "empty"
        if below and any(one.startswith(below) for one in self.files):
            return "below"
        return "file" if self.files.intersection(wanted) else "unset"


def _names_in(file: str, encoding: str) -> list[str]:
    """The variables that a dotenv file gives a value."""
    try:
        from dotenv import dotenv_values

        return [name for name, value in dotenv_values(file, encoding=encoding).items() if value]
    except Exception:
        return []


def _field(
    name: str, names: list[str], kept: _Kept, delimiter: str, annotation: Any = None, depth: int = 0
) -> Iterator[Facts]:
    """The field, or of a model that variables of their own may fill, its fields without default."""
    inner = getattr(annotation, "model_fields", None) if delimiter else None
    state = kept.state(names, delimiter)
    if inner and state in ("below", "unset") and depth < DEEP:
        required = [(sub, one) for sub, one in inner.items() if one.is_required()]
        for sub, one in required:
            below = [
                f"{outer}{delimiter}{key}"
                for outer in names
                for key in [*_aliases(one.validation_alias), sub]
            ]
            yield from _field(f"{name}.{sub}", below, kept, delimiter, one.annotation, depth + 1)
        if required or state == "below":
            return
    yield {
        "field": name,
        "variables": [kept.shown(one) for one in dict.fromkeys(names)],
        "state": "set" if state == "below" else state,
    }


def _built(cls: Any, project: Project) -> bool:
    """Whether a module of the application holds an instance, or one holds it as a field."""
    types = settings_types()
    for _, module in project.modules():
        for value in [*vars(module).values()]:
            if type(value) is cls:
                return True
            if type(value) in types and any(type(inner) is cls for inner in vars(value).values()):
                return True
    return False


def settings_types() -> list[Any]:
    """Every settings class, libraries' own included."""
    found: list[Any] = []
    waiting = [base for base, _ in _bases()]
    while waiting:
        below = [one for one in type.__subclasses__(waiting.pop()) if one not in found]
        found += below
        waiting += below
    return found


def _calls(cls: Any, project: Project) -> Iterator[Facts]:
    """The lines of loaded modules that call the class without arguments."""
    for _, module in project.modules():
        names = {name for name, value in [*vars(module).items()] if value is cls}
        tree = _parsed(str(vars(module).get("__file__", ""))) if names else None
        if tree is not None:
            for line, function, conditional in _bare_calls(tree, names, None, False):
                yield {
                    "location": project.location(str(vars(module)["__file__"]), line),
                    "function": function.name if function is not None else "",
                    "conditional": conditional,
                    "accessor": function is not None and _is_accessor(function),
                }


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _is_accessor(function: Function) -> bool:
    """Whether code that wants the settings asks this function: ``get_settings``, or one that is cached."""
    calls = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
    return function.name.startswith("get_") or any(last_name(one) in CACHES for one in calls)


def _bare_calls(
    node: ast.AST, names: set[str], function: Function | None, conditional: bool
) -> Iterator[tuple[int, Function | None, bool]]:
    for child in ast.iter_child_nodes(node):
        inside, maybe = function, conditional
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside, maybe = child, False
        elif isinstance(child, CONDITIONS) or is_try(child):
            maybe = True
        if (
            isinstance(child, ast.Call)
            and isinstance(child.func, ast.Name)
            and child.func.id in names
            and not child.args
            and not child.keywords
        ):
            yield child.lineno, inside, maybe
        yield from _bare_calls(child, names, inside, maybe)


def _location(cls: Any, field: str, project: Project) -> Facts | None:
    """The line of the field, in the class itself or in the base of the application's that has it."""
    top = field.partition(".")[0]
    for one in cls.__mro__:
        module = str(one.__module__)
        file = _file(module, project) if project.owns_module(module) else ""
        tree = _parsed(file) if file else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.ClassDef) and node.name == one.__name__:
                for statement in node.body:
                    target = statement.target if isinstance(statement, ast.AnnAssign) else None
                    if isinstance(target, ast.Name) and target.id == top:
                        return project.location(file, statement.lineno)
    return None


def _file(module: str, project: Project) -> str:
    """The source of a module, loaded or not: what has failed is taken out of ``sys.modules``."""
    below = os.path.join(*module.split("."))
    for entry in sys.path:
        for path in (os.path.join(entry, f"{below}.py"), os.path.join(entry, below, "__init__.py")):
            if os.path.isfile(path) and project.owns_file(os.path.abspath(path)):
                return os.path.abspath(path)
    return ""


def _parsed(file: str) -> ast.Module | None:
    try:
        with open(file, "rb") as source:
            return ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return None
