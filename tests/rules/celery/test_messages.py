"""Which messages break between two signatures: the words, and a proof by trying every message."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.contract import parameters
from pytest_prodready.facts import Parameter
from pytest_prodready.rules.celery.messages import BY_NAME, BY_POSITION, breaks

KINDS = {
    "positional-only": inspect.Parameter.POSITIONAL_ONLY,
    "positional": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "*args": inspect.Parameter.VAR_POSITIONAL,
    "keyword-only": inspect.Parameter.KEYWORD_ONLY,
    "**kwargs": inspect.Parameter.VAR_KEYWORD,
}
ORDER = list(KINDS)


def said(before: str, now: str) -> list[tuple[str, str, bool]]:
    found = breaks(parameters(before), parameters(now))
    return [(one.message, one.remedy, one.certain) for one in found]


@pytest.mark.parametrize(
    "before, now",
    [
        ("(to)", "(to)"),
        ("(to)", "(to, subject=...)"),
        ("(to)", "(to, *, subject=...)"),
        ("(to, subject)", "(to, subject=...)"),
        ("(to, subject=...)", "(*args, **kwargs)"),
        ("(*, to)", "(to)"),
        ("(to, /)", "(to)"),
        ("(to, /)", "(recipient, /)"),
        ("(to, /)", "(to, *args, **kwargs)"),
        ("()", "(to=...)"),
    ],
)
def test_a_signature_that_takes_all_that_the_old_one_took_is_silent(before: str, now: str) -> None:
    """New optional parameters, and parameters that are less strict, break no message."""
    assert said(before, now) == []


@pytest.mark.parametrize(
    "before, now, message, remedy",
    [
        (
            "(to)",
            "(to, tenant)",
            "requires tenant now: messages of the last release that lack it are refused",
            "Give it a default for one release: tenant=None.",
        ),
        (
            "(to, tenant=...)",
            "(to, tenant)",
            "requires tenant now: messages of the last release that lack it are refused",
            "Give it a default for one release: tenant=None.",
        ),
        (
            "(to, subject=...)",
            "(to)",
            "takes no subject any more: messages that pass it are refused",
            "Keep it for one release, unused, where it stood: subject=None.",
        ),
        (
            "(to, subject, body)",
            "(to, body)",
            "takes no subject any more: every message of the last release passes it",
            "Keep it for one release, unused, where it stood: subject.",
        ),
        (
            "(to, subject)",
            "(to, title)",
            "calls subject title now: messages that pass subject by name are refused",
            "Keep the name subject for one release.",
        ),
        (
            "(to, subject)",
            "(subject, to)",
            "has its parameters in another order: what messages pass by position as to is taken for subject",
            "Put them into the old order again: to, subject.",
        ),
        (
            "(to, subject)",
            "(to, cc=..., subject=...)",
            "has cc before subject now: what messages pass by position as subject is taken for cc",
            "Put it behind the others, with a default: (to, subject=…, cc=None).",
        ),
        (
            "(to)",
            "(tenant, to)",
            (
                "has tenant before to now: what messages pass by position as to is taken for tenant, "
                "and those that lack tenant are refused"
            ),
            "Put it behind the others, with a default: (to, tenant=None).",
        ),
        (
            "(to, subject=...)",
            "(to, *, subject=...)",
            "takes subject only by name now: a value that a message passes by position is refused",
            "Put subject before the * again for one release.",
        ),
        (
            "(to)",
            "(to, /)",
            "takes to only by position now: messages that pass it by name are refused",
            "Put to behind the / again for one release.",
        ),
    ],
)
def test_each_way_to_break_a_message_is_named_with_its_remedy(
    before: str, now: str, message: str, remedy: str
) -> None:
    """One change is one finding, in words that say which messages break and what to write."""
    assert said(before, now) == [(message, remedy, True)]


def test_what_only_further_arguments_could_carry_is_no_proof() -> None:
    """A task that took anything may have been given what is required now."""
    unsure = "Keep it for one release, unless no caller passes any."
    values, names = "further values by position (*args)", "further values by name (**kwargs)"
    lacking = "requires to now: messages whose further arguments lack it are refused"
    assert said("(*args, **kwargs)", "(to)") == [
        (lacking, "Give it a default for one release: to=None.", False),
        (f"takes no {values} any more: messages that pass some are refused", unsure, False),
        (f"takes no {names} any more: messages that pass some are refused", unsure, False),
    ]


@st.composite
def signatures(draw: st.DrawFn, further: tuple[tuple[str, str], ...]) -> tuple[Parameter, ...]:
    """Signatures as Python allows them, of few names, so that two of them have some in common."""
    names = draw(st.permutations("abcd"))[: draw(st.integers(0, 4))]
    kinds = st.sampled_from([*BY_POSITION, "keyword-only"])
    found, optional = [], False
    for name, kind in zip(names, sorted((draw(kinds) for _ in names), key=ORDER.index), strict=True):
        required = draw(st.booleans())
        if kind in BY_POSITION:
            optional = optional or not required
            required = not optional
        found.append(Parameter(name, kind, required))
    found += [Parameter(name, kind, False) for name, kind in further if draw(st.booleans())]
    return tuple(sorted(found, key=lambda one: ORDER.index(one.kind)))


def real(takes: tuple[Parameter, ...]) -> inspect.Signature:
    empty = inspect.Parameter.empty
    default = {True: empty, False: None}
    return inspect.Signature(
        [
            inspect.Parameter(
                one.name, KINDS[one.kind], default=empty if "*" in one.kind else default[one.required]
            )
            for one in takes
        ]
    )


def messages(takes: tuple[Parameter, ...]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Every message that the parameters' own names and places allow; a value is its parameter's name."""
    places = [one.name for one in takes if one.kind in BY_POSITION]
    names = [one.name for one in takes if one.kind in BY_NAME]
    for number in range(len(places) + 1):
        rest = [name for name in names if name not in places[:number]]
        for size in range(len(rest) + 1):
            for chosen in combinations(rest, size):
                values, keywords = places[:number], {name: name for name in chosen}
                try:
                    real(takes).bind(*values, **keywords)
                except TypeError:
                    continue
                yield values, keywords


def breaks_really(
    values: list[str], keywords: dict[str, str], now: tuple[Parameter, ...], old: set[str]
) -> bool:
    try:
        bound = real(now).bind(*values, **keywords).arguments
    except TypeError:
        return True
    named = {one.name for one in now if "*" not in one.kind}
    lands = {value: name for name, value in bound.items() if name in named}
    further = {*bound.get("args", ()), *bound.get("kwargs", {}).values()}
    for value in [*values, *keywords]:
        if value in further:
            if value in named:
                return True
        elif lands[value] != value and (value in named or lands[value] in old):
            return True
    return False


@given(signatures(further=()), signatures(further=(("args", "*args"), ("kwargs", "**kwargs"))))
def test_an_error_is_said_exactly_where_some_message_breaks(
    before: tuple[Parameter, ...], now: tuple[Parameter, ...]
) -> None:
    """Tried with Python's own binding: every message that the old signature's names and places allow."""
    old = {one.name for one in before if "*" not in one.kind}
    broken = any(breaks_really(values, keywords, now, old) for values, keywords in messages(before))
    assert any(one.certain for one in breaks(before, now)) == broken
