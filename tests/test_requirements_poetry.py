from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from pytest_prodready.facts import Location
from pytest_prodready.redaction import BLANK
from pytest_prodready.requirements import read
from pytest_prodready.requirements.poetry import alternatives, dependency, requires_python
from pytest_prodready.settings import Runtime

MARKERS = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux"}
PLACE = Location("pyproject.toml", 9)

PYPROJECT = """\
[tool.poetry]
name = "Acme_API"

[tool.poetry.dependencies]
python = "^3.10"
FastAPI = "^0.100"
"uvicorn" = {extras = ["standard"], version = "*"}
redis = { version = ">=4", optional = true }
numpy = [
    {version = "^1.26", python = "<3.11"},
    {version = "^2", python = ">=3.11"},
]
pywin32 = { version = "*", platform = "win32" }
lib = { path = "../lib", develop = true }
broken = "^^1"

[tool.poetry.dependencies.tool]
git = "https://user:s3cret@example.com/tool.git"
tag = "v1"

[tool.poetry.extras]
cache = ["redis", "gone"]

[tool.poetry.dev-dependencies]
black = "*"

[tool.poetry.group.server.dependencies]
gunicorn = ">=23"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


def pyproject(root: Path, text: str = PYPROJECT) -> Path:
    (root / "pyproject.toml").write_text(text)
    return root


def test_the_table_with_its_lines(tmp_path: Path) -> None:
    """Each entry of ``[tool.poetry.dependencies]`` but ``python`` has its name, bounds, marker and line."""
    found = read(pyproject(tmp_path), Runtime(), MARKERS)
    assert [
        (one.name, one.specifier, one.applies, one.location.line, bool(one.problem))
        for one in found.requirements
    ] == [
        ("fastapi", "<0.101,>=0.100", True, 6, False),
        ("uvicorn", "", True, 7, False),
        ("numpy", "<2,>=1.26", False, 10, False),
        ("numpy", "<3,>=2", True, 11, False),
        ("pywin32", "", False, 13, False),
        ("lib", "", True, 14, False),
        ("", "", True, 15, True),
        ("tool", "", True, 17, False),
    ]
    assert found.requirements[1].extras == ("standard",)
    assert (found.requirements[6].text, found.requirements[6].problem) == (
        "broken ^^1",
        '"^^1" is no version constraint that Poetry knows',
    )
    assert [found.requirements[index].text for index in (5, 7)] == [
        "../lib",
        f"tool @ git+https://{BLANK}@example.com/tool.git@v1",
    ]
    assert found.sources == ("pyproject.toml [tool.poetry.dependencies]",)
    assert (found.name, found.static, found.complete) == ("acme-api", True, False)
    assert (found.requires_python, found.requires_python_location) == (
        "<4,>=3.10",
        Location("pyproject.toml", 5),
    )
    assert not found.problems


def test_optional_ones_come_with_their_extra(tmp_path: Path) -> None:
    """An optional dependency is required where the settings ask for its extra, else only possible."""
    pyproject(tmp_path)
    asked = read(tmp_path, Runtime(extras=("cache",)), MARKERS)
    assert ("redis", 8) in [(one.name, one.location.line) for one in asked.requirements]
    assert asked.possible == ()
    unasked = read(tmp_path, Runtime(), MARKERS)
    assert "redis" not in [one.name for one in unasked.requirements]
    assert [one.name for one in unasked.possible] == ["redis"]
    (problem,) = read(tmp_path, Runtime(extras=("cashe",)), MARKERS).problems
    assert problem.message.endswith("names the extra cashe, which pyproject.toml does not define")


def test_groups_are_development_unless_asked_for(tmp_path: Path) -> None:
    """``[tool.poetry.group.*]`` counts where ``runtime.groups`` names it; ``dev-dependencies`` never."""
    pyproject(tmp_path)
    names = [one.name for one in read(tmp_path, Runtime(), MARKERS).requirements]
    assert not {"gunicorn", "black"} & set(names)
    asked = read(tmp_path, Runtime(groups=("server",)), MARKERS)
    assert [(one.name, one.location.line) for one in asked.requirements[-1:]] == [("gunicorn", 28)]
    (problem,) = read(tmp_path, Runtime(groups=("serve",)), MARKERS).problems
    assert problem.detail == "It defines: server."


def test_project_dependencies_outrank_the_table(tmp_path: Path) -> None:
    """Beside ``[project] dependencies`` Poetry's table only says where to find them."""
    head = '[project]\nname = "x"\n'
    found = read(pyproject(tmp_path, f'{head}dependencies = ["flask"]\n{PYPROJECT}'), Runtime(), MARKERS)
    assert [one.name for one in found.requirements] == ["flask"]
    found = read(pyproject(tmp_path, f'{head}dynamic = ["dependencies"]\n{PYPROJECT}'), Runtime(), MARKERS)
    assert found.requirements[0].name == "fastapi"


@pytest.mark.parametrize(
    "constraint, specifier",
    [
        # the tables of Poetry's documentation
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2.3.4", ">=1.2.3.4,<1.3"),
        ("*", ""),
        ("1.*", "==1.*"),
        ("1.2.*", "==1.2.*"),
        ("!=1.2.*", "!=1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        (">=1.2 <1.5", ">=1.2,<1.5"),
        ("^1!2.3", ">=1!2.3,<1!3"),
        ("^1.0rc1", ">=1.0rc1,<2"),
        (">=1.0,", ">=1.0"),
    ],
)
def test_constraints_as_poetry_documents_them(constraint: str, specifier: str) -> None:
    """Caret, tilde, wildcards, exact versions and ranges are the PEP 440 bounds that Poetry says."""
    (found,) = alternatives(constraint)
    assert SpecifierSet(found) == SpecifierSet(specifier)


@pytest.mark.parametrize("constraint", ["", "^^1", "^1.*", "latest", "1.2.3 -", "^", "===1", "1..2", 3, None])
def test_what_is_no_constraint_is_said(constraint: object) -> None:
    """What Poetry cannot read is a requirement with a problem, at its line."""
    found = dependency("redis", constraint, PLACE, MARKERS)
    assert (found.name, found.location) == ("", PLACE)
    assert found.problem


def test_alternatives_claim_no_version() -> None:
    """PEP 508 has no "or" between bounds: ``||`` asks for the distribution, in any version."""
    assert alternatives("^1.2 || ^2") == ["<2,>=1.2", "<3,>=2"]
    assert alternatives("^1.2 || *") == [""]
    found = dependency("redis", "^1.2 || ^2", PLACE, MARKERS)
    assert (found.name, found.specifier, found.problem) == ("redis", "", "")


@pytest.mark.parametrize(
    "table, applies",
    [
        ({"python": "^3.10"}, True),
        ({"python": "<3.11"}, False),
        ({"python": "3.11"}, True),
        ({"python": ">3.11"}, False),
        ({"python": ">3.11.6"}, True),
        ({"python": "~3.9 || ~3.11"}, True),
        ({"python": "3.10.* || 3.12.*"}, False),
        ({"python": "*"}, True),
        ({"platform": "linux"}, True),
        ({"platform": "win32 || darwin"}, False),
        ({"platform": "!=linux"}, False),
        ({"markers": "sys_platform == 'win32' or sys_platform == 'linux'", "python": "<3"}, False),
        ({"markers": "python_version >= '3.11'"}, True),
    ],
)
def test_conditions_of_a_dependency(table: dict[str, object], applies: bool) -> None:
    """``python``, ``platform`` and ``markers`` hold together, as the target's interpreter is."""
    found = dependency("redis", {"version": "^4", **table}, PLACE, MARKERS)
    assert not found.problem
    assert found.applies is applies


@pytest.mark.parametrize("table", [{"python": "three"}, {"platform": "'"}, {"markers": "when it rains"}])
def test_a_condition_that_cannot_be_read_is_a_problem(table: dict[str, object]) -> None:
    """A mistake in a condition is said, instead of taking it for one that holds."""
    assert dependency("redis", {"version": "*", **table}, PLACE, MARKERS).problem


@pytest.mark.parametrize(
    "constraint, specifier",
    [("^3.10", "<4,>=3.10"), ("3.11", "==3.11.*"), ("3.11.4", "==3.11.4"), ("^2.7 || ^3.8", ""), ("?", "?")],
)
def test_the_python_of_the_table(constraint: str, specifier: str) -> None:
    """``python`` reads as ``requires-python``; what cannot be read stays as it stands, for its own rule."""
    assert requires_python(constraint) == specifier


@example("=")
@example("1.0||")
@example("^9" * 50)
@given(st.text(alphabet="^~=<>!|,. *xvab-+019'\"[]", max_size=40) | st.text(max_size=40))
def test_no_constraint_makes_it_raise(constraint: str) -> None:
    """Whatever a constraint is, it becomes bounds that are valid, or a problem."""
    found = dependency("redis", {"version": constraint, "python": constraint}, PLACE, MARKERS)
    assert bool(found.problem) != bool(found.name)
    SpecifierSet(found.specifier)
    requires_python(constraint)


values = st.recursive(
    st.text(max_size=8) | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
keys = st.sampled_from(
    ["version", "extras", "markers", "python", "platform", "optional", "git", "rev", "url", "path", "file"]
)


@given(name=st.text(max_size=8), table=st.dictionaries(keys, values, max_size=6))
def test_no_table_makes_it_raise(name: str, table: dict[str, object]) -> None:
    """Whatever a dependency's table holds, it is read or is a problem."""
    assert dependency(name, table, PLACE, MARKERS).location == PLACE
