"""What migrates a deployment's database, and with which environments of Alembic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_prodready.discovery import alembic, migrate_command
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import Location, MigrateCommand, VendorMark


def tree(root: Path, files: Mapping[str, str]) -> Tree:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(root)


def only(root: Path, files: Mapping[str, str]) -> MigrateCommand:
    (found,) = migrate_command.find(tree(root, files))
    return found


@pytest.mark.parametrize(
    "command, tool, target",
    [
        ("alembic upgrade head", "alembic", "head"),
        ("alembic -c deploy/alembic.ini -x tenant=a upgrade heads && gunicorn shop:app", "alembic", "heads"),
        ("python -m alembic --name main upgrade label@head", "alembic", "label@head"),
        ("uv run alembic upgrade +1", "alembic", "+1"),
        ("alembic upgrade $REVISION", "alembic", "$REVISION"),
        ("flask db upgrade", "flask", "head"),
        ("flask --app shop db upgrade heads", "flask", "heads"),
        ("python manage.py migrate --noinput", "django", "--noinput"),
        ("python manage.py migrate_schemas --shared", "django", "--shared"),
        ("django-admin migrate", "django", ""),
    ],
)
def test_commands(tmp_path: Path, command: str, tool: str, target: str) -> None:
    """Each tool's, with what it upgrades to."""
    assert only(tmp_path, {"Procfile": f"web: gunicorn a:b\nrelease: {command}\n"}) == MigrateCommand(
        tool, target, Location("Procfile", 2)
    )


@pytest.mark.parametrize(
    "command",
    [
        "# alembic upgrade head",
        "alembic downgrade -1",
        "pip install alembic --upgrade pip",
        "python manage.py makemigrations",
        "python manage.py migrate --check",
        "echo run alembic upgrade head first",
    ],
)
def test_no_commands(tmp_path: Path, command: str) -> None:
    """What only looks like one."""
    assert migrate_command.find(tree(tmp_path, {"entrypoint.sh": f"#!/bin/sh\n{command}\n"})) == ()


@pytest.mark.parametrize(
    "file, text, line",
    [
        ("Dockerfile", 'FROM python\nCMD ["alembic", "upgrade", "head"]\n', 2),
        ("compose.yml", "services:\n  m:\n    command:\n      - alembic\n      - upgrade\n      - head\n", 4),
        ("deploy/job.yaml", "args: [alembic, upgrade, head]\n", 1),
        ("fly.toml", '[deploy]\nrelease_command = "alembic upgrade head"\n', 2),
        ("shop.service", "[Service]\nExecStartPre=/venv/bin/alembic upgrade head\n", 2),
        ("shop/start.py", "from alembic import command\ncommand.upgrade(config, 'head')\n", 2),
    ],
)
def test_files_that_hold_commands(tmp_path: Path, file: str, text: str, line: int) -> None:
    """Each with the line of the command."""
    assert only(tmp_path, {file: text}) == MigrateCommand("alembic", "head", Location(file, line))


def test_scripts_that_the_deployment_runs(tmp_path: Path) -> None:
    """Also in directories that hold no production code otherwise, and by the paths of the image."""
    files = {
        "Dockerfile": "FROM python\nENTRYPOINT /srv/app/scripts/start.sh\n",
        "scripts/start.sh": "#!/bin/sh\n./scripts/prestart.sh\n",
        "scripts/prestart.sh": "#!/bin/sh\nalembic upgrade head\n",
    }
    assert only(tmp_path, files).location == Location("scripts/prestart.sh", 2)


def test_files_of_development_count_only_alone(tmp_path: Path) -> None:
    """CI has another command than production."""
    files = {"compose.test.yml": "command: alembic upgrade heads\n"}
    assert only(tmp_path, files).target == "heads"
    assert only(tmp_path, {"Procfile": "release: alembic upgrade head\n"}).target == "head"


def test_syncdb(tmp_path: Path) -> None:
    """Django makes the tables of applications without migrations, too."""
    assert only(tmp_path, {"Procfile": "release: python manage.py migrate --run-syncdb\n"}).syncdb
    found = tree(tmp_path, {"Procfile": "", "shop/run.py": "call_command('migrate', run_syncdb=True)\n"})
    assert [one.syncdb for one in migrate_command.find(found)] == [True]


def test_vendors_whose_addresses_are_deployed(tmp_path: Path) -> None:
    """Each once, without login; those of development do not count."""
    files = {
        "compose.yml": "x:\n  # mysql://old\n  URL: postgres+asyncpg://user:secret@db/shop\n",
        "compose.dev.yml": "x: mysql://db\n",
    }
    place = Location("compose.yml", 3)
    assert migrate_command.vendors(tree(tmp_path, files)) == (
        VendorMark("postgresql", "postgres+asyncpg://", place),
    )


def test_environments_of_alembic(tmp_path: Path) -> None:
    """Configurations, their sections, and directories that only code names; each directory once."""
    env = "from alembic import context\n"
    files = {
        "alembic.ini": "[alembic]\nscript_location = shop:db\n[logs]\nscript_location = logs\n[x]\ny=z\n",
        "shop/__init__.py": "",
        "shop/db/env.py": env,
        "shop/db/versions/a.py": "",
        "web/app.py": "",
        "web/migrations/alembic.ini": "[alembic]\n",
        "web/migrations/env.py": env,
        "web/migrations/versions/a.py": "",
        "jobs/app.py": "",
        "jobs/alembic/env.py": env,
        "jobs/alembic/versions/a.py": "",
        "plain/app.py": "",
        "plain/migrations/env.py": "",
        "tests/alembic.ini": "[alembic]\nscript_location = x\n",
        "more/pyproject.toml": '[tool.alembic]\nscript_location = "x"\n',
        "more/app.py": "",
    }
    assert set(alembic.environments(tree(tmp_path, files))) == {
        ("alembic.ini", ""),
        ("alembic.ini", "logs"),
        ("web/migrations/alembic.ini", ""),
        ("jobs/alembic/env.py", ""),
        ("more/pyproject.toml", ""),
    }
