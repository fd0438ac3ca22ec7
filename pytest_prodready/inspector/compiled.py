"""Modules that run from compiled files which are not what the source says, or have no source at all."""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from types import CodeType

from .project import Project
from .sources import members, module_file

Facts = dict[str, object]
HASHED, CHECKED = 1, 2
"""Flags in the second word of a compiled file: validated by the source's hash; and when it is loaded."""
WRITTEN_IN_CODE = (str, bytes, int, float, complex)


def find(project: Project) -> Iterator[Facts]:
    """Yield a ``Module`` with ``compiled`` for each of the application's that runs no source of today."""
    directories: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        file = module_file(module)
        if not file or name == "__main__" or not (project.owns_module(name) or file.endswith(".pyc")):
            continue
        if not project.owns_file(file):
            continue
        if os.path.basename(file).startswith("__init__."):
            directories.setdefault(os.path.dirname(file), name)
        how = "sourceless" if file.endswith(".pyc") else "stale" if _is_stale(module, file) else ""
        if how:
            yield {"name": name, "file": project.relative(file), "compiled": how}
    for directory, package in directories.items():
        yield from _left_behind(directory, package, project)
        # which are found by a walk when they are applied, not before
        if (migrations := f"{package}.migrations") not in directories.values():
            yield from _left_behind(os.path.join(directory, "migrations"), migrations, project)


def _left_behind(directory: str, package: str, project: Project) -> Iterator[Facts]:
    """Compiled files where the source was, which an import or a walk over the package would run."""
    try:
        entries = set(os.listdir(directory))
    except OSError:
        return
    if not any(entry.endswith(".py") for entry in entries):
        return  # shipped without sources on purpose
    for entry in sorted(entries):
        stem, end = os.path.splitext(entry)
        name = f"{package}.{stem}"
        if end != ".pyc" or f"{stem}.py" in entries or stem == "__init__" or name in sys.modules:
            continue
        file = os.path.join(directory, entry)
        if _read(file)[:4] == importlib.util.MAGIC_NUMBER:
            yield {"name": name, "file": project.relative(file), "compiled": "unloaded"}


def _is_stale(module: object, file: str) -> bool:
    """Whether the interpreter took a compiled file for ``file`` although the source differs."""
    spec = members(module).get("__spec__")
    if type(getattr(spec, "loader", None)) is not SourceFileLoader:
        return False  # a loader that changes what it compiles
    try:
        cached = importlib.util.cache_from_source(file)
        compiled_at, source_at = os.stat(cached), os.stat(file)
    except (OSError, NotImplementedError):
        return False
    header = _read(cached, 16)
    if len(header) < 16 or header[:4] != importlib.util.MAGIC_NUMBER:
        return False
    flags = int.from_bytes(header[4:8], "little")
    if flags & HASHED:
        return not flags & CHECKED and header[8:] != importlib.util.source_hash(_read(file))
    stamp = int(source_at.st_mtime) & 0xFFFFFFFF, source_at.st_size & 0xFFFFFFFF
    if (int.from_bytes(header[8:12], "little"), int.from_bytes(header[12:], "little")) != stamp:
        return False  # the interpreter compiled the source instead
    # a source that nothing has touched since it was compiled need not be compiled again
    return source_at.st_ctime_ns > compiled_at.st_ctime_ns and _differs(file, cached)


def _differs(file: str, cached: str) -> bool:
    try:
        kept = marshal.loads(_read(cached)[16:])  # noqa: S302  # the interpreter has run it
        made = compile(_read(file), file, "exec", dont_inherit=True)
    except (EOFError, ValueError, TypeError, SyntaxError, RecursionError):
        return False
    return isinstance(kept, CodeType) and kept != made and _said(kept) != _said(made)


def _said(code: CodeType) -> object:
    """What the source says of ``code``: the same whatever a release of the interpreter makes of it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    plain = {(type(one).__name__, one) for one in code.co_consts if type(one) in WRITTEN_IN_CODE}
    names = code.co_name, code.co_varnames, set(code.co_names)
    return code.co_firstlineno, names, plain, [*map(_said, inner)]


def _read(file: str, size: int = -1) -> bytes:
    try:
        with open(file, "rb") as content:
            return content.read(size)
    except OSError:
        return b""
