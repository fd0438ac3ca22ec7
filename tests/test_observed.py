"""What is made of the events of one child, and of its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_prodready import child
from pytest_prodready.facts import Entry
from pytest_prodready.observed import Seen, result
from pytest_prodready.redaction import Redactor
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

ENTRY = Entry("web", "app:app", "a test")


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """A child that has been started, whose time is already over."""
    limits = Limits(load=60)
    return Seen(ENTRY, Request(tmp_path, "python", frozenset()), limits, child.Clock(0), Redactor({}))


def tell(seen: Seen, *event: object) -> None:
    """Hand one event over."""
    seen.event(json.dumps(event).encode())


@pytest.mark.parametrize(
    "event, more",
    [
        (("step", "closure"), True),
        (("facts", "module", {"name": "app", "file": "app.py"}), True),
        (("command", "sweep", "app.sweep", "app/sweep.py"), True),
        (("begin", "app", 1), False),
        (("facts", "seconds", 1.5), False),
    ],
)
def test_what_gives_more_time(seen: Seen, event: tuple[object, ...], more: bool) -> None:
    """Each step, each module behind the start and each command has a limit of its own; an import has not."""
    assert seen.clock.expired
    tell(seen, *event)
    assert seen.problems == []
    assert seen.clock.expired is not more


def test_a_step_whose_time_is_over_may_have_more(seen: Seen) -> None:
    """It is no mistake of the gate's yet: a large application may take longer."""
    tell(seen, "step", "closure")
    inspected, (problem,) = result(seen, child.Ending(timed_out=60.0))
    assert inspected.failure is None
    assert problem.job == "app:app, step closure"
    assert problem.message == "nothing came back within 60 s, after its imports"
    assert problem.remedy.startswith("Give it more than 60 s: [tool.prodready.limits] load.")


def test_a_step_that_ends_the_interpreter_needs_no_time(seen: Seen) -> None:
    """More time does not help there."""
    tell(seen, "step", "closure")
    _, (problem,) = result(seen, child.Ending(status=-11))
    assert problem.message == "SIGSEGV killed the interpreter after its imports"
    assert problem.remedy == ""
