"""Puts faults into real applications and counts which the gate sees: `mutate.py [NAME…]`.

An application's packages are laid into its project's directory, as they lie in a checkout, and the faults are
put in there. Faults that leave the start alone are put in together where they touch different files; one that
is missed in company is tried again by itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from _application import Application, NotReadyError, applications
from _faults import SHADOW, Fault, Faults, standard_names
from _report import write
from _sites import modules
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


class Copy:
    """The application's packages in its project's directory."""

    def __init__(self, application: Application) -> None:
        self.application = application
        application.lay_out()
        for package in application.packages:
            _link_tree(application.library / package, application.project / package)

    def clean(self) -> dict[str, Any]:
        """What the gate tells without a fault."""
        return self.application.judge_healthy("--prodready-select", FAMILIES)

    def judged(self, faults: Iterable[Fault]) -> dict[str, Any]:
        """What the gate tells with these faults, which are taken out again."""
        edits = {file: text for fault in faults for file, text in fault.edits.items()}
        for file, text in edits.items():
            path = self.application.project / file
            path.unlink(missing_ok=True)  # it is one file with the installed one
            if text is not None:
                path.write_text(text, encoding="utf-8")
        try:
            return self.application.judge("--prodready-select", FAMILIES)
        finally:
            for file in edits:
                path, installed = self.application.project / file, self.application.library / file
                path.unlink(missing_ok=True)
                if installed.is_file():
                    _link(str(installed), str(path))


def put_in(application: Application) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Try all faults of one application.

    Returns:
        What became of each fault, and the errors that name a place where no fault is.
    """
    copy = Copy(application)
    clean = copy.clean()
    known = [_key(finding) for finding in clean["findings"]]
    faults = _faults_of(application, clean)
    seen: dict[int, dict[str, Any]] = {}
    strays: dict[tuple[object, ...], dict[str, Any]] = {}

    def judge(group: list[Fault]) -> None:
        told = copy.judged(group)
        new = [finding for finding in told["findings"] if _key(finding) not in known]
        for fault in group:
            seen[id(fault)] = _outcome(fault, new, told)
        for finding in new:
            if finding["level"] == "error" and not any(_about(finding, fault) for fault in group):
                strays[_key(finding)] = finding
        missed = [fault for fault in group if not seen[id(fault)]["caught"]]
        print(f"{application.name}: {len(group) - len(missed)} of {len(group)}", flush=True)
        if len(missed) < len(group):
            again = [missed] if missed else []  # what hid them is taken out
        else:
            again = [half for half in (group[: len(group) // 2], group[len(group) // 2 :]) if len(group) > 1]
        for some in again:
            judge(some)

    for group in _groups(faults):
        judge(group)
    return [seen[id(fault)] for fault in faults], list(strays.values())


def _faults_of(application: Application, clean: dict[str, Any]) -> list[Fault]:
    reached = [
        {name: bool(one["reached"]) for name, one in closure({"facts": {"entries": [seen]}}).items()}
        for seen in clean["facts"]["entries"]
    ]
    files = {name: one["file"] for name, one in closure(clean).items() if one["failure"] is None}
    found = [
        (name, file, any(seen.get(name) is False for seen in reached)) for name, file in sorted(files.items())
    ]
    hidden = clean["facts"]["dependencies"]["hidden"]
    development = [name for name in PREFERRED if name in hidden] or sorted(hidden)[:3]
    standard = standard_names(sorted(_loaded(application, bare(clean)) - _loaded(application, "")))
    source = modules(found, application.project)
    return Faults(application.name, source, application.packages, development, standard).chosen()


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


def _outcome(fault: Fault, findings: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, Any]:
    """What became of a fault: the findings that say it, or why none does."""
    said = [place for place in fault.places if any(_says(one, fault, place) for one in findings)]
    caught = bool(said) if fault.either else len(said) == len(fault.places)
    levels = sorted({one["level"] for one in findings if any(_says(one, fault, at) for at in fault.places)})
    outcome = {
        "kind": fault.kind.name,
        "what": fault.what,
        "places": fault.places,
        "caught": caught,
        "levels": levels,
        "reason": "",
    }
    if caught:
        return outcome
    if problems := told["facts"]["problems"]:
        reason = f"could not be inspected: {problems[0]['message']}"
    elif not set(fault.kind.codes) & set(told["codes"]):
        reason = f"the gate has no rule for it yet ({', '.join(fault.kind.codes)})"
    elif said:
        reason = f"said at {len(said)} of {len(fault.places)} places"
    else:
        files = {file for file, _ in fault.places} | set(fault.edits)
        near = [one for one in findings if one["location"] and one["location"]["file"] in files]
        others = near or [one for one in findings if one["level"] == "error"]
        heard = "; ".join(f"{one['code']} {one['message']}" for one in others[:2])
        reason = f"said instead: {heard}" if heard else "nothing was said"
    return {**outcome, "reason": reason}


def _about(finding: dict[str, Any], fault: Fault) -> bool:
    """Whether a finding names a line of a fault, whichever rule it is of."""
    location = finding["location"] or {"file": "", "line": None}
    return (location["file"], location["line"]) in fault.places or _says(finding, fault, fault.places[0])


def _says(finding: dict[str, Any], fault: Fault, place: tuple[str, int]) -> bool:
    if finding["code"] not in fault.kind.codes or finding["level"] == "info":
        return False
    file, line = place
    location = finding["location"] or {"file": "", "line": None}
    if fault.kind is SHADOW:
        return bool(location["file"] == file or file in finding["message"])
    return bool(location["file"] == file and location["line"] == line)


def _key(finding: dict[str, Any]) -> tuple[object, ...]:
    return finding["code"], finding["subject"], finding["message"]


def _link_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_link)


def _link(source: str, target: str) -> None:
    """The same file where the file system can do that, with the date that its bytecode knows."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


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
