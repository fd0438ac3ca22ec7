"""What an import does not find here, and may well find in another installation, or with other settings."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pytest_prodready.inspector.may_be_there import bound_at
from tests.inspector.projects import Project


@pytest.mark.parametrize(
    "source, line",
    [
        ("try:\n    from extra import name\nexcept ImportError:\n    pass\n", 1),
        ("try:\n    import extra\n    class name(extra.A): pass\nexcept ImportError:\n    x = 2\n", 1),
        ("try:\n    import extra\nexcept ImportError:\n    extra = None\nelse:\n    def name(): pass\n", 1),
        ("if settings.LDAP:\n    name = 1\n", 1),
        ("if settings.LDAP:\n    if x:\n        name = 1\nelif y:\n    name = 2\n", 1),
        ("with suppress(ImportError):\n    from extra import name\n", 1),
        ("for name in ():\n    pass\n", 1),
        ("match backend:\n    case 'ldap':\n        name = 1\n", 1),
        # bound in any case, or never
        ("name = 1\n", None),
        ("name = 1\nif x:\n    name = 2\n", None),
        ("if x:\n    name = 2\nclass name: pass\n", None),
        ("try:\n    name = 1\nfinally:\n    pass\n", None),
        ("if x:\n    other = 2\n", None),
        ("def f():\n    if x:\n        name = 2\n", None),
        ("not python\n", None),
        # known wherever this interpreter runs
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    name = 1\n", None),
        ("import sys\nif sys.version_info < (3,):\n    name = 1\n", None),
        ("if False:\n    name = 1\n", None),
    ],
)
def test_where_alone_a_name_is_bound(tmp_path: Path, source: str, line: int | None) -> None:
    """The line of the block that may not have come so far."""
    file = tmp_path / "x.py"
    file.write_text(source)
    assert bound_at(str(file), "name") == line


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is known of it."""
    assert bound_at(str(tmp_path / "gone.py"), "name") is None


def broken(project: Project, main: str, files: dict[str, str], **more: object) -> list[tuple[str, bool]]:
    """(guard, own) of each import in ``app/main.py`` that does not resolve."""
    files = {"app/__init__.py": "", "app/main.py": textwrap.dedent(main), **files}
    seen = project.inspect(files, "app.main", closure=True, **more)  # type: ignore[arg-type]  # as they are
    return [(guard, own) for _, _, own, guard in seen.broken]


BACKENDS = """
    class Smtp: pass
    try:
        from no_such_ldap import Base
        class Ldap(Base): pass
    except ImportError:
        pass
"""


@pytest.mark.parametrize(
    "body, found",
    [
        ("if kind == 'ldap':\n    from app.backends import Ldap", [("condition", False)]),
        ("if not HAS_LDAP:\n    return None\nfrom app.backends import Ldap", [("condition", False)]),
        ("try:\n    from app.backends import Ldap\nexcept ImportError:\n    raise SystemExit('no ldap')", []),
        ("from app.backends import Ldap", [("", False)]),
        ("from app.backends import Lpad", [("", True)]),
        ("if kind:\n    from app.backends import Lpad", [("condition", True)]),
    ],
)
def test_a_name_that_an_optional_library_brings(
    project: Project, body: str, found: list[tuple[str, bool]]
) -> None:
    """It is not the application's own fault that it is absent here; a name that nothing binds is."""
    main = (
        "import app.backends\nHAS_LDAP = bool(app.backends)\n\n\ndef f(kind):\n"
        + textwrap.indent(body, "    ")
        + "\n"
    )
    assert broken(project, main, {"app/backends.py": BACKENDS}) == found


GUARDED = """
    import os
    import app.plugins.core

    K8S = bool(os.environ.get("APP_K8S"))


    def unguarded():
        from app.plugins.k8s import render


    def returned():
        if not K8S:
            return
        from app.plugins.k8s import render


    def raised():
        try:
            from app.plugins.k8s import render
        except ImportError as error:
            raise RuntimeError("install app-plugins-k8s") from error


    def called(on):
        if on:
            import app.plugins.k8s.deeper
"""


def test_a_module_that_another_distribution_may_add(project: Project) -> None:
    """A directory without a file of its own takes portions from anywhere: guarded, none need be there."""
    found = broken(project, GUARDED, {"app/plugins/core.py": ""})
    assert found == [("", True), ("condition", False), ("condition", False)]


def test_a_package_with_a_file_of_its_own_takes_no_portions(project: Project) -> None:
    """What is not in it is nowhere."""
    found = broken(project, GUARDED, {"app/plugins/__init__.py": "", "app/plugins/core.py": ""})
    assert found == [("", True), ("condition", True), ("", True), ("condition", True)]


def test_an_installed_namespace(project: Project, tmp_path: Path) -> None:
    """Where an installer has put its portions, it may put more."""
    library = tmp_path / "site-packages"
    project.write({"../site-packages/app/__init__.py": "", "../site-packages/app/plugins/core.py": ""})
    main = textwrap.dedent(GUARDED)
    seen = project.inspect(
        {"../site-packages/app/main.py": main}, "app.main", closure=True, pythonpath=(str(library),)
    )
    assert [(guard, own) for _, _, own, guard in seen.broken] == [
        ("", False),
        ("condition", False),
        ("condition", False),
    ]
