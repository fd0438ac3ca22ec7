"""The command line, declared and read in one place."""

from __future__ import annotations

import pytest


class Options:
    """What the command line asks for."""

    # written out: a dataclass or a named tuple takes longer to define than all else that is loaded while off
    def __init__(
        self,
        *,
        on: bool = True,
        with_tests: bool = False,
        strict: bool = False,
        select: tuple[str, ...] = (),
        ignore: tuple[str, ...] = (),
        url: str = "",
        python: str = "",
        live: bool = False,
        update: bool = False,
        collect_only: bool = False,
    ) -> None:
        self.on = on
        self.with_tests = with_tests
        self.strict = strict
        self.select = select
        self.ignore = ignore
        self.url = url
        self.python = python
        self.live = live
        self.update = update
        self.collect_only = collect_only


def declare(parser: pytest.Parser) -> None:
    """Add the options to pytest's own."""
    group = parser.getgroup("prodready", "pytest-prodready: would this build start in production?")
    group.addoption(
        "--prodready",
        action="store_true",
        help="Run the gate: its own items and the tests marked for it. Other tests are deselected.",
    )
    group.addoption(
        "--prodready-with-tests", action="store_true", help="Run the gate and the ordinary tests together"
    )
    group.addoption(
        "--prodready-strict", action="store_true", help="Take a skip for a failure and a warning for an error"
    )
    group.addoption(
        "--prodready-select",
        action="append",
        default=[],
        metavar="CODES",
        help="Apply only these rules: codes or prefixes, separated by commas (PRD2,PRD301)",
    )
    group.addoption(
        "--prodready-ignore",
        action="append",
        default=[],
        metavar="CODES",
        help="Leave these rules out: codes or prefixes, separated by commas",
    )
    group.addoption(
        "--prodready-url",
        default="",
        metavar="URL",
        help="Probe this deployed instance instead of starting the server",
    )
    group.addoption(
        "--prodready-python",
        default="",
        metavar="PATH",
        help="The interpreter of the target, when it is not the one that runs pytest",
    )
    group.addoption(
        "--prodready-live",
        action="store_true",
        help="Ask the broker's live Celery workers and compare them with this build; greet the services that "
        "the application is configured for",
    )
    group.addoption(
        "--prodready-update",
        action="store_true",
        help="With --prodready: write down the Celery tasks of this release, to compare later ones with",
    )
    group.addoption(
        "--prodready-show",
        default="",
        metavar="WHAT",
        help="List what the gate sees, then exit; celery: tasks, queues and the effective schedule",
    )
    group.addoption(
        "--prodready-explain",
        default="",
        metavar="CODE",
        help="Say what a rule checks, why, and how to fix it, then exit",
    )


def read(config: pytest.Config) -> Options:
    """The options of this run."""
    with_tests = bool(config.getoption("prodready_with_tests"))
    return Options(
        on=bool(config.getoption("prodready")) or with_tests,
        with_tests=with_tests,
        strict=bool(config.getoption("prodready_strict")),
        select=_codes(config.getoption("prodready_select")),
        ignore=_codes(config.getoption("prodready_ignore")),
        url=config.getoption("prodready_url"),
        python=config.getoption("prodready_python"),
        live=bool(config.getoption("prodready_live")),
        update=bool(config.getoption("prodready_update")),
        collect_only=bool(config.getoption("collectonly")),
    )


def _codes(values: list[str]) -> tuple[str, ...]:
    return tuple(code.strip().upper() for value in values for code in value.split(",") if code.strip())
