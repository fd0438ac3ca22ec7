"""The gate as pytest items: a file, a collector for each family, one item for each subject."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from pytest_prodready.discovery import likeliest_file
from pytest_prodready.findings import Judgement, Outcome
from pytest_prodready.gate import Check
from pytest_prodready.reports import terminal
from pytest_prodready.stash import GATE

ANCHORS = ("pyproject.toml", "setup.cfg", "setup.py", "manage.py", "requirements.txt", "Pipfile", "Procfile")
FAMILY_MARKER = "prodready"


class SubjectFailedError(Exception):
    """A subject was judged, and failed."""


class GateFile(pytest.File):
    """The file that holds the project's configuration; its children are the families."""

    def collect(self) -> Iterable[FamilyCollector]:
        """One collector for each family that has something to judge."""
        gate = self.config.stash[GATE]
        for family, checks in groupby(gate.checks(), key=lambda check: check.kind.family):
            yield FamilyCollector.from_parent(self, name=family, checks=list(checks))


class FamilyCollector(pytest.Collector):
    """One family of rules: ``pyproject.toml::celery``."""

    def __init__(self, *, checks: list[Check], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.checks = checks

    def collect(self) -> Iterable[GateItem]:
        """One item for each subject."""
        for check in self.checks:
            yield GateItem.from_parent(self, name=check.name, check=check)


class GateItem(pytest.Item):
    """One subject: ``pyproject.toml::celery::finance.tasks.sync_stripe_payments``."""

    def __init__(self, *, check: Check, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.check = check
        self.add_marker(_marker())

    @property
    def judgement(self) -> Judgement:
        """The judgement of this item's subject, made when it is first asked for."""
        return self.config.stash[GATE].judge(self.check)

    def setup(self) -> None:
        """Judge; a subject that cannot be judged is an error, not a failure."""
        if self.judgement.outcome is Outcome.ERRORED:
            pytest.fail(terminal.judgement(self.check.subject, self.judgement), pytrace=False)

    def runtest(self) -> None:
        """Give pytest the outcome."""
        if self.judgement.outcome is Outcome.SKIPPED:
            pytest.skip(self.judgement.reason)
        for finding in self.judgement.findings:
            self.user_properties.append((f"prodready.{finding.level.value}", finding.code))
        if self.judgement.outcome is Outcome.FAILED:
            raise SubjectFailedError

    def repr_failure(  # type: ignore[override]  # pytest allows any object that can be shown
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> object:
        """The findings in words; a traceback only for a mistake of ours."""
        if isinstance(excinfo.value, SubjectFailedError):
            return terminal.judgement(self.check.subject, self.judgement)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file that holds the configuration, and the subject's name."""
        return self.path, None, f"{self.check.kind.family}: {self.check.subject}"


@cache
def _marker() -> pytest.MarkDecorator:
    """The marker of all items: one of it, for thousands of them."""
    marker: pytest.MarkDecorator = getattr(pytest.mark, FAMILY_MARKER)
    return marker


def anchor(config: pytest.Config, root: Path) -> Path:
    """The file that the gate's items hang on: pytest's own configuration file, else the project's.

    Args:
        config: pytest's.
        root: the project's directory, which a configuration file above it does not stand for.

    Raises:
        pytest.UsageError: the directory holds no project.
    """
    if config.inipath is not None and config.inipath.is_file() and config.inipath.is_relative_to(root):
        return config.inipath
    for name in ANCHORS:
        if (root / name).is_file():
            return root / name
    files = sorted(path for path in root.glob("*.py") if path.is_file())
    if files:
        return files[0]
    if file := likeliest_file(root):
        return root / file
    raise pytest.UsageError(
        f"--prodready: {root} holds no project: no {', '.join(ANCHORS)} and no Python file near it. "
        "Run it in the project's directory, or give that with --rootdir."
    )
