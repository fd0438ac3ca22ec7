"""Which project a run is about, as a user sees it: its items, their ids, and what its services share."""

from __future__ import annotations

import pytest

from tests.support import QUIET, gate

pytest.importorskip("celery")
pytest.importorskip("fastapi")

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def test_a_project_of_one_package_hangs_on_the_file_of_its_app(pytester: pytest.Pytester) -> None:
    (pytester.mkpydir("app") / "main.py").write_text(APP)

    run = gate(pytester, "--prodready-ignore", "PRD5", f"--rootdir={pytester.path}")

    assert {"app.main:app", "app.main", "app"} <= set(run.judgements)
    assert run.status == 0
    run.result.stdout.fnmatch_lines(["app/main.py *"])


@pytest.fixture
def monorepo(pytester: pytest.Pytester) -> pytest.Pytester:
    """Two services, each with requirements and a ``core/config.py``; the root configures pytest alone."""
    files = {
        "api/main.py": f"from core.config import ROUTES\n{APP}",
        "api/core/config.py": "ROUTES = ()\n",
        "api/requirements.txt": "fastapi\n",
        "worker/worker.py": "from core.config import BROKER\nfrom celery import Celery\n"
        "app = Celery('w', broker=BROKER)\n@app.task\ndef send(): ...\n",
        "worker/core/config.py": "BROKER = 'memory://'\n",
        "worker/requirements.txt": "celery\n",
    }
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\naddopts = '-ra'\n")
    return pytester


def test_the_services_of_a_monorepo_see_their_own_packages_alone(monorepo: pytest.Pytester) -> None:
    run = gate(monorepo, "--prodready-ignore", "PRD5")

    assert {"main:app", "worker:app", "worker.send", "core.config"} <= set(run.judgements)
    assert run.findings == []


def test_the_gate_of_a_monorepos_service_is_about_that_service(
    monorepo: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(monorepo.path / "worker")

    run = gate(monorepo, "-v")

    installed = {"celery", "graph", "graph:extras", "installation", "import:celery"}
    asked = {"celery.app.base.Celery"}
    judged = {subject for subject in run.judgements if not subject.endswith(".py")}  # those are a linter's
    assert {"worker:app", "worker", "worker.send", "core.config"} | installed | asked == judged
    run.result.stdout.fnmatch_lines(["requirements.txt::celery::worker.send PASSED*"])


@pytest.mark.parametrize("place", ["", "worker/"])
def test_an_id_of_a_monorepos_service_can_be_pasted_as_it_is_shown_or_listed(
    monorepo: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(monorepo.path / "worker")

    listed = monorepo.runpytest_inprocess("--prodready", "--collect-only", "-q", *QUIET)
    run = gate(monorepo, f"{place}requirements.txt::celery::worker.send")

    assert "worker/requirements.txt::celery::worker.send" in listed.outlines
    assert {"worker.send"} == set(run.judgements)
    assert run.status == 0
