"""Crafted environments: installed distributions and a project, healthy or with one fault each."""

from __future__ import annotations

import base64
import hashlib
import json
import venv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_prodready.facts import Interpreter

MARKERS = {
    "python_version": "3.11",
    "python_full_version": "3.11.7",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "implementation_name": "cpython",
}
PURE = "py3-none-any"
ASGI = "async def app(scope, receive, send):\n    pass\n"


def digest(text: str) -> str:
    """The hash of a file as a RECORD has it."""
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Crafted:
    """A project's directory, and the directory of its installed distributions."""

    root: Path
    site: Path

    @classmethod
    def at(cls, path: Path, *, real: bool = False) -> Crafted:
        """Make both below ``path``; a ``real`` environment has an interpreter of its own."""
        root, site = path / "project", path / "env" / "site-packages"
        if real:
            venv.create(path / "env", with_pip=False)
            (site,) = (path / "env").glob("lib/python*/site-packages")
        root.mkdir(parents=True)
        site.mkdir(parents=True, exist_ok=True)
        return cls(root, site)

    @property
    def python(self) -> str:
        """The interpreter of a real environment."""
        return str(
            next(parent for parent in self.site.parents if (parent / "bin").is_dir()) / "bin" / "python"
        )

    @property
    def interpreter(self) -> Interpreter:
        """What the target's interpreter would say of itself."""
        return Interpreter("python", "3.11.7", (str(self.root), str(self.site)), MARKERS, "cp311")

    def add(
        self,
        name: str,
        version: str = "1.0",
        requires: Iterable[str] = (),
        *,
        files: Mapping[str, str] | None = None,
        tag: str = PURE,
        more: str = "",
        **metadata: str,
    ) -> Path:
        """Install ``name`` with ``files``, by default one package; return its metadata directory."""
        stem = name.replace("-", "_").lower()
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        extras = sorted({part.split("'")[1] for part in requires if "extra ==" in part})
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {one}" for one in requires]
        contents = {f"{stem}/__init__.py": f'"""{name}"""\n'} if files is None else dict(files)
        for file, text in contents.items():
            (self.site / file).parent.mkdir(parents=True, exist_ok=True)
            (self.site / file).write_text(text)
        (info / "METADATA").write_text("\n".join([*lines, "", more]))
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        (info / "INSTALLER").write_text("pip\n")
        for file, text in metadata.items():
            (info / file.replace("_json", ".json").replace("_txt", ".txt")).write_text(text)
        record = [f"{file},{digest(text)},{len(text)}" for file, text in contents.items()]
        record += [f"{info.name}/{one},," for one in ("METADATA", "WHEEL", "INSTALLER", "RECORD")]
        (info / "RECORD").write_text("".join(f"{line}\n" for line in record))
        return info

    def project(self, *dependencies: str, more: str = "", python: str = ">=3.10", **files: str) -> None:
        """Write the project: its pyproject.toml, and modules (a double underscore stands for a slash)."""
        listed = "".join(f"    {json.dumps(one)},\n" for one in dependencies)
        (self.root / "pyproject.toml").write_text(
            f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "{python}"\n'
            f"dependencies = [\n{listed}]\n{more}"
        )
        for name, text in files.items():
            self.write(name.replace("__", "/") + ".py", text)

    def write(self, file: str, text: str) -> None:
        """Write one file of the project."""
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).write_text(text)


@dataclass(frozen=True)
class Case:
    """One environment, and what is to be found in it."""

    name: str
    build: Callable[[Crafted], None]
    code: str = ""
    """Empty for a healthy one."""
    level: str = "error"
    subject: str = ""
    place: str = ""
    """``file:line``; empty where no line is to blame."""
    loads: bool = False
    """What the application imports matters."""
    incident: str = ""
    """The recorded incident that it is a copy of."""


CASES: list[Case] = []


def healthy(*, loads: bool = False) -> Callable[[Callable[[Crafted], None]], Callable[[Crafted], None]]:
    """Declare a healthy environment."""

    def declare(build: Callable[[Crafted], None]) -> Callable[[Crafted], None]:
        CASES.append(Case(build.__name__.replace("_", "-"), build, loads=loads))
        return build

    return declare


def faulty(
    code: str,
    subject: str,
    place: str = "",
    level: str = "error",
    *,
    loads: bool = False,
    incident: str = "",
) -> Callable[[Callable[[Crafted], None]], Callable[[Crafted], None]]:
    """Declare an environment with one fault."""

    def declare(build: Callable[[Crafted], None]) -> Callable[[Crafted], None]:
        name = build.__name__.replace("_", "-")
        CASES.append(Case(name, build, code, level, subject, place, loads, incident))
        return build

    return declare


UV = """version = 1
revision = 3

[[package]]
name = "alpha"
version = "{alpha}"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "beta"
version = "1.0"
source = {{ registry = "https://pypi.org/simple" }}
resolution-markers = ["python_version < '3.12'"]

[[package]]
name = "beta"
version = "2.0"
source = {{ registry = "https://pypi.org/simple" }}
resolution-markers = ["python_version >= '3.12'"]

[[package]]
name = "shop"
version = "0.1"
source = {{ editable = "." }}
"""
POETRY = """[[package]]
name = "alpha"
version = "{alpha}"
groups = ["main"]

[[package]]
name = "beta"
version = "9"
groups = ["dev"]

[metadata]
lock-version = "2.1"
"""
PYLOCK = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "alpha"
version = "{alpha}"

[[packages]]
name = "beta"
version = "9"
marker = "'dev' in dependency_groups"

[[packages]]
name = "gamma"
version = "1"
marker = "sys_platform == 'win32'"

[[packages]]
name = "delta"
vcs = {{ type = "git", url = "https://example.org/delta", commit-id = "1" }}
"""
PIPFILE = """{{
    "_meta": {{"pipfile-spec": 6}},
    "default": {{
        "alpha": {{
            "version": "=={alpha}"
        }}
    }},
    "develop": {{}}
}}
"""
VERSIONED = "[tool.prodready.runtime]\n"


# ------------------------------------------------------------------------------------ healthy


@healthy()
def pinned(at: Crafted) -> None:
    at.project("alpha==1.0")
    at.add("alpha")


@healthy()
def ranges_and_what_they_bring(at: Crafted) -> None:
    at.project("alpha>=1,<2")
    at.add("alpha", "1.5", ["beta~=2.1", "never; sys_platform == 'win32'"])
    at.add("beta", "2.4")


@healthy()
def a_requested_extra(at: Crafted) -> None:
    at.project("alpha[fast]")
    at.add("alpha", requires=["beta>=2; extra == 'fast'"])
    at.add("beta", "2.0")


@healthy()
def extras_for_its_developers(at: Crafted) -> None:
    at.project("alpha", "beta", shop__main="import alpha, beta\n" + ASGI)
    extras = ("test", "dev", "docs", "lint", "typing", "all")
    at.add("alpha", requires=[f"beta>=2; extra == '{extra}'" for extra in extras])
    at.add("beta", "1.0")


@healthy()
def an_extra_that_nobody_uses(at: Crafted) -> None:
    at.project("alpha", "gamma")
    at.add("alpha", requires=["beta>=2; extra == 'fast'"])
    at.add("gamma", requires=["beta"])
    at.add("beta", "1.0")


@healthy()
def markers_that_do_not_hold(at: Crafted) -> None:
    at.project("alpha", "beta>=9; python_version < '3'", "winonly; sys_platform == 'win32'")
    at.add("alpha")
    at.add("beta", "1.0")


@healthy()
def names_in_other_spellings(at: Crafted) -> None:
    at.project("Alpha.Beta>=1")
    at.add("alpha_beta", "1.0", ["GAMMA_delta"])
    at.add("gamma-delta")


@healthy()
def pre_releases_and_local_versions(at: Crafted) -> None:
    at.project("alpha>=2.0a1", "beta==1.2", "gamma>=1")
    at.add("alpha", "2.0rc1")
    at.add("beta", "1.2+cu118")
    at.add("gamma", "1.1.dev3")


@healthy()
def addresses(at: Crafted) -> None:
    at.project("alpha @ https://example.org/alpha-3.zip", "beta @ git+https://example.org/beta@main")
    at.add("alpha", "3.0")
    at.add("beta", "0.0.1")


@healthy()
def namespace_packages(at: Crafted) -> None:
    at.project("cloud-a", "cloud-b")
    old = '__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'
    at.add("cloud-a", files={"cloud/__init__.py": old, "cloud/a.py": "A = 1\n"})
    at.add("cloud-b", files={"cloud/__init__.py": old + "# b\n", "cloud/b.py": "B = 1\n"})


@healthy()
def one_file_of_two_with_the_same_content(at: Crafted) -> None:
    at.project("alpha", "beta")
    at.add("alpha", files={"alpha.py": "A = 1\n", "shared.py": "S = 1\n"})
    at.add("beta", files={"beta.py": "B = 1\n", "shared.py": "S = 1\n"})


@healthy()
def an_editable_install(at: Crafted) -> None:
    at.project("alpha")
    source = at.root.parent / "alpha-source"
    (source / "alpha").mkdir(parents=True)
    (source / "alpha" / "__init__.py").write_text("")
    at.add(
        "alpha",
        files={"__editable__.alpha.pth": f"{source}\n"},
        direct_url_json=json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}}),
    )


@healthy()
def tools_stubs_and_metapackages(at: Crafted) -> None:
    at.project("tool", "types-thing", "meta")
    at.add("tool", files={"../../../bin/tool": ""}, entry_points_txt="[console_scripts]\ntool = os:getcwd\n")
    at.add("types-thing", files={"thing-stubs/__init__.pyi": ""})
    at.add("meta", requires=["tool"], files={})


@healthy()
def a_uv_lock(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", "1.0", ["beta"])
    at.add("beta", "1.0")
    at.write("uv.lock", UV.format(alpha="1.0"))


@healthy()
def a_poetry_lock(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha")
    at.add("beta", "1.0")
    at.write("poetry.lock", POETRY.format(alpha="1.0"))


@healthy()
def a_pylock(at: Crafted) -> None:
    at.project("alpha", "delta")
    at.add("alpha")
    at.add("beta", "1.0")
    at.add("delta", "0.1")
    at.write("pylock.toml", PYLOCK.format(alpha="1.0"))


@healthy()
def installed_by_the_system(at: Crafted) -> None:
    at.project("alpha", "beta")
    info = at.add("alpha")
    for name in ("RECORD", "WHEEL", "INSTALLER"):
        (info / name).unlink()
    (at.site / "beta-1.0.egg-info").write_text("Metadata-Version: 1.1\nName: beta\nVersion: 1.0\n")


@healthy()
def made_smaller_for_an_image(at: Crafted) -> None:
    at.project("alpha")
    files = {"alpha/__init__.py": "", "alpha/tests/test_a.py": "", "alpha/fast.pyi": "", "alpha/b.py": ""}
    info = at.add("alpha", files=files)
    (at.site / "alpha/tests/test_a.py").unlink()
    (at.site / "alpha/fast.pyi").unlink()
    (at.site / "alpha/b.py").rename(at.site / "alpha/b.pyc")
    (info / "INSTALLER").unlink()


@healthy()
def what_the_image_brings(at: Crafted) -> None:
    at.project("alpha", more='[tool.prodready.runtime]\nalso = ["psycopg2"]\n')
    at.add("alpha", requires=["psycopg2>=2.9"])


@healthy()
def requirements_files(at: Crafted) -> None:
    at.write(
        "requirements.txt",
        "-r requirements/base.txt\n-c constraints.txt\nalpha==1.0 \\\n"
        "    --hash=sha256:00 \\\n    --hash=sha256:11  # via shop\n",
    )
    at.write(
        "requirements/base.txt", "beta[fast]~=1.0 ; python_version >= '3'\n--index-url https://example.org\n"
    )
    at.write("constraints.txt", "gamma<2\nunused==9\n")
    at.add("alpha")
    at.add("beta", "1.4", ["gamma; extra == 'fast'"])
    at.add("gamma", "1.9")


# ------------------------------------------------------------------------------------- faulty


@faulty("PRD401", "alpha", "pyproject.toml:6")
def not_installed(at: Crafted) -> None:
    at.project("alpha>=1")


@faulty("PRD402", "alpha", "pyproject.toml:6")
def out_of_its_range(at: Crafted) -> None:
    at.project("alpha>=2")
    at.add("alpha", "1.0")


@faulty("PRD402", "graph", "pyproject.toml:6")
def something_that_it_requires_is_missing(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", requires=["beta"])
    at.add("beta", requires=["gamma>=1"])


@faulty("PRD402", "graph", "pyproject.toml:6")
def something_that_it_requires_is_too_old(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", requires=["beta>=2"])
    at.add("beta", "1.0")


@faulty("PRD403", "graph", "pyproject.toml:6")
def a_requested_extra_is_broken(at: Crafted) -> None:
    at.project("alpha[x]")
    at.add("alpha", requires=["beta>=2; extra == 'x'"])
    at.add("beta", "1.0")


@faulty("PRD403", "graph", "pyproject.toml:6")
def an_extra_that_a_library_requests_is_broken(at: Crafted) -> None:
    at.project("ccc")
    at.add("ccc", requires=["aaa[x]"])
    at.add("aaa", requires=["bbb>=2; extra == 'x'"])
    at.add("bbb", "1.0")


@faulty("PRD403", "graph", "pyproject.toml:6")
def a_requested_extra_is_missing(at: Crafted) -> None:
    at.project("alpha[fast]")
    at.add("alpha", requires=["beta; extra == 'fast'"])


@faulty("PRD404", "graph:extras", "src/shop/main.py:1", loads=True, incident="B5")
def an_optional_distribution_is_too_old(at: Crafted) -> None:
    at.project("pandas>=2.1", "openpyxl==3.0.10", src__shop__main=f"import pandas\n{EXCEL}{ASGI}")
    at.write("src/shop/__init__.py", "")
    at.add("pandas", "2.2.3", ["openpyxl>=3.1.0; extra == 'excel'", "openpyxl>=3.1.0; extra == 'all'"])
    at.add("openpyxl", "3.0.10")


EXCEL = "\n\ndef rows(file):\n    return pandas.read_excel(file)\n\n\n"


@faulty("PRD404", "graph:extras", "pyproject.toml:7", "warning", loads=True)
def two_libraries_do_not_fit_each_other(at: Crafted) -> None:
    at.project("alpha", "beta", shop__main="import alpha\n" + ASGI, shop__more="", shop____init__="")
    at.add("alpha", requires=["beta>=2; extra == 'fast'"])
    at.add("beta", "1.0")


@faulty("PRD405", "uv.lock", "uv.lock:5")
def another_version_than_uv_locked(at: Crafted) -> None:
    a_uv_lock(at)
    at.write("uv.lock", UV.format(alpha="1.1"))


@faulty("PRD405", "poetry.lock", "poetry.lock:2")
def another_version_than_poetry_locked(at: Crafted) -> None:
    a_poetry_lock(at)
    at.write("poetry.lock", POETRY.format(alpha="1.1"))


@faulty("PRD405", "pylock.toml", "pylock.toml:5")
def another_version_than_pylock_has(at: Crafted) -> None:
    a_pylock(at)
    at.write("pylock.toml", PYLOCK.format(alpha="1.1"))


@faulty("PRD405", "Pipfile.lock", "Pipfile.lock:4")
def another_version_than_pipenv_locked(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha")
    at.write("Pipfile.lock", PIPFILE.format(alpha="1.1"))


@faulty("PRD406", "installation")
def metadata_is_missing(at: Crafted) -> None:
    at.project("alpha", "beta")
    at.add("alpha")
    (at.add("beta") / "METADATA").unlink()


@faulty("PRD406", "installation", "pyproject.toml:6")
def a_module_is_missing(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", files={"alpha/__init__.py": "", "alpha/fast.py": ""})
    (at.site / "alpha/fast.py").unlink()


@faulty("PRD406", "installation", "pyproject.toml:6")
def built_for_another_python(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", tag="cp27-cp27mu-manylinux2014_x86_64")


@faulty("PRD406", "installation", "pyproject.toml:6")
def left_over_from_another_version(at: Crafted) -> None:
    at.project("alpha")
    at.add("alpha", "1.0")
    at.add("alpha", "2.0")


@faulty("PRD407", "python", "pyproject.toml:4")
def another_python_than_required(at: Crafted) -> None:
    at.project("alpha", python=">=3.99")
    at.add("alpha")


@faulty("PRD408", "installation", "pyproject.toml:6", "warning")
def two_of_one_module(at: Crafted) -> None:
    at.project("jwt", "pyjwt")
    at.add("jwt", files={"jwt/__init__.py": "A = 1\n"})
    at.add("pyjwt", files={"jwt/__init__.py": "def encode(): ...\n"})


@faulty("PRD409", "import:beta", "src/shop/main.py:2", "warning", loads=True)
def imported_and_not_declared(at: Crafted) -> None:
    at.project("alpha", src__shop__main="import alpha\nimport beta\n" + ASGI)
    at.write("src/shop/__init__.py", "")
    at.add("alpha", requires=["beta"])
    at.add("beta")
