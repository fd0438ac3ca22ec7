"""The file of the contract: what is written is read again, and what cannot be read is named with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready import contract
from pytest_prodready.facts import Contract, ContractMistake, ContractTask, Location, Parameter
from tests.rules.celery.test_messages import signatures

FURTHER = (("args", "*args"), ("kwargs", "**kwargs"))
HERE = Location(contract.FILE)
LINE = '"mail.send" = { takes = "(to, subject=...)", queue = "mail" }\n'


def read(root: Path, text: str) -> Contract:
    (root / contract.FILE).write_text(text, encoding="utf-8")
    found = contract.read(root, contract.FILE)
    assert found is not None
    return found


def mistakes(root: Path, text: str) -> list[tuple[str, int | None]]:
    return [(one.message, one.location.line) for one in read(root, text).mistakes]


def test_a_line_for_each_task_sorted_and_without_defaults() -> None:
    """The same tasks give the same text in any order, so that a review sees only what has changed."""
    to, subject = Parameter("to", "positional", True), Parameter("subject", "positional", False)
    tasks = [
        ContractTask("mail.send", (to, subject), "mail", HERE),
        ContractTask('a "quoted" name', (), "", HERE),
        ContractTask("mail.any", None, "", HERE),
    ]
    expected = [
        r'"a \"quoted\" name" = { takes = "()" }',
        '"mail.any" = {}',
        '"mail.send" = { takes = "(to, subject=...)", queue = "mail" }',
    ]
    assert contract.text(tasks).removeprefix(contract.HEAD).splitlines() == expected
    assert contract.text(reversed(tasks)) == contract.text(tasks)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
tasks = st.builds(
    ContractTask, names, st.none() | signatures(further=FURTHER), st.just("") | names, st.just(HERE)
)


@given(st.lists(tasks, max_size=4, unique_by=lambda task: task.name))
def test_what_is_written_is_read_again(written: list[ContractTask]) -> None:
    """Names, parameters of every kind and queues survive, each with the line that it stands on."""
    text = contract.text(written)
    found = contract.parse(text, contract.FILE)
    assert found.mistakes == ()
    assert [(one.name, one.parameters, one.queue) for one in found.tasks] == [
        (one.name, one.parameters, one.queue) for one in sorted(written, key=lambda one: one.name)
    ]
    first = contract.HEAD.count("\n") + 1
    assert [one.location.line for one in found.tasks] == list(range(first, first + len(written)))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_more_than_a_mistake(text: str) -> None:
    """Whatever a merge or a hand has left in the file, reading it raises nothing."""
    contract.parse(text, contract.FILE)
    contract.parse(f'[tasks]\n"a" = {{ takes = "{text}" }}\n', contract.FILE)


def test_no_file_is_no_contract_unless_the_settings_name_it(tmp_path: Path) -> None:
    """The contract is opted into by writing it; one that the settings name must be there."""
    named = Location("pyproject.toml", 3)
    missing = ContractMistake("does not exist, though pyproject.toml:3 names it", named)
    assert contract.read(tmp_path, contract.FILE) is None
    assert contract.read(tmp_path, "old.toml", named) == Contract("old.toml", mistakes=(missing,))


@pytest.mark.parametrize(
    "text, expected",
    [
        (f"[tasks]\n{LINE}x = maybe\n", ("is not valid TOML: Invalid value", 3)),
        (f"[tasks]\n<<<<<<< HEAD\n{LINE}=======\n>>>>>>> b\n", ("holds a merge conflict", 2)),
        ("[tasks]\na = " + "[" * 5000, ("is nested too deeply to be read", None)),
        ("task = 1\n", ("has the key task, which nobody reads", 1)),
        ("tasks = 1\n", (f"must hold a table [tasks] of lines as {contract.EXAMPLE}", 1)),
        (
            '[tasks]\n"a" = "(to)"\n',
            (f"says of a what nobody reads; a line is written {contract.EXAMPLE}", 2),
        ),
        ('[tasks]\n"a" = { take = "()" }\n', ("says of a take; there are takes and queue", 2)),
        (
            '[tasks]\n"a" = { queue = 1 }\n',
            (f"says of a queue without quotes; a line is written {contract.EXAMPLE}", 2),
        ),
        (
            '[tasks]\n"a" = { takes = "(to, 1)" }\n',
            ('says of a takes = "…1…", which is no signature such as "(to, subject=...)"', 2),
        ),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, text: str, expected: tuple[str, int | None]) -> None:
    """Nothing in the file is passed over in silence."""
    assert mistakes(tmp_path, text) == [expected]


def test_what_is_right_beside_a_mistake_is_read(tmp_path: Path) -> None:
    """One wrong line does not switch off the others."""
    found = read(tmp_path, f'[tasks]\n"a" = 3\n{LINE}')
    assert [task.name for task in found.tasks] == ["mail.send"]
    assert len(found.mistakes) == 1


def test_what_is_no_text_file_is_a_mistake(tmp_path: Path) -> None:
    """A directory, a pipe that nobody writes to, and bytes that are no UTF-8."""
    (tmp_path / "directory.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "latin.toml").write_bytes(b"[tasks]\n# caf\xe9\n")
    found = [contract.read(tmp_path, f"{name}.toml") for name in ("directory", "pipe", "latin")]
    assert [(str(one.mistakes[0].location), one.mistakes[0].message) for one in found if one] == [
        ("directory.toml", "is no file"),
        ("pipe.toml", "is no file"),
        ("latin.toml:2", "is not valid UTF-8, as TOML must be"),
    ]


def test_writing_replaces_the_file_at_once_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """A link stays a link; when writing fails the old text stands."""
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("old")
    link.symlink_to(real)
    contract.write(link, "new")
    assert (real.read_text(), link.is_symlink()) == ("new", True)

    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        contract.write(tmp_path / "taken", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.toml", "real.toml", "taken"]
