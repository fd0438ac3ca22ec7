from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_prodready import child

SPEAKER = """\
import marshal, os, sys
question, events = int(sys.argv[1]), int(sys.argv[2])
request = marshal.loads(open(question, "rb").read())
def say(*event):
    import json
    os.write(events, (json.dumps(event) + "\\n").encode())
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[child.Ending, list[object]]]:
    """Run a program in the place of the inspector, and give how it ended and what it said."""

    def run(
        text: str,
        *,
        limit: float = 60.0,
        last: str = "done",
        cancel_on: str = "",
        request: dict[str, object] | None = None,
    ) -> tuple[child.Ending, list[object]]:
        script = tmp_path / "bootstrap.py"
        script.write_text(SPEAKER + text)
        monkeypatch.setattr(child, "BOOTSTRAP", script)
        cancelled = threading.Event()
        events: list[object] = []

        def on_event(line: bytes) -> bool:
            event = json.loads(line)
            events.append(event)
            if event[0] == cancel_on:
                cancelled.set()
            return bool(event[0] == last)

        ending = child.run(
            sys.executable,
            request or {},
            cwd=tmp_path,
            environ=os.environ,
            clock=child.Clock(limit),
            on_event=on_event,
            cancelled=cancelled,
        )
        return ending, events

    return run


Run = Callable[..., tuple[child.Ending, list[object]]]


def test_a_request_arrives_and_events_come_back(run: Run) -> None:
    """Plain values travel there in a file without a name, events back one a line."""
    request = {"text": "é", "list": ["a"], "nothing": None}
    ending, events = run("say('got', request); say('done')", request=request)
    assert events == [["got", {**request, "stack_signal": int(child.STACK_SIGNAL)}], ["done"]]
    assert (ending.status, ending.timed_out, ending.stack) == (0, None, "")


def test_the_request_is_in_no_argument_list(run: Run) -> None:
    """Only two numbers are passed as arguments."""
    _, events = run("say('argv', sys.argv[1:]); say('done')", request={"secret": "canary"})
    event = events[0]
    assert isinstance(event, list)
    assert [argument.isdigit() for argument in event[1]] == [True, True]


def test_a_large_event_arrives_whole(run: Run) -> None:
    """Whatever pieces the pipe cuts it into."""
    _, events = run("say('big', 'x' * 3_000_000); say('done')")
    assert events == [["big", "x" * 3_000_000], ["done"]]


def test_what_is_no_event_is_the_fault_handler_s(run: Run) -> None:
    """Lines that begin otherwise are kept as the stack."""
    ending, events = run("os.write(events, b'Fatal Python error\\n  File \"a\"\\n'); os.kill(os.getpid(), 9)")
    assert events == []
    assert ending.stack == 'Fatal Python error\n  File "a"\n'
    assert ending.status == -9


def test_only_the_end_of_the_output_is_kept(run: Run) -> None:
    """From the beginning of a word, without whatever was cut."""
    ending, _ = run("os.write(1, b'secret' * 50_000 + b' the end'); say('done')")
    assert ending.output == " the end"
    ending, _ = run("os.write(2, b'all of it'); os.write(1, b'!'); say('done')")
    assert ending.output == "all of it!"


def test_output_that_is_no_text(run: Run) -> None:
    """Bytes that are no UTF-8 are shown as well as they can be."""
    ending, _ = run("os.write(1, b'\\xff\\x00ok'); say('done')")
    assert ending.output == "\ufffd\x00ok"


def test_the_time_limit(run: Run) -> None:
    """A child that says nothing more is asked for its stack, and killed."""
    text = "import time, faulthandler as f\nf.register(request['stack_signal'], events, all_threads=False)\n"
    ending, events = run(text + "say('begin')\ntime.sleep(1000)\n", limit=1.0)
    assert events == [["begin"]]
    assert (ending.status, ending.timed_out) == (None, 1.0)
    assert "Stack (most recent call first):" in ending.stack
    assert f'bootstrap.py", line {SPEAKER.count(chr(10)) + 4} in <module>' in ending.stack


def test_an_endless_flood_does_not_stop_the_clock(run: Run) -> None:
    """A child that writes for ever runs out of time as well."""
    ending, _ = run("while True: os.write(1, b'x' * 65536)", limit=1.0)
    assert ending.timed_out == 1.0
    assert len(ending.output) <= child.OUTPUT_KEPT


def test_a_run_that_is_cancelled_ends(run: Run) -> None:
    """The child is killed, and nothing is said of its status."""
    ending, events = run("say('begin')\nimport time\ntime.sleep(1000)", cancel_on="begin")
    assert events == [["begin"]]
    assert (ending.status, ending.timed_out) == (None, None)


def test_a_child_that_closes_its_pipes_and_lives_on_has_its_time(run: Run) -> None:
    """It is neither taken for ended nor waited for without limit."""
    ending, _ = run("os.closerange(0, 64)\nimport time\ntime.sleep(1000)", limit=1.0)
    assert ending.timed_out == 1.0
    ending, _ = run("os.closerange(0, 64)\nos._exit(7)")
    assert ending.status == 7


def test_nothing_is_left_open(run: Run) -> None:
    """No descriptor of this process stays behind."""
    before = {entry.name for entry in Path("/dev/fd").iterdir()}
    run("say('done')")
    assert {entry.name for entry in Path("/dev/fd").iterdir()} <= before


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    """It is the caller's to say so."""
    with pytest.raises(OSError, match="nowhere"):
        child.run(
            "/nowhere/python",
            {},
            cwd=tmp_path,
            environ={},
            clock=child.Clock(1),
            on_event=lambda _: True,
            cancelled=threading.Event(),
        )
