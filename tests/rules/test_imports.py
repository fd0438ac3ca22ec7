from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    App,
    BrokenImport,
    Dependencies,
    Entry,
    Facts,
    Failure,
    Frame,
    InspectedEntry,
    Location,
    Mapping,
    MappingFailure,
    Missing,
    Module,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from pytest_prodready.registry import Kind, Registry
from pytest_prodready.rules import celery
from pytest_prodready.rules.imports import entry_point, family, module

REGISTRY = Registry([family]).select(ignore=["PRD106", "PRD107"])
WRITTEN = Location("Procfile", 1)
ENTRY = Entry("web", "src.main:app", "Procfile, web", WRITTEN)
HEALTHY = InspectedEntry(ENTRY, app=App("fastapi.FastAPI", "asgi", routes=()))
LINE = Frame("src/main.py", 8, "<module>", "from src.audit import log_event", own=True)
RAISED = Failure("raised", "boom", "ValueError", module="src.main", frames=(LINE,))
LOST = Missing("src.audit", "log_event", ("log_audit_event", "write"), "src/audit.py", own=True)
PROOF = "imported in a fresh interpreter, as production starts it"
GOING_ON = "found by going on after the first failure as if it were mended"
WAY = ("way to the line", "src/main.py:8  from src.audit import log_event")


def judge(kind: Kind[Any], facts: Facts) -> dict[str, Judgement]:
    """Subject → judgement by the rules of this family."""
    return {subject.name: REGISTRY.judge(kind, subject, facts) for subject in kind.subjects(facts)}


def entry(seen: InspectedEntry, **facts: Any) -> Judgement:
    """How one entry point is judged."""
    (judgement,) = judge(entry_point, Facts("/", ("src",), entries=(seen,), **facts)).values()
    return judgement


def finding(judgement: Judgement) -> Finding:
    """The one finding of a judgement."""
    (found,) = judgement.findings
    return found


def modules(*seen: Module, **more: Any) -> dict[str, Judgement]:
    """How the modules of two entry points are judged, each of which saw all of them."""
    entries = tuple(
        replace(HEALTHY, entry=Entry(kind, "src.x:x", ""), modules=seen) for kind in ("web", "celery")
    )
    return judge(module, Facts("/", ("src",), entries=entries, **more))


def test_a_healthy_entry_point_passes() -> None:
    """No finding at all."""
    assert entry(HEALTHY) == Judgement(Outcome.PASSED)


def test_an_entry_point_that_raises() -> None:
    """PRD101 with the exception, its line, and the way there."""
    assert finding(entry(InspectedEntry(ENTRY, RAISED))) == Finding(
        "PRD101",
        Level.ERROR,
        "src.main:app",
        "src.main:app does not import: ValueError: boom",
        "Correct the line, or give the gate the environment that production has.",
        Location("src/main.py", 8),
        PROOF,
        (WAY,),
    )


def test_the_last_output_is_shown() -> None:
    """The last lines of what the application printed are evidence."""
    failure = replace(RAISED, output="\n".join(map(str, range(100))))
    title, body = finding(entry(InspectedEntry(ENTRY, failure))).details[-1]
    assert title == "last output"
    assert body.splitlines() == [str(number) for number in range(88, 100)]


@pytest.mark.parametrize(
    "missing, message, cause, remedy",
    [
        (
            LOST,
            "",
            "src.audit has no name 'log_event'",
            "Write log_audit_event, the nearest name that it has.",
        ),
        (
            replace(LOST, available=("x",)),
            "",
            "src.audit has no name 'log_event'",
            "Import a name that it has.",
        ),
        (
            LOST,
            "cannot import name 'log_event' from partially initialized module 'src.audit' (…)",
            "src.audit has no 'log_event' yet at that moment, as the imports go round in a circle",
            (
                "Import src.audit inside the function that needs it, or move 'log_event' to a module that "
                "imports neither of them."
            ),
        ),
        (
            Missing("src.modles", "", ("models",), own=True),
            "",
            "the module src.modles does not exist",
            "Write src.models, the nearest module there is.",
        ),
        (
            Missing("src.zzz", "", ("models",), own=True),
            "",
            "the module src.zzz does not exist",
            "Write the module, or drop the import.",
        ),
        (
            Missing("redis.asyncio"),
            "",
            "no module 'redis.asyncio' is installed",
            "Install and declare the distribution that provides 'redis', or drop the import.",
        ),
        (
            Missing("email.mime", shadow="src/email/__init__.py"),
            "",
            "src/email/ hides the standard library's email, so 'email.mime' cannot be found",
            "Rename src/email/, or take its directory off sys.path.",
        ),
        (
            Missing("src.tasks", "app", own=True, twin="src/tasks.py"),
            "",
            (
                "the package src/tasks/ has no name 'app'; src/tasks.py beside it has the same name and can "
                "never be imported, because the package wins"
            ),
            "Rename src/tasks.py, or move what it holds into src/tasks/__init__.py.",
        ),
    ],
)
def test_what_is_missing_is_said_in_words(missing: Missing, message: str, cause: str, remedy: str) -> None:
    """PRD101 says what is not there, and what to write instead."""
    failure = replace(RAISED, type="ImportError", message=message, missing=missing)
    found = finding(entry(InspectedEntry(ENTRY, failure)))
    assert (found.code, found.message) == ("PRD101", f"src.main:app does not import: {cause}")
    assert found.remedy == remedy
    assert found.location == Location("src/main.py", 8)


@pytest.mark.parametrize("name", ["src.main", "src"])
def test_an_import_string_that_names_nothing(name: str) -> None:
    """The line to change is where the string is written."""
    failure = Failure(
        "raised", "", "ModuleNotFoundError", missing=Missing(name, available=("app",), own=True)
    )
    found = finding(entry(InspectedEntry(ENTRY, failure)))
    assert (found.code, found.location) == ("PRD101", WRITTEN)
    assert found.message == f"src.main:app does not import: there is no module {name}"
    assert found.proof == f"{PROOF}; the name was found in Procfile, web"


@pytest.mark.parametrize(
    "failure, cause",
    [
        (
            Failure("raised", "invalid syntax (main.py, line 3)", "SyntaxError"),
            "the file is no valid Python: invalid syntax (main.py, line 3)",
        ),
        (
            replace(
                RAISED,
                type="KeyError",
                message="'SECRET_KEY'",
                frames=(replace(LINE, text="os.environ['SECRET_KEY']"),),
            ),
            "the environment variable SECRET_KEY is not set",
        ),
        (replace(RAISED, type="KeyError", message="'x'"), "KeyError: 'x'"),
        (replace(RAISED, message="first\nsecond"), "ValueError: first"),
        (replace(RAISED, message=""), "ValueError"),
    ],
)
def test_exceptions_in_words(failure: Failure, cause: str) -> None:
    """What can be said better than by the exception is."""
    assert finding(entry(InspectedEntry(ENTRY, failure))).message == f"src.main:app does not import: {cause}"


@pytest.mark.parametrize(
    "app, message, remedy, location",
    [
        (
            App("", "", "missing", "app", ("my_app", "settings"), Location("src/main.py")),
            "src.main:app names nothing: the module src.main imports, but has no 'app'",
            "Write src.main:my_app.",
            WRITTEN,
        ),
        (
            App("", "", "missing", "app", ("xyz",), Location("src/main.py")),
            "src.main:app names nothing: the module src.main imports, but has no 'app'",
            "Name one of: xyz.",
            WRITTEN,
        ),
        (
            App("function", "", "factory", "function", location=Location("src/main.py", 3)),
            "src.main:app is a factory that is not called, not an application",
            'Write "src.main:app()", so that the factory is called.',
            Location("src/main.py", 3),
        ),
        (
            App("function", "", "needs-arguments", "app(config)", location=Location("src/main.py", 3)),
            "the factory of src.main:app needs arguments that nobody gives: app(config)",
            "Give its parameters defaults, or name a function without required parameters.",
            Location("src/main.py", 3),
        ),
        (
            App("int", "", "not-callable", "an object of type int"),
            "src.main:app imports, but is no ASGI or WSGI application: it is an object of type int",
            "Name the application object in the import string.",
            WRITTEN,
        ),
    ],
)
def test_an_entry_point_that_is_no_app(app: App, message: str, remedy: str, location: Location) -> None:
    """PRD102 says what was found instead, and where to change it."""
    found = finding(entry(replace(HEALTHY, app=app)))
    assert (found.code, found.message, found.remedy, found.location) == ("PRD102", message, remedy, location)
    assert found.details == (("found in", "Procfile, web"),)


STOPPED = [
    (replace(RAISED, how="hung", message="nothing came back within 60 s"), "nothing came back within 60 s"),
    (
        replace(RAISED, how="crashed", message="SIGSEGV killed the interpreter"),
        "SIGSEGV killed the interpreter",
    ),
    (
        replace(RAISED, how="left", message="os._exit(3) ended the interpreter"),
        "os._exit(3) ended the interpreter",
    ),
    (
        replace(RAISED, how="exited", type="SystemExit", message="no SECRET_KEY", status=1),
        "sys.exit was called while src.main was being imported, with status 1 (no SECRET_KEY)",
    ),
    (
        replace(RAISED, how="exited", type="SystemExit", message="3", status=3, module=""),
        "sys.exit was called while it was being loaded, with status 3",
    ),
    (
        replace(RAISED, type="KeyboardInterrupt"),
        "KeyboardInterrupt was raised while src.main was being imported",
    ),
]


@pytest.mark.parametrize("failure, how", STOPPED)
def test_an_import_that_stops_the_interpreter(failure: Failure, how: str) -> None:
    """PRD109, and it alone, for entry points, the Celery app and reached modules."""
    found = finding(entry(InspectedEntry(ENTRY, failure)))
    assert (found.code, found.level) == ("PRD109", Level.ERROR)
    assert found.message == f"src.main:app does not import: {how}"
    assert found.location == Location("src/main.py", 8)
    assert found.remedy
    judged = modules(Module("src.late", "src/late.py", reached="src/main.py:3", failure=failure))
    assert finding(judged["src.late"]).message == f"src.late does not import: {how}"
    worker = Facts("/", entries=(InspectedEntry(Entry("celery", "src.c:app", "x"), failure),))
    (judged_app,) = judge(celery.celery_app, worker).values()
    assert [found.code for found in judged_app.findings] == ["PRD109"]


def test_a_stop_without_a_stack_points_to_the_entry_point() -> None:
    """Where the line cannot be known, the place is where the import string is written."""
    failure = Failure("crashed", "SIGKILL killed the interpreter", module="src.main", status=9)
    assert finding(entry(InspectedEntry(ENTRY, failure))).location == WRITTEN


def test_a_distribution_outside_the_runtime_closure() -> None:
    """PRD105 instead of PRD101: it is installed here, and will not be there."""
    missing = Missing("rich.console", distribution="rich")
    failure = replace(RAISED, type="ModuleNotFoundError", missing=missing)
    dependencies = Dependencies(declared=True, sources=("pyproject.toml",))
    found = finding(entry(InspectedEntry(ENTRY, failure), dependencies=dependencies))
    assert (found.code, found.level, found.location) == ("PRD105", Level.ERROR, Location("src/main.py", 8))
    assert "'rich.console' comes from rich, which is installed here" in found.message
    assert found.details[-1] == ("declared in", "pyproject.toml")
    judged = modules(Module("src.late", "src/late.py", reached="src/main.py:3", failure=failure))
    assert (finding(judged["src.late"]).code, finding(judged["src.late"]).level) == ("PRD105", Level.WARNING)


def test_healthy_modules_pass() -> None:
    """One subject for each module, though several entry points saw it."""
    judged = modules(Module("src.a", "src/a.py", deferred=3), Module("src.b", "src/b.py"))
    assert judged == {"src.a": Judgement(Outcome.PASSED), "src.b": Judgement(Outcome.PASSED)}


def test_a_reached_module_that_does_not_import() -> None:
    """PRD103 with the statement that reaches it."""
    bad = Module(
        "src.late", "src/late.py", reached="src/main.py:3", failure=replace(RAISED, module="src.late")
    )
    found = finding(modules(bad)["src.late"])
    assert (found.code, found.level) == ("PRD103", Level.ERROR)
    assert found.message == "src.late does not import: ValueError: boom"
    assert found.location == Location("src/main.py", 8)
    assert found.details == (("reached by", "src/main.py:3"), WAY)


def test_one_cause_is_reported_once() -> None:
    """Modules that fail at the same line for the same reason are one finding, which names the others."""
    one = Module("src.a", "src/a.py", reached="src/main.py:3", failure=RAISED)
    other = replace(one, name="src.b", file="src/b.py")
    judged = modules(one, other)
    assert ("also failing for it", "src.b") in finding(judged["src.a"]).details
    assert judged["src.b"] == Judgement(
        Outcome.SKIPPED, reason="does not import for the same reason as src.a"
    )


@pytest.mark.parametrize(
    "guard, missing, level",
    [
        ("", None, Level.ERROR),
        ("", LOST, Level.ERROR),
        ("", Missing("boto3"), Level.WARNING),
        ("", Missing("redis", "Nothing"), Level.ERROR),
        ("", Missing("email.mime", shadow="src/email.py"), Level.ERROR),
        ("condition", None, Level.WARNING),
        ("condition", LOST, Level.ERROR),
        ("condition", Missing("boto3"), Level.WARNING),
        ("condition", Missing("redis", "Nothing"), Level.WARNING),
        ("condition", Missing("email.mime", shadow="src/email.py"), Level.ERROR),
    ],
)
def test_what_may_be_optional_is_a_warning(guard: str, missing: Missing | None, level: Level) -> None:
    """An absent distribution, or a condition in front, proves nothing unless the application's own lacks."""
    bad = Module("src.s3", "src/s3.py", guard=guard, failure=replace(RAISED, missing=missing))
    assert finding(modules(bad)["src.s3"]).level is level


def test_a_condition_counts_only_where_every_way_has_one() -> None:
    """One entry point that reaches it without a condition is enough."""
    bad = Module("src.s3", "src/s3.py", guard="condition", failure=RAISED)
    entries = tuple(replace(HEALTHY, modules=(seen,)) for seen in (bad, replace(bad, guard="")))
    judged = judge(module, Facts("/", entries=entries))
    assert finding(judged["src.s3"]).level is Level.ERROR


def test_what_another_entry_point_imports_cleanly_is_a_warning() -> None:
    """Production may reach it in that other state alone."""
    bad, well = Module("src.s3", "src/s3.py", failure=RAISED), Module("src.s3", "src/s3.py")
    entries = tuple(replace(HEALTHY, modules=(seen,)) for seen in (bad, well))
    for facts in (Facts("/", entries=entries), Facts("/", entries=entries[::-1])):
        assert finding(judge(module, facts)["src.s3"]).level is Level.WARNING


@pytest.mark.parametrize(
    "kinds, level",
    [
        (("script",), Level.INFO),
        (("commands",), Level.INFO),
        (("script", "commands"), Level.INFO),
        (("script", "celery"), Level.WARNING),
        (("celery",), Level.WARNING),
    ],
)
def test_what_only_scripts_and_commands_cannot_import(kinds: tuple[str, ...], level: Level) -> None:
    """Their functions run once they have set the application up, as the web application has done."""
    bad, well = Module("src.s3", "src/s3.py", failure=RAISED), Module("src.s3", "src/s3.py")
    entries = [InspectedEntry(Entry(kind, f"src.{kind}", "a test"), modules=(bad,)) for kind in kinds]
    for every in (
        [*entries, replace(HEALTHY, modules=(well,))],
        [replace(HEALTHY, modules=(well,)), *entries],
    ):
        judged = judge(module, Facts("/", entries=tuple(every)))
        assert finding(judged["src.s3"]).level is level


def test_what_no_entry_point_can_import_is_an_error() -> None:
    """However many scripts there are."""
    bad = Module("src.s3", "src/s3.py", failure=RAISED)
    entries = tuple(InspectedEntry(Entry("script", name, "a test"), modules=(bad,)) for name in "abc")
    assert finding(judge(module, Facts("/", entries=entries))["src.s3"]).level is Level.ERROR


LIBRARY = Frame("/site-packages/flask/globals.py", 40, "_get", own=False)


@pytest.mark.parametrize(
    "bases, frames, level",
    [
        (("builtins.RuntimeError",), (LINE, LIBRARY), Level.WARNING),
        (("builtins.RuntimeError",), (LINE,), Level.ERROR),
        (("builtins.TypeError",), (LINE, LIBRARY), Level.ERROR),
        (("builtins.ConnectionRefusedError", "builtins.OSError"), (LINE,), Level.WARNING),
    ],
)
def test_what_depends_on_the_state_of_the_program_is_a_warning(
    bases: tuple[str, ...], frames: tuple[Frame, ...], level: Level
) -> None:
    """A refused connection, or a library without its context, may be otherwise when a function imports it."""
    bad = Module("src.s3", "src/s3.py", failure=replace(RAISED, bases=bases, frames=frames))
    assert finding(modules(bad)["src.s3"]).level is level


def broken(missing: Missing | None, *, own: bool, module_name: str = "", line: int = 5) -> BrokenImport:
    """A deferred import that did not resolve."""
    failure = Failure("raised", "x", "ImportError", module=module_name, missing=missing)
    return BrokenImport("src.jobs", Location("src/jobs.py", line), "Job.run", "from …", failure, own)


def further(
    line: int, missing: Missing | None, *, message: str = "boom", file: str = "src/main.py"
) -> Failure:
    """A root cause found by going on."""
    frame = Frame(file, line, "<module>", own=True)
    return Failure(
        "raised", message, "ImportError" if missing else "KeyError", frames=(frame,), missing=missing
    )


def test_further_root_causes_are_findings_of_their_own() -> None:
    """PRD101 for each at its own line, PRD105 for a distribution; what else fails for it is listed."""
    hidden = Missing("rich", distribution="rich")
    outside = (
        "'rich' comes from rich, which is installed here but is not among the declared runtime requirements"
    )
    first = replace(RAISED, also=(Location("src/a.py", 1), Location("src/b.py", 2)))
    seen = InspectedEntry(ENTRY, first, further=(further(9, LOST), further(10, hidden), further(11, None)))

    judged = entry(seen)

    assert [(found.code, found.message, str(found.location), found.proof) for found in judged.findings] == [
        ("PRD101", "src.main:app does not import: ValueError: boom", "src/main.py:8", PROOF),
        (
            "PRD101",
            "src.main:app does not import either after that: src.audit has no name 'log_event'",
            "src/main.py:9",
            GOING_ON,
        ),
        (
            "PRD101",
            "src.main:app does not import either after that: KeyError: boom",
            "src/main.py:11",
            GOING_ON,
        ),
        (
            "PRD105",
            f"src.main:app does not import either after that: {outside}",
            "src/main.py:10",
            GOING_ON,
        ),
    ]
    assert ("2 more lines fail for it", "src/a.py:1, src/b.py:2") in judged.findings[0].details


def test_a_distribution_hidden_first_does_not_hide_what_comes_after_it() -> None:
    """PRD105 for the first failure, PRD101 for the one behind it."""
    judged = entry(
        InspectedEntry(ENTRY, further(3, Missing("rich", distribution="rich")), further=(further(9, LOST),))
    )

    assert [(found.code, str(found.location)) for found in judged.findings] == [
        ("PRD101", "src/main.py:9"),
        ("PRD105", "src/main.py:3"),
    ]


def test_names_that_one_statement_misses_are_one_finding() -> None:
    """One message with all of them, for the first failure and for a further one."""
    other = replace(LOST, name="wrote")
    seen = InspectedEntry(
        ENTRY,
        further(8, LOST),
        further=(further(8, other), further(9, LOST, file="src/x.py"), further(9, other, file="src/x.py")),
    )

    assert [(str(found.location), found.message.partition(": ")[2]) for found in entry(seen).findings] == [
        ("src/main.py:8", "src.audit has no names 'log_event' and 'wrote'"),
        ("src/x.py:9", "src.audit has no names 'log_event' and 'wrote'"),
    ]


def test_the_mapping_explains_only_the_failure_that_it_is() -> None:
    """A class that cannot be mapped is named for its own failure, not for the first one."""
    refused = Failure(
        "raised", "no", "MappedAnnotationError", frames=(Frame("src/m.py", 4, "<module>", own=True),)
    )
    mapping = Mapping(failures=(MappingFailure("src.m.Order", "total", refused, Location("src/m.py", 6)),))

    first, second = entry(InspectedEntry(ENTRY, RAISED, further=(refused,), mapping=mapping)).findings

    assert first.message == "src.main:app does not import: ValueError: boom"
    assert (second.location, second.message.partition(": ")[2]) == (
        Location("src/m.py", 6),
        "src.m.Order cannot be mapped (MappedAnnotationError)",
    )


def test_forty_modules_that_miss_one_name_are_one_finding() -> None:
    """Each at a line of its own; the one without a condition speaks for all."""
    seen = [
        Module(
            f"src.m{at:02}",
            f"src/m{at:02}.py",
            guard="condition" if at < 3 else "",
            failure=further(at, LOST),
        )
        for at in range(40)
    ]

    judged = modules(*seen)

    found = finding(judged["src.m03"])
    assert found.level is Level.ERROR
    assert found.details[0][0] == "39 more modules fail for it"
    assert found.details[0][1].endswith("and 29 more")
    assert sum(one.outcome is Outcome.SKIPPED for one in judged.values()) == 39
    assert judged["src.m39"].reason == "does not import for the same reason as src.m03"


def test_an_entry_point_speaks_for_the_modules_that_fail_for_its_cause() -> None:
    """One finding, with the modules that another entry point could not load."""
    web = InspectedEntry(ENTRY, RAISED, further=(further(9, LOST),))
    lost = tuple(Module(f"src.m{at}", f"src/m{at}.py", failure=further(at, LOST)) for at in range(3))
    worker = replace(HEALTHY, entry=Entry("celery", "src.worker", ""), modules=lost)
    facts = Facts("/", ("src",), entries=(web, worker))

    assert {one.reason for one in judge(module, facts).values()} == {
        "does not import for the same reason as src.main:app"
    }
    (judged,) = judge(entry_point, facts).values()
    assert judged.findings[1].details[0] == ("3 more modules fail for it", "src.m0, src.m1, src.m2")


def test_a_module_tells_its_further_causes() -> None:
    """PRD103 for each, also where its first failure is told for another module."""
    other = replace(LOST, name="other")
    judged = modules(
        Module("src.a", "src/a.py", failure=further(1, LOST), further=(further(2, other), further(3, None))),
        Module(
            "src.b", "src/b.py", failure=further(1, LOST), further=(further(4, replace(LOST, name="third")),)
        ),
    )

    assert [str(found.location) for found in judged["src.a"].findings] == [
        "src/main.py:1",
        "src/main.py:2",
        "src/main.py:3",
    ]
    assert [str(found.location) for found in judged["src.b"].findings] == ["src/main.py:4"]
    assert judged["src.a"].findings[1].message.startswith("src.a does not import either after that: ")


def test_a_deferred_import_that_cannot_resolve() -> None:
    """PRD104 at the statement, with all the names that one statement lacks."""
    payment = Missing("src.models", "Payment", ("PaymentTransaction", "RefundRequest"), own=True)
    refund = replace(payment, name="Refund")
    other = broken(LOST, own=True, line=9)
    judged = modules(
        Module("src.jobs", "src/jobs.py", broken=(broken(payment, own=True), broken(refund, own=True), other))
    )
    first, second = judged["src.jobs"].findings
    assert first == Finding(
        "PRD104",
        Level.ERROR,
        "src.jobs",
        "Job.run cannot run its import: src.models has no names 'Payment' and 'Refund'",
        "Write PaymentTransaction for Payment, RefundRequest for Refund: the nearest names that it has.",
        Location("src/jobs.py", 5),
        "tried on the real modules, in the interpreter that had loaded the application",
        (("reached from", "src.x:x"),),
    )
    assert second.message == "Job.run cannot run its import: src.audit has no name 'log_event'"


@pytest.mark.parametrize(
    "missing, code, level",
    [
        (Missing("boto3"), "PRD104", Level.INFO),
        (Missing("rich", distribution="rich"), "PRD105", Level.WARNING),
        (Missing("redis", "Nothing"), "PRD104", Level.WARNING),
    ],
)
def test_a_deferred_import_of_others_is_no_error(missing: Missing, code: str, level: Level) -> None:
    """An integration that is not installed is a note; what is hidden or lacks a name is a warning."""
    judged = modules(Module("src.jobs", "src/jobs.py", broken=(broken(missing, own=False),)))["src.jobs"]
    assert judged.outcome is Outcome.PASSED
    assert [(found.code, found.level) for found in judged.findings] == [(code, level)]


def test_a_statement_that_reaches_a_failing_module_is_not_a_second_finding() -> None:
    """PRD103 has said it."""
    statement = broken(LOST, own=True, module_name="src.late")
    assert modules(Module("src.jobs", "src/jobs.py", broken=(statement,)))["src.jobs"] == Judgement(
        Outcome.PASSED
    )


def test_no_modules_without_an_entry_point_that_loads() -> None:
    """What could not be looked at is skipped with its reason."""
    judged = judge(module, Facts("/", entries=(InspectedEntry(ENTRY, RAISED),)))
    assert [(judgement.outcome, judgement.reason) for judgement in judged.values()] == [
        (Outcome.SKIPPED, "src.main:app does not load")
    ]
    assert judge(module, Facts("/")) == {}
