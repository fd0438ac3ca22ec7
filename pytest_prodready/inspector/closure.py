"""The production closure: the application's modules that are loaded, and those that function bodies reach.

Every import statement that runs later than its module is tried on the real modules, and what it loads is
looked at in turn. Only the application's own modules are imported for that; of installed distributions it is
only asked what is there. What a ``try`` around imports kept silent at the start is tried once more.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import outside
from .deferred_statement import TOP, Statement
from .holder import Holder
from .import_reading import may_have, read
from .loaded import Loaded
from .parsed import Parsed
from .project import Project, source_file
from .resolver import Facts, Resolver

READING = ("imports", read, may_have)
"""What is asked of each of the application's modules."""


def walk(project: Project, kind: str, parsed: Parsed) -> Iterator[Facts]:
    """Yield a ``Module`` for each of the application's modules in the closure of what was loaded.

    Args:
        project: the application.
        kind: the kind of the entry point; a Django web app reaches its URLs at the first request.
        parsed: reads the sources.
    """
    resolver = Resolver(project, parsed)
    if kind == "web":
        resolver.reach_django_urls()
    loaded = Loaded(project)
    done: set[int] = set()
    # the last look is at all of them: a name that was removed may hide one that was added
    while waiting := loaded.new() or [one for one in project.modules() if id(one[1]) not in done]:
        parsed.ahead([source_file(module) for _, module in waiting], *READING)
        for name, module in waiting:
            if id(module) not in done:  # one module object may be known under several names
                done.add(id(module))
                yield _module(name, module, resolver)
    yield from resolver.failed_modules()


def _module(name: str, module: object, resolver: Resolver) -> Facts:
    file = source_file(module)
    place = resolver.project.relative(file)
    facts: Facts = {
        "name": name,
        "file": place,
        "reached": resolver.reached.get(name, ""),
    }
    found = resolver.parsed.of(file, *READING)
    every = [Statement._make(one) for one in found["statements"]] if found else []
    facts["imports"] = outside.imports(module, file, every, resolver.project, resolver.parsed)
    if found is None:
        return facts  # nothing to try; it was imported, so it is no syntax error of today's file
    holder = Holder(name, module, file, place)
    statements = [one for one in every if one.kind != TOP or holder.makes_lazy(one)]
    facts["deferred"] = len(statements)
    broken = [broken for one in statements for broken in resolver.broken(one, holder)]
    for broad, imports in found["attempts"]:
        broken += resolver.swallowed(broad, map(Statement._make, imports), holder)
    facts["broken"] = broken
    facts["replaced"] = [
        {
            "name": defined,
            "first": {"file": place, "line": first},
            "second": {"file": place, "line": second},
            "identical": identical,
        }
        for defined, first, second, identical in found["replaced"]
    ]
    return facts
