"""PRD402 to PRD409 on facts: levels, and who is left in peace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.facts import (
    INSTALLED,
    POSSIBLE,
    Bound,
    Bringer,
    Dependencies,
    Distribution,
    Entry,
    Facts,
    Imported,
    InspectedEntry,
    Location,
    Lock,
    Locked,
    Module,
    SharedModule,
    Stale,
    Unreadable,
)
from pytest_prodready.findings import Finding
from pytest_prodready.registry import Registry
from pytest_prodready.requirements.line import requirement
from pytest_prodready.rules import dependencies as rules

PLACE = Location("pyproject.toml", 5)


def dist(name: str, version: str = "1.0", **more: object) -> Distribution:
    base = Distribution(name, version, "/env", way=(name,), modules=(name.replace("-", "_"),))
    return replace(base, **more)  # type: ignore[arg-type]  # of the fields by their names


def dependencies(*installed: Distribution, bounds: tuple[Bound, ...] = (), **more: object) -> Dependencies:
    asked = (requirement("alpha", PLACE, {}),)
    base = Dependencies(True, ("pyproject.toml",), asked, installed, "3.11.7", bounds=bounds)
    return replace(base, **more)  # type: ignore[arg-type]  # of the fields by their names


def findings(seen: Dependencies, *modules: Module, libraries: tuple[str, ...] = ()) -> list[Finding]:
    entry = InspectedEntry(Entry("web", "shop:app", "Procfile"), modules=modules, libraries=libraries)
    facts = Facts("/project", entries=(entry,), dependencies=seen)
    registry = Registry([rules.family])
    return [
        found
        for kind in registry.kinds
        for subject in kind.subjects(facts)
        for found in registry.judge(kind, subject, facts).findings
    ]


def short(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.code, one.level.value, one.subject) for one in found]


BROKEN = Bound("alpha", "beta", ">=2", way=("alpha",))


@pytest.mark.parametrize(
    "bound, expected",
    [
        (BROKEN, [("PRD402", "error", "graph")]),
        (replace(BROKEN, within=POSSIBLE), [("PRD402", "warning", "graph")]),
        (replace(BROKEN, within=INSTALLED), [("PRD402", "warning", "graph")]),
        (replace(BROKEN, specifier="<2"), []),
        (replace(BROKEN, specifier=""), []),
        (replace(BROKEN, extra="x"), [("PRD403", "error", "graph")]),
        (replace(BROKEN, extra="x", asked=False), []),
    ],
)
def test_a_bound_of_an_installed_distribution(bound: Bound, expected: list[tuple[str, str, str]]) -> None:
    """An error where production leads there; behind a requested extra it is PRD403, else nothing."""
    assert short(findings(dependencies(dist("alpha"), dist("beta"), bounds=(bound,)))) == expected


def test_the_words_of_a_broken_bound() -> None:
    """Both distributions, the bound, the extra, the installed version, the declared line and the way."""
    bound = Bound("aaa", "bbb", ">=2", "x", way=("alpha", "aaa[x]"))
    (found,) = findings(dependencies(dist("alpha"), dist("aaa"), dist("bbb"), bounds=(bound,)))
    assert found.message == "aaa 1.0 with the extra x requires bbb>=2, but bbb 1.0 is installed"
    assert (found.location, found.details) == (PLACE, (("comes with", "alpha → aaa[x] → bbb"),))


def test_a_required_distribution_that_is_missing() -> None:
    """An error; a warning where another brings the module; nothing for what the image brings."""
    bound = Bound("alpha", "psycopg2", ">=2.9", way=("alpha",))
    assert short(findings(dependencies(dist("alpha"), bounds=(bound,)))) == [("PRD402", "error", "graph")]
    binary = dist("psycopg2-binary", modules=("psycopg2",))
    (found,) = findings(dependencies(dist("alpha"), binary, bounds=(bound,)))
    assert (found.level.value, "psycopg2-binary, which is installed" in found.message) == ("warning", True)
    assert findings(dependencies(dist("alpha"), bounds=(bound,), also=("psycopg2",))) == []
    assert findings(dependencies(dist("alpha"), bounds=(replace(bound, within=POSSIBLE),))) == []


def module(name: str, *imports: Imported) -> Module:
    return Module(f"shop.{name}", f"shop/{name}.py", imports=imports)


OPTIONAL = Bound("alpha", "beta", ">=2", "fast", asked=False, way=("alpha",))
ALPHA, BETA = Imported("alpha", 1), Imported("beta", 2)


@pytest.mark.parametrize(
    "bound, modules, level",
    [
        (OPTIONAL, [module("a", ALPHA, BETA)], "error"),
        (OPTIONAL, [module("a", ALPHA), module("b", BETA)], "warning"),
        (OPTIONAL, [module("a", ALPHA), module("b", replace(BETA, guard="try"))], "warning"),
        (OPTIONAL, [module("a", ALPHA)], ""),
        (OPTIONAL, [module("b", BETA)], ""),
        (replace(OPTIONAL, specifier="<1"), [module("a", ALPHA, BETA)], "warning"),
        (replace(OPTIONAL, specifier="==0.9"), [module("a", ALPHA, BETA)], "info"),
        (replace(OPTIONAL, extra="all"), [module("a", ALPHA, BETA)], ""),
        (replace(OPTIONAL, extra="cloud-all"), [module("a", ALPHA, BETA)], ""),
        (replace(OPTIONAL, specifier=">=1"), [module("a", ALPHA, BETA)], ""),
    ],
)
def test_an_extra_that_nobody_asked_for(bound: Bound, modules: list[Module], level: str) -> None:
    """An error only where one module uses the two together and one is too old for the other."""
    both = requirement("alpha", PLACE, {}), requirement("beta", PLACE, {})
    seen = dependencies(
        dist("alpha"), dist("beta"), bounds=(bound,), requirements=both[:1], optional=("beta",)
    )
    found = findings(seen, *modules)
    assert short(found) == ([("PRD404", level, "graph:extras")] if level else [])


def test_an_optional_distribution_that_another_requires() -> None:
    """It is there for that one's sake: no error, and a note where the two do not meet in one module."""
    needed = Bound("gamma", "beta", ">=1", way=("gamma",))
    seen = dependencies(
        dist("alpha"), dist("beta"), dist("gamma"), bounds=(OPTIONAL, needed), optional=("beta",)
    )
    together = findings(seen, module("a", ALPHA, BETA))
    apart = findings(seen, module("a", ALPHA), libraries=("alpha", "beta"))
    assert [one.level.value for one in (*together, *apart)] == ["warning", "info"]


def test_b5_by_the_function_that_needs_it() -> None:
    """read_excel needs openpyxl, imported or not; read_csv does not."""
    bound = Bound("pandas", "openpyxl", ">=3.1.0", "excel", asked=False, way=("pandas",))
    old = dist("openpyxl", "3.0.10")
    asked = (requirement("pandas", PLACE, {}),)
    seen = dependencies(dist("pandas", "2.2.3"), old, bounds=(bound,), requirements=asked)
    (found,) = findings(seen, module("a", Imported("pandas", 3, uses=("read_excel",))))
    assert (found.level.value, found.location) == ("error", Location("shop/a.py", 3))
    assert found.message == (
        "pandas 2.2.3 takes openpyxl>=3.1.0 (its extra excel), but openpyxl 3.0.10 is installed"
    )
    assert findings(seen, module("a", Imported("pandas", 3, uses=("read_csv",)))) == []


def test_imported_and_not_declared() -> None:
    """A warning with the first place; nothing for what is declared, guarded, hidden, or nobody's alone."""
    beta = dist("beta", way=("alpha", "beta"))
    here = module("a", ALPHA, Imported("beta", 4))
    (found,) = findings(dependencies(dist("alpha"), beta), here)
    assert (found.code, found.subject, found.location) == ("PRD409", "import:beta", Location("shop/a.py", 4))
    assert found.message == (
        "shop.a imports beta, but beta is not declared: it is here because alpha requires it"
    )
    assert findings(dependencies(dist("alpha"), beta, optional=("beta",)), here) == []
    assert findings(dependencies(dist("alpha"), beta, also=("beta",)), here) == []
    assert findings(dependencies(dist("alpha"), beta, hidden={"beta": "beta"}), here) == []
    assert findings(dependencies(dist("alpha"), beta, dist("beta-2", modules=("beta",))), here) == []
    assert findings(dependencies(dist("alpha"), beta, complete=False), here) == []
    guarded = module("a", Imported("beta", 4, guard="try"))
    assert findings(dependencies(dist("alpha"), beta), guarded) == []


def test_imported_by_a_module_of_an_installed_distribution() -> None:
    """The one that owns the module declares it for that module; the project's own modules need a line."""
    beta = dist("beta", way=("alpha", "beta"))
    seen = dependencies(dist("alpha"), beta, bringers=(Bringer("alpha", ("alpha",), ("beta",)),))
    within = Module("alpha.views", "alpha/views.py", imports=(Imported("beta", 2),))
    beside = replace(within, file="backend/alpha/views.py")
    assert findings(seen, within) == []
    (found,) = findings(seen, within, module("a", BETA))
    assert found.message == (
        "shop.a imports beta, but beta is not declared: it is here because alpha requires it"
    )
    assert (found.location, found.details) == (Location("shop/a.py", 2), (("comes with", "alpha → beta"),))
    (found,) = findings(seen, beside)
    assert (found.code, found.location) == ("PRD409", Location("backend/alpha/views.py", 2))
    (found,) = findings(replace(seen, bringers=(Bringer("alpha", ("alpha",), ("other",)),)), within)
    assert found.message == (
        "alpha.views imports beta, but beta is not declared by alpha: it is here because alpha requires it"
    )
    assert (
        findings(dependencies(dist("alpha"), beta, bringers=(Bringer("beta", ("alpha",), ()),)), within) == []
    )


def test_declared_and_never_importable() -> None:
    """A note: the distribution brings nothing at all."""
    (found,) = findings(dependencies(dist("alpha", importable=False)))
    assert (found.code, found.level.value, found.subject) == ("PRD409", "info", "alpha")


@pytest.mark.parametrize(
    "found, level",
    [
        (dist("alpha", lacking=("alpha/a.py",)), "error"),
        (dist("alpha", lacking=("alpha/a.json",)), "warning"),
        (dist("alpha", lacking=("alpha/a.py",), within=POSSIBLE), "warning"),
        (dist("alpha", tags=("cp27-cp27m-win32",)), "error"),
        (dist("alpha", tags=("cp27-cp27m-win32",), within=INSTALLED), "warning"),
        (dist("alpha", beside=("2.0",)), "error"),
        (dist("alpha", further=("2.0 in /other",)), "warning"),
        (dist("alpha", problem="its metadata has no version"), "error"),
        (dist("alpha", problem="its metadata is not written in UTF-8"), "warning"),
    ],
)
def test_the_installation(found: Distribution, level: str) -> None:
    """An error where production installs it and what is wrong keeps it from being used."""
    assert short(findings(dependencies(found))) == [("PRD406", level, "installation")]


def test_unreadable_metadata_is_one_finding() -> None:
    """PRD406 alone: not also declared and not installed."""
    broken = Unreadable("/env/alpha-1.0.dist-info", "alpha", "its metadata has no name", within="production")
    (found,) = findings(dependencies(unreadable=(broken,)))
    assert (found.code, found.level.value) == ("PRD406", "error")
    leftover = replace(broken, leftover=True, reason="it has no metadata")
    assert short(findings(dependencies(dist("alpha"), unreadable=(leftover,)))) == [
        ("PRD406", "warning", "installation")
    ]


def test_two_distributions_of_one_module() -> None:
    """A warning; a note where one of the two is there for developers alone, nothing where both are."""
    shared = SharedModule("jwt", ("alpha", "beta"), ("jwt/__init__.py",), 1, "beta")
    for within, expected in (("production", ["warning"]), (INSTALLED, ["info"])):
        seen = dependencies(dist("alpha"), dist("beta", within=within), shared=(shared,))
        assert [one.level.value for one in findings(seen)] == expected
    nobody = dependencies(dist("alpha", within=INSTALLED), dist("beta", within=INSTALLED), shared=(shared,))
    assert findings(nobody) == []


def locked(name: str, *versions: str, required: bool = False) -> Locked:
    return Locked(name, versions, Location("uv.lock", 3), required)


@pytest.mark.parametrize(
    "entry, differs",
    [
        (locked("alpha", "1.0"), False),
        (locked("alpha", "1"), False),
        (locked("alpha", "2.0"), True),
        (locked("alpha", "2.0", "1.0"), False),
        (locked("dev-tool", "2.0"), False),
        (locked("absent", "2.0"), False),
        (locked("absent", "2.0", required=True), True),
        (locked("brought", "2.0", required=True), False),
    ],
)
def test_installed_and_locked(entry: Locked, differs: bool) -> None:
    """Versions are compared as versions; what only developers have, and what is said elsewhere, is not."""
    seen = dependencies(
        dist("alpha"),
        dist("dev-tool", within=INSTALLED),
        lock=Lock("uv.lock", (entry,)),
        also=("brought",),
    )
    assert short(findings(seen)) == ([("PRD405", "error", "uv.lock")] if differs else [])


def test_many_differences_are_one_finding() -> None:
    """An environment that was not installed from the lock is said so once."""
    names = [f"pack-{number}" for number in range(11)]
    lock = Lock("uv.lock", tuple(locked(name, "2") for name in names), location=Location("uv.lock"))
    (found,) = findings(dependencies(dist("alpha"), *map(dist, names), lock=lock))
    assert found.message.startswith("11 installed distributions differ from uv.lock")


def test_a_lock_that_says_nothing_and_one_that_is_old() -> None:
    """Unreadable: an error. Of an unknown version, or older than the declarations: a warning at the line."""
    unknown = Lock("uv.lock", problem="its version is 9", location=Location("uv.lock", 1), unknown=True)
    stale = Stale(requirement("alpha>=2", PLACE, {}), "1.0")
    levels = {
        "error": replace(unknown, unknown=False),
        "warning": unknown,
    }
    for level, lock in levels.items():
        assert short(findings(dependencies(dist("alpha"), lock=lock))) == [("PRD405", level, "uv.lock")]
    (found,) = findings(dependencies(dist("alpha"), lock=Lock("uv.lock", stale=(stale,))))
    assert (found.level.value, found.location) == ("warning", PLACE)
