"""Puts faults into real applications and counts which the gate sees: `mutate.py [NAME…]`.

An application's packages are laid into its project's directory, as they lie in a checkout, and the faults are
put in there. Faults that leave the start alone are put in together where they touch different files; one that
is missed in company is tried again by itself.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

from _application import Application, NotReadyError, applications
from _faults import Fault, Faults, standard_names
from _report import write
from _sites import Module, modules
from _trying import Copy, tried
from measure import bare, closure

FAMILIES = "PRD1,PRD2"
TOGETHER = 14
"""Faults in one run, at most."""
LOADED = """
import sys
specs = {name: getattr(module, "__spec__", None) for name, module in sys.modules.items()}
print("LOADED", *(name for name, spec in specs.items() if getattr(spec, "has_location", False)))
"""
PREFERRED = ("pytest", "_pytest", "pluggy", "iniconfig")


def put_in(application: Application) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Try all faults of one application.

    Returns:
        What became of each fault, and the errors that name a place where no fault is.
    """
    copy = Copy(application, FAMILIES)
    clean = copy.clean()
    return tried(copy, clean, _groups(_faults_of(application, clean)), list)


def _faults_of(application: Application, clean: dict[str, Any]) -> list[Fault]:
    hidden = clean["facts"]["dependencies"]["hidden"]
    development = [name for name in PREFERRED if name in hidden] or sorted(hidden)[:3]
    standard = standard_names(sorted(_loaded(application, bare(clean)) - _loaded(application, "")))
    source = source_of(application, clean)
    return Faults(application.name, source, application.packages, development, standard).chosen()


def source_of(application: Application, clean: dict[str, Any]) -> dict[str, Module]:
    """The modules that the application's entry points reach and that import, by name."""
    reached = [
        {name: bool(one["reached"]) for name, one in closure({"facts": {"entries": [seen]}}).items()}
        for seen in clean["facts"]["entries"]
    ]
    files = {name: one["file"] for name, one in closure(clean).items() if one["failure"] is None}
    found = [
        (name, file, any(seen.get(name) is False for seen in reached)) for name, file in sorted(files.items())
    ]
    return modules(found, application.project)


def _loaded(application: Application, program: str) -> set[str]:
    output = application.run([str(application.python), "-c", program + LOADED])
    (line,) = (line for line in output.splitlines() if line.startswith("LOADED "))
    return set(line.split()[1:])


def _groups(faults: list[Fault]) -> list[list[Fault]]:
    """Faults that can be told apart when they are put in together."""
    groups: list[list[Fault]] = []
    for fault in faults:
        if not fault.kind.alone:
            for group in groups:
                first = group[0].kind
                room = len(group) < TOGETHER and not first.alone and first.stops is fault.kind.stops
                if room and not any(fault.files & other.files for other in group):
                    group.append(fault)
                    break
            else:
                groups.append([fault])
        else:
            groups.append([fault])
    return groups


def main(names: list[str]) -> None:
    """Put faults into each application, then write the report."""
    for application in applications(names):
        application.make_ready()
        faults, strays = put_in(replace(application, directory="faulty"))
        application.keep(faults=faults, strays=strays)
        caught = sum(fault["caught"] for fault in faults)
        print(f"{application.name}: {caught} of {len(faults)} faults caught", flush=True)
    print(f"written: {write(applications([]))}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotReadyError, subprocess.SubprocessError) as error:
        sys.exit(f"could not be measured: {error}")
