"""A copy of an application that faults are put into, and what became of each."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from _application import Application
from _faults import SHADOW, Fault


class Copy:
    """The application's packages in its project's directory.

    Args:
        application: what is copied.
        codes: the rules that judge it.
    """

    def __init__(self, application: Application, codes: str) -> None:
        self.application = application
        self.codes = codes
        application.lay_out()
        for package in application.packages:
            _link_tree(application.library / package, application.project / package)

    def clean(self) -> dict[str, Any]:
        """What the gate tells without a fault."""
        return self.application.judge_healthy("--prodready-select", self.codes)

    def judged(self, faults: Iterable[Fault]) -> dict[str, Any]:
        """What the gate tells with these faults, which are taken out again."""
        with self.changed(faults):
            return self.application.judge("--prodready-select", self.codes)

    @contextlib.contextmanager
    def changed(self, faults: Iterable[Fault]) -> Iterator[None]:
        """The application has these faults meanwhile."""
        edits = {file: text for fault in faults for file, text in fault.edits.items()}
        places = {file: self.application.project / file for file in edits}
        # what is in the project alone is put back; the packages' files are one with the installed ones
        own = {
            file: path.read_bytes()
            for file, path in places.items()
            if path.is_file() and not (self.application.library / file).is_file()
        }
        for file, text in edits.items():
            places[file].unlink(missing_ok=True)
            if text is not None:
                places[file].write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            for file, path in places.items():
                installed = self.application.library / file
                path.unlink(missing_ok=True)
                if file in own:
                    path.write_bytes(own[file])
                elif installed.is_file():
                    _link(str(installed), str(path))


def tried(
    copy: Copy,
    clean: dict[str, Any],
    groups: Iterable[Sequence[Any]],
    put: Callable[[Sequence[Any]], list[Fault]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Put faults into a copy; one that is missed in company is tried again by itself.

    Args:
        copy: the application.
        clean: what the gate tells of it without a fault.
        groups: what is put in together.
        put: makes the faults of a group.

    Returns:
        What became of each fault, in the order of the groups, and the errors that name a place where no fault
        is.
    """
    known = [_key(finding) for finding in clean["findings"]]
    seen: dict[int, dict[str, Any]] = {}
    strays: dict[tuple[object, ...], dict[str, Any]] = {}

    def judge(group: Sequence[Any]) -> None:
        faults = put(group)
        told = copy.judged(faults)
        new = [finding for finding in told["findings"] if _key(finding) not in known]
        for sketch, fault in zip(group, faults, strict=True):
            seen[id(sketch)] = _outcome(fault, new, told)
        for finding in new:
            if finding["level"] == "error" and not any(_about(finding, fault) for fault in faults):
                strays[_key(finding)] = finding
        missed = [sketch for sketch in group if not seen[id(sketch)]["caught"]]
        print(f"{copy.application.name}: {len(group) - len(missed)} of {len(group)}", flush=True)
        if len(missed) < len(group):
            again: list[Sequence[Any]] = [missed] if missed else []  # what hid them is taken out
        else:
            again = [half for half in (group[: len(group) // 2], group[len(group) // 2 :]) if len(group) > 1]
        for some in again:
            judge(some)

    every = [list(group) for group in groups]
    for group in every:
        judge(group)
    return [seen[id(sketch)] for group in every for sketch in group], list(strays.values())


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
    place = (location["file"], location["line"])
    return place in fault.places or place in fault.brings or _says(finding, fault, fault.places[0])


def _says(finding: dict[str, Any], fault: Fault, place: tuple[str, int]) -> bool:
    if finding["code"] not in fault.kind.codes or finding["level"] == "info":
        return False
    file, line = place
    location = finding["location"] or {"file": "", "line": None}
    if fault.kind is SHADOW:
        return bool(location["file"] == file or file in finding["message"])
    words = f"{finding['message']} {finding['remedy']}"
    named = re.search(rf"(?<![\w/]){re.escape(f'{file}:{line}')}\b", words)
    return named is not None or bool(location["file"] == file and location["line"] == line)


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
