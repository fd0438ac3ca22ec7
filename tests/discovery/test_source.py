from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_prodready.discovery.source import candidates
from pytest_prodready.discovery.tree import Tree


def found(root: Path, files: dict[str, str]) -> list[str]:
    """The candidates as ``kind path:line attribute``."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [f"{one.kind} {one.path}:{one.line} {one.attribute}" for one in candidates(Tree(root))]


@pytest.mark.parametrize(
    "text, kind",
    [
        ("from fastapi import FastAPI as F\nx = F()", "web"),
        ("import fastapi\nx = fastapi.FastAPI()", "web"),
        ("from starlette.applications import Starlette\nx: Starlette = Starlette()", "web"),
        ("from flask import Flask\ntry:\n    x = Flask('')\nexcept OSError:\n    raise", "web"),
        ("from litestar import Litestar\nif True:\n    x = Litestar()", "web"),
        ("import django.core.asgi\nx = django.core.asgi.get_asgi_application()", "web"),
        ("from celery import Celery\nclass Mine(Celery): ...\nx = Mine()", "celery"),
        ("from web import app\nx = app.extensions['celery']", "celery"),
    ],
)
def test_objects(tmp_path: Path, text: str, kind: str) -> None:
    """A module-level name that holds an application is a candidate, however the class was imported."""
    (only,) = found(tmp_path, {"a.py": text})
    assert only.startswith(f"{kind} a.py:")
    assert only.endswith(" x")


@pytest.mark.parametrize(
    "text",
    [
        "from fastapi import FastAPI\ndef run():\n    x = FastAPI()",
        "from typing import TYPE_CHECKING\nfrom fastapi import FastAPI\nif TYPE_CHECKING:\n    x = FastAPI()",
        "from fastapi import FastAPI\nif __name__ == '__main__':\n    x = FastAPI()",
        "from fastapi import FastAPI\nclass A:\n    x = FastAPI()",
        "from other import FastAPI\nx = FastAPI()",
        "class Celery: ...\nx = Celery()",
        "from fastapi import FastAPI\ndef create_app(config) -> FastAPI: ...",
        "from fastapi import FastAPI\ndef create_app(*, config) -> FastAPI: ...",
        "from fastapi import FastAPI\nasync def create_app() -> FastAPI: ...",
        "from fastapi import FastAPI\n@fixture\ndef create_app():\n    return FastAPI()",
        "from fastapi import FastAPI\ndef create_app():\n    def inner():\n        return FastAPI()",
        "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    yield app",
        "from fastapi import FastAPI\ndef whatever():\n    return FastAPI()",
        "FastAPI = (",
    ],
)
def test_no_objects(tmp_path: Path, text: str) -> None:
    """What is no module-level application, and no factory that could be called as it is, is no candidate."""
    assert found(tmp_path, {"a.py": text}) == []


def test_factories(tmp_path: Path) -> None:
    """A factory is one that returns an application, whether it says so or not."""
    assert found(
        tmp_path,
        {
            "a.py": "from flask import Flask\ndef create_app(c=None):\n    app = Flask('')\n    return app\n",
            "b.py": "from flask import Flask\ndef make_app(*args, **kwargs) -> Flask: ...\n",
            "c.py": "def create_celery():\n    from celery import Celery\n    return Celery()\n",
        },
    ) == ["web a.py:2 create_app()", "web b.py:2 make_app()", "celery c.py:1 create_celery()"]


def test_a_called_factory_gives_way_to_its_result(tmp_path: Path) -> None:
    """Where a module calls the factory, that module is what production starts."""
    assert found(
        tmp_path,
        {
            "shop/framework.py": "from flask import Flask\nclass Shop(Flask): ...\n",
            "shop/factory.py": "from shop.framework import Shop\ndef create_app(c):\n    return Shop('')\n",
            "run.py": "from shop.factory import create_app as create\nsite = create('production')\n",
        },
    ) == ["web run.py:2 site"]


def test_a_name_of_another_distribution_is_no_factory(tmp_path: Path) -> None:
    """A function of the same name that is imported from elsewhere makes nothing known."""
    files = {
        "shop/web.py": "from flask import Flask\ndef create_app():\n    return Flask('')\n",
        "shop/mock.py": "from moto.server import create_app\napp = create_app()\n",
    }
    assert found(tmp_path, files) == ["web shop/web.py:2 create_app()"]


@pytest.mark.parametrize(
    "place",
    [
        "tests/a.py",
        "x/docs/a.py",
        ".hidden/a.py",
        "v/lib/a.py",
        "node_modules/a.py",
        "build/a.py",
        "test_a.py",
        "a_test.py",
    ],
)
def test_places_that_production_does_not_start_from(tmp_path: Path, place: str) -> None:
    """Tests, documentation, environments and hidden directories hold no candidates."""
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "pyvenv.cfg").touch()
    assert found(tmp_path, {place: "from flask import Flask\nx = Flask('')\n"}) == []


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Files that are too large, no Python, or not text are passed over."""
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfeFastAPI\0")
    files = {
        "large.py": "from fastapi import FastAPI\nx = FastAPI()\n" + "#" * (1 << 20),
        "deep.py": "from fastapi import FastAPI\nx = " + "(" * 5000 + ")" * 5000,
        "template.py": "from fastapi import FastAPI\n{{ name }} = {% FastAPI() %}\n",
        "good.py": "from fastapi import FastAPI\nx = FastAPI()\n",
    }
    assert found(tmp_path, files) == ["web good.py:2 x"]


def test_nothing_of_the_application_is_imported(tmp_path: Path) -> None:
    """Looking at a file never runs it."""
    text = "from flask import Flask\napp = Flask('')\nraise SystemExit('was run')\n"
    assert found(tmp_path, {"prodready_never_imported.py": text}) == ["web prodready_never_imported.py:2 app"]
    assert "prodready_never_imported" not in sys.modules


def test_the_walk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree beyond the bound is read from its root on, and says that it is not complete."""
    monkeypatch.setattr("pytest_prodready.discovery.tree._MOST_FILES", 2)
    for name in ("c.py", "sub/a.py", "sub/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tree = Tree(tmp_path)
    assert tree.files == ("c.py", "sub/a.py")
    assert not tree.complete
