from __future__ import annotations

from pathlib import Path

import pytest

from pytest_prodready.distributions import inspect
from pytest_prodready.facts import Location
from pytest_prodready.findings import Level
from pytest_prodready.redaction import BLANK
from pytest_prodready.requirements import read
from pytest_prodready.settings import Runtime
from pytest_prodready.settings import read as read_settings
from tests.environments import PIPFILE, Crafted
from tests.support import gate

MARKERS = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux"}

TEXT = """\
[[source]]
url = "https://pypi.org/simple"
name = "pypi"

[packages]
Flask = "*"
"uvicorn" = {extras = ["standard"], version = ">=0.29"}
celery = "~=5.3"
redis = "5.0"
tomli = {version = "*", markers = "python_version < '3.11'"}
pywin32 = {version = "==306", sys_platform = "== 'win32'"}
uvloop = {version = "*", sys_platform = "== 'linux'", markers = "python_version >= '3.8'"}
broken = "latest"
"e1839a8" = {file = "https://example.com/wheels/orjson-3.9.0-py3-none-any.whl"}

[packages.tool]
git = "https://user:s3cret@example.com/tool.git"
ref = "v1"

[dev-packages]
black = "*"

[server]
gunicorn = ">=23"

[requires]
python_version = "3.11"

[scripts]
start = "flask run"
"""


def pipfile(root: Path, text: str = TEXT) -> Path:
    (root / "Pipfile").write_text(text)
    return root


def test_the_table_with_its_lines(tmp_path: Path) -> None:
    """Each entry of ``[packages]`` has its name, bounds, extras, marker and line; no other table has any."""
    found = read(pipfile(tmp_path), Runtime(), MARKERS)
    assert [
        (one.name, one.specifier, one.applies, one.location.line, bool(one.problem))
        for one in found.requirements
    ] == [
        ("flask", "", True, 6, False),
        ("uvicorn", ">=0.29", True, 7, False),
        ("celery", "~=5.3", True, 8, False),
        ("redis", "==5.0", True, 9, False),
        ("tomli", "", False, 10, False),
        ("pywin32", "==306", False, 11, False),
        ("uvloop", "", True, 12, False),
        ("", "", True, 13, True),
        ("orjson", "", True, 14, False),
        ("tool", "", True, 16, False),
    ]
    assert found.requirements[1].extras == ("standard",)
    assert found.requirements[-1].text == f"tool @ git+https://{BLANK}@example.com/tool.git@v1"
    assert (found.sources, found.problems) == (("Pipfile",), ())
    assert (found.requires_python, found.requires_python_location) == ("==3.11.*", Location("Pipfile", 27))


def test_tables_of_its_own_are_asked_for(tmp_path: Path) -> None:
    """A category of packages counts where ``runtime.groups`` names it."""
    found = read(pipfile(tmp_path), Runtime(groups=("server",)), MARKERS)
    assert ("gunicorn", Location("Pipfile", 24)) in [(one.name, one.location) for one in found.requirements]
    assert found.sources == ("Pipfile [server]", "Pipfile")
    (problem,) = read(tmp_path, Runtime(groups=("scripts",)), MARKERS).problems
    assert problem.message.startswith("runtime.groups of [tool.prodready] names the group scripts, which")


@pytest.mark.parametrize(
    "file, text, expected",
    [
        ("requirements.txt", "django\n", ["django"]),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["django"]\n', ["django"]),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "*"\n', ["django"]),
        ("pyproject.toml", "[tool.prodready]\n", ["flask"]),
        ("requirements-dev.txt", "black\n", ["flask"]),
    ],
)
def test_beside_another_declaration(tmp_path: Path, file: str, text: str, expected: list[str]) -> None:
    """A Pipfile counts where nothing else declares what production installs."""
    pipfile(tmp_path, '[packages]\nflask = "*"\n[requires]\npython_full_version = "3.11.7"\n')
    (tmp_path / file).write_text(text)
    found = read(tmp_path, Runtime(), MARKERS)
    assert [one.name for one in found.requirements] == expected
    assert found.requires_python == ("==3.11.7" if expected == ["flask"] else "")


def test_the_settings_name_it(tmp_path: Path) -> None:
    """``runtime.requirements`` takes it like any file, beside whatever else declares."""
    pipfile(tmp_path, '[packages]\nflask = "*"\n')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["django"]\n')
    found = read(tmp_path, Runtime(requirements=("Pipfile",)), MARKERS)
    assert [one.name for one in found.requirements] == ["django", "flask"]


def test_the_project_itself_and_its_neighbours(tmp_path: Path) -> None:
    """A path is a directory whose distribution is looked up; that of the project brings its extras."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n\n'
        '[project.optional-dependencies]\nweb = ["flask"]\n'
    )
    pipfile(
        tmp_path,
        '[packages]\nx = {path = ".", editable = true, extras = ["web"]}\nlib = {path = "libs/lib"}\n',
    )
    found = read(tmp_path, Runtime(), MARKERS)
    assert [one.name for one in found.requirements] == ["flask"]
    assert [one.path for one in found.locals] == [tmp_path / "libs/lib"]


@pytest.mark.parametrize("text", ["[packages\n", "packages = 1\n", "", "[packages]\n", "\0"])
def test_what_says_nothing(tmp_path: Path, text: str) -> None:
    """A file that cannot be read is one problem; one without packages declares nothing."""
    found = read(pipfile(tmp_path, text), Runtime(), MARKERS)
    assert (found.declared, found.requirements) == (False, ())
    broken = text in ("[packages\n", "\0")
    assert [one.message[:23] for one in found.problems] == ["Pipfile cannot be read:"] * broken


def test_a_lock_that_is_older(tmp_path: Path) -> None:
    """What was declared after ``pipenv lock`` is not in it."""
    crafted = Crafted.at(tmp_path)
    crafted.write("Pipfile", '[packages]\nalpha = ">=2"\nbeta = "*"\n')
    crafted.write("Pipfile.lock", PIPFILE.format(alpha="1.5"))
    seen, _ = inspect(crafted.root, read_settings(crafted.root, {}), crafted.interpreter)
    assert seen.lock is not None
    assert [(one.requirement.name, one.locked) for one in seen.lock.stale] == [("alpha", "1.5"), ("beta", "")]


def test_a_project_of_pipenv_from_end_to_end(
    tmp_path: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing and outdated distributions have the Pipfile's lines; what only developers install is hidden."""
    crafted = Crafted.at(tmp_path, real=True)
    crafted.write("Pipfile", '[packages]\nalpha = ">=2"\nbeta = "*"\n\n[dev-packages]\ngamma = "*"\n')
    crafted.write("shop/__init__.py", "")
    crafted.write("shop/main.py", "import gamma\nasync def app(scope, receive, send): ...\n")
    crafted.write("pyproject.toml", '[tool.prodready]\napp = "shop.main:app"\n')
    crafted.add("alpha", "1.0")
    crafted.add("gamma")
    monkeypatch.chdir(crafted.root)
    options = ("--prodready-select=PRD4,PRD1", f"--prodready-python={crafted.python}", str(crafted.root))

    run = gate(pytester, *options)

    assert {(one.code, one.subject, str(one.location)) for one in run.of(Level.ERROR, Level.WARNING)} == {
        ("PRD402", "alpha", "Pipfile:2"),
        ("PRD401", "beta", "Pipfile:3"),
        ("PRD105", "shop.main:app", "shop/main.py:1"),
    }
    crafted.write("Pipfile", '[packages]\nalpha = "==1.*"\ngamma = {version = "*"}\n')
    healthy = gate(pytester, *options)
    assert (healthy.of(Level.ERROR, Level.WARNING), healthy.status) == ([], 0)
