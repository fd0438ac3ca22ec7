"""PRD601 on facts."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import (
    Entry,
    EnvironmentRead,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    SettingsCall,
    SettingsField,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Registry
from pytest_prodready.rules.environment.family import family
from pytest_prodready.rules.environment.variables import variable

LINE = Location("pyproject.toml", 4)
CODE = Location("app/config.py", 7)
WEB = Entry("web", "app.main:app", "a test")


def judge(facts: Facts) -> dict[str, Judgement]:
    registry = Registry([family])
    return {subject.name: registry.judge(variable, subject, facts) for subject in variable.subjects(facts)}


def seen(
    *reads: EnvironmentRead, fields: tuple[SettingsField, ...] = (), failure: Failure | None = None
) -> Facts:
    entry = InspectedEntry(WEB, failure, environment_reads=reads, settings_fields=fields)
    return Facts("/", entries=(entry,))


def raised(kind: str, message: str, *bases: str) -> Failure:
    frame = Frame("app/config.py", 7, "<module>", own=True)
    return Failure("raised", message, type=kind, bases=bases, frames=(frame,))


def read(name: str, how: str = "required", state: str = "unset", reader: str = "") -> EnvironmentRead:
    return EnvironmentRead(name, how, state, CODE, reader)


def test_declared_variables() -> None:
    """One for each that is not set or empty, at the line that requires it; those that are set pass."""
    facts = Facts(
        "/",
        required_env=("SECRET_KEY", "API_KEY", "TOKEN"),
        unset_env=("API_KEY", "TOKEN"),
        empty_env=("TOKEN",),
        settings_locations={"required_env": LINE},
    )
    judged = judge(facts)
    assert judged["SECRET_KEY"] == Judgement(Outcome.PASSED)
    assert judged["API_KEY"].findings == (
        Finding(
            "PRD601",
            Level.ERROR,
            "API_KEY",
            "the environment variable API_KEY is not set",
            "Set API_KEY.",
            LINE,
        ),
    )
    assert judged["TOKEN"].findings[0].message == "the environment variable TOKEN is empty"


def test_nothing_is_required_by_default() -> None:
    """No settings and no read without a default, no subject."""
    assert judge(Facts("/")) == {}
    assert judge(seen(read("A", "default"), read("B", "optional"), read("C", "asked"))) == {}


def test_a_file_of_the_application_counts() -> None:
    """What a .env file gives the application is set, although the job's environment has it not."""
    for state in ("set", "file"):
        entry = InspectedEntry(WEB, environment_reads=(read("KEY", state=state, reader="python-decouple"),))
        facts = Facts("/", entries=(entry,), required_env=("KEY",), unset_env=("KEY",))
        assert judge(facts)["KEY"].outcome is Outcome.PASSED


def test_reads_without_default() -> None:
    """Set: passed. Caught by the application: no subject. Empty: a warning at the line."""
    judged = judge(seen(read("GOOD", state="set"), read("CAUGHT"), read("EMPTY", state="empty")))
    assert set(judged) == {"GOOD", "EMPTY"}
    assert judged["GOOD"] == Judgement(Outcome.PASSED)
    (found,) = judged["EMPTY"].findings
    assert (found.level, found.location) == (Level.WARNING, CODE)
    assert found.message == "the environment variable EMPTY is empty, and is read without a default"


@pytest.mark.parametrize(
    "failure, of",
    [
        (raised("KeyError", "'API_KEY'"), read("API_KEY")),
        (
            raised("UndefinedValueError", "API_KEY not found. Declare it as envvar"),
            read("API_KEY", reader="x"),
        ),
        (raised("RuntimeError", "API_KEY must be set"), read("API_KEY", "optional")),
        (raised("RuntimeError", "API_KEY must not be empty"), read("API_KEY", "default", "empty")),
        (Failure("exited", "set API_KEY first", type="SystemExit", status=1), read("API_KEY", "optional")),
    ],
)
def test_an_entry_that_does_not_load_for_it(failure: Failure, of: EnvironmentRead) -> None:
    """The exception names a variable that was read and is not there."""
    judged = judge(seen(of, failure=failure))
    (found,) = judged["API_KEY"].findings
    assert (found.level, found.subject) == (Level.ERROR, "API_KEY")
    assert found.location == CODE
    assert found.message == (
        f"the environment variable API_KEY is {'empty' if of.state == 'empty' else 'not set'}: app.main:app "
        "does not load without it"
    )


@pytest.mark.parametrize(
    "failure, of",
    [
        (raised("KeyError", "'OTHER'"), read("API_KEY")),  # another key, of another dict
        (raised("KeyError", "'API_KEY'"), read("API_KEY", state="set")),
        (raised("KeyError", "'API_KEY'"), read("API_KEY", "optional")),
        (raised("RuntimeError", "the MY_API_KEY_2 is bad"), read("API_KEY", "optional")),
        (raised("ValueError", "no such mode: prod"), read("prod", "optional")),
        (Failure("crashed", "API_KEY"), read("API_KEY")),
    ],
)
def test_failures_for_something_else(failure: Failure, of: EnvironmentRead) -> None:
    """Nothing is said of a variable that the failure does not name, or that is there."""
    findings = [found for one in judge(seen(of, failure=failure)).values() for found in one.findings]
    assert findings == []


def field(
    state: str = "unset", *, built: bool = False, calls: tuple[SettingsCall, ...] = ()
) -> SettingsField:
    return SettingsField("app.config.Settings", "key", ("APP_KEY",), state, CODE, built, calls)


ACCESSOR = SettingsCall(Location("app/config.py", 12), "get_settings", accessor=True)
OTHER = SettingsCall(Location("app/jobs.py", 5), "run")
MAYBE = SettingsCall(Location("app/config.py", 12), "get_settings", conditional=True, accessor=True)
BODY = SettingsCall(Location("app/config.py", 12), "")


@pytest.mark.parametrize(
    "calls, levels",
    [
        ((ACCESSOR,), [Level.ERROR]),
        ((MAYBE,), [Level.WARNING]),
        ((OTHER,), [Level.WARNING]),
        ((MAYBE, OTHER, ACCESSOR), [Level.ERROR]),
        ((BODY,), []),
        ((), []),
    ],
)
def test_settings_that_are_built_later(calls: tuple[SettingsCall, ...], levels: list[Level]) -> None:
    """An error where all that wants the settings asks one function; a warning where it is not sure to run."""
    judged = judge(seen(fields=(field(calls=calls),)))
    assert [found.level for one in judged.values() for found in one.findings] == levels
    for found in judged["APP_KEY"].findings if judged else ():
        assert found.location == CODE
        assert "app.config.Settings needs it for key" in found.message


def test_settings_that_are_there() -> None:
    """A field that is set, by the environment or a file, passes; an empty one is a warning."""
    for state in ("set", "file"):
        assert judge(seen(fields=(field(state, built=True),)))["APP_KEY"] == Judgement(Outcome.PASSED)
    (found,) = judge(seen(fields=(field("empty", built=True),)))["APP_KEY"].findings
    assert found.level is Level.WARNING
    # built all the same: by arguments
    assert judge(seen(fields=(field(built=True),)))["APP_KEY"].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "message, base",
    [
        (
            "1 validation error for Settings\nkey\n  Field required",
            "pydantic_core._pydantic_core.ValidationError",
        ),
        (
            "1 validation error for Settings\nkey\n  field required",
            "pydantic.v1.error_wrappers.ValidationError",
        ),
    ],
)
def test_settings_that_were_refused(message: str, base: str) -> None:
    """The field that pydantic names, by the variable that sets it."""
    failure = raised("ValidationError", message, base)
    judged = judge(seen(fields=(field(),), failure=failure))
    assert [found.code for found in judged["APP_KEY"].findings] == ["PRD601"]
    another = raised("ValidationError", message.replace("Settings", "Order"), base)
    assert judge(seen(fields=(field(),), failure=another)) == {}
