from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
import types
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready import facts, findings
from pytest_prodready.codec import WireError, decode, encode

DATACLASSES = [
    value
    for module in (facts, findings)
    for value in vars(module).values()
    if dataclasses.is_dataclass(value) and isinstance(value, type) and value.__module__ == module.__name__
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def values(hint: typing.Any, depth: int = 0) -> st.SearchStrategy[typing.Any]:
    """Values of a field of this type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is object:
        return JSON
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        fields = typing.get_type_hints(hint)
        return st.builds(hint, **{name: values(kind, depth + 1) for name, kind in fields.items()})
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(argument, depth) for argument in arguments])
    size = 2 if depth < 3 else 1
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0], depth + 1), max_size=size).map(tuple)
    if origin is tuple:
        return st.tuples(*[values(argument, depth) for argument in arguments])
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), values(arguments[1], depth), max_size=size)
    if hint is float:
        return st.floats(allow_nan=False)
    if hint is str:
        return st.text(max_size=10)
    return st.from_type(hint)


@pytest.mark.parametrize(
    "cls", [cls for cls in DATACLASSES if cls.__name__ not in ("Facts", "InspectedEntry")]
)
def test_every_value_survives_the_wire(cls: type) -> None:
    """Encoded, written as JSON text, read and decoded, a value is what it was."""

    @given(values(cls))
    def check(value: object) -> None:
        assert decode(cls, json.loads(json.dumps(encode(value)))) == value

    check()


def test_a_whole_run_survives_the_wire() -> None:
    """Facts hold dataclasses in tuples and dicts, several deep, and come back equal."""
    place = facts.Location("a.py", 3)
    failure = facts.Failure(
        "raised", "x", frames=(facts.Frame("a.py", 1, "f"),), missing=facts.Missing("a", "b")
    )
    module = facts.Module(
        "a",
        "a.py",
        failure=failure,
        broken=(facts.BrokenImport("a", place, "f", "import b", failure, own=True),),
    )
    seen = facts.InspectedEntry(
        facts.Entry("web", "a:app", "x", place),
        failure,
        1.0,
        facts.App("A", "asgi", routes=()),
        modules=(module,),
    )
    run = facts.Facts("/", ("a",), entries=(seen,), settings_locations={"app": place})
    assert decode(facts.Facts, json.loads(json.dumps(encode(run)))) == run


@pytest.mark.parametrize(
    "cls, data, message",
    [
        (facts.Location, [], "Location: an object was expected, not list"),
        (facts.Location, None, "Location: an object was expected, not NoneType"),
        (facts.Location, {}, "Location: field file is missing"),
        (facts.Location, {"file": 3}, "Location.file: str was expected, not int"),
        (facts.Location, {"file": "a", "line": "3"}, "Location.line: int was expected, not str"),
        (facts.Location, {"file": "a", "line": True}, "Location.line: int was expected, not bool"),
        (facts.Location, {"file": "a", "column": 1}, "Location: unknown field column"),
        (facts.Route, {"path": "/", "methods": "GET"}, "Route.methods: a list was expected, not str"),
        (facts.Route, {"path": "/", "methods": ["GET", 1]}, r"Route.methods\[1\]: str was expected, not int"),
        (
            facts.Celery,
            {"name": "", "version": "", "routes": []},
            "Celery.routes: an object was expected, not list",
        ),
        (
            facts.Celery,
            {"name": "", "version": "", "routes": {"a": 1}},
            "Celery.routes.a: str was expected, not int",
        ),
        (
            facts.Failure,
            {"how": "", "message": "", "frames": [{"file": ""}]},
            r"Failure.frames\[0\]: field line",
        ),
        (
            facts.Frame,
            {"file": "", "line": 1, "function": "", "own": 1},
            "Frame.own: bool was expected, not int",
        ),
        (findings.Judgement, {"outcome": "great"}, "Judgement.outcome: 'great' is no Outcome"),
        (findings.Judgement, {"outcome": []}, r"Judgement.outcome: \[\] is no Outcome"),
        (
            findings.Fault,
            {"message": "", "remedy": "", "details": [["a"]]},
            r"Fault.details\[0\]: 2 values were expected, not 1",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(cls: type, data: object, message: str) -> None:
    """A value of another form than the dataclass is never passed on."""
    with pytest.raises(WireError, match=message):
        decode(cls, data)


@given(JSON)
def test_any_json_is_decoded_or_refused(data: object) -> None:
    """Whatever an interpreter sends, nothing but a WireError is raised."""
    for cls in DATACLASSES:
        with contextlib.suppress(WireError):
            assert isinstance(decode(cls, data), cls)


def test_a_whole_number_is_a_number() -> None:
    """JSON writers may leave out the fraction."""
    found = decode(facts.InspectedEntry, {"entry": {"kind": "", "target": "", "source": ""}, "seconds": 1})
    assert isinstance(found.seconds, float)


def test_enums_travel_as_their_values() -> None:
    """Members are encoded by value and come back as members."""
    assert isinstance(findings.Level.ERROR, enum.Enum)
    assert encode(findings.Level.ERROR) == "error"
