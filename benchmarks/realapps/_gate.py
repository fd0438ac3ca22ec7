"""The gate as pytest runs it, telling at its end what it saw: `python _gate.py FILE [options of pytest]`.

It runs in the environment of the application. The project's directory is not on pytest's own `sys.path`, as
with the script `pytest`, so what an application hides from itself is not hidden from pytest.

FILE takes JSON: the facts of the run, its findings, how many subjects had which outcome, and the codes of
its rules; with `-` nothing is written. With `--only=web` nothing else that production starts is loaded.
Nothing is kept from run to run, unless the options name a `cache_dir`.
The exit status is 0 when the gate came to a verdict, whichever it is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_prodready.codec import encode
from pytest_prodready.stash import GATE

ONLY = "--only="


class Only:
    """Leaves one kind of entry point."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self, session: pytest.Session) -> Generator[None, None, None]:
        """Before the gate gathers its facts."""
        gathering = session.config.stash[GATE].gathering
        found = gathering.discovered
        entries = tuple(entry for entry in found.entries if entry.kind == self.kind)
        gathering.discovered = replace(found, entries=entries, scripts_elsewhere=False)
        return (yield)


class Telling:
    """Writes down facts and findings when the session ends."""

    def __init__(self, file: str) -> None:
        self.file = file

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Every subject has been judged by now; what is asked here is what was answered then."""
        gate = session.config.stash.get(GATE, None)
        if gate is None or self.file == "-":
            return
        checks = list(gate.checks())
        judgements = [gate.judge(check) for check in checks]
        outcomes = Counter(
            (check.kind.name, judgement.outcome.value)
            for check, judgement in zip(checks, judgements, strict=True)
        )
        findings = [encode(finding) for judgement in judgements for finding in judgement.findings]
        reasons = sorted({judgement.reason for judgement in judgements if judgement.reason})
        told = {
            "facts": encode(gate.facts),
            "findings": findings,
            "reasons": reasons,
            "outcomes": [[*what, number] for what, number in sorted(outcomes.items())],
            "codes": sorted(gate.registry.rules),
        }
        Path(self.file).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    file, *given = sys.argv[1:]
    options = [option for option in given if not option.startswith(ONLY)]
    plugins: list[object] = [Only(option.removeprefix(ONLY)) for option in given if option.startswith(ONLY)]
    if not any(option.startswith("cache_dir=") for option in options):
        options += ["-p", "no:cacheprovider"]
    status = pytest.main(["--prodready", *options], plugins=[Telling(file), *plugins])
    sys.exit(0 if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else status)
