"""Writes benchmarks/realapps.md from what the runs have kept."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from _application import HERE, Application

REPORT = HERE.with_suffix(".md")
HEAD = """# Real applications

Written by `nox -s realapps`; the figures are measured, on {cores} cores ({machine}).
"""
CLEAN = """
## As they are

Healthy releases, installed by name from the package index into environments of their own, with the settings
that they need to start and nothing else ([realapps](realapps)), judged by the import rules. A module counts
once, however many entry points reach it.

| application | Python | modules | deferred imports | errors | warnings |
|---|---|--:|--:|--:|--:|
"""
COSTS = """
## What it costs

The import family, from pytest's start to its end, and bare interpreters of the same environment that import
the same modules: one for each entry point, side by side, as in production and in the gate. Medians of three
runs in alternation. "Again" is the gate with its cache of an earlier run. "One" imports everything in one
process, which no production does.

| application | starts | gate | bare | ratio | again | ratio | one | ratio | again / one |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""
FAULTS = """
## With faults

Each fault is put into a copy of the application. It counts as caught when a finding of the right rule names
the right file and line, or, for a module that hides one of the standard library, that file.

| kind of fault | {names} | caught |
|---|{rules}--:|
"""


def write(applications: Iterable[Application]) -> Path:
    """Write the report of all applications that something is known of, and return its path."""
    kept = {one.name: one.results for one in applications}
    text = HEAD.format(cores=os.cpu_count(), machine=platform.machine())
    if measured := {name: one["measured"] for name, one in kept.items() if "measured" in one}:
        text += CLEAN + "".join(f"{line}\n" for line in _clean(measured))
        text += COSTS + "".join(f"{line}\n" for line in _costs(measured))
    if faults := {name: one["faults"] for name, one in kept.items() if "faults" in one}:
        names = " | ".join(faults)
        text += FAULTS.format(names=names, rules="--:|" * len(faults))
        text += "".join(f"{line}\n" for line in fault_rows(faults))
        strays = {name: one["strays"] for name, one in kept.items() if "strays" in one}
        text += "".join(f"{line}\n" for line in stray_rows(strays))
    REPORT.write_text(text, encoding="utf-8")
    return REPORT


def _clean(measured: dict[str, dict[str, Any]]) -> Iterator[str]:
    found: list[str] = []
    for name, one in measured.items():
        levels = Counter(finding["level"] for finding in one["findings"])
        yield (
            f"| {name} {one['version']} | {one['python']} | {one['modules']} | {one['deferred']} "
            f"| {levels['error']} | {levels['warning']} |"
        )
        for finding in one["findings"]:
            if finding["level"] != "info":
                place = _place(finding["location"])
                found.append(f"- {name}: {finding['code']} {finding['level']}: {finding['message']}{place}")
    if found:
        yield ""
        yield "What the errors and warnings are:"
        yield ""
        yield from found


def _costs(measured: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, one in measured.items():
        yield f"| {name} | web | {_beside(one['alone'], one['alone_bare'])} | - | - | - | - | - |"
        each, again, bare = one["each"], one["again"], one["bare"]
        yield (
            f"| {name} | all | {_beside(one['seconds'], each)} | {again:.1f} s | {again / each:.2f} "
            f"| {bare:.1f} s | {one['seconds'] / bare:.2f} | {again / bare:.2f} |"
        )


def _beside(ours: float, base: float) -> str:
    return f"{ours:.1f} s | {base:.1f} s | {ours / base:.2f}"


def fault_rows(faults: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    every = [fault for found in faults.values() for fault in found]
    for kind in dict.fromkeys(fault["kind"] for fault in every):
        rows = [[fault for fault in found if fault["kind"] == kind] for found in faults.values()]
        yield f"| {kind} | " + " | ".join(map(_share, rows)) + f" | {_percent(list(chain(*rows)))} |"
    yield "| all | " + " | ".join(map(_share, faults.values())) + f" | {_percent(every)} |"
    warned = sum(fault["caught"] and "error" not in fault["levels"] for fault in every)
    yield ""
    yield f"Of those caught, {warned} are warnings, the others errors."
    missed = [(name, fault) for name, found in faults.items() for fault in found if not fault["caught"]]
    if missed:
        yield ""
        yield "Missed:"
        yield ""
        for name, fault in missed:
            file, line = fault["places"][0]
            place = f"{file}:{line}" if line else file
            yield f"- {name}: {fault['what']} ({place}): {fault['reason']}"


def stray_rows(strays: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    found = [(name, finding) for name, findings in strays.items() for finding in findings]
    yield ""
    yield f"Errors that named a place where no fault was, in {', '.join(strays)}: {len(found)}"
    yield ""
    for name, finding in found:
        yield f"- {name}: {finding['code']} {finding['message']}{_place(finding['location'])}"


def _share(found: list[dict[str, Any]]) -> str:
    return f"{sum(fault['caught'] for fault in found)} of {len(found)}" if found else "-"


def _percent(found: list[dict[str, Any]]) -> str:
    return f"{sum(fault['caught'] for fault in found) / len(found):.1%}"


def _place(location: dict[str, Any] | None) -> str:
    if location is None:
        return ""
    return f" ({location['file']}:{location['line']})" if location["line"] else f" ({location['file']})"
