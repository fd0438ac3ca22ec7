"""PRD4xx: what is declared is what runs: installed, in its range, whole, and as it was locked.

Each module holds the rules about one thing; importing this package registers all of them in one family.
"""

from __future__ import annotations

from pytest_prodready.rules.dependencies import extras, imported, installation, locks
from pytest_prodready.rules.dependencies.family import family
from pytest_prodready.rules.dependencies.graph import graph
from pytest_prodready.rules.dependencies.python import python
from pytest_prodready.rules.dependencies.requirements import Required, require, requirement

__all__ = [
    "Required",
    "extras",
    "family",
    "graph",
    "imported",
    "installation",
    "locks",
    "python",
    "require",
    "requirement",
]
