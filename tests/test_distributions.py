from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_prodready import target
from pytest_prodready.distributions import closure, hidden, inspect, installed
from pytest_prodready.facts import Bringer, Entry, InspectedEntry, Interpreter, Location
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits, Runtime, Settings

MARKERS = {"python_version": "3.11", "sys_platform": "linux"}


class Site:
    """A site-packages directory made of metadata alone."""

    def __init__(self, path: Path) -> None:
        self.path = path / "site-packages"
        self.path.mkdir(parents=True)

    def add(
        self,
        name: str,
        version: str = "1.0",
        requires: Iterable[str] = (),
        files: Iterable[str] | None = None,
        **more: str,
    ) -> None:
        """Install ``name``; by default it brings one package of its name."""
        stem = name.replace("-", "_")
        info = self.path / f"{stem}-{version}.dist-info"
        info.mkdir()
        lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
        (info / "METADATA").write_text(
            "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires), "", ""])
        )
        every = [f"{stem}/__init__.py"] if files is None else files
        (info / "RECORD").write_text(
            "".join(f"{file},sha256=x,1\n" for file in [*every, f"{info.name}/RECORD"])
        )
        for file, text in more.items():
            (info / file.replace("_json", ".json").replace("_txt", ".txt")).write_text(text)

    def hidden(self, root: Path, settings: Settings | None = None) -> dict[str, str]:
        """What is hidden from the project in ``root``."""
        return inspect(root, settings or Settings(), self.interpreter(root))[0].hidden

    def interpreter(self, root: Path) -> Interpreter:
        """An interpreter that has ``root`` and this directory on its path."""
        return Interpreter(sys.executable, "3.11.7", (str(root), str(self.path)), MARKERS)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "env")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


def project(root: Path, *dependencies: str, name: str = "shop", more: str = "") -> None:
    (root / "pyproject.toml").write_text(
        f"[project]\nname = '{name}'\ndependencies = {json.dumps(dependencies)}\n{more}"
    )


def test_installed_first_on_the_path_wins(tmp_path: Path) -> None:
    """Of two versions of one distribution the first on the path counts, as import has it."""
    first, second = Site(tmp_path / "a"), Site(tmp_path / "b")
    first.add("Some.Thing", "2.0")
    second.add("some-thing", "1.0")
    (one,) = installed([str(first.path), str(tmp_path / "none"), str(second.path)])
    assert (one.name, one.version, one.place) == ("some-thing", "2.0", first.path)


def test_broken_metadata_is_left_out(site: Site) -> None:
    """A directory that an interrupted removal left behind is no installed distribution."""
    site.add("good")
    (site.path / "gone-1.0.dist-info").mkdir()
    (site.path / "odd-1.0.dist-info").mkdir()
    (site.path / "odd-1.0.dist-info/METADATA").write_text("\n")
    assert [one.name for one in installed([str(site.path)])] == ["good"]


def test_closure_follows_extras_markers_and_cycles(site: Site) -> None:
    """Only asked-for extras and markers that hold are followed; cycles end; what is missing is tolerated."""
    site.add("a", requires=["b[fast]", "never; sys_platform == 'win32'", "missing>=1"])
    site.add("b", requires=["c; extra == 'fast'", "d; extra == 'slow'", "a", "not a requirement"])
    site.add("c", requires=["b[more]"])
    site.add("d")
    site.add("e", requires=["x; extra == 'Some_Extra'"])
    present = installed([str(site.path)])
    assert closure([("a", ())], present, MARKERS) == {"a", "b", "c", "missing"}
    assert closure([("b", ())], present, MARKERS) == {"a", "b", "c", "missing"}
    assert closure([("e", ("some-extra",))], present, MARKERS) == {"e", "x"}


def test_egg_info_directories_have_requirements(site: Site) -> None:
    """What an old installer wrote into ``requires.txt`` is followed as well."""
    egg = site.path / "legacy-1.0.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: legacy\nVersion: 1.0\n")
    (egg / "requires.txt").write_text("one\n\n[fast]\ntwo>=1\n")
    present = installed([str(site.path)])
    assert closure([("legacy", ())], present, MARKERS) == {"legacy", "one"}
    assert closure([("legacy", ("fast",))], present, MARKERS) == {"legacy", "one", "two"}


def test_closure_with_self_referencing_extras(site: Site) -> None:
    """``all = ["pkg[x,y]"]`` leads to the requirements of both extras."""
    site.add("pkg", requires=["pkg[x,y]; extra == 'all'", "one; extra == 'x'", "two; extra == 'y'"])
    assert closure([("pkg", ("all",))], installed([str(site.path)]), MARKERS) == {"pkg", "one", "two"}


def test_outside_modules_are_hidden(site: Site, root: Path) -> None:
    """What no runtime requirement pulls in is hidden, under the names that it is imported by."""
    project(root, "web")
    site.add("web", requires=["base"])
    site.add("base")
    files = ["yaml/__init__.py", "_yaml.cpython-311-x86_64-linux-gnu.so", "single.py", "../../../bin/tool"]
    site.add("PyYAML", files=[*files, "data.json", "x.pth", "__pycache__/single.cpython-311.pyc"])
    assert site.hidden(root) == {"_yaml": "pyyaml", "single": "pyyaml", "yaml": "pyyaml"}


def test_tools_and_what_the_image_brings_stay_visible(site: Site, root: Path) -> None:
    """pip, setuptools, wheel, and ``runtime.also`` with its own closure are never hidden."""
    project(root)
    for name in ("pip", "setuptools", "wheel", "dep", "outside"):
        site.add(name)
    site.add("gunicorn", requires=["dep"])
    assert site.hidden(root, Settings(runtime=Runtime(also=("Gunicorn",)))) == {"outside": "outside"}


def test_a_name_that_cannot_be_read_in_also_is_a_problem(site: Site, root: Path) -> None:
    """A mistake in ``runtime.also`` is said, with its line when the settings know it."""
    project(root)
    settings = Settings(
        runtime=Runtime(also=("not a name",)), locations={"runtime": Location("pyproject.toml", 9)}
    )
    (problem,) = inspect(root, settings, site.interpreter(root))[1]
    assert problem.message.startswith('pyproject.toml:9: "not a name" of runtime.also names no distribution')


def test_shared_top_level_names_stay_visible(site: Site, root: Path) -> None:
    """A shared namespace, a name of the standard library, a name of the project: not hidden."""
    project(root, "google-auth")
    site.add("google-auth", files=["google/auth/__init__.py"])
    site.add("google-ads", files=["google/ads/__init__.py", "ads_only/__init__.py"])
    site.add("backport", files=["dataclasses.py", "tests/__init__.py", "src/__init__.py", "helpers.py"])
    (root / "tests").mkdir()
    (root / "src").mkdir()
    (root / "src/helpers.py").touch()
    assert site.hidden(root) == {"ads_only": "google-ads"}


def test_own_distributions_stay_visible(site: Site, root: Path) -> None:
    """The project and its workspace members, by name or by where they come from, are never hidden."""
    project(root, name="My_Shop")
    site.add("my-shop", files=["shop/__init__.py"])
    member = json.dumps({"url": (root / "libs/member").as_uri(), "dir_info": {"editable": True}})
    site.add("member", requires=["needed"], direct_url_json=member)
    site.add("needed")
    vendored = json.dumps({"url": (root / "wheels/x.whl").as_uri(), "archive_info": {}})
    site.add("vendored", direct_url_json=vendored)
    site.add("odd", direct_url_json="no JSON")
    assert site.hidden(root) == {"odd": "odd", "vendored": "vendored"}


def test_pyproject_outranks_stale_metadata(site: Site, root: Path) -> None:
    """A dependency removed from pyproject.toml is outside, though older metadata still names it."""
    project(root, "web")
    site.add("shop", requires=["web", "removed"])
    site.add("web")
    site.add("removed")
    assert site.hidden(root) == {"removed": "removed"}
    (root / "pyproject.toml").write_text("[project]\nname = 'shop'\ndynamic = ['dependencies']\n")
    (root / "requirements.txt").write_text("web\n")
    assert site.hidden(root) == {}


def test_an_environment_inside_the_project_is_not_the_project(root: Path) -> None:
    """A ``.venv`` in the project's directory holds distributions like any other."""
    site = Site(root / ".venv/lib/python3.11")
    project(root)
    site.add("outside")
    assert site.hidden(root) == {"outside": "outside"}


def test_distributions_without_a_file_list_stay_visible(site: Site, root: Path) -> None:
    """An editable install, or one without RECORD, names no modules: nothing is hidden on a guess."""
    project(root)
    site.add("editable", files=["__editable___editable_1_0_finder.py", "__editable__.editable-1.0.pth"])
    site.add("bare")
    (site.path / "bare-1.0.dist-info/RECORD").unlink()
    egg = site.path / "legacy-1.0.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: legacy\nVersion: 1.0\n")
    (egg / "top_level.txt").write_text("legacy\n_legacy\n")
    assert site.hidden(root) == {"_legacy": "legacy", "legacy": "legacy"}


def test_local_directories_are_roots(site: Site, root: Path, tmp_path: Path) -> None:
    """What is installed from a directory that a requirements file names is inside, with what it needs."""
    (tmp_path / "shared").mkdir()
    (root / "requirements.txt").write_text("-e ../shared[x]\nweb\n")
    for name in ("web", "needed", "outside"):
        site.add(name)
    assert site.hidden(root) == {}  # nobody knows what the directory would have brought
    origin = json.dumps({"url": (tmp_path / "shared").as_uri(), "dir_info": {"editable": True}})
    site.add("shared-lib", requires=["needed; extra == 'x'"], direct_url_json=origin)
    assert site.hidden(root) == {"outside": "outside"}


@pytest.mark.parametrize("line", ["git+https://example.com/x.git", "not a requirement", "-r gone.txt"])
def test_nothing_is_hidden_when_the_closure_is_not_known(site: Site, root: Path, line: str) -> None:
    """A requirement whose distribution is not known makes the closure unknown."""
    (root / "requirements.txt").write_text(f"web\n{line}\n")
    site.add("outside")
    assert site.hidden(root) == {}


def test_installed_metadata_is_the_last_declaration(site: Site, root: Path) -> None:
    """A project that declares nothing in files is known by its own installed metadata."""
    (root / "pyproject.toml").write_text("[project]\nname = 'shop'\ndynamic = ['dependencies']\n")
    site.add("shop", "2.1", requires=["web>=1", "shop[db]; extra == 'all'", "driver; extra == 'db'"])
    site.add("web")
    site.add("driver")
    found, _ = inspect(root, Settings(), site.interpreter(root))
    assert found.sources == ("metadata of the installed shop 2.1",)
    assert found.declared
    assert [(one.name, one.applies) for one in found.requirements] == [("web", True), ("driver", False)]
    assert found.hidden == {}  # production may have installed either extra
    assert site.hidden(root, Settings(runtime=Runtime(extras=("all",)))) == {}
    assert site.hidden(root, Settings(runtime=Runtime(extras=("other",)))) == {"driver": "driver"}


EXTRAS = """
[project.optional-dependencies]
server = ["driver[fast]"]
all = ["shop[server]"]
dev-tools = ["linter"]
tests = ["checker"]
[dependency-groups]
db = ["grouped"]
"""


def test_possible_extras_stay_visible(site: Site, root: Path) -> None:
    """Unless the settings say which extras, every one that is not for development may be installed."""
    project(root, more=EXTRAS)
    site.add("driver", requires=["fast; extra == 'fast'", "slow; extra == 'slow'"])
    for name in ("fast", "slow", "linter", "checker", "grouped"):
        site.add(name)
    assert set(site.hidden(root)) == {"slow", "linter", "checker", "grouped"}
    found, problems = inspect(root, Settings(), site.interpreter(root))
    assert (found.requirements, problems) == ((), [])
    assert found.sources == ("pyproject.toml [project] dependencies",)


def test_extras_of_the_settings_are_exactly_those(site: Site, root: Path) -> None:
    """Where the settings name extras, the others are not installed."""
    project(root, more=EXTRAS)
    site.add("driver")
    site.add("checker")
    assert site.hidden(root, Settings(runtime=Runtime(extras=("tests",)))) == {"driver": "driver"}


def test_possible_extras_of_metadata(site: Site, root: Path) -> None:
    """The extras of the installed project's metadata count as well, beside static dependencies too."""
    extras = ["driver; extra == 'db'", "linter; python_version > '3' and extra == 'dev'"]
    site.add("shop", requires=["web", *extras])
    for name in ("web", "driver", "linter"):
        site.add(name)
    dynamic = "dynamic = ['optional-dependencies']\n"
    for text in ("dynamic = ['dependencies']\n", f"dependencies = ['web']\n{dynamic}"):
        (root / "pyproject.toml").write_text(f"[project]\nname = 'shop'\n{text}")
        assert site.hidden(root) == {"linter": "linter"}


def test_an_unreadable_possible_extra_makes_the_closure_unknown(site: Site, root: Path) -> None:
    """What an extra asks for that nobody can read might be anything: nothing is hidden, and nothing said."""
    project(root, more="[project.optional-dependencies]\nx = ['not a requirement']\n")
    site.add("outside")
    found, problems = inspect(root, Settings(), site.interpreter(root))
    assert (found.hidden, found.requirements, problems) == ({}, (), [])


def test_setup_py_alone(site: Site, root: Path) -> None:
    """What only setup.py says is known once the project is installed, else said to be unknown."""
    (root / "setup.py").write_text("setup(install_requires=['web'])\n")
    site.add("outside")
    found, _ = inspect(root, Settings(), site.interpreter(root))
    assert not found.declared
    assert found.undeclared == (
        "setup.py is not run; install the project, so that its metadata says what it needs"
    )
    (root / "requirements.txt").write_text("web\n")
    assert site.hidden(root) == {}  # it may well need more than the requirements file says
    origin = json.dumps({"url": root.as_uri(), "dir_info": {"editable": True}})
    site.add("shop", requires=["web"], direct_url_json=origin)
    assert site.hidden(root) == {"outside": "outside"}
    (root / "requirements.txt").unlink()
    found, _ = inspect(root, Settings(), site.interpreter(root))
    assert [one.name for one in found.requirements] == ["web"]
    assert found.undeclared == ""


@pytest.mark.parametrize(
    "headers",
    [
        "Name: some\nVersion: 1\nRequires-Dist: a\nRequires-Dist: b; extra == 'x'",
        "name:some\nVERSION:   1 \nrequires-dist: a\nRequires-Dist:b; extra == 'x'",
        "Name: some\nLicense:\n    (c) me\n\tI\nVersion: 1\nRequires-Dist: a\nRequires-dist:b; extra == 'x'",
        "Name: some\nVersion: 1\nRequires-Dist: a\nRequires-Dist: b;\n  extra == 'x'\nSummary: ü: y",
    ],
)
def test_headers_are_read_as_the_email_parser_does(site: Site, headers: str) -> None:
    """Name, version and requirements are found whatever the case, the blanks or the folding."""
    info = site.path / "some-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"{headers}\n\nName: not this\n", encoding="utf-8")
    (one,) = installed([str(site.path)])
    assert (one.name, one.version) == ("some", "1")
    assert [line.replace("\n", "") for line in one.lines] in (
        ["a", "b; extra == 'x'"],
        ["a", "b;  extra == 'x'"],
    )
    assert one.extras == {"x"}


def test_an_application_installed_by_name(site: Site, root: Path) -> None:
    """Where the application is an installed distribution, the one that brings its module speaks for it."""
    site.add("Apache-Thing", requires=["web"], files=["thing/__init__.py"])
    site.add("web")
    site.add("outside")
    assert site.hidden(root, Settings(app="thing.app:create_app()")) == {"outside": "outside"}
    assert not inspect(root, Settings(app="other:app"), site.interpreter(root))[0].declared


def test_without_a_declaration_nothing_is_hidden(site: Site, root: Path) -> None:
    """Where nothing is declared, nothing can be outside."""
    site.add("outside")
    found, problems = inspect(root, Settings(), site.interpreter(root))
    assert not found.declared
    assert found.hidden == {}
    assert [one.name for one in found.installed] == ["outside"]
    assert problems == []


def test_the_environment_of_these_tests(root: Path) -> None:
    """A real environment: what pytest needs stays visible, hypothesis does not."""
    project(root, "pytest>=8", "httpx")
    interpreter = Interpreter(sys.executable, "3.11.7", tuple(sys.path))
    found, problems = inspect(root, Settings(), interpreter)
    versions = {one.name: one.version for one in found.installed}
    assert versions["pytest"] == pytest.__version__
    assert problems == []
    assert found.hidden["hypothesis"] == "hypothesis"
    assert not {"pytest", "_pytest", "pluggy", "httpx", "httpcore", "anyio", "pip", "pkg_resources"} & set(
        found.hidden
    )
    present = installed(sys.path)
    every = {one.name for one in present}
    assert hidden(present, every) == {}


def test_a_script_beside_the_modules_keeps_nothing_visible(site: Site, root: Path) -> None:
    """A console script has the name of its package, and is no module of that name."""
    project(root)
    site.add("linter")
    (root / "linter").write_text("#!/bin/sh\n")

    assert site.hidden(root) == {"linter": "linter"}
    (root / "linter.py").touch()
    assert site.hidden(root) == {}


SCRIPTS = """\
[console_scripts]
shop = shop.cli:main
pdf = shop.pdf:main [pdf]
again = shop.cli:main
[gui_scripts]
desk = shop.desk:start
[celery.result_backends]
x = shop.x:X
"""


def scripts(site: Site, root: Path, settings: Settings) -> list[tuple[str, str, str]]:
    """Target, source and place of the scripts in the metadata of the application."""
    found = inspect(root, settings, site.interpreter(root))[0].scripts
    assert all(one.kind == "script" and one.started == "console" for one in found)
    return [(one.target, one.source, str(one.location)) for one in found]


def test_the_scripts_of_an_installed_application(site: Site, root: Path) -> None:
    """Those of the distribution that brings its packages, each target once, and of no other."""
    site.add("shop", entry_points_txt=SCRIPTS)
    site.add("uvicorn", entry_points_txt="[console_scripts]\nuvicorn = uvicorn:main\n")
    words = "metadata of shop 1.0"
    assert scripts(site, root, Settings(app="shop.main:app")) == [
        ("shop.cli:main", f"{words}, shop", words),
        ("shop.desk:start", f"{words}, desk", words),
    ]
    selected = Settings(packages=("shop",), runtime=Runtime(extras=("pdf",)))
    assert "shop.pdf:main" in [target for target, *_ in scripts(site, root, selected)]
    assert scripts(site, root, Settings(app="other:app")) == []


def test_a_distribution_that_brings_a_package_of_the_same_name(site: Site, root: Path) -> None:
    """Where the project's directory has the package, one of that name elsewhere is another."""
    (root / "shop").mkdir()
    site.add("another-shop", files=["shop/__init__.py"], entry_points_txt=SCRIPTS)
    assert scripts(site, root, Settings(app="shop.main:app")) == []


def test_what_others_ask_for_that_bring_packages_of_the_application(site: Site, root: Path) -> None:
    """Those of the settings that the project's directory does not hold, with what may be asked of them."""
    project(root, "thing")
    (root / "here.py").touch()
    requires = ["Web_Kit>=2", "typer; extra == 'cli'", "pytest; extra == 'dev'", "old; python_version < '3'"]
    site.add("Apache-Thing", requires=requires, files=["thing/__init__.py", "here/__init__.py"])
    site.add("thing-more", files=["thing/more.py"])
    site.add("web-kit")
    found = {
        names: inspect(root, Settings(packages=names), site.interpreter(root))[0].bringers
        for names in (("thing", "shop"), ("shop",))
    }
    assert found == {("thing", "shop"): (Bringer("thing-more", ("thing",), ()),), ("shop",): ()}
    (root / "here.py").unlink()
    (_, first) = inspect(root, Settings(packages=("thing",)), site.interpreter(root))[0].bringers
    assert first == Bringer("apache-thing", ("here", "thing"), ("old", "typer", "web-kit"))


def test_what_only_extras_ask_for(site: Site, root: Path) -> None:
    """Those of development apart; where the settings name the extras that count, nothing is optional."""
    requires = ["click", "Typer_Slim>=1; extra == 'cli'", "pytest; extra == 'dev'"]
    site.add("shop", requires=requires)
    settings = Settings(app="shop.main:app")
    chosen = Settings(app="shop.main:app", runtime=Runtime(extras=("cli",)))
    optional = [inspect(root, one, site.interpreter(root))[0].optional for one in (settings, chosen)]
    assert optional == [("typer-slim",), ()]


def test_scripts_that_cannot_be_read(site: Site, root: Path) -> None:
    """Metadata that is broken declares none."""
    site.add("shop", entry_points_txt="[console_scripts]\nshop\nx = \n= y\nz = a b c\n")
    assert scripts(site, root, Settings(app="shop.main:app")) == []


class Environment:
    """A virtual environment, and what an interpreter of its own sees in it."""

    def __init__(self, path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)
        self.python = str(next(path.glob("[bS]*/python")))
        self.site = Site.__new__(Site)
        self.site.path = next(path.glob("lib/python*/site-packages"))

    def write(self, *files: str) -> None:
        """Modules in ``site-packages``, each with a name in it."""
        for file in files:
            path = self.site.path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("here = 1\n")

    def load(self, root: Path, source: str, python: str = "") -> InspectedEntry:
        """What a real start of a module with this source sees."""
        (root / "shop").mkdir(exist_ok=True)
        (root / "shop/__init__.py").write_text(source)
        interpreter = target.interpreter(python or self.python, root, os.environ)
        assert isinstance(interpreter, Interpreter)
        concealed = inspect(root, Settings(), interpreter)[0].hidden
        request = Request(
            root=root,
            python=python or self.python,
            jobs=frozenset({"module"}),
            entries=(Entry("module", "shop", "a test"),),
            packages=("shop",),
            hidden=concealed,
            hidden_distributions=tuple(sorted(set(concealed.values()))),
        )
        (seen,), problems = target.inspect(request, Limits(), os.environ)
        assert problems == ()
        return seen

    def lacks(self, root: Path, source: str, python: str = "") -> str:
        """The distribution outside of the runtime closure that stops the start; empty when it starts."""
        failure = self.load(root, source, python).failure
        if failure is None:
            return ""
        assert failure.missing is not None, failure
        assert str(failure.location) == "shop/__init__.py:1"
        return failure.missing.distribution


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "env")


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("how", ["pth", "finder"])
def test_an_editable_install_in_a_real_start(
    environment: Environment, root: Path, tmp_path: Path, how: str, declared: bool
) -> None:
    """Visible if it is declared, else as absent as in the image, whichever way it is exposed."""
    project(root, *(["dev-lib"] if declared else []))
    source = tmp_path / "dev-lib/src"
    (source / "devlib").mkdir(parents=True)
    (source / "devlib/__init__.py").write_text("here = 1\n")
    (source / "setup.py").touch()
    if how == "pth":
        file = "__editable__.dev_lib-1.0.pth"
        (environment.site.path / file).write_text(f"{source}\n")
    else:
        file = "__editable___dev_lib_1_0_finder.py"
        (environment.site.path / file).write_text(
            f"import sys\nMAPPING: dict[str, str] = {{'devlib': {str(source / 'devlib')!r}}}\n"
            "class Finder:\n    @classmethod\n    def find_spec(cls, name, path=None, target=None):\n"
            "        from importlib.util import spec_from_file_location\n"
            "        if name in MAPPING:\n"
            "            return spec_from_file_location(name, MAPPING[name] + '/__init__.py')\n"
            "def install():\n    sys.meta_path.append(Finder)\n"
        )
        pth = environment.site.path / "__editable__.dev_lib-1.0.pth"
        pth.write_text("import __editable___dev_lib_1_0_finder as finder; finder.install()\n")
    environment.site.add("dev-lib", files=[file])
    assert environment.lacks(root, "from devlib import here") == ("" if declared else "dev-lib")


@pytest.mark.parametrize(
    "source, lacking",
    [
        ("import cloud.storage", ""),
        ("import cloud.queue", ""),  # the namespace is shared with what is declared
        ("import tools.lint", "tools-lint"),
        ("import tools", "tools-lint"),
    ],
)
def test_namespace_packages_in_a_real_start(
    environment: Environment, root: Path, source: str, lacking: str
) -> None:
    """A namespace is hidden if all that share it are outside."""
    project(root, "cloud-storage")
    for name in ("cloud-storage", "cloud-queue", "tools-lint"):
        file = name.replace("-", "/") + ".py"
        environment.write(file)
        environment.site.add(name, files=[file])
    assert environment.lacks(root, source) == lacking


@pytest.mark.parametrize("declared", [True, False])
def test_a_path_file_in_a_real_start(
    environment: Environment, root: Path, tmp_path: Path, declared: bool
) -> None:
    """What a ``.pth`` file exposes is its distribution's; if it has none, the environment's."""
    project(root)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/extra.py").touch()
    (environment.site.path / "more.pth").write_text(f"# a comment\n\n{tmp_path / 'more'}\n")
    if not declared:
        environment.site.add("more-paths", files=["more.pth"])
    assert environment.lacks(root, "import extra") == ("" if declared else "more-paths")


@pytest.mark.parametrize(
    "source",
    [
        "from shop._vendor import yaml",
        "import sys; sys.path.insert(0, 'shop/_vendor'); import yaml; yaml.local",
        "import sys; sys.path.append('shop/_vendor'); import yaml; yaml.local",
    ],
)
def test_vendored_code_in_a_real_start(environment: Environment, root: Path, source: str) -> None:
    """The application's own copy of a library is found where an undeclared one is installed as well."""
    project(root)
    environment.write("yaml/__init__.py")
    environment.site.add("PyYAML", files=["yaml/__init__.py"])
    (root / "shop/_vendor/yaml").mkdir(parents=True)
    (root / "shop/_vendor/__init__.py").touch()
    (root / "shop/_vendor/yaml/__init__.py").write_text("local = 1\n")
    assert environment.lacks(root, source) == ""
    assert environment.lacks(root, "import yaml") == "pyyaml"


def test_modules_without_metadata_in_a_real_start(environment: Environment, root: Path) -> None:
    """What no distribution claims is not known to be outside: it stays visible."""
    project(root)
    environment.write("copied/__init__.py", "single.py")
    environment.site.add("bare", files=["bare/__init__.py"])
    (environment.site.path / "bare-1.0.dist-info/RECORD").unlink()
    environment.write("bare/__init__.py")
    assert environment.lacks(root, "import copied, single, bare") == ""


@pytest.mark.parametrize("name", ["pytest", "httpx", "packaging"])
def test_pytest_and_what_the_gate_itself_needs_are_outside(root: Path, name: str) -> None:
    """Unless they are declared: the image has neither."""
    environment = Environment.__new__(Environment)
    project(root)
    assert environment.lacks(root, f"import {name}", sys.executable) == name
    project(root, name)
    assert environment.lacks(root, f"import {name}", sys.executable) == ""
