"""Facts → findings: pure functions, one module per family."""

from __future__ import annotations

from pytest_prodready.registry import Registry


def registry() -> Registry:
    """All rules that this version has, in the order of their families."""
    from pytest_prodready.rules import (
        celery,
        database,
        dependencies,
        django,
        environment,
        gate,
        health,
        imports,
        imports_effects,
        imports_names,
        imports_sources,
        linters,
        names,
    )

    for more in (imports_effects, imports_names, imports_sources):  # several modules hold rules of a family
        assert more.family is imports.family
    return Registry(
        [
            imports.family,
            celery.family,
            database.family,
            names.family,
            dependencies.family,
            health.family,
            environment.family,
            django.family,
            linters.family,
            gate.family,
        ]
    )
