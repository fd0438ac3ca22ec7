"""Lock files: what of them counts here, and what is said of one that says nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_prodready.facts import Location, Lock, Requirement
from pytest_prodready.requirements.line import requirement
from pytest_prodready.requirements.lock_files import FILES, overrides, read
from pytest_prodready.settings import Runtime
from tests.environments import MARKERS, PIPFILE, POETRY, PYLOCK, UV

LOCKS = {"uv.lock": UV, "poetry.lock": POETRY, "pylock.toml": PYLOCK, "Pipfile.lock": PIPFILE}


def lock(root: Path, *declared: Requirement, runtime: Runtime | None = None) -> Lock:
    found = read(root, runtime or Runtime(), MARKERS, declared, "shop")
    assert found is not None
    return found


def versions(found: Lock) -> dict[str, tuple[str, ...]]:
    return {one.name: one.versions for one in found.packages}


def test_without_a_lock_file_there_is_none(tmp_path: Path) -> None:
    """No lock file is nothing to judge."""
    assert read(tmp_path, Runtime(), MARKERS, (), "shop") is None


@pytest.mark.parametrize(
    "file, line", [("uv.lock", 5), ("poetry.lock", 2), ("pylock.toml", 5), ("Pipfile.lock", 4)]
)
def test_entries_have_the_line_of_their_name(tmp_path: Path, file: str, line: int) -> None:
    """Each format gives the version and the line."""
    (tmp_path / file).write_text(LOCKS[file].format(alpha="1.5"))
    alpha = lock(tmp_path).packages[0]
    assert (alpha.name, alpha.versions, alpha.location) == ("alpha", ("1.5",), Location(file, line))


def test_uv_forks_by_their_markers(tmp_path: Path) -> None:
    """Of two versions for different Pythons, the one for this Python counts; the project itself has none."""
    (tmp_path / "uv.lock").write_text(UV.format(alpha="1.0"))
    assert versions(lock(tmp_path)) == {"alpha": ("1.0",), "beta": ("1.0",)}


def test_versions_that_cannot_be_told_apart_are_all_right(tmp_path: Path) -> None:
    """Two entries without markers: either may be installed."""
    (tmp_path / "uv.lock").write_text(UV.format(alpha="1.0").replace("resolution-markers", "x"))
    assert versions(lock(tmp_path))["beta"] == ("1.0", "2.0")


def test_groups_and_extras_of_the_runtime(tmp_path: Path) -> None:
    """An entry of a group counts where production installs the group."""
    (tmp_path / "poetry.lock").write_text(POETRY.format(alpha="1"))
    assert set(versions(lock(tmp_path))) == {"alpha"}
    assert set(versions(lock(tmp_path, runtime=Runtime(groups=("dev",))))) == {"alpha", "beta"}
    (tmp_path / "pylock.toml").write_text(PYLOCK.format(alpha="1").replace("dependency_groups", "extras"))
    assert set(versions(lock(tmp_path))) == {"alpha"}
    assert set(versions(lock(tmp_path, runtime=Runtime(extras=("dev",))))) == {"alpha", "beta"}


def test_what_has_no_version_is_left_out(tmp_path: Path) -> None:
    """Paths, repositories and addresses cannot differ in their version."""
    for source in ('editable = "."', 'git = "https://example.org/a"', 'path = "a"', 'url = "https://a"'):
        text = f'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = {{ {source} }}\n'
        (tmp_path / "uv.lock").write_text(text)
        assert lock(tmp_path).packages == ()


def test_which_lock_file_counts(tmp_path: Path) -> None:
    """pylock.toml first; of two tools' own, that of the tool which pyproject.toml speaks of."""
    for file, text in LOCKS.items():
        (tmp_path / file).write_text(text.format(alpha="1"))
    assert (lock(tmp_path).file, lock(tmp_path).others[0]) == ("pylock.toml", "uv.lock")
    (tmp_path / "pylock.toml").unlink()
    assert lock(tmp_path).file == "uv.lock"
    (tmp_path / "pyproject.toml").write_text("[tool.poetry]\n")
    assert lock(tmp_path).file == "poetry.lock"


@pytest.mark.parametrize(
    "file, text, line, said",
    [
        ("uv.lock", "\nversion = 7\n", 2, "its version is 7"),
        ("poetry.lock", '[metadata]\nlock-version = "9.1"\n', 2, "its lock-version is 9.1"),
        ("pylock.toml", 'lock-version = "2.0"\n', 1, "its lock-version is 2.0"),
        ("Pipfile.lock", '{"_meta": {\n  "pipfile-spec": 7}}', 2, "its pipfile-spec is 7"),
    ],
)
def test_an_unknown_version_is_said_with_its_line(
    tmp_path: Path, file: str, text: str, line: int, said: str
) -> None:
    """A format from the future is not judged by guessing."""
    (tmp_path / file).write_text(text)
    found = lock(tmp_path)
    assert (found.unknown, found.location, found.packages) == (True, Location(file, line), ())
    assert found.problem.startswith(said)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("text", ["", "[[package]\n", "<<<<<<< HEAD\n", "[]", "\x00", '{"_meta": 1}'])
def test_what_is_no_lock_file_is_one_problem(tmp_path: Path, file: str, text: str) -> None:
    """A merge conflict, say: the problem names the file, and nothing is judged."""
    (tmp_path / file).write_text(text)
    found = lock(tmp_path)
    assert found.problem.startswith(f"{file} cannot be read as a lock file")
    assert found.location is not None
    assert (found.location.file, found.packages) == (file, ())


def test_a_lock_that_is_older_than_the_declarations(tmp_path: Path) -> None:
    """A bound that the locked version lies outside of, and a requirement that the lock does not have."""
    (tmp_path / "uv.lock").write_text(UV.format(alpha="1.0"))
    place = Location("pyproject.toml", 3)
    texts = ("alpha>=2", "new", "beta", "gone; python_version < '3'", "shop[x]")
    found = lock(tmp_path, *(requirement(text, place, MARKERS) for text in texts))
    assert [(one.requirement.name, one.locked) for one in found.stale] == [("alpha", "1.0"), ("new", "")]


def test_overrides(tmp_path: Path) -> None:
    """What uv and PDM are told to take, whatever other distributions say."""
    assert overrides(tmp_path) == set()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.uv]\noverride-dependencies = ["Some.Thing>=2"]\n[tool.pdm.resolution.overrides]\nb = "1"\n'
    )
    assert overrides(tmp_path) == {"some-thing", "b"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(FILES),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["_meta", "pipfile-spec", "default", "version", "package", "a"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
)
def test_no_text_raises(tmp_path: Path, file: str, value: object) -> None:
    """Whatever a lock file holds, the answer is a lock or a problem."""
    (tmp_path / file).write_text(json.dumps(value))
    assert lock(tmp_path).file in FILES
