"""A console script's module after it was imported: whether it has what the scripts call."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from . import failure, web_app
from .project import Project


def names(module: str, attributes: Iterable[str], called: bool, project: Project) -> dict[str, object]:
    """Attribute → the ``Failure`` of resolving it; those that give what is asked for are left out.

    Args:
        module: the module, which is loaded.
        attributes: paths of attributes in it; an empty one asks for nothing.
        called: an installer's script calls what it names.
        project: the application.
    """
    found: dict[str, object] = {}
    for attribute in filter(None, attributes):
        try:
            value = web_app.named(f"{module}:{attribute}")
            if called and not callable(value):
                what = "a module" if ModuleType in type(value).__mro__ else f"of type {type(value).__name__}"
                raise TypeError(f"{module}:{attribute} is {what}, and cannot be called")
        except BaseException as error:  # a module __getattr__ may raise anything
            found[attribute] = failure.describe(error, project, module)
    return found
