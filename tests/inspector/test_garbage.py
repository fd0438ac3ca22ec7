"""What garbage may bring about is no failure; everything else is as it was."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from pytest_prodready.inspector import garbage


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Each test collects seldom; the other tests of this process do not."""
    before = gc.get_threshold()
    garbage.collect_seldom()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Cycle:
    """Something that only a collection takes away."""

    there = 0

    def __init__(self) -> None:
        self.itself = self
        Cycle.there += 1

    def __del__(self) -> None:
        """Tell that it is gone."""
        Cycle.there -= 1


def failing(*errors: BaseException) -> tuple[list[BaseException], Callable[[], str]]:
    """An act that raises these, one at each attempt, then returns; and those that it has raised."""
    raised: list[BaseException] = []

    def act() -> str:
        if len(raised) < len(errors):
            raised.append(errors[len(raised)])
            raise raised[-1]
        return "done"

    return raised, act


def test_a_second_attempt_has_no_garbage() -> None:
    """What is not referred to is gone, and all that stays is left alone from then on."""
    Cycle()

    def act() -> int:
        if Cycle.there:
            raise RuntimeError("twice")
        return gc.get_freeze_count()

    assert garbage.without(act) > 0
    assert gc.get_threshold()[0] < garbage.SELDOM


def test_the_first_failure_stands() -> None:
    """As it was raised: with its cause, and without the second one as its context."""
    first = ValueError("first")
    first.__cause__ = KeyError("why")
    raised, act = failing(first, RuntimeError("second"))
    with pytest.raises(ValueError, match="first") as caught:
        garbage.without(act)
    assert len(raised) == 2
    assert caught.value.__cause__ is first.__cause__
    assert caught.value.__context__ is None


@pytest.mark.parametrize("error", [ModuleNotFoundError("x"), SyntaxError("x"), NameError("x"), SystemExit(1)])
def test_what_garbage_does_not_bring_about_is_not_tried_again(error: BaseException) -> None:
    """Nor is anything collected for it."""
    raised, act = failing(error)
    with pytest.raises(type(error)):
        garbage.without(act)
    assert raised == [error]
    assert gc.get_threshold()[0] == garbage.SELDOM


def test_one_second_attempt_for_all() -> None:
    """From the first doubt on, garbage is collected as ever."""
    raised, act = failing(ValueError("1"), ValueError("2"), ValueError("3"))
    with pytest.raises(ValueError, match="1"):
        garbage.without(act)
    with pytest.raises(ValueError, match="3"):
        garbage.without(act)
    assert len(raised) == 3


def test_an_application_that_sets_the_thresholds_itself() -> None:
    """It has what it wants."""
    gc.set_threshold(10_000, 5, 5)
    raised, act = failing(ValueError("1"))
    with pytest.raises(ValueError, match="1"):
        garbage.without(act)
    assert len(raised) == 1
    assert gc.get_threshold() == (10_000, 5, 5)
