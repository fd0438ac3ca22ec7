"""Puts Celery faults into real applications and counts which the gate sees: `celery_faults.py [NAME…]`.

The worker's deployment is complete here: `[tool.realapps.celery]` names the queues that it consumes and the
files that lead to its broker, and a contract is written before. Nothing is connected to. Faults about
different tasks and settings are put in together; one that is missed in company is tried again by itself. The
gate runs from the environment of this script, beside the application's.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from _application import HERE, Application, NotReadyError, applications
from _celery_faults import chosen
from _celery_source import calls_of, tasks_of
from _celery_tasks import CONTRACT
from _report import fault_rows, stray_rows
from _sites import Module
from _sketches import App, Sketch, groups, put
from _trying import Copy, tried
from mutate import source_of

FAMILY = "PRD2"
TOGETHER = 30
"""Faults in one run, at most."""
WORKER = """
import os, sys
sys.path.insert(0, os.getcwd())
from celery.app.utils import find_app
app = find_app({target!r})
app.loader.import_default_modules()
app.finalize()
print("VALUE", repr(app.conf.get({key!r})))
"""
REPORT = HERE.parent / "celery_faults.md"
HEAD = """# Celery faults in real applications

Written by `nox -s realapps`, on {cores} cores ({machine}); the applications are those of
[realapps.md](realapps.md), with the queues that their documentation has workers consume. Each fault is put
into a copy; one in a setting only where a worker then has it. It counts as caught when a finding of the right
rule names the right file and line, in its place, its words or its fix. Without
a fault, the rules about Celery have nothing to say but this:

{clean}

| kind of fault | {names} | caught |
|---|{rules}--:|
"""


@dataclass(frozen=True)
class Deployed(Application):
    """An application with its workers; `[tool.realapps.celery]` says what they consume."""

    directory: str = "deployed"

    @property
    def apart(self) -> bool:
        """Always: its environment is measured elsewhere, and stays as it is."""
        return True

    @property
    def needs(self) -> dict[str, Any]:
        """What stands in its table."""
        found: dict[str, Any] = self.settings["celery"]
        return found

    def lay_out(self) -> None:
        """Make its project's directory anew, with its workers' queues and the files for its broker."""
        super().lay_out()
        for file, content in self.needs.get("files", {}).items():
            (self.project / file).write_text(content, encoding="utf-8")
        path = self.project / "pyproject.toml"
        text = path.read_text(encoding="utf-8")
        # the table takes the place of the plain value
        (line,) = (line for line in text.split("\n") if line.startswith("celery = "))
        table = f"\n[tool.prodready.celery]\napp = {line.removeprefix('celery = ')}\n"
        table += f"consumes = {json.dumps(self.needs['consumes'])}\n"
        text = text.replace(f"{line}\n", "") + table
        started = line.partition('"')[2].partition(":")[0].partition(".")[0]
        if (self.project / f"{started}.py").is_file():  # the project's own, beside the packages
            text = text.replace("packages = [", f'packages = ["{started}", ')
        path.write_text(text, encoding="utf-8")


def put_in(application: Deployed) -> dict[str, Any]:
    """Try all faults of one application.

    Returns:
        What became of each, the errors that name a place where no fault is, and what is said without any.
    """
    copy = Copy(application, FAMILY)
    clean = copy.clean()
    application.run(application.command("-", "--prodready-select", FAMILY, "--prodready-update"))
    contract = application.project / CONTRACT
    text = contract.read_text(encoding="utf-8")
    contract.unlink()  # where it matters, it is put in with the fault
    app = _app(application, clean, text)
    sketches = chosen(app, lambda sketch: _has_effect(sketch, app, copy))
    faults, strays = tried(
        copy, clean, groups(sketches, TOGETHER), lambda group: put(group, application.project)
    )
    return {"celery_faults": faults, "celery_strays": strays, "celery_clean": clean["findings"]}


def _app(application: Deployed, clean: dict[str, Any], contract: str) -> App:
    modules = source_of(application, clean)
    worker = next(seen for seen in clean["facts"]["entries"] if seen["celery"])
    tasks = tasks_of(worker, modules)
    target = worker["entry"]["target"]
    module, _, variable = target.partition(":")
    return App(
        application.name,
        modules,
        tasks,
        calls_of(tasks, modules),
        # the project's own, where the worker is not started with a module of the packages
        file=modules[module].file if module in modules else f"{module.replace('.', '/')}.py",
        target=target,
        variable=variable,
        queues=application.needs["consumes"],
        eager=worker["celery"]["setup"]["eager"],
        contract=contract,
        django_settings=_file(application.environ().get("DJANGO_SETTINGS_MODULE", ""), modules),
        project=application.project,
    )


def _has_effect(sketch: Sketch, app: App, copy: Copy) -> bool:
    """Whether a worker starts with a fault, and has the setting as it sets it: other code may set it anew."""
    if sketch.setting is None and not sketch.starts:
        return True
    key, value = sketch.setting or ("main", None)
    program = WORKER.format(target=app.target, key=key)
    with copy.changed(put([sketch], app.project)):
        try:
            output = copy.application.run([str(copy.application.python), "-c", program])
        except NotReadyError:
            return False
    return sketch.setting is None or f"VALUE {value!r}" in output.splitlines()


def _file(name: str, modules: dict[str, Module]) -> str:
    """The file of a module; in the project's directory, where it is none of the packages."""
    return modules[name].file if name in modules else name and f"{name}.py"


def write(kept: dict[str, dict[str, Any]]) -> None:
    """Write the report of all applications that something is known of."""
    faults = {name: one["celery_faults"] for name, one in kept.items() if "celery_faults" in one}
    strays = {name: kept[name]["celery_strays"] for name in faults}
    clean = [
        f"- {name}: {finding['code']} {finding['level']}: {finding['message']}"
        for name in faults
        for finding in kept[name]["celery_clean"]
        if finding["level"] != "info"
    ]
    text = HEAD.format(
        cores=os.cpu_count(),
        machine=platform.machine(),
        clean="\n".join(clean) or "- nothing",
        names=" | ".join(faults),
        rules="--:|" * len(faults),
    )
    REPORT.write_text(
        text + "".join(f"{row}\n" for row in (*fault_rows(faults), *stray_rows(strays))), encoding="utf-8"
    )


def main(names: list[str]) -> None:
    """Put faults into each application, then write the report."""
    for one in applications(names):
        application = Deployed(one.name, one.settings)
        application.make_ready()
        results = put_in(application)
        application.keep(**results)
        caught = sum(fault["caught"] for fault in results["celery_faults"])
        print(f"{one.name}: {caught} of {len(results['celery_faults'])} faults caught", flush=True)
    write({one.name: one.results for one in applications([])})
    print(f"written: {REPORT}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotReadyError, subprocess.SubprocessError) as error:
        sys.exit(f"could not be measured: {error}")
