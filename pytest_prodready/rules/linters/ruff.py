"""Ruff's rules, under ruff's codes and names: what it says is passed on, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pytest_prodready.facts import Facts, LintedFile, Location
from pytest_prodready.findings import Fault, Level
from pytest_prodready.rules.linters.family import family, source_file


class Words(NamedTuple):
    """What one of ruff's rules is called, and the words about it."""

    slug: str
    checks: str
    reason: str
    remedy: str


SWALLOWED = "What went wrong leaves no trace: the work is not done, and nobody can tell why."
REPLACED = "The last one wins without a word; who changes the other one changes nothing."
RULES = {
    "B012": Words(
        "jump-statement-in-finally",
        "No finally block is left by return, break or continue.",
        "Whatever exception is on its way vanishes there, those that stop the process included.",
        "Move the statement behind the try statement.",
    ),
    "E722": Words(
        "bare-except",
        "No except clause without a class catches everything, but for one that raises it again.",
        "It also catches what stops the process: SystemExit on SIGTERM, and the cancellation of a task.",
        "Name the exceptions that are meant, or write except Exception.",
    ),
    "F601": Words(
        "multi-value-repeated-key-literal",
        "No dictionary is written with one key twice.",
        REPLACED,
        "Keep the one that is meant, or give the other another key.",
    ),
    "F811": Words(
        "redefined-while-unused",
        "No function, method, class or import is replaced by a later one of its name before it was used.",
        REPLACED,
        "Rename one of them, or delete the one that is not meant.",
    ),
    "PIE794": Words(
        "duplicate-class-field-definition",
        "No class body gives one of its fields twice.",
        REPLACED,
        "Keep the one that is meant, or give the other another name.",
    ),
    "RUF006": Words(
        "asyncio-dangling-task",
        "No asyncio task is started without being kept anywhere.",
        "It may be collected before it is done, and what it raises is told by nobody, or much later.",
        "Keep the task and await it, start it in an asyncio.TaskGroup, or hold it in a set until it is done.",
    ),
    "S108": Words(
        "hardcoded-temp-file",
        "No path in /tmp, /var/tmp or /dev/shm is written out.",
        "What lies there is lost with the next container or restart, and is shared with others until then.",
        "Take the directory from the settings; for what need not last, use tempfile.",
    ),
    "S110": Words(
        "try-except-pass",
        "No except clause for every exception does nothing but pass.",
        SWALLOWED,
        "Log it with logging.exception, or name the exceptions that may be passed over.",
    ),
    "S112": Words(
        "try-except-continue",
        "No except clause for every exception does nothing but go on with the next round of a loop.",
        SWALLOWED,
        "Log it with logging.exception, or name the exceptions that may be passed over.",
    ),
}
"""Ruff's code → its words; the codes are those of :data:`pytest_prodready.facts.linters.SELECTION`."""


def _judge(code: str) -> Callable[[LintedFile, Facts], Iterator[Fault]]:
    def judge(seen: LintedFile, facts: Facts) -> Iterator[Fault]:
        linter = facts.linting.linter if facts.linting is not None else "ruff"
        for remark in seen.remarks:
            if remark.code == code:
                place = Location(seen.file, remark.line)
                proof = f"{linter} says so of the source; nothing was seen to fail"
                yield Fault(remark.message, "", place, proof)

    return judge


for _code, _words in RULES.items():
    family.rule(
        _code,
        _words.slug,
        source_file,
        checks=_words.checks,
        reason=_words.reason,
        remedy=_words.remedy,
        level=Level.WARNING,
    )(_judge(_code))
