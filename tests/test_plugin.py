"""What the command line and the settings get wrong is one usage error; what is off stays off."""

from __future__ import annotations

import pytest

from pytest_prodready import rules
from tests.support import QUIET, gate

APP = "async def app(scope, receive, send): ...\n"


def test_all_mistakes_in_settings_and_options_are_one_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.prodready]\naap = "main:app"\ncelery = 3\npackages = "src"\n')

    run = gate(pytester, "--prodready-select", "PRD2O1", "--prodready-url", "localhost:8000")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    run.result.stderr.fnmatch_lines(
        [
            "ERROR: the gate cannot run:",
            "*--prodready-select: there is no rule PRD2O1; did you mean PRD201?",
            "*--prodready-url: localhost:8000 is no URL; write http://localhost:8000*",
            '*pyproject.toml:2: *unknown key "aap"*did you mean "app"?',
            "*pyproject.toml:3: *celery*",
            "*pyproject.toml:4: *packages*",
        ]
    )
    assert "Traceback" not in run.text


def test_an_interpreter_that_is_no_file_is_a_usage_error(pytester: pytest.Pytester) -> None:
    run = gate(pytester, "--prodready-python=/no/such/python")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "/no/such/python is no file that can be executed" in run.text


def test_an_interpreter_that_is_no_python_is_a_finding(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(main=APP)
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\n')

    run = gate(pytester, "--prodready-python=/bin/true")

    assert {"PRD901"} == run.codes()
    assert run.status == 1


def test_an_interpreter_that_pytest_takes_for_the_project_is_a_usage_error(pytester: pytest.Pytester) -> None:
    run = gate(pytester, "--prodready-python", "/bin/true")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "write --prodready-python=/bin/true, with =" in run.text


def test_a_directory_without_a_project_is_a_usage_error(pytester: pytest.Pytester) -> None:
    run = gate(pytester, f"--rootdir={pytester.path}")

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "holds no project" in run.text


@pytest.mark.parametrize("code", sorted(rules.registry().rules))
def test_every_rule_explains_itself(code: str, pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--prodready-explain", code)

    assert result.ret == 0
    result.stdout.fnmatch_lines([f"{code} *", "*checks *", "*why *", "*fix *"])


def test_explaining_an_unknown_rule_suggests_one(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--prodready-explain", "PRD1O1")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*there is no rule PRD1O1; did you mean PRD101?"])


def test_selected_rules_alone_are_applied(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(main="import not_there\n")
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\nrequired_env = ["NOT_SET_HERE"]\n')

    assert {"PRD601"} == gate(pytester, "--prodready-select", "PRD6").codes()
    assert {"PRD101"} == gate(pytester, "--prodready-ignore", "PRD6,PRD5").codes()


def test_a_selection_never_hides_what_could_not_be_inspected(pytester: pytest.Pytester) -> None:
    """Law 2: without its facts a selected rule has nothing to judge, and that is no pass."""
    pytester.makepyfile(main=APP)
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\nrequired_env = ["HOME"]\n')

    selected = gate(pytester, "--prodready-select", "PRD1,PRD6", "--prodready-python=/bin/true")

    assert selected.status == pytest.ExitCode.TESTS_FAILED
    assert selected.codes() == {"PRD901"}


def test_a_gate_that_hangs_on_another_configuration_file_says_so_in_its_ids(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(main=APP)
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\n')
    pytester.makeini("[pytest]\n")

    result = pytester.runpytest_inprocess("--prodready", "--collect-only", "-q", *QUIET)

    result.stdout.fnmatch_lines(["tox.ini::imports::main:app"])


def test_a_waiver_turns_a_finding_into_a_note_until_its_date(pytester: pytest.Pytester) -> None:
    settings = (
        '[tool.prodready]\nrequired_env = ["NOT_SET_HERE"]\n[[tool.prodready.waivers]]\ncode = "PRD601"\n'
        'subject = "{subject}"\nreason = "the key arrives with the next release"\nuntil = {until}\n'
    )
    pytester.makepyprojecttoml(settings.format(subject="NOT_SET_HERE", until="2999-01-01"))
    valid = gate(pytester)
    pytester.makepyprojecttoml(settings.format(subject="NOT_SET_HERE", until="2020-01-01"))
    expired = gate(pytester)
    pytester.makepyprojecttoml(settings.format(subject="ANOTHER", until="2999-01-01"))
    stale = gate(pytester)

    assert valid.status == 0
    assert ({"PRD601", "PRD903"}, 1) == (expired.codes(), expired.status)
    assert ({"PRD601", "PRD903"}, 1) == (stale.codes(), stale.status)
    (found,) = [found for found in stale.findings if found.code == "PRD903"]
    assert "pyproject.toml:3" in str(found.location) or "pyproject.toml:4" in str(found.location)


def test_a_mistake_of_ours_is_a_finding_and_never_a_green_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(main=APP)
    pytester.makepyprojecttoml('[tool.prodready]\napp = "main:app"\n')

    def broken(*_: object, **__: object) -> object:
        raise LookupError("no such thing")

    monkeypatch.setattr("pytest_prodready.target.inspect", broken)
    run = gate(pytester)

    assert ({"PRD901"}, 1) == (run.codes(), run.status)
    assert "LookupError: no such thing" in run.text
    assert "INTERNALERROR" not in run.text
