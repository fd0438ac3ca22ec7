"""Exceptions that C code raises: it may give an instance attributes that no class lists."""

from __future__ import annotations

import ast

from ...nodes import walk
from ...sources import tree_of
from . import class_objects


def by_c(cls: type, file: str) -> bool:
    """Whether an exception class comes from C code, and not from a class statement of Python.

    ``ssl.SSLCertVerificationError`` has ``verify_code`` where OpenSSL was asked, and the class knows nothing
    of it. Those that are built in list what they have.

    Args:
        cls: the class.
        file: the source of the module that it says it is from; empty for none.
    """
    if not class_objects.inherits(cls, BaseException):
        return False
    if class_objects.is_static(cls):
        return class_objects.module_of(cls) != "builtins"
    held = class_objects.members(cls)
    by_python = any(True for one in held.values() for _ in class_objects.functions(one))
    return not by_python and "__firstlineno__" not in held and not _is_stated(cls, file)


def may_carry_more(cls: type) -> bool:
    """Whether somebody may have raised the built-in class with more than it lists, or a subclass of it."""
    return class_objects.is_static(cls) and class_objects.inherits(cls, BaseException)


def _is_stated(cls: type, file: str) -> bool:
    """Whether the source has its class statement; C may put another class in the place of that one.

    ``xml.etree.ElementTree.ParseError`` is one, and it has not the text that the statement begins with.
    """
    tree = tree_of(file) if file else None
    name = class_objects.qualname(cls).rpartition(".")[2]
    text = class_objects.members(cls).get("__doc__")
    return tree is not None and any(
        isinstance(node, ast.ClassDef)
        and node.name == name
        and (text is None) is (ast.get_docstring(node, clean=False) is None)
        for node in walk(tree)
    )
