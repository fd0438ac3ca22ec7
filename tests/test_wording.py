from __future__ import annotations

import pytest

from pytest_prodready.wording import listed, misspelt, nearest


@pytest.mark.parametrize(
    "name, candidates, expected",
    [
        ("Payment", ["PaymentTransaction", "Refund"], "PaymentTransaction"),
        ("log_audit_event", ["log_audit_events", "log"], "log_audit_events"),
        ("Not_a_Fit", ["Not a Fit", "New"], "Not a Fit"),
        ("app", ["app", "application"], ""),
        ("SessionLocal", ["engine", "Base"], ""),
        ("", ["app"], ""),
        ("app", [], ""),
        ("x" * 100_000, ["x" * 99_999], ""),
    ],
)
def test_nearest(name: str, candidates: list[str], expected: str) -> None:
    """A near name is suggested, a far one is not, and a name is never suggested for itself."""
    assert nearest(name, candidates) == expected


def test_nearest_of_short_names() -> None:
    """Short names may be compared with a lower bar."""
    assert nearest("aap", ["app", "celery"]) == ""
    assert nearest("aap", ["app", "celery"], at_least=0.6) == "app"


def test_listed() -> None:
    """A long list is cut, and says by how much."""
    assert listed(["a", "b"]) == "a, b"
    assert listed("abc", limit=2) == "a, b and 1 more"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("count_down", "countdown"),
        ("expire", "expires"),
        ("quue", "queue"),
        ("lock_timeout", ""),
        ("exp", ""),
        ("x" * 1000, ""),
    ],
)
def test_what_is_misspelt_is_a_slip_of_the_hand_away(name: str, expected: str) -> None:
    """A letter or two, or an underscore; a longer name that holds a known one is another name."""
    assert misspelt(name, ["countdown", "expires", "queue", "timeout"]) == expected
