"""Classes whose mapping SQLAlchemy refuses: at their definition, or when their mappers are configured."""

from __future__ import annotations

import os
import re
import warnings
from types import FrameType
from typing import Any

from .. import stack
from ..failure import describe
from ..project import Project
from . import class_source

MOST_FAILURES = 100
DEFINING = ("sqlalchemy.orm.decl_base", "sqlalchemy.orm.decl_api", "sqlalchemy.orm.mapper")
ATTRIBUTE_IN = {
    "_extract_mappable_attributes": "k",
    "_scan_attributes": "name",
    "_produce_column_copies": "name",
    "declarative_scan": "key",
    "_post_configure_properties": "key",
}
"""SQLAlchemy's functions that go through a class's attributes → their variable that holds the current one."""
UNLOCATED = re.compile(r"failed to locate a name \((?:\"name ')?'?(?:\w+\.)*(\w+)'")
"""SQLAlchemy 2: ``('Name')``; 1.4: ``("name 'Name' is not defined")``."""


def mapping_failure(error: BaseException, project: Project) -> dict[str, object] | None:
    """The ``MappingFailure`` for an exception that SQLAlchemy raised while a class was being mapped.

    Returns ``None`` when ``error`` is not of that kind.
    """
    kinds = {f"{cls.__module__}.{cls.__name__}" for cls in type(error).__mro__}
    if "sqlalchemy.exc.SQLAlchemyError" not in kinds or "sqlalchemy.exc.DBAPIError" in kinds:
        return None
    model, attribute, file = None, "", ""
    before = ""
    for frame in stack.frames(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module in DEFINING:
            found = _class_in(frame)
            if found is not None and model is None:
                model, file = found, before
        elif not module.startswith("sqlalchemy."):
            before = frame.f_code.co_filename
    if model is None:
        return None
    attribute = _attribute(error)
    return {
        "model": qualified(model),
        "attribute": attribute,
        "failure": describe(error, project, module=model.__module__),
        # the import failed, so the module itself is no longer in sys.modules
        "location": class_source.attribute_place(model, attribute, project, {model.__module__: file}),
    }


def configure(mappers: list[Any]) -> list[tuple[Any, BaseException]]:
    """Configure all mappers, as often as it takes to see each one that fails."""
    if not mappers:
        return []
    from sqlalchemy import event
    from sqlalchemy.orm import configure_mappers
    from sqlalchemy.orm.interfaces import EXT_SKIP

    def skip(mapper: Any, cls: type) -> Any:
        return EXT_SKIP

    failed: dict[int, tuple[Any, BaseException]] = {}
    try:
        while len(failed) < MOST_FAILURES:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    configure_mappers()
                break
            except Exception as error:
                fresh = [
                    mapper for mapper in mappers if id(mapper) not in failed and _flag(mapper) is not None
                ]
                if not fresh:  # a listener of the application, on an event of all mappers together
                    failed[0] = (None, error)
                    break
                for mapper in fresh:
                    failed[id(mapper)] = (mapper, _flag(mapper) or error)
                    event.listen(mapper, "before_mapper_configured", skip, retval=True)
    finally:
        for mapper, _ in failed.values():
            if mapper is not None:
                event.remove(mapper, "before_mapper_configured", skip)
    return list(failed.values())


def _flag(mapper: Any) -> BaseException | None:
    """The exception that SQLAlchemy keeps on a mapper that did not configure."""
    error = vars(mapper).get("_configure_failed")
    return error if isinstance(error, BaseException) else None


def configuration_failure(mapper: Any, error: BaseException, project: Project) -> dict[str, Any]:
    """The ``MappingFailure`` for what :func:`configure` has seen."""
    cls = mapper.class_ if mapper is not None else None
    attribute = _attribute(error)
    return {
        "model": qualified(cls) if cls is not None else "",
        "attribute": attribute,
        "failure": describe(error, project, module=cls.__module__ if cls is not None else ""),
        "location": (class_source.attribute_place(cls, attribute, project) if cls is not None else None)
        or _own_line(error, project),
        "defined": _defined(error, project),
    }


def _own_line(error: BaseException, project: Project) -> dict[str, object] | None:
    """The application's innermost line in the traceback."""
    own: dict[str, object] | None = None
    for entry in stack.entries(error.__traceback__):
        file = entry.tb_frame.f_code.co_filename
        if project.owns_file(file):
            own = project.location(file, entry.tb_lineno)
    return own


def _defined(error: BaseException, project: Project) -> dict[str, object] | None:
    """Where a class that a relationship names by a string is written, in a module that is not loaded."""
    named = UNLOCATED.search(str(error))
    if named is None:
        return None
    statement = re.compile(rf"^\s*class\s+{named[1]}\b", re.MULTILINE)
    for top in project.packages:
        for directory, _, names in os.walk(os.path.join(project.root, top)):
            for file in (os.path.join(directory, name) for name in sorted(names) if name.endswith(".py")):
                try:
                    with open(file, encoding="utf-8", errors="replace") as source:
                        text = source.read()
                except OSError:
                    continue
                found = statement.search(text) if project.owns_file(file) else None
                if found:
                    return project.location(file, text.count("\n", 0, found.end()) + 1)
    return None


def reserved(mapper: Any, project: Project) -> list[dict[str, Any]]:
    """Attributes named ``metadata`` or ``registry``: an error before SQLAlchemy 2.1, since then a warning."""
    return [
        {
            "model": qualified(mapper.class_),
            "attribute": name,
            "failure": {
                "how": "raised",
                "message": f"Attribute name '{name}' is reserved",
                "type": "SAWarning",
            },
            "location": class_source.attribute_place(mapper.class_, name, project),
            "warned": True,
        }
        for name in ("metadata", "registry")
        if mapper.has_property(name)
        and class_source.attribute_place(mapper.class_, name, project) is not None
        and class_source.declares(mapper.class_, name)
    ]


def _attribute(error: BaseException) -> str:
    """The attribute that SQLAlchemy was looking at; empty when it was at none."""
    attribute = ""
    for frame in stack.frames(error.__traceback__):
        variable = ATTRIBUTE_IN.get(frame.f_code.co_name)
        if variable and str(frame.f_globals.get("__name__", "")).startswith("sqlalchemy.orm."):
            value = frame.f_locals.get(variable)
            attribute = value if isinstance(value, str) else attribute
    return attribute


def _class_in(frame: FrameType) -> type | None:
    """The class that a function of SQLAlchemy's declarative or mapper module works on."""
    variables = frame.f_locals
    mapped = (
        getattr(variables.get("self"), "class_", None)
        if frame.f_globals["__name__"].endswith("mapper")
        else None
    )
    for value in (variables.get("cls_"), variables.get("cls"), variables.get("class_"), mapped):
        if isinstance(value, type) and not value.__module__.startswith("sqlalchemy."):
            return value
    return None


def qualified(cls: type) -> str:
    """Module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"
