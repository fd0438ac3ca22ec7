from __future__ import annotations

from dataclasses import replace

from pytest_prodready.facts import (
    Entry,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Mapping,
    MappingFailure,
    Missing,
)
from pytest_prodready.rules.failures import (
    evidence,
    explain,
    explain_load,
    explain_lost,
    explain_together,
    root_causes,
    stopped,
)

LIBRARY = Frame("/lib/x.py", 3, "call")
OWN = Frame("src/a.py", 5, "f", "call()", own=True)


def test_the_way_shows_the_application_s_lines() -> None:
    """And only where there are none those of the libraries."""
    assert evidence(Failure("raised", "x", frames=(OWN, LIBRARY))) == (
        ("way to the line", "src/a.py:5  call()"),
    )
    assert evidence(Failure("raised", "x", frames=(LIBRARY,))) == (("way to the line", "/lib/x.py:3  call"),)
    assert evidence(Failure("raised", "x")) == ()


def test_what_a_library_asks_another_one_for() -> None:
    """Its line is shown, and no nearest name: nobody who reads this can write it there."""
    frames = (OWN, Frame("/lib/rpc/core.py", 4, "<module>", "from inspect import getargspec"))
    missing = Missing("inspect", "getargspec", ("getargs",))
    failure = Failure("raised", "cannot import", "ImportError", frames=frames, missing=missing)
    explanation = explain(failure)
    assert explanation.cause == "inspect has no name 'getargspec'"
    assert explanation.remedy == "Install versions that fit each other: /lib/rpc/core.py:4 asks for it."
    ((_, way),) = evidence(failure)
    assert way == "src/a.py:5  call()\n/lib/rpc/core.py:4  from inspect import getargspec"
    assert explain(replace(failure, frames=(OWN,))).remedy == "Write getargs, the nearest name that it has."


def test_the_location_is_the_innermost_own_line() -> None:
    """Else the innermost of all."""
    assert Failure("raised", "x", frames=(OWN, LIBRARY)).location == Location("src/a.py", 5)
    assert Failure("raised", "x", frames=(LIBRARY,)).location == Location("/lib/x.py", 3)
    assert Failure("raised", "x").location is None


def test_an_ordinary_exception_has_stopped_nothing() -> None:
    """It is told by what was raised."""
    assert stopped(Failure("raised", "x", "ValueError")) == ""


def test_several_lost_names() -> None:
    """Names without a near one are listed, and those with one get their pair."""
    lost = [Missing("m", name, ("Payments",), own=True) for name in ("Payment", "Qqqq", "Zzzz")]
    found = explain_lost(lost)
    assert found.cause == "m has no names 'Payment', 'Qqqq' and 'Zzzz'"
    assert found.remedy == "Write Payments for Payment: the nearest names that it has."
    assert explain_lost(lost[1:]).remedy == "Import names that it has."
    assert explain_lost(lost[1:2]).cause == "m has no name 'Qqqq'"


def test_several_names_that_are_not_there_yet() -> None:
    """The imports go round in a circle: that the module has no such name would be no help."""
    message = "cannot import name '{}' from partially initialized module 'src.models' (src/models.py)"
    group = [
        Failure(
            "raised",
            message.format(name),
            "ImportError",
            frames=(OWN,),
            missing=Missing("src.models", name, own=True),
        )
        for name in ("Order", "User")
    ]
    entry = InspectedEntry(Entry("web", "a:app", "x"), group[0], further=(group[1],))
    (together,) = root_causes(entry)
    explanation = explain_together(together)
    assert explanation.cause == (
        "src.models has no 'Order' and 'User' yet at that moment, as the imports go round in a circle"
    )
    assert explanation.remedy == (
        "Import src.models inside the function that needs it, or move 'Order' and 'User' to a module that "
        "imports neither of them."
    )


def test_a_mapping_that_fails_at_import_is_told_as_one() -> None:
    """The entry point's own finding names the model, and leaves the rest to PRD301."""
    failure = Failure("raised", "x", "MappedAnnotationError", frames=(OWN,))
    mapping = Mapping(
        failures=(MappingFailure("src.models.Event", "payload", failure, Location("src/models.py", 7)),)
    )
    entry = InspectedEntry(Entry("web", "a:app", "x"), failure, mapping=mapping)
    explanation, place = explain_load(entry, failure)
    assert explanation.cause == "src.models.Event cannot be mapped (MappedAnnotationError)"
    assert place == Location("src/models.py", 7)


def test_settings_that_lack_their_fields_are_told_by_their_names_alone() -> None:
    """Pydantic's message holds the values that it was given; they are not repeated."""
    message = (
        "2 validation errors for Settings\ndatabase_url\n  Field required [input_value={'x': 'y'}]\n"
        "api_key\n  Field required [input_value={'x': 'y'}]\n    For further information visit …"
    )
    bases = ("pydantic_core._pydantic_core.ValidationError", "builtins.ValueError")
    found = explain(Failure("raised", message, "ValidationError", bases, frames=(OWN,)))
    assert found.cause == "Settings refuses what it was given for database_url, api_key"
    assert found.remedy == "Set what Settings needs where the gate runs, as production sets it."


def test_an_event_loop_that_does_not_run_yet() -> None:
    """The line may well be right, and only run too early."""
    found = explain(Failure("raised", "no running event loop", "RuntimeError", frames=(OWN,), loopless=True))
    assert found.cause == (
        "the event loop does not run yet at that moment (RuntimeError: no running event loop)"
    )
    assert "startup (lifespan)" in found.remedy


def test_a_name_that_one_branch_alone_binds() -> None:
    """The nearest name would be no help: nothing is misspelt."""
    missing = Missing("src.auth", "Ldap", ("Smtp", "LDAP"), "src/auth.py", own=True, bound_at=7)
    for explanation in (explain_lost([missing]), explain_lost([missing, missing])):
        assert explanation.cause == (
            "src.auth has 'Ldap' only where src/auth.py:7 binds it, and here it does not"
        )
        assert explanation.remedy == (
            "Ask for the same condition before the import, or give src.auth the name in any case."
        )


def test_a_module_of_a_shared_namespace() -> None:
    """Its distribution is not that of the top-level package."""
    explanation = explain_lost([Missing("company.plugins.k8s", shared=True)])
    assert explanation.remedy.startswith(
        "Install and declare the distribution that provides 'company.plugins"
    )
