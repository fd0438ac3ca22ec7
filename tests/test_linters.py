"""The gate with ruff beside it, without it, and with one that does not do its work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from importlib_metadata import Distribution

from pytest_prodready.facts import LintedFile, Linting, Problem
from pytest_prodready.facts.linters import SELECTION
from pytest_prodready.findings import Level, Outcome
from pytest_prodready.linters import ruff
from pytest_prodready.linters.ruff import Ruff
from pytest_prodready.redaction import Redactor
from tests.files import write_files
from tests.support import Example, Run, gate, snapshot

INSTALLED = ruff.installed()
needs_ruff = pytest.mark.skipif(INSTALLED is None, reason="ruff is not installed beside the gate")
LINTERS = f"--prodready-select={','.join(SELECTION)}"
OTHERS = "--prodready-ignore=PRD3,PRD5"
"""All rules, but for those that need a database or a server."""
SETTINGS = '[tool.prodready]\napp = "shop.main:app"\npackages = ["shop"]\n'
TEMPORARY = 'CACHE = "/var/tmp/shop"\n'
MAIN = "from shop import work\n\nasync def app(scope, receive, send): ...\n"
PROJECT = {
    "pyproject.toml": SETTINGS,
    "shop/__init__.py": "",
    "shop/main.py": MAIN,
    "shop/work.py": "def later():\n    from shop import deferred\n",
    "shop/deferred.py": "",
    "shop/unreached.py": TEMPORARY,
}
FAULTS = """\
    import asyncio

    STORE = "/tmp/chroma_db"
    NAMES = {"a": 1, "a": 2}
    jobs = []

    class Settings:
        retries = 1
        retries = 2

        def get_unread_count(self):
            return 1

        def get_unread_count(self):
            return 2

    async def broadcast(members):
        for member in members:
            try:
                member()
            except Exception:
                continue
        asyncio.create_task(broadcast(()))

    def sync(job):
        try:
            job()
        except Exception:
            pass
        try:
            job()
        except:
            return False
        try:
            job()
        finally:
            return True
    """
EXPECTED = [
    ("B012", 37),
    ("E722", 32),
    ("F601", 4),
    ("F811", 14),
    ("PIE794", 9),
    ("RUF006", 23),
    ("S108", 3),
    ("S110", 28),
    ("S112", 21),
]
AGAIN = """\
    def again():
        return 1

    def again():
        return 2
    """


def judged(pytester: pytest.Pytester, files: dict[str, str], *arguments: str) -> Run:
    """Run the gate over the project with some files changed."""
    write_files(pytester.path, {**PROJECT, **files})
    return gate(pytester, *(arguments or (LINTERS,)))


def told(run: Run, level: Level = Level.WARNING) -> list[tuple[str, str]]:
    """Code and place of each finding of a level; of a file's, the file is the subject."""
    for found in run.of(level):
        assert found.location is not None
        assert found.subject == found.location.file
    return sorted((found.code, str(found.location)) for found in run.of(level))


def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gate find no ruff, whether there is one or not."""
    monkeypatch.setattr(ruff, "installed", lambda: None)


def asked(root: Path, *files: str, by: Ruff | None = INSTALLED, seconds: float = 60) -> Linting | Problem:
    """What a ruff says of files."""
    assert by is not None
    return ruff.look(by, root, files, "3.12.1", seconds, Redactor({"UPLOAD_TOKEN": "canary-5d2f"}))


def said(root: Path, *files: str) -> list[LintedFile]:
    """The answer of the installed one."""
    answer = asked(root, *files)
    assert isinstance(answer, Linting)
    assert answer.linter == str(INSTALLED)
    return list(answer.files)


def program(directory: Path, text: str) -> Ruff:
    """A program in the place of ruff's."""
    file = directory / "ruff"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return Ruff(str(file), "0.99")


def waiver(name: str) -> str:
    """A waiver of S108 for a file of the project."""
    return (
        f'[[tool.prodready.waivers]]\ncode = "S108"\nsubject = "shop/{name}.py"\n'
        'reason = "goes with the container, and may"\nuntil = 2999-12-31\n'
    )


# --------------------------------------------------------------------------------- with ruff


@needs_ruff
def test_each_code_is_a_warning_at_its_line_and_fails_nothing(pytester: pytest.Pytester) -> None:
    """In every file of the production closure, what functions import later included, and in no other."""
    work = FAULTS.rstrip(" ") + "    def later():\n        from shop import deferred\n"
    run = judged(pytester, {"shop/work.py": work, "shop/deferred.py": TEMPORARY})

    expected = [(code, f"shop/work.py:{line}") for code, line in EXPECTED]
    assert told(run) == sorted([*expected, ("S108", "shop/deferred.py:1")])
    assert "shop/unreached.py" not in run.judgements
    assert run.status == 0
    run.result.stdout.fnmatch_lines(
        [
            f"prodready: linter: {INSTALLED} (installed beside the gate)",
            "linters * 4 of 4 source files",
            "shop/deferred.py:1: S108 warning: *",
            "    fix: Take the directory from the settings; *",
            "READY: 4 of 4 checks passed, 10 warnings",
        ]
    )


@needs_ruff
def test_without_any_selection_they_are_judged_with_all_others(pytester: pytest.Pytester) -> None:
    """And --prodready-strict takes them for errors, as any warning."""
    run = judged(pytester, {"shop/work.py": TEMPORARY}, OTHERS, "--prodready-strict")
    assert ("S108", "shop/work.py:1") in told(run, Level.ERROR)
    assert "shop.work" in run.judgements
    assert "shop/work.py" in run.subjects(Outcome.FAILED)


@needs_ruff
@pytest.mark.parametrize(
    "arguments, codes",
    [
        (["--prodready-select=S,PRD1", "--prodready-ignore=S11"], {"S108"}),
        pytest.param(["--prodready-select=S110"], {"S110"}, marks=pytest.mark.wide),
        pytest.param(["--prodready-select=PRD1"], set(), marks=pytest.mark.wide),
        pytest.param([LINTERS, "--prodready-ignore=S,F,E,B"], {"PIE794", "RUF006"}, marks=pytest.mark.wide),
    ],
)
def test_they_are_selected_and_left_out_as_any_rule(
    pytester: pytest.Pytester, arguments: list[str], codes: set[str]
) -> None:
    """By ruff's codes or their beginnings."""
    run = judged(pytester, {"shop/work.py": FAULTS}, *arguments)
    assert run.codes() == codes
    assert ("shop/work.py" in run.judgements) == bool(codes)


@needs_ruff
def test_a_waiver_takes_a_code_of_ruffs(pytester: pytest.Pytester) -> None:
    """For one file; one that is no longer needed is an error, as any other."""
    run = judged(
        pytester,
        {"pyproject.toml": SETTINGS + waiver("work") + waiver("main"), "shop/work.py": TEMPORARY},
        "--prodready-select=S108,PRD903",
    )
    assert [(found.code, found.level, found.subject) for found in run.findings] == [
        ("S108", Level.INFO, "shop/work.py"),
        ("PRD903", Level.ERROR, "waiver:S108:shop/main.py"),
    ]


@needs_ruff
def test_a_definition_that_prd112_tells_of_is_told_once(pytester: pytest.Pytester) -> None:
    """Ruff names the same line."""
    run = judged(pytester, {"shop/work.py": AGAIN}, "--prodready-select=PRD112,F811")
    assert [(found.code, str(found.location)) for found in run.findings] == [("PRD112", "shop/work.py:4")]


@needs_ruff
def test_what_does_not_load_or_cannot_be_read_is_no_pass(pytester: pytest.Pytester) -> None:
    """It is a skip with its reason: Python reads other encodings, ruff does not."""
    latin = b'# -*- coding: latin-1 -*-\nNAME = "caf\xe9"\n'
    write_files(pytester.path, {**PROJECT, "shop/main.py": "from shop import latin\n" + MAIN})
    (pytester.path / "shop" / "latin.py").write_bytes(latin)
    unread = gate(pytester, LINTERS)
    broken = judged(pytester, {"shop/main.py": "raise RuntimeError('no')\n"})

    assert unread.subjects(Outcome.SKIPPED) == {"shop/latin.py"}
    assert unread.judgements["shop/latin.py"].reason.startswith(f"{INSTALLED} cannot read it: ")
    assert unread.status == 0
    assert broken.subjects(Outcome.SKIPPED) == {"sources"}
    assert broken.status == 1


@needs_ruff
@pytest.mark.wide
def test_the_healthy_example_gets_no_warning(example: Callable[..., Example]) -> None:
    """And all of its files were looked at."""
    run = example().gate(LINTERS)
    assert run.findings == []
    assert run.subjects(Outcome.PASSED) > {"src/main.py", "src/finance/tasks.py"}


# ------------------------------------------------------------------------------- how it asks


@needs_ruff
def test_comments_in_the_source_count_and_configuration_does_not(tmp_path: Path) -> None:
    """The project's own ruff may be for another purpose; what is said at the line is meant for the line."""
    settings = '[tool.ruff]\nexclude = ["shop"]\n[tool.ruff.lint]\nignore = ["S108"]\nselect = ["ALL"]\n'
    text = 'A = "/tmp/a"\nB = "/tmp/b"  # noqa: S108 - goes with the container, and may\n'
    write_files(tmp_path, {"pyproject.toml": settings, "shop/work.py": text})
    (found,) = said(tmp_path, "shop/work.py")
    assert [(remark.code, remark.line) for remark in found.remarks] == [("S108", 1)]


@needs_ruff
def test_the_job_s_environment_is_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variables would take the answer elsewhere, into the project even, and there are secrets in it."""
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "said.txt"))
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "concise")
    write_files(tmp_path, {"a.py": 'STORE = "/tmp/canary-5d2f"\n'})
    before = snapshot(tmp_path)
    (found,) = said(tmp_path, "a.py")
    (remark,) = found.remarks
    assert "/tmp/•••" in remark.message
    assert snapshot(tmp_path) == before


@needs_ruff
def test_more_files_than_one_command_line_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started as often as needed; a file that is gone meanwhile is none."""
    monkeypatch.setattr(ruff, "FILES", 2)
    names = [f"-@{number}.py" for number in range(5)]
    write_files(tmp_path, dict.fromkeys(names, TEMPORARY))
    found = said(tmp_path, *reversed(names[1:]), "gone.py", str(tmp_path / names[0]))
    assert [one.file for one in found if [remark.code for remark in one.remarks] == ["S108"]] == [
        *names[1:],
        str(tmp_path / names[0]),
    ]
    assert len(found) == 5


@needs_ruff
@pytest.mark.parametrize(
    "text, expected",
    [
        (b"while:\n", "Expected"),
        (b"try:\n    print()\nexcept Exception:\n    pass\nwhile:\n", "Expected"),
        (b'NAME = "caf\xe9"\n', "UTF-8"),
        (b"match 1:\n    case _:\n        pass\n", ""),
        (b"try:\n    print()\nexcept A, B:\n    pass\ntry:\n    print()\nexcept Exception:\n    pass\n", ""),
    ],
    ids=["no Python", "with what it would tell", "no UTF-8", "Python", "newer syntax, and read"],
)
def test_a_file_that_ruff_cannot_read_is_none_without_remarks(
    tmp_path: Path, text: bytes, expected: str
) -> None:
    """It says why; what is only newer than the target's Python is read all the same."""
    (tmp_path / "a.py").write_bytes(text)
    (found,) = said(tmp_path, "a.py")
    assert expected in found.unread
    assert bool(found.unread) == bool(expected)
    assert not (found.unread and found.remarks)


@needs_ruff
@pytest.mark.parametrize("python", ["3.10.0", "3.14.1", "3.15.0a1"])
def test_every_python_is_one_that_ruff_knows(tmp_path: Path, python: str) -> None:
    """A newer one is taken for the newest that its oldest version knows."""
    assert INSTALLED is not None
    (tmp_path / "a.py").touch()
    answer = ruff.look(INSTALLED, tmp_path, ["a.py"], python, 60, Redactor({}))
    assert answer == Linting(str(INSTALLED), (LintedFile("a.py"),))


# ------------------------------------------------------------------------------ without ruff


def test_without_ruff_nothing_is_judged_and_nothing_is_said(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra: no skip, no line, no finding, and a waiver that only CI needs is not stale."""
    hidden(monkeypatch)
    files = {"shop/work.py": FAULTS, "pyproject.toml": SETTINGS + waiver("work")}
    run = judged(pytester, files, OTHERS, "--prodready-ignore=S110")
    assert run.codes() == set()
    assert "shop/work.py" not in run.judgements
    assert "linter" not in run.text
    assert " ruff" not in run.text
    assert run.status == 0


def test_to_select_its_codes_without_ruff_is_a_usage_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install; a code that ruff has and the gate does not is unknown."""
    hidden(monkeypatch)
    run = judged(pytester, {}, "--prodready-select=S110,PRD1,PIE,BLE001")
    assert run.status == pytest.ExitCode.USAGE_ERROR
    brings = (
        "is judged by ruff 0.12 or later, which is not installed here; "
        "pip install 'pytest-prodready[[]linters]' brings it."
    )
    run.result.stderr.fnmatch_lines(
        [
            "*--prodready-select: there is no rule BLE001; *",
            f"*--prodready-select: S110 {brings}",
            f"*--prodready-select: PIE {brings}",
        ]
    )


def test_its_rules_are_explained_without_ruff(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are the gate's own."""
    hidden(monkeypatch)
    result = pytester.runpytest_inprocess("--prodready-explain=S110")
    result.stdout.fnmatch_lines(["S110 try-except-pass", "*level  warning*", "*judges each source file*"])


# --------------------------------------------------------------- with one that does not work


@pytest.mark.parametrize(
    "text, expected",
    [
        ("sleep 1000 & sleep 1000", "gave no answer within 0.1 s"),
        ("echo broken library >&2; exit 2", "ended with exit status 2"),
        ("kill -SEGV $$", "ended with SIGSEGV"),
        ("echo nonsense", "gave an answer that cannot be read"),
        ("echo '{\"a\": 1}'", "gave an answer that cannot be read"),
        (
            'echo \'[{"filename": "/other.py", "code": "S108", "location": {"row": 1}, "message": ""}]\'',
            "gave an answer that cannot be read",
        ),
    ],
    ids=["hangs", "fails", "crashes", "babbles", "misshapes", "strays"],
)
def test_a_ruff_that_does_not_do_its_work_is_a_problem(tmp_path: Path, text: str, expected: str) -> None:
    """With a sentence, and what to do."""
    (tmp_path / "a.py").touch()
    seconds = 0.1 if "sleep" in text else 60
    answer = asked(tmp_path, "a.py", by=program(tmp_path, text), seconds=seconds)
    assert isinstance(answer, Problem)
    assert answer.message == f"ruff 0.99 {expected}"
    assert answer.remedy.endswith(f"leave its rules out: --prodready-ignore={','.join(SELECTION)}.")
    assert answer.detail == ("broken library" if "broken" in text else "")


def test_a_ruff_that_cannot_be_started_is_a_finding(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And the run is not green."""
    monkeypatch.setattr(ruff, "installed", lambda: Ruff(str(tmp_path / "gone"), "0.99"))
    run = judged(pytester, {})
    (found,) = run.findings
    assert (found.code, found.level, found.subject) == ("PRD901", Level.ERROR, "the text of the sources")
    assert found.message.startswith(
        "the text of the sources could not be inspected: ruff 0.99 could not be started: "
    )
    assert run.status == 1


# ------------------------------------------------------------------------------- which ruff


class Metadata(Distribution):
    """An installed ruff, as its metadata says."""

    def __init__(self, root: Path, version: str, files: str) -> None:
        self.root = root
        self.texts = {"METADATA": f"Name: ruff\nVersion: {version}\n", "RECORD": files}

    def read_text(self, filename: str) -> str | None:
        return self.texts.get(filename)

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        return self.root / path


@pytest.mark.parametrize(
    "version, files, expected",
    [
        ("0.12.0", "bin/ruff,,\nruff/__main__.py,,\n", "bin/ruff"),
        ("0.12.0", "ruff/__main__.py,,\n", ""),
        ("0.12.0", "bin/readonly/ruff,,\n", ""),
        ("0.12.0", "", ""),
        ("0.11.13", "bin/ruff,,\n", ""),
        ("unknown", "bin/ruff,,\n", ""),
    ],
)
def test_ruff_is_the_program_of_the_installed_distribution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, files: str, expected: str
) -> None:
    """Not one on PATH; an older one than the extra's is none."""
    write_files(tmp_path, {"bin/ruff": "", "bin/readonly/ruff": "", "ruff/__main__.py": ""})
    (tmp_path / "bin" / "ruff").chmod(0o700)
    monkeypatch.setattr("importlib_metadata.distribution", lambda _: Metadata(tmp_path, version, files))
    found = ruff.installed()
    assert (found.executable if found else "") == (str(tmp_path / expected) if expected else "")


def test_the_oldest_ruff_is_that_of_the_extra() -> None:
    """Said twice, once for installers and once for the gate."""
    pyproject = Path(__file__).parent.parent / "pyproject.toml"
    assert f'linters = ["ruff>={ruff.OLDEST}"]\n' in pyproject.read_text(encoding="utf-8")
