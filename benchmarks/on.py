"""What the gate costs beyond importing the application: `python benchmarks/on.py [PAIRS]`.

The whole gate on the healthy example, without the server and its probes, against a bare interpreter that
imports the same modules: the web app, the Celery app as a worker loads it, every module of the production
closure, and SQLAlchemy's mappers. The gate also reads the database and the installed distributions.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import _side_by_side
from _side_by_side import Candidate, MeasuringFailedError, fail, measure, other_plugins, report

from pytest_prodready import rules
from pytest_prodready.gate import Gate
from pytest_prodready.gathering import Gathering
from pytest_prodready.options import Options
from pytest_prodready.settings import read

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

from postgres import NoPostgresError, create_database, postgres
from stage import copy_example, environment

GOAL = 1.5
WITHOUT = "PRD5"
BARE = """
import importlib
importlib.import_module({web!r})
from celery.app.utils import find_app
worker = find_app({celery!r})
worker.loader.import_default_modules()
worker.finalize()
for name in {modules!r}:
    importlib.import_module(name)
from sqlalchemy.orm import configure_mappers
configure_mappers()
"""


def bare(project: Path) -> str:
    """A program that imports what the gate imports, as the gate itself has found it."""
    options = Options(ignore=(WITHOUT,))
    registry = rules.registry()
    gathering = Gathering(project, read(project, registry.rules), options, os.environ)
    gate = Gate(gathering, registry.select(ignore=options.ignore))
    web, celery = gate.facts.entry("web"), gate.facts.entry("celery")
    if web is None or celery is None:
        raise MeasuringFailedError("the example's entry points were not found")
    modules = sorted({module.name for entry in gate.facts.entries for module in entry.modules})
    print(f"on: {len(modules)} modules of the application in the production closure")
    return BARE.format(web=web.entry.module, celery=celery.entry.target, modules=modules)


def main(pairs: int) -> None:
    """Measure and print."""
    with postgres() as server, tempfile.TemporaryDirectory(prefix="prodready-on-") as name:
        project = copy_example(Path(name, "healthy"))
        url = create_database(server, "on", (project / "schema.sql").read_text(encoding="utf-8"))
        os.environ.update(environment(url))
        gate = [sys.executable, "-m", "pytest", "--prodready", "--prodready-ignore", WITHOUT]
        gate += ["-q", "-p", "no:cacheprovider", *other_plugins()]
        ours = Candidate("the gate", gate)
        base = Candidate("bare imports", [sys.executable, "-c", bare(project)])
        measure(ours, base, project, _side_by_side.environment(), pairs=pairs)
    report("on", ours, base, GOAL)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else 7)
    except (MeasuringFailedError, NoPostgresError) as error:
        fail(error)
