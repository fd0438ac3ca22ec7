"""Small projects on disk, inspected by the real inspector in interpreters of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_prodready import target
from pytest_prodready.facts import Entry, Failure, InspectedEntry, Location, Module, Problem
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits
from tests.files import write_files


@dataclass(frozen=True)
class Seen:
    """What one inspection gave."""

    entry: InspectedEntry
    problems: tuple[Problem, ...]

    @property
    def failure(self) -> Failure:
        """Why the entry point did not load."""
        assert self.entry.failure is not None, (self.entry, self.problems)
        return self.entry.failure

    @property
    def modules(self) -> dict[str, Module]:
        """The closure by module name, of an entry point that loads."""
        assert self.entry.failure is None, self.entry.failure
        assert self.problems == ()
        return {module.name: module for module in self.entry.modules}

    @property
    def broken(self) -> list[tuple[str, str, bool, str]]:
        """(function, statement, whether the application's own is missing, guard) of every broken import."""
        return [
            (found.function, found.statement, found.own, found.guard)
            for module in self.modules.values()
            for found in module.broken
        ]


@dataclass(frozen=True)
class Project:
    """A project that is written as it is needed."""

    root: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write source files, given by their paths."""
        write_files(self.root, files)

    def inspect(
        self,
        files: Mapping[str, str],
        entry: str = "app",
        *,
        kind: str = "module",
        packages: tuple[str, ...] = ("app",),
        hidden: Mapping[str, str] | None = None,
        brings: Mapping[str, tuple[str, ...]] | None = None,
        environ: Mapping[str, str] | None = None,
        load: float = 60.0,
        closure: bool = False,
        pythonpath: tuple[str, ...] = (),
        settings_module: str = "",
        cache: Path | None = None,
        jobs: tuple[str, ...] = (),
    ) -> Seen:
        """Write ``files`` and load ``entry`` in a fresh interpreter."""
        self.write(files)
        request = Request(
            root=self.root,
            python=sys.executable,
            jobs=frozenset({kind, *jobs, *(["closure"] if closure else [])}),
            entries=(Entry(kind, entry, "a test", Location("pyproject.toml", 3), settings_module),),
            packages=packages,
            pythonpath=pythonpath,
            hidden=dict(hidden or {}),
            hidden_distributions=tuple(sorted(set((hidden or {}).values()))),
            brings=dict(brings or {}),
            cache=cache,
        )
        limits = Limits(load=load)
        (seen,), problems = target.inspect(request, limits, os.environ if environ is None else environ)
        return Seen(seen, problems)
