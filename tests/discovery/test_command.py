from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.discovery.command import parse


@pytest.mark.parametrize(
    "line, target",
    [
        ("uvicorn src.main:app --host 0.0.0.0 --port ${PORT:-8000}", "src.main:app"),
        ("uvicorn --host 0.0.0.0 --port $PORT src.main:app", "src.main:app"),
        ("uvicorn --factory src.main:create_app", "src.main:create_app()"),
        ("uvicorn src.main:create_app --factory --workers=4", "src.main:create_app()"),
        ("python -m uvicorn src.main:app", "src.main:app"),
        ("python3.12 -u -m gunicorn src.wsgi", "src.wsgi:application"),
        ("A=1 B='two words' exec uvicorn src.main:app", "src.main:app"),
        ("poetry run ddtrace-run /app/bin/uvicorn src.main:app", "src.main:app"),
        ("python migrate.py && uvicorn src.main:app | tee log", "src.main:app"),
        ("bash -c 'python migrate.py; uvicorn src.main:app'", "src.main:app"),
        ("gunicorn -k uvicorn.workers.UvicornWorker -w 4 src.main:app", "src.main:app"),
        (
            "gunicorn src.main:app --worker-class uvicorn_worker:UvicornWorker -w $(nproc --all)",
            "src.main:app",
        ),
        ("gunicorn --preload -b :$PORT --access-logfile - 'src.main:create_app()'", "src.main:create_app()"),
        ("gunicorn -w4 --bind=0.0.0.0:80 src.wsgi", "src.wsgi:application"),
        ("hypercorn --reload asgi:src.main:app", "src.main:app"),
        ("hypercorn src.main", "src.main:app"),
        ("daphne -b 0.0.0.0 -p 8001 proj.asgi:application", "proj.asgi:application"),
        ("waitress-serve --port=8041 --call shop:create_app", "shop:create_app()"),
        ("waitress-serve --listen=*:8041 shop:app", "shop:app"),
        ("granian --interface asgi --host 0.0.0.0 src.main:app", "src.main:app"),
        ("fastapi run --entrypoint src.main:app", "src.main:app"),
        ("flask --app shop.web:create_app run --port 80", "shop.web:create_app"),
        ("FLASK_APP=shop flask run", "shop"),
        ("celery -A src.jobs worker -l info -B -Q a,b", "src.jobs"),
        ("celery --app=src.jobs:celery_app worker", "src.jobs:celery_app"),
        ("celery worker --app src.jobs", "src.jobs"),
        ("celery -Asrc.jobs beat", "src.jobs"),
        ("python -m celery -A src.jobs worker", "src.jobs"),
    ],
)
def test_targets(line: str, target: str) -> None:
    """The application is found whatever stands before and after it."""
    (command,) = parse(line)
    assert command.target == target


@pytest.mark.parametrize(
    "line, script, attribute",
    [
        ("fastapi run src/main.py --port 80", "src/main.py", ""),
        ("fastapi run --app api src/main.py", "src/main.py", "api"),
        ("flask --app src/app.py:site run", "src/app.py", "site"),
        ("cd src && flask -A app.py run", "src/app.py", ""),
    ],
)
def test_scripts(line: str, script: str, attribute: str) -> None:
    """Some servers take a file, and make a module of it."""
    (command,) = parse(line)
    assert (command.script, command.attribute) == (script, attribute)


@pytest.mark.parametrize(
    "line, directories, source",
    [
        ("uvicorn main:app --app-dir src", ("src",), "--app-dir"),
        ("gunicorn --chdir=backend main:app", ("backend",), "--chdir"),
        ("PYTHONPATH=src:lib:$PYTHONPATH:/app uvicorn main:app", ("src", "lib"), "PYTHONPATH"),
        ("cd backend && uvicorn main:app", ("backend",), "cd"),
        ("cd a && cd b && uvicorn --app-dir c main:app", ("a/b", "a/b/c"), "cd"),
    ],
)
def test_directories(line: str, directories: tuple[str, ...], source: str) -> None:
    """What the command puts on the path is kept, unless only the production image has it."""
    (command,) = parse(line)
    assert (command.directories, command.path_source) == (directories, source)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "python manage.py runserver",
        "pip install gunicorn",
        "uvicorn 'a",
        "gunicorn $APP",
        "cd",
        "fastapi run",
    ],
)
def test_nothing(line: str) -> None:
    """A line that names no application gives none."""
    assert list(parse(line)) == []


def test_what_stands_around_a_command() -> None:
    """The wrappers, the other commands of all its lines, where it is run, and the shell that keeps it."""
    line = "cd a && one x; sh -c 'two && B=1 wrap -v python -m uvicorn main:app --port 1 2>&1'"
    (command,) = parse(line)
    assert command.front == ("wrap", "-v", "python", "-m")
    assert command.beside == ("two", "one x")
    assert (command.directory, command.shell) == ("a", "sh -c")
    assert command.environment == {"B": "1"}
    (command,) = parse("sh -c 'exec uvicorn main:app'")
    assert (command.front, command.beside, command.shell) == (("exec",), (), "")


def test_gunicorn_configuration() -> None:
    """Without an application, gunicorn takes that of its configuration file."""
    assert [command.configuration for command in parse("gunicorn -c deploy/g.py; gunicorn")] == [
        "deploy/g.py",
        "gunicorn.conf.py",
    ]


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "uvicorn",
                "celery",
                "-A",
                "a:b",
                "cd",
                "&&",
                ";",
                "'",
                '"',
                "bash",
                "-c",
                "sh",
                "=",
                "$(",
                ")",
                "--app-dir",
            ]
        )
    ).map(" ".join)
)
def test_any_line(line: str) -> None:
    """No command line makes the parser fail."""
    list(parse(line))
