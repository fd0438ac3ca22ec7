from __future__ import annotations

import ast
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_prodready.inspector import parsed as parsed_module
from pytest_prodready.inspector.parsed import UNUSED, Parsed
from tests.inspector.projects import Project, Seen

FILES = {
    "app/__init__.py": "import app.tasks\n",
    "app/tasks.py": "def f():\n    from app.models import Gone\n    from app import late\n",
    "app/models.py": "class Here: pass\nclass Here: pass\n",
    "app/late.py": "def g():\n    import app.gone\n",
}


def inspect(project: Project, files: dict[str, str] | None = None) -> Seen:
    """One inspection of ``app`` that keeps what it has read."""
    return project.inspect(files or {}, closure=True, cache=project.root.parent / "cache")


def test_a_second_run_parses_nothing(project: Project) -> None:
    """Every statement is tried all the same, and what is found is the same."""
    first = inspect(project, FILES)
    second = inspect(project)
    assert first.entry.parsed > 0
    assert second.entry.parsed == 0
    assert second.modules == first.modules
    assert [statement for _, statement, _, _ in second.broken] == [
        "from app.models import Gone",
        "import app.gone",
    ]
    (store,) = (project.root.parent / "cache").iterdir()  # nothing is left beside it
    assert store.name.startswith("parsed-")


def test_the_line_of_an_effect_is_kept_too(project: Project) -> None:
    """An altered path, whose line no event tells: it is looked for in the source, once."""
    files = {"app/__init__.py": "import sys\n\nsys.path.append('beside')\n"}
    first, second = inspect(project, files), inspect(project)
    lines = [
        [effect.location.line for effect in seen.entry.effects if effect.location] for seen in (first, second)
    ]
    assert lines == [[3], [3]]
    assert (first.entry.parsed, second.entry.parsed) == (1, 0)


def test_without_a_place_nothing_is_kept(project: Project) -> None:
    """Each run reads all, and finds the same."""
    first, second = (project.inspect(FILES, closure=True) for _ in range(2))
    assert first.entry.parsed == second.entry.parsed > 0
    assert first.modules == second.modules


def test_a_changed_file_is_read_again(project: Project) -> None:
    """It alone, and by its content: its time and its size may be the same."""
    inspect(project, FILES)
    file = project.root / "app/late.py"
    before = file.stat()
    file.write_text(file.read_text().replace("app.gone", "app.lost"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    seen = inspect(project)
    assert 0 < seen.entry.parsed <= 2  # once for each reading
    assert ("g", "import app.lost", True, "") in seen.broken


def test_the_result_of_a_check_is_not_kept(project: Project) -> None:
    """The same statement resolves as soon as another file has what it imports, and the other way round."""
    inspect(project, FILES)
    assert ("f", "from app.models import Gone", True, "") not in inspect(
        project, {"app/models.py": "Gone = 1\n"}
    ).broken
    assert ("f", "from app.models import Gone", True, "") in inspect(
        project, {"app/models.py": "Here = 1\n"}
    ).broken


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"something else",
        lambda data: data[:-1],
        lambda data: data[:40] + b"\xff" + data[41:],
        lambda data: data.replace(b"Gone", b"Here"),
        lambda data: b"X" + data[1:],
    ],
)
def test_a_damaged_store_is_as_good_as_none(project: Project, damage: object) -> None:
    """What is found does not depend on it, and it is written anew."""
    first = inspect(project, FILES)
    (store,) = (project.root.parent / "cache").iterdir()
    store.write_bytes(damage(store.read_bytes()))  # type: ignore[operator]  # a function
    second = inspect(project)
    assert (second.modules, second.entry.parsed) == (first.modules, first.entry.parsed)
    assert inspect(project).entry.parsed == 0


def test_a_place_that_cannot_be_written_is_left_alone(project: Project) -> None:
    """The run is as without one."""
    (project.root.parent / "cache").write_text("a file")
    assert inspect(project, FILES).broken == inspect(project).broken != []


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A source file."""
    path = tmp_path / "x.py"
    path.write_text("x = '\\d'\n")
    yield path
    assert path.is_file()


def names(tree: ast.Module) -> list[str]:
    """A reading."""
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def test_entry_points_side_by_side_have_stores_of_their_own(tmp_path: Path, file: Path) -> None:
    """None overwrites what another one keeps, and what one has read the next need not read."""
    cache = tmp_path / "cache"
    for name, parsed in (("web app:app", 1), ("celery app:celery", 0)):
        one = Parsed(str(cache), name)
        assert one.of(str(file), "names", names) == ["x"]
        assert one.save() == parsed
    assert len(list(cache.iterdir())) == 2


def test_entry_points_side_by_side_tell_each_other(tmp_path: Path, file: Path) -> None:
    """What one has read the next hears at once; what is not whole, or nobody could write, it reads itself."""
    shared = tmp_path / "shared"
    shared.mkdir()

    def parsed(name: str) -> int:
        one = Parsed("", name, str(shared))
        assert one.of(str(file), "names", names) == ["x"]
        return one.save()

    assert [parsed("web"), parsed("celery")] == [1, 0]
    (told,) = shared.iterdir()
    told.write_bytes(told.read_bytes()[:-1])
    assert [parsed("script"), parsed("celery")] == [1, 0]  # it was written anew
    told.unlink()
    shared.rmdir()
    assert parsed("web") == 1


def test_what_is_asked_for_later_is_read_ahead(tmp_path: Path) -> None:
    """Each entry point in an order of its own, so that those side by side do not read the same at once."""
    orders = []
    for name in ("web", "celery"):
        shared = tmp_path / name
        shared.mkdir()
        read: list[int] = []

        def reading(tree: ast.Module, read: list[int] = read) -> list[str]:
            read.append(len(tree.body))
            return names(tree)

        files = [tmp_path / f"m{number}.py" for number in range(12)]
        for number, file in enumerate(files):
            file.write_text("x\n" * number)
        one = Parsed("", name, str(shared))
        one.ahead(map(str, files), "names", reading)
        assert sorted(read) == [*range(12)][1:]  # an empty file has nothing to read
        assert [one.of(str(file), "names", reading) for file in files[1:]] == [
            ["x"] * n for n in range(1, 12)
        ]
        assert len(read) == 11
        orders.append(read)
    assert orders[0] != orders[1]


def test_what_is_expected_is_read_of_the_same_tree(tmp_path: Path, file: Path) -> None:
    """One parse for all readings that the text may have; a next run needs none."""
    given: list[ast.Module] = []

    def count(tree: ast.Module) -> int:
        given.append(tree)
        return len(tree.body)

    def fail(tree: ast.Module) -> int:
        raise RecursionError(tree)

    def begin(shared: str = "") -> Parsed:
        parsed = Parsed(str(tmp_path / "cache"), shared, shared)
        parsed.expect("names", names)
        parsed.expect("count", count)
        parsed.expect("other", count, lambda data: b"other" in data)
        parsed.expect("fails", fail)
        return parsed

    one = begin()
    assert one.of(str(file), "names", names) == ["x"]
    assert len(given) == 1
    assert one.of(str(file), "count", count) == 1
    assert one.of(str(file), "other", count, lambda data: b"other" in data) is None
    assert len(given) == one.save() == 1
    assert one.of(str(file), "fails", fail) is None  # what one of them cannot read is no matter to the others
    assert one.of(str(file), "later", names) == ["x"]
    assert one.parsed == 3
    again = begin()
    assert [again.of(str(file), "count", count), again.of(str(file), "names", names)] == [1, ["x"]]
    assert again.save() == 0
    (tmp_path / "shared").mkdir()
    file.write_text("y = 1\nz = 2\n")
    assert begin(str(tmp_path / "shared")).of(str(file), "names", names) == ["y", "z"]
    beside = Parsed("", "beside", str(tmp_path / "shared"))  # it hears of all that was read
    assert (beside.of(str(file), "count", count), beside.parsed) == (2, 0)


def test_what_a_run_does_not_use_is_dropped(tmp_path: Path, file: Path) -> None:
    """The store holds what its last run has read, so it does not grow for ever."""
    size = []
    for text in ("a = 1\n" * 2000, "b = 1\n"):
        file.write_text(text)
        one = Parsed(str(tmp_path / "cache"))
        one.of(str(file), "names", names)
        one.save()
        size.append(Path(one.file).stat().st_size)
    assert size[1] < size[0] / 100


def test_a_store_that_nobody_uses_any_more_is_removed(tmp_path: Path, file: Path) -> None:
    """Other files there are left alone."""
    cache = tmp_path / "cache"
    cache.mkdir()
    old = time.time() - UNUSED - 60
    for name in ("parsed-old", "other"):
        (cache / name).touch()
        os.utime(cache / name, (old, old))
    one = Parsed(str(cache))
    one.of(str(file), "names", names)
    one.save()
    assert sorted(path.name for path in cache.iterdir()) == sorted(["other", Path(one.file).name])


def test_another_version_reads_anew(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read may mean something else to another interpreter, or to other code of ours."""
    for version, parsed in ((b"one", 1), (b"one", 0), (b"two", 1)):
        monkeypatch.setattr(parsed_module, "_version", lambda version=version: version)
        one = Parsed(str(tmp_path / "cache"))
        one.of(str(file), "names", names)
        assert one.save() == parsed


@pytest.mark.parametrize("text", ["1 +\n", "x = '\0'\n", "(" * 500])
def test_what_is_no_python_is_nothing(tmp_path: Path, text: str) -> None:
    """Neither is a file that is not there."""
    file = tmp_path / "x.py"
    file.write_text(text)
    assert Parsed().of(str(file), "names", names) is None
    assert Parsed().of(str(tmp_path / "gone.py"), "names", names) is None


def test_the_gate_keeps_it_in_pytest_s_cache(pytester: pytest.Pytester) -> None:
    """There and nowhere else; without that plugin, nowhere."""
    pytester.makepyprojecttoml('[tool.prodready]\napp = "app:app"\n[project]\nname = "app"\n')
    (pytester.path / "app.py").write_text(
        "async def app(scope, receive, send): pass\ndef f():\n    import app\n"
    )
    pytester.runpytest_subprocess("--prodready", "--prodready-select=PRD104", "-p", "no:cacheprovider")
    before = {path.name for path in pytester.path.iterdir()}
    assert ".pytest_cache" not in before
    result = pytester.runpytest_subprocess("--prodready", "--prodready-select=PRD104")
    result.assert_outcomes(passed=1)
    after = {path.name for path in pytester.path.iterdir() if not path.name.startswith("runpytest-")}
    assert after - before == {".pytest_cache"}
    (store,) = (pytester.path / ".pytest_cache/d/prodready").iterdir()
    assert store.name.startswith("parsed-")
