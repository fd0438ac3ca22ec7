# ruff: noqa: E501  # small programs read best with one in a line
"""Root causes told by the interpreter that has failed; by another one where it cannot know them."""

from __future__ import annotations

import pytest

from tests.inspector.projects import Project, Seen

START = "with open('starts', 'a') as file:\n    file.write('.')\n"
LATE = "from app.mails import spool\n"


def places(seen: Seen) -> list[str]:
    """Where the first failure and the further ones are, sorted."""
    return sorted(str(failure.location) for failure in (seen.failure, *seen.entry.further))


def inspected(project: Project, files: dict[str, str]) -> tuple[list[str], int]:
    """The places of all failures, and how many interpreters were started."""
    seen = project.inspect(
        {"app/__init__.py": START, "app/mails.py": "def send(): ...\n", **files}, "app.main:app", kind="web"
    )
    return places(seen), len((project.root / "starts").read_text())


def test_what_has_failed_is_executed_again_and_nothing_else(project: Project) -> None:
    files = {
        "app/main.py": "from app import early\nfrom app.gone import one\nfrom app import late\n",
        "app/early.py": "with open('early', 'a') as file:\n    file.write('.')\n",
        "app/late.py": LATE,
    }

    assert inspected(project, files) == (["app/late.py:1", "app/main.py:2"], 1)
    assert (project.root / "early").read_text() == "."


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "app/main.py": "from app.registry import add\nadd('main')\nimport gone\nfrom app import late\n",
                "app/registry.py": "seen = []\ndef add(name):\n    assert name not in seen\n    seen.append(name)\n",
            },
            id="done twice",
        ),
        pytest.param(
            {
                "app/main.py": "ROOT = 1\nfrom app import early\nimport gone\nLAST = early.last()\nfrom app import late\n",
                "app/early.py": "import app.main as main\ndef last():\n    return main.LATER\n",
            },
            id="held by another module",
        ),
        pytest.param(
            {
                "app/main.py": "class Base: ...\nfrom app import early\nimport gone\nfrom app import late\n",
                "app/early.py": "from app.main import Base\nONE = Base()\n",
            },
            id="an object held",
        ),
        pytest.param(
            {
                "app/main.py": "from app.parts import one\nfrom app import late\n",
                "app/parts/__init__.py": "from app.parts import one\nimport gone\n",
                "app/parts/one.py": "",
            },
            id="a package of which a part is loaded",
        ),
        pytest.param(
            {
                "app/main.py": "from app.factory import make\nmake()\nfrom app import late\n",
                "app/factory.py": "def make():\n    import gone\n",
            },
            id="in a function",
        ),
        pytest.param(
            {
                "app/main.py": "try:\n    import gone\nexcept ImportError:\n    raise NameError('gone')\n"
                "from app import late\n",
            },
            id="raised anew",
        ),
        pytest.param(
            {
                "app/main.py": "from importlib import metadata\nmetadata.version('gone-from-here')\nfrom app import late\n",
            },
            id="in a library",
        ),
    ],
)
def test_where_more_than_modules_has_failed_another_interpreter_goes_on(
    project: Project, files: dict[str, str]
) -> None:
    found, starts = inspected(project, {"app/late.py": LATE, **files})

    assert "app/late.py:1" in found
    assert starts == 2


def test_what_may_depend_on_the_machine_is_looked_at_in_peace_before(project: Project) -> None:
    """It is its own failure once it has failed without hurry; then another interpreter goes on behind it."""
    body = "LIMIT = int('few')\nfrom app import late\n"
    found, starts = inspected(project, {"app/late.py": LATE, "app/main.py": body})

    assert "app/late.py:1" in found
    assert starts == 3
