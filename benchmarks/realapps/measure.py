"""What the gate says of healthy real applications, and what it costs: `measure.py [NAME…]`.

Each application is installed into an environment of its own and judged by the import family. That is then
measured against bare interpreters of the same environment that import the same modules: for the web
application alone, and for all that production starts.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import distributions
from statistics import median
from typing import Any

from _application import Application, NotReadyError, applications  # makes the next one findable
from _report import write
from _side_by_side import Candidate, MeasuringFailedError, environment, fail, measure_all
from packaging.utils import canonicalize_name

ROUNDS = 3
IMPORTS = "PRD1"
BARE = """
import importlib
from contextlib import nullcontext, suppress

def named(target):
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    for part in filter(None, name.removesuffix("()").split(".")):
        found = getattr(found, part)
    return found() if name.endswith("()") else found

app = None
for kind, target in {entries!r}:
    if kind == "celery":
        from celery.app.utils import find_app
        worker = find_app(target)
        worker.loader.import_default_modules()
        worker.finalize()
    elif kind == "commands":
        import django
        django.setup()
    elif kind == "script":
        with suppress(Exception):
            named(target)
    else:
        found = named(target)
        app = found if kind == "web" else app
with getattr(app, "app_context", nullcontext)():
    for name in {modules!r}:
        try:
            importlib.import_module(name)
        except Exception:
            pass
"""


SIDE_BY_SIDE = """
import os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

def run(program):
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)

with ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(run, {programs!r}))
"""


def closure(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The application's modules that any entry point reaches, by name."""
    return {module["name"]: module for seen in told["facts"]["entries"] for module in seen["modules"]}


def bare(told: dict[str, Any]) -> str:
    """A program that imports what the gate has imported, all in one interpreter."""
    entries = [(seen["entry"]["kind"], seen["entry"]["target"]) for seen in told["facts"]["entries"]]
    return BARE.format(entries=entries, modules=sorted(closure(told)))


def side_by_side(told: dict[str, Any]) -> str:
    """A program that imports it as production does: each entry point in an interpreter of its own."""
    programs = [bare({"facts": {"entries": [seen]}}) for seen in told["facts"]["entries"]]
    return SIDE_BY_SIDE.format(programs=programs)


def version(application: Application) -> str:
    """The installed version."""
    for one in distributions(path=[str(application.library)]):
        if canonicalize_name(one.metadata["Name"]) == application.name:
            return one.version
    raise NotReadyError(f"{application.name} is not installed in {application.library}")


def look_at(application: Application) -> None:
    """Judge one application, measure its import family, and keep what was seen."""
    application.make_ready()
    installed = version(application)
    told = application.judge_healthy("--prodready-select", IMPORTS)
    modules = closure(told)
    python, ours = str(application.python), application.command("-", "--prodready-select", IMPORTS)
    web = {"facts": {"entries": [one for one in told["facts"]["entries"] if one["entry"]["kind"] == "web"]}}
    variables = {**environment(), **application.environ()}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as kept:
        again = ["-o", f"cache_dir={kept}"]
        candidates = {
            "alone": Candidate("the gate, the web application alone", [*ours, "--only=web"]),
            "alone_bare": Candidate("bare imports of that", [python, "-c", bare(web)]),
            "seconds": Candidate("the gate", ours),
            "again": Candidate("the gate, again", [*ours, *again]),
            "bare": Candidate("bare imports", [python, "-c", bare(told)]),
            "each": Candidate("bare imports, side by side", [python, "-c", side_by_side(told)]),
        }
        runs = [(one, application.project) for one in candidates.values()]
        measure_all(runs, variables, rounds=ROUNDS)
    measured = {
        "version": installed,
        "python": application.settings["python"],
        "modules": len(modules),
        "deferred": sum(module.get("deferred", 0) for module in modules.values()),
        "findings": told["findings"],
        **{name: median(candidate.wall) for name, candidate in candidates.items()},
    }
    application.keep(measured=measured)
    print(
        f"{application.name} {installed}: {measured['modules']} modules, "
        f"{measured['deferred']} deferred imports; "
        + ", ".join(f"{one.name} {median(one.wall):.1f} s" for one in candidates.values()),
        flush=True,
    )


def main(names: list[str]) -> None:
    """Look at each application, then write the report."""
    for application in applications(names):
        look_at(application)
    print(f"written: {write(applications([]))}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (MeasuringFailedError, NotReadyError) as error:
        fail(error)
