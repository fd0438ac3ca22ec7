"""Misspells names in real applications and counts who sees it: `names.py [--gate-only] [NAME…]`.

Attributes and lookups are misspelt in a copy of the application, all at once, at places where a reader knows
the class (`_names_known.py`). The gate's two rules about names, mypy, pyright and ty judge the copy before
and after: what is new at the line of a fault, and names the misspelt name, has caught it. What a tool says
before is a false alarm, as these releases run. With `--gate-only`, the others' results are those of an
earlier run.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from _application import LIMIT, Application, NotReadyError, applications  # makes _side_by_side findable
from _names_faults import Misspelt, applied, chosen
from _names_messages import Message
from _names_report import write
from _names_started import started
from _names_tools import TOOLS, Checkers
from _side_by_side import Candidate, MeasuringFailedError, environment, fail, measure_all
from _trying import Copy
from measure import bare
from mutate import source_of

CODES = "PRD331,PRD332"
GATE = "gate"
GATE_ONLY = "--gate-only"
ROUNDS = 3
FAILS_ON_CRASH = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode not in (0, 1))"


@dataclass(frozen=True)
class Named(Application):
    """An application whose copy has its names misspelt."""

    directory: str = "named"

    @property
    def apart(self) -> bool:
        """Always: its environment is measured elsewhere, and stays as it is."""
        return True

    def lay_out(self) -> None:
        """Make its project's directory anew, with all the time that it may need."""
        super().lay_out()
        with (self.project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[tool.prodready.limits]\nload = {LIMIT}\n")


def look_at(application: Named, gate_only: bool) -> dict[str, Any]:
    """Misspell the names of one application.

    Returns:
        The faults with those who caught each, and for each tool what it said before.
    """
    Copy(application, CODES)
    told = application.judge_healthy("--prodready-select", "PRD1")
    modules = source_of(application, told)
    texts = {module.file: module.text for module in modules.values()}
    faults = chosen(application.name, modules, started(application, bare(told)))
    checkers = Checkers(application, texts)
    versions = checkers.install()
    wrong = [f"{fault.site.file}:{fault.site.line} {fault.what}" for fault in faults]
    if gate_only and (not checkers.told.is_file() or checkers.recall()["faults"] != wrong):
        raise NotReadyError(f"{application.name}: the type checkers have not seen these faults")
    changed = applied(faults, texts)
    if not gate_only:
        before = {tool: checkers.run(tool) for tool in TOOLS}
        _put(application, changed)
        checkers.keep(wrong, before, {tool: checkers.run(tool) for tool in TOOLS})
        Copy(application, CODES)
    healthy = application.judge_healthy("--prodready-select", CODES)
    _put(application, changed)
    faulty = application.judge_healthy("--prodready-select", CODES)
    results: dict[str, Any] = {"modules": len(modules), "versions": versions, "tools": {}, "asked": {}}
    for tool, (said, again) in checkers.recall()["tools"].items():
        results["tools"][tool] = {
            "caught": _caught(faults, said.messages, again.messages),
            "blind": _blind(faults, said.messages),
            "total": sum(message.error for message in said.messages),
            "comparable": sum(message.error and message.comparable(tool) for message in said.messages),
            "seconds": said.seconds,
        }
        _tell(application, tool, results)
    errors = [finding for finding in healthy["findings"] if finding["level"] == "error"]
    results["tools"][GATE] = {
        "caught": _caught(faults, _messages(healthy), _messages(faulty)),
        "blind": _blind(faults, _messages(healthy)),
        "total": len(errors),
        "comparable": len(errors),
    }
    _tell(application, GATE, results)
    results["faults"] = [{**asdict(fault.site), "wrong": fault.wrong} for fault in faults]
    results["healthy"] = [finding for finding in healthy["findings"] if finding["level"] != "info"]
    results["without"] = checkers.without
    asked = [seen["names_asked"] for seen in healthy["facts"]["entries"] if seen["names_asked"]]
    if asked:  # the others have read their tasks or commands alone
        most = max(asked, key=lambda one: int(one["reads"]))
        results["asked"] = {name: value for name, value in most.items() if name != "classes"}
    return results


def _put(application: Named, files: dict[str, str]) -> None:
    for file, text in files.items():
        path = application.project / file
        path.unlink()  # it is one with the installed one
        path.write_text(text, encoding="utf-8")


def _tell(application: Named, tool: str, results: dict[str, Any]) -> None:
    one = results["tools"][tool]
    print(
        f"{application.name}: {tool} caught {sum(one['caught'])} of {len(one['caught'])}, "
        f"{one['comparable']} false alarms ({one['total']} of all kinds)",
        flush=True,
    )


def _messages(told: dict[str, Any]) -> list[Message]:
    """The gate's errors and warnings."""
    return [
        Message(
            finding["location"]["file"], finding["location"]["line"] or 0, finding["code"], finding["message"]
        )
        for finding in told["findings"]
        if finding["location"] and finding["level"] != "info"
    ]


def _caught(faults: list[Misspelt], before: list[Message], after: list[Message]) -> list[bool]:
    """Of each fault, whether a new message at its lines names it; errors and warnings count alike."""
    known = set(before)
    new = [message for message in after if message not in known]
    return [
        any(
            message.file == fault.site.file
            and fault.site.lines[0] <= message.line <= fault.site.lines[1]
            and fault.wrong in message.text
            for message in new
        )
        for fault in faults
    ]


def _blind(faults: list[Misspelt], before: list[Message]) -> list[bool]:
    """Of each fault, whether the tool complained of the right name at its lines, too."""
    return [
        any(
            message.file == fault.site.file
            and fault.site.lines[0] <= message.line <= fault.site.lines[1]
            and re.search(rf"[\"'`]{fault.site.name}[\"'`]", message.text) is not None
            for message in before
        )
        for fault in faults
    ]


def race(application: Named) -> dict[str, float]:
    """Seconds of the gate's two rules and of mypy without a cache, in alternation."""
    Copy(application, CODES)
    told = application.judge_healthy("--prodready-select", CODES)
    checkers = Checkers(application, {module.file for module in source_of(application, told).values()})
    gate = Candidate(GATE, application.command("-", "--prodready-select", CODES))
    path = f"PYTHONPATH={application.project}"
    mypy = Candidate("mypy", ["env", path, sys.executable, "-c", FAILS_ON_CRASH, *checkers.command("mypy")])
    variables = {**environment(), **application.environ(), "MYPYPATH": str(application.project)}
    measure_all([(gate, application.project), (mypy, application.project)], variables, rounds=ROUNDS)
    print(
        f"{application.name}: the gate {median(gate.wall):.1f} s, mypy {median(mypy.wall):.1f} s", flush=True
    )
    return {"gate": median(gate.wall), "mypy": median(mypy.wall)}


def main(arguments: list[str]) -> None:
    """Look at each application, race on the largest of them, then write the report."""
    gate_only = GATE_ONLY in arguments
    named = [
        Named(one.name, one.settings) for one in applications([one for one in arguments if one != GATE_ONLY])
    ]
    for application in named:
        if not gate_only:
            application.make_ready()
        application.keep(names=look_at(application, gate_only))
    every = [Named(one.name, one.settings) for one in applications([])]
    known = [one for one in every if "names" in one.results]
    largest = max(known, key=lambda one: int(one.results["names"]["modules"]))
    if largest in named:
        largest.keep(names_race=race(largest))
    print(f"written: {write(known)}")


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # the tools and the applications would see it
    try:
        main(sys.argv[1:])
    except (MeasuringFailedError, NotReadyError) as error:
        fail(error)
