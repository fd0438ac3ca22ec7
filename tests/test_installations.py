"""What is read of damaged, doubled and foreign installations: one finding each, and the rest still judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_prodready.distributions import inspect, installed, required
from pytest_prodready.distributions.installed import Installed, environment
from pytest_prodready.distributions.wheel import foreign_tags
from pytest_prodready.facts import Facts, Interpreter, Location
from pytest_prodready.findings import Finding
from pytest_prodready.registry import Registry
from pytest_prodready.requirements.file import logical_lines
from pytest_prodready.requirements.line import requirement
from pytest_prodready.rules import dependencies as rules
from pytest_prodready.rules import gate as gate_rules
from pytest_prodready.settings import read
from tests.environments import MARKERS, Crafted


@pytest.fixture
def crafted(tmp_path: Path) -> Crafted:
    return Crafted.at(tmp_path)


def findings(crafted: Crafted, interpreter: Interpreter | None = None) -> list[Finding]:
    seen, problems = inspect(crafted.root, read(crafted.root, {}), interpreter or crafted.interpreter)
    facts = Facts(str(crafted.root), dependencies=seen, problems=tuple(problems))
    registry = Registry([rules.family, gate_rules.family])
    return [
        found
        for kind in registry.kinds
        for subject in kind.subjects(facts)
        for found in registry.judge(kind, subject, facts).findings
        if found.code != "PRD902"
    ]


def only(crafted: Crafted) -> Finding:
    (found,) = findings(crafted)
    return found


def test_a_distribution_without_a_version(crafted: Crafted) -> None:
    """It is named, and its version taken from the directory: its range is still judged."""
    crafted.project("alpha==1.0", "beta")
    crafted.add("beta")
    info = crafted.add("alpha")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: alpha\n")
    found = only(crafted)
    assert (found.code, found.level.value, found.location) == (
        "PRD406",
        "error",
        Location("pyproject.toml", 6),
    )
    assert found.message == "the metadata of alpha 1.0 is broken: its metadata has no version"


def test_metadata_in_a_broken_encoding(crafted: Crafted) -> None:
    """It is named, and what can be read is judged."""
    crafted.project("alpha>=1")
    info = crafted.add("alpha", "1.0", ["beta"])
    crafted.add("beta")
    text = (info / "METADATA").read_bytes()
    (info / "METADATA").write_bytes(text.replace(b"Version: 1.0", b"Version: 1.0\nAuthor: Ren\xe9"))
    found = only(crafted)
    assert (found.code, found.level.value) == ("PRD406", "warning")
    assert "alpha 1.0 is broken: its metadata is not written in UTF-8" in found.message


def test_two_versions_on_the_path(crafted: Crafted, tmp_path: Path) -> None:
    """The first counts, as import has it; the hidden one is named."""
    crafted.project("alpha>=2")
    crafted.add("alpha", "2.0")
    behind = Crafted(crafted.root, tmp_path / "behind" / "site-packages")
    behind.site.mkdir(parents=True)
    behind.add("alpha", "1.0")
    path = (str(crafted.site), str(behind.site), str(crafted.site))
    (found,) = findings(crafted, replace(crafted.interpreter, path=path))
    assert (found.code, found.level.value, found.location) == (
        "PRD406",
        "warning",
        Location("pyproject.toml", 6),
    )
    assert found.message == f"alpha 2.0 in {crafted.site} hides alpha 1.0 in {behind.site}"
    assert [one.version for one in environment(path).further["alpha"]] == ["1.0"]
    assert [one.version for one in installed(reversed(path[:2]))] == ["1.0"]


def test_what_pip_has_set_aside(crafted: Crafted) -> None:
    """An interrupted removal is a warning, and no second version."""
    crafted.project("alpha")
    crafted.add("alpha", "1.0")
    info = crafted.add("alpha", "0.9")
    info.rename(info.with_name("~lpha-0.9.dist-info"))
    found = only(crafted)
    assert (found.code, found.level.value) == ("PRD406", "warning")
    assert "~lpha-0.9.dist-info is a leftover: pip set it aside" in found.message


def test_a_directory_that_a_removal_left(crafted: Crafted) -> None:
    """Neither metadata nor a list of files: a leftover, which says nothing of what is installed."""
    crafted.project("alpha")
    crafted.add("alpha", "1.0")
    (crafted.site / "alpha-0.9.dist-info").mkdir()
    found = only(crafted)
    assert (found.level.value, "alpha 1.0 is installed as well" in found.message) == ("warning", True)


def test_bad_requirements_are_one_finding_each(crafted: Crafted) -> None:
    """Unreadable lines, circular and missing includes: each with file and line, and the rest is judged."""
    crafted.write("requirements.txt", "alpha==1\n-r more.txt\nbeta=>2\n-r absent.txt\n-r 'open\n")
    crafted.write("more.txt", "gamma\n-r requirements.txt\n")
    crafted.add("alpha", "2.0")
    found = [(one.code, str(one.location)) for one in findings(crafted)]
    assert sorted(found) == [
        ("PRD401", "more.txt:1"),
        ("PRD401", "requirements.txt:3"),
        ("PRD402", "requirements.txt:1"),
        ("PRD901", "more.txt:2"),
        ("PRD901", "requirements.txt:4"),
        ("PRD901", "requirements.txt:5"),
    ]


@pytest.mark.parametrize(
    "tag, foreign",
    [
        ("py3-none-any", False),
        ("py2-none-any", False),
        ("cp311-cp311-{platform}", False),
        ("cp39-abi3-{platform}", False),
        ("cp311-cp311-manylinux_9_99_x86_64", False),
        ("py3-none-{platform}", False),
        ("cp312-cp312-{platform}", True),
        ("cp312-abi3-{platform}", True),
        ("cp311-cp311-win_amd64", True),
        ("cp311-cp311-manylinux2014_riscv128", True),
        ("not-a-tag-at-all", False),
    ],
)
def test_wheels_of_another_interpreter_or_machine(crafted: Crafted, tag: str, foreign: bool) -> None:
    """Interpreter, ABI, system and processor are compared; not the age of the C library."""
    import platform

    machine = platform.machine()
    if platform.system() != "Linux" or ("x86_64" in tag and machine != "x86_64"):
        pytest.skip("the tags of this table are those of Linux on x86_64")
    crafted.add("alpha", tag=tag.format(platform=f"manylinux2014_{machine}"))
    (one,) = installed([str(crafted.site)])
    assert bool(foreign_tags(one, crafted.interpreter)) is foreign


def test_what_a_requirement_leads_to(crafted: Crafted) -> None:
    """`require("alpha[fast]")` knows what the extra asks for, although nobody else has asked for it."""
    crafted.project("alpha")
    crafted.add("alpha", requires=["beta>=2; extra == 'fast'", "gamma; extra == 'slow'"])
    crafted.add("beta", "1.0")
    seen, _ = inspect(crafted.root, read(crafted.root, {}), crafted.interpreter)
    present = installed(crafted.interpreter.path)

    def messages(text: str) -> list[str]:
        return [one.message for one in rules.require(text, seen, MARKERS, required(text, present, MARKERS))]

    assert messages("alpha[fast]") == [
        "alpha 1.0 with the extra fast requires beta>=2, but beta 1.0 is installed"
    ]
    assert messages("alpha[slow]") == ["alpha 1.0 with the extra slow requires gamma, which is not installed"]
    assert messages("alpha") == []


def test_overridden_bounds_are_the_projects_own_decision(crafted: Crafted) -> None:
    """What [tool.uv] overrides is not judged by what other distributions require."""
    crafted.project("alpha", more='[tool.uv]\noverride-dependencies = ["beta==1.0"]\n')
    crafted.add("alpha", requires=["beta>=2"])
    crafted.add("beta", "1.0")
    assert findings(crafted) == []


def test_extras_that_production_may_install_are_no_error(crafted: Crafted) -> None:
    """Nobody says whether the project's extra is installed: what it leads to may be missing."""
    crafted.project("alpha", more='[project.optional-dependencies]\nfast = ["alpha[fast]"]\n')
    crafted.add("alpha", requires=["beta>=2; extra == 'fast'"])
    assert findings(crafted) == []
    with (crafted.root / "pyproject.toml").open("a") as file:
        file.write('[tool.prodready.runtime]\nextras = ["fast"]\n')
    assert only(crafted).code == "PRD403"


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=60))
def test_no_requirement_raises(text: str) -> None:
    """Any text is a requirement or has a problem, and so is each line of a file."""
    for _, line in logical_lines(text):
        found = requirement(line, Location("requirements.txt", 1), MARKERS)
        assert bool(found.name) is not bool(found.problem)


@settings(max_examples=150, deadline=None)
@given(
    variable=st.sampled_from(
        ["python_version", "sys_platform", "os_name", "extra", "platform_release", "nope"]
    ),
    operator=st.sampled_from(["==", "!=", "<", ">=", "~=", "===", "in", "not in"]),
    value=st.text(st.characters(blacklist_characters="'\"\\", blacklist_categories=["Cs", "Cc"]), max_size=8),
)
def test_no_marker_raises(variable: str, operator: str, value: str) -> None:
    """A marker that cannot be evaluated leaves nothing out."""
    text = f"alpha ; {variable} {operator} '{value}'"
    found = requirement(text, Location("requirements.txt", 1), MARKERS)
    assert found.problem or found.name == "alpha"


def test_a_distribution_reads_as_before(crafted: Crafted) -> None:
    """The list of files tells modules, and whether anything is importable."""
    crafted.add("alpha", files={"alpha/__init__.py": "", "beta.py": ""})
    crafted.add("empty", files={})
    found: dict[str, Installed] = {one.name: one for one in installed([str(crafted.site)])}
    assert found["alpha"].modules == {"alpha", "beta"}
    assert [found[name].importable for name in ("alpha", "empty")] == [True, False]
