from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from pytest_prodready.facts import Location
from pytest_prodready.requirements import Declarations, read
from pytest_prodready.requirements.line import for_development, requirement
from pytest_prodready.settings import Runtime

MARKERS = {"python_version": "3.11", "sys_platform": "linux", "platform_system": "Linux"}


def declare(root: Path, files: Mapping[str, str | bytes], runtime: Runtime | None = None) -> Declarations:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(root, runtime or Runtime(), MARKERS)


def names(found: Declarations) -> list[str]:
    return [one.name for one in found.requirements]


PYPROJECT = """\
[project]
name = "My.Shop"
requires-python = ">=3.10"
dependencies = [
    "FastAPI>=0.110",
    "celery[redis]>=5.3,<6",
    "tomli; python_version < '3.11'",
]

[project.optional-dependencies]
postgres = ["asyncpg>=0.29"]
all = ["my-shop[postgres]", "orjson"]

[dependency-groups]
server = ["uvicorn", {include-group = "base"}]
base = ["httptools"]
"""


def test_project_dependencies_with_their_lines(tmp_path: Path) -> None:
    """Each element of ``[project] dependencies`` has its name, extras, bounds, marker and line."""
    found = declare(tmp_path, {"pyproject.toml": PYPROJECT})
    fastapi, celery, tomli = found.requirements
    assert (fastapi.name, fastapi.specifier, fastapi.location) == (
        "fastapi",
        ">=0.110",
        Location("pyproject.toml", 5),
    )
    assert (celery.extras, SpecifierSet(celery.specifier)) == (("redis",), SpecifierSet(">=5.3,<6"))
    assert (celery.applies, tomli.applies) == (True, False)
    assert found.declared
    assert found.static
    assert found.name == "my-shop"
    assert found.requires_python == ">=3.10"
    assert found.requires_python_location == Location("pyproject.toml", 3)


def test_extras_and_groups_of_the_settings(tmp_path: Path) -> None:
    """Asked-for extras follow the project's own name, asked-for groups follow their includes."""
    runtime = Runtime(extras=("ALL",), groups=("server",))
    found = declare(tmp_path, {"pyproject.toml": PYPROJECT}, runtime)
    assert names(found)[3:] == ["asyncpg", "orjson", "uvicorn", "httptools"]
    assert [one.location.line for one in found.requirements[3:]] == [11, 12, 15, 16]
    assert not found.problems


def test_extras_that_nobody_asks_for_are_possible(tmp_path: Path) -> None:
    """Without ``runtime.extras`` the extras that are not for development are possible, with their lines."""
    found = declare(tmp_path, {"pyproject.toml": PYPROJECT})
    assert [(one.name, one.location.line) for one in found.possible] == [("asyncpg", 11), ("orjson", 12)]
    assert len(found.requirements) == 3
    assert declare(tmp_path, {}, Runtime(extras=("postgres",))).possible == ()


@pytest.mark.parametrize(
    "extra, development",
    [
        *((name, True) for name in ("dev", "Tests", "testing", "docs", "lint", "mypy", "bench", "CI")),
        *((name, True) for name in ("dev_postgres", "type-checking", "pre.commit", "unit-tests")),
        *((name, False) for name in ("server", "all", "redis", "developed", "contest", "docstore", "cinema")),
    ],
)
def test_extras_for_development(extra: str, development: bool) -> None:
    """An extra is for development where a whole word of its name says so."""
    assert for_development(extra) is development


def test_unknown_extra_and_group_are_problems(tmp_path: Path) -> None:
    """A misspelt extra or group is said, with those that exist, and nothing else is lost."""
    found = declare(tmp_path, {"pyproject.toml": PYPROJECT}, Runtime(extras=("postgre",), groups=("serve",)))
    extra, group = found.problems
    assert extra.message == (
        "runtime.extras of [tool.prodready] names the extra postgre, which pyproject.toml does not define"
    )
    assert extra.detail == "It defines: all, postgres."
    assert "group serve" in group.message
    assert len(found.requirements) == 3


@pytest.mark.parametrize(
    "pyproject", ["", "[project]\nname = 'x'\n", "[project]\nname = 'x'\ndynamic = ['dependencies']\n"]
)
def test_without_a_declaration_nothing_is_declared(tmp_path: Path, pyproject: str) -> None:
    """No ``dependencies`` key and no requirements file: nothing is known, rather than nothing needed."""
    assert not declare(tmp_path, {"pyproject.toml": pyproject}).declared
    assert not read(tmp_path / "empty", Runtime(), MARKERS).declared


def test_an_empty_list_is_a_declaration(tmp_path: Path) -> None:
    """``dependencies = []`` says that nothing is needed."""
    assert declare(tmp_path, {"pyproject.toml": "[project]\ndependencies = []"}).declared


def test_unreadable_pyproject_leaves_the_requirements_files(tmp_path: Path) -> None:
    """A pyproject.toml that does not parse is one problem; requirements.txt is still read."""
    found = declare(tmp_path, {"pyproject.toml": "[project\n", "requirements.txt": "openpyxl==3.1.5\n"})
    assert names(found) == ["openpyxl"]
    assert "pyproject.toml cannot be read" in found.problems[0].message


def test_odd_types_in_pyproject_are_problems(tmp_path: Path) -> None:
    """A dependency that is no text, and a list that is none, are said with their lines."""
    text = "[project]\ndependencies = [\n 1,\n 'a']\n[project.optional-dependencies]\nx = 'b'\n"
    found = declare(tmp_path, {"pyproject.toml": text}, Runtime(extras=("x",)))
    assert names(found) == ["a"]
    assert [one.message for one in found.problems] == [
        "pyproject.toml:3: a requirement is not a text in quotation marks",
        "pyproject.toml:6: x is not a list of requirements",
    ]


def test_runtime_files_are_discovered_and_others_are_not(tmp_path: Path) -> None:
    """Runtime requirements files count; those for development, tests, documentation and lint do not."""
    files = {
        "requirements.txt": "a",
        "requirements/base.txt": "b",
        "requirements/production.txt": "-r base.txt\nc",
        "requirements-prod.txt": "d",
        "requirements/dev.txt": "no",
        "requirements-test.txt": "no",
        "docs/requirements.txt": "no",
        "requirements/lint.txt": "no",
    }
    found = declare(tmp_path, files)
    assert sorted(names(found)) == ["a", "b", "c", "d"]
    assert "requirements/base.txt" in found.sources
    only = declare(tmp_path, files, Runtime(requirements=("requirements/production.txt",)))
    assert names(only) == ["b", "c"]


def test_setuptools_dynamic_files(tmp_path: Path) -> None:
    """``[tool.setuptools.dynamic]`` names the files that become the dependencies and the extras."""
    text = (
        "[project]\nname = 'x'\ndynamic = ['dependencies', 'optional-dependencies']\n"
        "[tool.setuptools.dynamic]\ndependencies = {file = ['deps.in']}\n"
        "[tool.setuptools.dynamic.optional-dependencies]\nfast = {file = 'fast.in'}\n"
    )
    files = {"pyproject.toml": text, "deps.in": "a\nb", "fast.in": "c"}
    found = declare(tmp_path, files, Runtime(extras=("fast",)))
    assert names(found) == ["a", "b", "c"]
    assert not found.problems


def test_requirements_syntax(tmp_path: Path) -> None:
    """Comments, continuations, hashes, options, markers, extras: as pip reads them."""
    text = r"""
# a comment \
--index-url https://user:s3cret@pypi.example/simple
--extra-index-url=https://pypi.example/simple
Django>=4.2  # the framework
psycopg[binary] \
    >=3.1 \
    --hash=sha256:aaaa \
    --hash=sha256:bbbb
pywin32 ; sys_platform == "win32"
--no-binary :all:
gunicorn --config-settings="a=b"
uvicorn#not-a-comment
"""
    found = declare(tmp_path, {"requirements.txt": text})
    assert [(one.name, one.specifier, one.location.line) for one in found.requirements] == [
        ("django", ">=4.2", 5),
        ("psycopg", ">=3.1", 6),
        ("pywin32", "", 10),
        ("gunicorn", "", 12),
        ("", "", 13),
    ]
    assert not found.requirements[2].applies
    assert found.requirements[4].problem
    assert not found.complete


def test_urls_keep_their_secrets(tmp_path: Path) -> None:
    """URL requirements are known by their names; logins, tokens and variables in them are never shown."""
    text = """\
one @ https://user:s3cret@example.com/one.zip?token=s3cret
git+https://${GH_TOKEN}@github.com/acme/two.git@main#egg=two[x]&subdirectory=s
-e git+ssh://git@github.com/acme/three.git#egg=three
https://s3cret@example.com/four-1.0-py3-none-any.whl
./wheels/five-2.0.tar.gz
six==${SIX_VERSION}
bad name @ https://user:s3cret@example.com/x
"""
    found = declare(tmp_path, {"requirements.txt": text})
    assert names(found) == ["one", "two", "three", "four", "five", "six", ""]
    assert found.requirements[1].extras == ("x",)
    assert {one.specifier for one in found.requirements} == {""}
    shown = repr(found)
    assert "s3cret" not in shown
    assert "GH_TOKEN" not in shown


def test_egg_fragments_with_versions(tmp_path: Path) -> None:
    """Some write a version into ``#egg=``; the name counts, and a marker behind the address holds."""
    text = """\
git+https://example.com/talon.git@7d8bdc4#egg=talon==1.2.10.zulip1
git+https://example.com/api.git@0.5.6#egg=zulip_bots==0.5.6_git&subdirectory=bots
git+https://example.com/win.git#egg=win ; sys_platform == "win32"
"""
    found = declare(tmp_path, {"requirements.txt": text})
    assert [(one.name, one.specifier, one.applies) for one in found.requirements] == [
        ("talon", "", True),
        ("zulip-bots", "", True),
        ("win", "", False),
    ]
    assert found.complete


def test_a_nameless_address_leaves_the_closure_unknown(tmp_path: Path) -> None:
    """Whoever installs from an address without a name asks for something that is not known here."""
    assert not declare(tmp_path, {"requirements.txt": "a\ngit+https://x.example/y.git\n"}).complete
    assert not declare(tmp_path, {"requirements.txt": "a\n-r https://x.example/r.txt\n"}).complete
    assert not declare(tmp_path, {"requirements.txt": "a\nhttps://[not-an-address\n"}).complete
    assert declare(tmp_path, {"requirements.txt": "a\n-c https://x.example/c.txt\n"}).complete


def test_local_paths(tmp_path: Path) -> None:
    """``-e .[extra]`` asks for the project's own extra, another directory for what is installed from it."""
    (tmp_path / "libs/shared").mkdir(parents=True)
    address = (tmp_path / "libs/shared").as_uri()
    files = {
        "pyproject.toml": PYPROJECT,
        "requirements.txt": f"-e .[postgres]\n-e ./libs/shared[x]\n{address}\n",
    }
    found = declare(tmp_path, files)
    assert names(found)[3:] == ["asyncpg"]
    path = (tmp_path / "libs/shared").resolve()
    assert [(local.path, local.extras) for local in found.locals] == [(path, ("x",)), (path, ())]


def test_includes_and_constraints(tmp_path: Path) -> None:
    """``-r`` and ``-c`` are relative to the including file, in every spelling, each file read once."""
    files = {
        "requirements.txt": "-r requirements/extra.in\n"
        "--requirement=requirements/extra.in\n-crequirements/c.txt",
        "requirements/extra.in": "a\n--constraint c.txt\n-r ../more/m.txt",
        "requirements/c.txt": "a<2\nz==1",
        "more/m.txt": "b",
    }
    found = declare(tmp_path, files)
    assert [(one.name, one.constraint, str(one.location)) for one in found.requirements] == [
        ("a", False, "requirements/extra.in:1"),
        ("a", True, "requirements/c.txt:1"),
        ("z", True, "requirements/c.txt:2"),
        ("b", False, "more/m.txt:1"),
    ]
    assert not found.problems


def test_circular_include_is_one_problem(tmp_path: Path) -> None:
    """Two files that include each other end, with one problem that names the line."""
    found = declare(tmp_path, {"requirements.txt": "a\n-r other.txt", "other.txt": "b\n-r requirements.txt"})
    assert names(found) == ["a", "b"]
    (problem,) = found.problems
    assert problem.message == "other.txt:2 includes requirements.txt, which includes it in turn"


def test_missing_include_is_a_problem_with_its_line(tmp_path: Path) -> None:
    """A file that is not there is said with the line that asks for it; the rest is read."""
    found = declare(tmp_path, {"requirements.txt": "a\n-r gone.txt\nb\n-r 'open"})
    assert names(found) == ["a", "b"]
    assert [problem.message for problem in found.problems] == [
        "requirements.txt:2 includes gone.txt, which does not exist",
        "requirements.txt:4 cannot be read: a quotation mark is not closed",
    ]
    assert not found.complete
    (problem,) = read(tmp_path, Runtime(requirements=("none.txt",)), MARKERS).problems
    assert problem.message == "requirements file none.txt does not exist"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """PowerShell's ``pip freeze > requirements.txt`` writes UTF-16 with a byte order mark."""
    assert names(declare(tmp_path, {"requirements.txt": "a==1\r\nb==2\r\n".encode(encoding)})) == ["a", "b"]


def test_a_line_that_cannot_be_read_keeps_its_place(tmp_path: Path) -> None:
    """One bad line is one requirement with a problem; the others are judged."""
    bad, good = declare(tmp_path, {"requirements.txt": "fastapi=>1\ncelery>=5"}).requirements
    assert bad.name == ""
    assert bad.problem
    assert "\n" not in bad.problem
    assert bad.location == Location("requirements.txt", 1)
    assert good.name == "celery"


@example(b".\x00")
@example("file:///%00")
@example("./" + "x" * 5000 + "\n-r " + "y" * 5000)
@given(st.binary(max_size=300) | st.text(alphabet="-rce .[]@;=<>'\"#\\\n$/:ab1{}", max_size=200))
def test_no_requirements_file_makes_it_raise(content: bytes | str) -> None:
    """Whatever the file holds, it is read to its end."""
    with tempfile.TemporaryDirectory() as directory:
        declare(Path(directory), {"requirements.txt": content})


@given(st.text(alphabet="abc[]{}=.,\"'\n #project-dni1", max_size=200))
def test_no_pyproject_makes_it_raise(text: str) -> None:
    """Whatever pyproject.toml holds, it is read or is a problem."""
    with tempfile.TemporaryDirectory() as directory:
        declare(Path(directory), {"pyproject.toml": text}, Runtime(extras=("a",), groups=("b",)))


identifiers = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(
    r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}((a|b|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?", fullmatch=True
)
clauses = st.builds("{}{}".format, st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), versions)
ARCHIVES = (".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar")


@given(
    name=identifiers.filter(lambda name: not name.lower().endswith(ARCHIVES)),
    extras=st.lists(identifiers, max_size=2),
    clauses=st.lists(clauses, max_size=3),
    marker=st.sampled_from(["", "; python_version >= '3'", "; sys_platform == 'win32'"]),
    above=st.integers(0, 5),
)
def test_every_valid_requirement_comes_back(
    name: str, extras: list[str], clauses: list[str], marker: str, above: int
) -> None:
    """Every PEP 508 requirement keeps its name, extras, bounds and line, in a file as in a list."""
    bracket = f"[{','.join(extras)}]" if extras else ""
    text = f"{name}{bracket}{','.join(clauses)} {marker}"
    with tempfile.TemporaryDirectory() as directory:
        (found,) = declare(Path(directory), {"requirements.txt": "\n" * above + text}).requirements
    assert found == requirement(text, Location("requirements.txt", above + 1), MARKERS)
    assert found.name == canonicalize_name(name)
    assert set(found.extras) == {canonicalize_name(extra) for extra in extras}
    assert SpecifierSet(found.specifier) == SpecifierSet(",".join(clauses))
    assert found.applies == ("win32" not in marker)
    assert not found.problem
