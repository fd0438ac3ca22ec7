from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_prodready.facts import (
    BrokenImport,
    Command,
    Entry,
    Facts,
    Failure,
    Frame,
    Importer,
    InspectedEntry,
    Location,
    Missing,
    Module,
    Replaced,
    SecondName,
    Shadow,
    Twin,
)
from pytest_prodready.findings import Finding, Level
from pytest_prodready.registry import Kind
from pytest_prodready.rules import celery, registry
from pytest_prodready.rules.imports import command, entry_point, module

REGISTRY = registry().select(["PRD106", "PRD107", "PRD110", "PRD111", "PRD112"])
ENTRY = Entry("web", "src.main:app", "Procfile, web", Location("Procfile", 1))
HEALTHY = InspectedEntry(ENTRY)
FRAMES = (
    Frame("src/main.py", 8, "<module>", "import kombu", own=True),
    Frame("/lib/kombu.py", 3, "<module>"),
)
RAISED = Failure("raised", "No module named 'email.mime'", "ModuleNotFoundError", frames=FRAMES)
NO_MIME = replace(RAISED, missing=Missing("email.mime", shadow="src/email/__init__.py"))
NO_APP = replace(RAISED, missing=Missing("src.tasks", "app", own=True, twin="src/tasks.py"))
NO_JOB = replace(RAISED, missing=Missing("src.jobs.daily", own=True, twin="src/jobs/"))
SHADOW = Shadow("src", "start", standard=True, hidden="/lib/email/__init__.py")
LOCAL = Module("email", "src/email/__init__.py", shadow=SHADOW)
LIBRARY = Importer("kombu.utils", Location("/lib/kombu/utils.py", 12), own=False)
OWN = Importer("src.mail", Location("src/mail.py", 2), own=True)
SEEN = "seen in the interpreter that had loaded the application"


def judge(kind: Kind[Any], *seen: InspectedEntry) -> list[Finding]:
    """The findings of these rules about one kind of subject."""
    facts = Facts("/", ("src",), entries=seen)
    judged = (REGISTRY.judge(kind, subject, facts) for subject in kind.subjects(facts))
    return [found for judgement in judged for found in judgement.findings]


def of(*seen: Module, **more: Any) -> list[Finding]:
    """The findings about modules of a web application that loads."""
    return judge(module, replace(HEALTHY, modules=seen, **more))


def shadow(*importers: Importer, **more: Any) -> Finding:
    """The finding about a shadow with these importers."""
    (found,) = of(replace(LOCAL, shadow=replace(SHADOW, importers=importers, **more)))
    return found


def test_modules_without_anything_to_say_are_silent() -> None:
    """No finding at all."""
    assert of(Module("src", "src/__init__.py"), Module("src.email", "src/email.py")) == []


# ------------------------------------------------------------------------------------- PRD106


def test_an_entry_point_that_fails_for_a_shadow() -> None:
    """PRD106 at the file that wins, with the line that needed the hidden module."""
    (found,) = judge(entry_point, InspectedEntry(ENTRY, NO_MIME))
    assert found == Finding(
        "PRD106",
        Level.ERROR,
        "src.main:app",
        "src.main:app fails for a local module of the same name: src/email/ hides the standard "
        "library's email, so 'email.mime' cannot be found",
        "Rename src/email/ to app_email, say, with the imports of it, or take src off sys.path.",
        Location("src/email/__init__.py", 1),
        "imported in a fresh interpreter, as production starts it",
        (
            ("wins through", "src on sys.path"),
            ("needed by", "/lib/kombu.py:3"),
            ("way to the line", "src/main.py:8  import kombu"),
        ),
    )


def test_further_causes_and_every_kind_of_entry_are_judged() -> None:
    """A second root cause, a management command, the Celery app."""
    no_queue = replace(RAISED, missing=Missing("queue", "Queue", shadow="queue.py"))
    web = InspectedEntry(ENTRY, NO_MIME, further=(RAISED, NO_MIME, no_queue))
    places = [found.location for found in judge(entry_point, web)]
    assert places == [Location("src/email/__init__.py", 1), Location("queue.py", 1)]
    report = Command("report", "src.management.commands.report", failure=no_queue)
    (found,) = judge(command, InspectedEntry(Entry("commands", "manage.py", "manage.py"), commands=(report,)))
    assert found.subject == "manage.py report"
    assert found.message.startswith("manage.py report fails for a local module")
    assert (
        found.remedy
        == "Rename queue.py to app_queue, say, with the imports of it, or move it into a package."
    )
    worker = InspectedEntry(Entry("celery", "src.celery_app", "Procfile"), NO_MIME)
    assert [found.code for found in judge(celery.celery_app, worker)] == ["PRD106"]


def test_a_library_that_misses_a_name() -> None:
    """An error: the name is not there when the library's function is called."""
    found = shadow(replace(LIBRARY, missing=("message_from_string",)), OWN)
    assert found == Finding(
        "PRD106",
        Level.ERROR,
        "email",
        "src/email/ hides the standard library's email: kombu.utils uses email.message_from_string, which it "
        "does not have",
        "Rename src/email/ to app_email, say, with the imports of it, or take src off sys.path.",
        Location("src/email/__init__.py", 1),
        SEEN,
        (
            ("wins through", "src on sys.path: the start command or the settings put it on sys.path"),
            ("hidden", "/lib/email/__init__.py"),
            (
                "imported by",
                (
                    "/lib/kombu/utils.py:12  kombu.utils  (not there: message_from_string)\n"
                    "src/mail.py:2  src.mail"
                ),
            ),
        ),
    )


def test_an_import_that_failed_elsewhere_for_the_shadow() -> None:
    """An error on the module that hides, and no second one on the module that failed."""
    failing = Module("src.late", "src/late.py", failure=NO_MIME)
    (found,) = of(LOCAL, failing)
    assert (found.subject, found.level) == ("email", Level.ERROR)
    assert found.message.endswith("email: /lib/kombu.py:3 needs 'email.mime', which it does not have")
    broken = BrokenImport("src.x", Location("src/x.py", 3), "f", "import email.mime", NO_MIME, own=True)
    (found,) = of(LOCAL, Module("src.x", "src/x.py", broken=(broken,)))
    assert (found.subject, found.level) == ("email", Level.ERROR)
    (found,) = of(failing)
    assert (found.subject, found.level) == ("src.late", Level.ERROR)


@pytest.mark.parametrize(
    "importers, more, level, says",
    [
        ((LIBRARY, OWN), {}, Level.WARNING, "kombu.utils imports it, and gets the application's"),
        ((OWN,), {}, Level.INFO, "only the application's own modules import it so far"),
        ((), {}, Level.INFO, "only the application's own modules import it so far"),
        ((OWN,), {"standard": False, "distribution": "Email-Tools"}, Level.WARNING, "so far"),
        ((OWN,), {"standard": False, "distribution": "other"}, Level.INFO, "so far"),
        ((OWN,), {"standard": False}, Level.INFO, "so far"),
    ],
)
def test_what_is_not_seen_to_break(
    importers: tuple[Importer, ...], more: dict[str, Any], level: Level, says: str
) -> None:
    """A warning where a library gets the wrong module, or where a whole distribution is hidden."""
    found = shadow(*importers, **more)
    assert found.level is level
    assert found.message.endswith(says)


@pytest.mark.parametrize(
    "distribution, hidden", [("email-tools", "email of the installed email-tools:"), ("", "hides email:")]
)
def test_a_hidden_distribution_is_named(distribution: str, hidden: str) -> None:
    """Where it is known."""
    assert hidden in shadow(standard=False, distribution=distribution).message


def test_each_entry_point_adds_its_importers() -> None:
    """One finding: what the worker alone loads may be the proof."""
    worker = replace(LOCAL, shadow=replace(SHADOW, importers=(replace(LIBRARY, missing=("x",)),)))
    web = replace(LOCAL, shadow=replace(SHADOW, importers=(OWN,)))
    (found,) = judge(module, replace(HEALTHY, modules=(web,)), replace(HEALTHY, modules=(worker,)))
    assert found.level is Level.ERROR
    assert "src/mail.py:2" in dict(found.details)["imported by"]


# ------------------------------------------------------------------------------------- PRD107


@pytest.mark.parametrize(
    "failure, message, remedy, place",
    [
        (
            NO_APP,
            (
                "src.main:app fails for two files of one name: the package src/tasks/ has no name 'app'; "
                "src/tasks.py beside it has the same name and can never be imported, because the package wins"
            ),
            "Rename src/tasks.py, or move what it holds into src/tasks/__init__.py.",
            Location("src/tasks.py", 1),
        ),
        (
            NO_JOB,
            (
                "src.main:app fails for two files of one name: the module src/jobs.py wins over the "
                "directory src/jobs/ of its name, so 'src.jobs.daily' cannot be found"
            ),
            "Move what src/jobs.py holds into src/jobs/__init__.py, or rename one of them.",
            Location("src/main.py", 8),
        ),
    ],
)
def test_an_entry_point_that_fails_for_a_twin(
    failure: Failure, message: str, remedy: str, place: Location
) -> None:
    """PRD107 with both files, and which one wins."""
    (found,) = judge(entry_point, InspectedEntry(ENTRY, failure))
    assert (found.code, found.level) == ("PRD107", Level.ERROR)
    assert (found.message, found.remedy, found.location) == (message, remedy, place)


@pytest.mark.parametrize(
    "file, twin, message, remedy, place",
    [
        (
            "src/tasks/__init__.py",
            Twin("src/tasks/", "src/tasks.py", "package"),
            "src/tasks.py can never be imported: the package src/tasks/ has the same name, and wins",
            "Rename src/tasks.py, or move what it holds into src/tasks/__init__.py.",
            "src/tasks.py:1",
        ),
        (
            "src/tasks.py",
            Twin("src/tasks.py", "src/tasks/", "module"),
            "nothing in src/tasks/ can be imported: src/tasks.py has the same name, and wins",
            "Move what src/tasks.py holds into src/tasks/__init__.py, or rename one of them.",
            "src/tasks.py:1",
        ),
        (
            "src/tasks.py",
            Twin("src/tasks.py", "src/Tasks.py", "case"),
            (
                "src/tasks.py and src/Tasks.py differ only in case: where the file system does not tell "
                "them apart, one replaces the other"
            ),
            "Rename src/Tasks.py.",
            "src/Tasks.py:1",
        ),
    ],
)
def test_two_files_of_one_name(file: str, twin: Twin, message: str, remedy: str, place: str) -> None:
    """A warning while nothing was seen to fail for it."""
    (found,) = of(Module("src.tasks", file, twin=twin))
    assert (found.code, found.level) == ("PRD107", Level.WARNING)
    assert (found.message, found.remedy, str(found.location)) == (message, remedy, place)


def test_two_files_of_one_name_that_something_failed_for() -> None:
    """An error, wherever it failed; said once."""
    twin = Module("src.tasks", "src/tasks/__init__.py", twin=Twin("src/tasks/", "src/tasks.py", "package"))
    failing = Module("src.late", "src/late.py", failure=NO_APP)
    (found,) = of(twin, failing)
    assert (found.subject, found.level) == ("src.tasks", Level.ERROR)
    assert found.message.endswith("and wins; src.tasks.app cannot be found for it")
    (found,) = of(failing)
    assert (found.subject, found.level) == ("src.late", Level.ERROR)
    command = Command("report", "x", failure=NO_APP)
    (found,) = of(twin, commands=(command,))
    assert found.level is Level.ERROR


# ------------------------------------------------------------------------------------- PRD110

SOURCELESS = Module("src.old", "src/old.pyc", compiled="sourceless")


def test_a_sourceless_module_among_sources() -> None:
    """An error: a clean checkout does not have it."""
    (found,) = of(SOURCELESS, Module("src.new", "src/new.py"))
    assert found == Finding(
        "PRD110",
        Level.ERROR,
        "src.old",
        "src.old runs from src/old.pyc, and its source is not there",
        "Bring its source back, or delete src/old.pyc and the imports of src.old.",
        Location("src/old.pyc", 1),
        SEEN,
    )


def test_a_directory_shipped_without_sources() -> None:
    """A warning: that is meant."""
    (found,) = of(SOURCELESS, Module("src.a", "src/a.pyc"), Module("src.sub.new", "src/sub/new.py"))
    assert found.level is Level.WARNING


def test_a_stale_compiled_file() -> None:
    """An error: what runs is not what the source says."""
    (found,) = of(Module("src.x", "src/x.py", compiled="stale"))
    assert (found.level, str(found.location)) == (Level.ERROR, "src/x.py:1")
    assert found.message == "src.x runs from a compiled file that was made from another source than src/x.py"
    assert "Delete src/__pycache__" in found.remedy


def test_a_compiled_file_that_nothing_loaded() -> None:
    """A warning, as a walk over the package would run it."""
    (found,) = of(Module("src.migrations.0002_old", "src/migrations/0002_old.pyc", compiled="unloaded"))
    assert (found.level, found.remedy) == (Level.WARNING, "Delete src/migrations/0002_old.pyc.")


# ----------------------------------------------------------------------------- PRD111, PRD112


def test_one_file_under_two_names() -> None:
    """Each name with the directory that exposes it, and who imports it."""
    names = (SecondName("src.models", ("src.a", "src.b")), SecondName("models"))
    (found,) = of(Module("src.models", "src/models.py", also=names))
    assert found == Finding(
        "PRD111",
        Level.WARNING,
        "src.models",
        "src/models.py is executed more than once, as src.models and models: each of its classes and globals "
        "exists as often",
        "Import it as src.models everywhere, and take src off sys.path.",
        Location("src/models.py", 1),
        SEEN,
        (("its names", "src.models, found through ., imported by src.a, src.b\nmodels, found through src"),),
    )


def test_a_package_under_two_names() -> None:
    """The directory that exposes a package is the one around it."""
    names = (SecondName("a.b"), SecondName("b"))
    (found,) = of(Module("a.b", "a/b/__init__.py", also=names))
    assert dict(found.details)["its names"] == "a.b, found through .\nb, found through a"


@pytest.mark.parametrize(
    "identical, message, remedy",
    [
        (
            False,
            "src.x defines f twice: src/x.py:9 silently replaces src/x.py:3",
            "Rename one of them, or delete the one that is not meant.",
        ),
        (
            True,
            "src.x defines f twice: src/x.py:9 silently replaces src/x.py:3, and both are the same code",
            "Delete one of them.",
        ),
    ],
)
def test_a_definition_that_is_replaced(identical: bool, message: str, remedy: str) -> None:
    """PRD112 with both lines."""
    twice = Replaced("f", Location("src/x.py", 3), Location("src/x.py", 9), identical)
    (found,) = of(Module("src.x", "src/x.py", replaced=(twice,)))
    assert (found.code, found.level) == ("PRD112", Level.WARNING)
    assert (found.message, found.remedy, str(found.location)) == (message, remedy, "src/x.py:9")
    assert found.details == (("replaced", "src/x.py:3"), ("wins", "src/x.py:9"))


def test_what_two_entry_points_saw_is_told_once() -> None:
    """The same module of two children."""
    seen = Module(
        "src.x",
        "src/x.py",
        twin=Twin("src/x.py", "src/X.py", "case"),
        compiled="stale",
        also=(SecondName("src.x"), SecondName("x")),
        replaced=(Replaced("f", Location("src/x.py", 3), Location("src/x.py", 9)),),
    )
    plain = Module("src.x", "src/x.py")
    codes = ["PRD107", "PRD110", "PRD111", "PRD112"]
    for modules in ((seen, seen), (seen, plain), (plain, seen)):
        entries = (replace(HEALTHY, modules=(one,)) for one in modules)
        assert [found.code for found in judge(module, *entries)] == codes


def test_the_project_s_directory_is_called_so() -> None:
    """A dot in a sentence is none."""
    found = shadow(LIBRARY, path_entry=".", because="directory")
    assert dict(found.details)["wins through"] == (
        "the project's directory, which is on sys.path: the working directory"
    )
    lost = replace(RAISED, missing=Missing("email.mime", shadow="email.py"))
    (failed,) = judge(entry_point, replace(HEALTHY, failure=lost))
    assert dict(failed.details)["wins through"] == "the project's directory, which is on sys.path"


@pytest.mark.parametrize(
    "started, remedy",
    [
        (Entry("web", "src.main:app", ""), "Import it as src.models everywhere, and take src off sys.path."),
        (
            Entry("web", "models:app", ""),
            "Import it as models everywhere, and take the project's directory off sys.path.",
        ),
        (
            Entry("commands", "manage.py", "", settings_module="src.settings"),
            "Import it as src.models everywhere, and take src off sys.path.",
        ),
        (
            Entry("web", "main:app", ""),
            "Import it as models everywhere, and take the project's directory off sys.path.",
        ),
    ],
)
def test_the_name_in_the_package_that_is_started_is_kept(started: Entry, remedy: str) -> None:
    """The entry point itself is written with it; where no name is, the first is as good."""
    names = (SecondName("models"), SecondName("src.models"))
    twice = Module("models", "src/models.py", also=names)
    (found,) = judge(module, InspectedEntry(started, modules=(twice,)))
    assert found.remedy == remedy
