"""Which app the tasks of a web process belong to, and where they go: PRD211, end to end."""

from __future__ import annotations

import pytest

from pytest_prodready.findings import Level
from tests.files import write_files
from tests.support import Run, gate

pytestmark = pytest.mark.wide

pytest.importorskip("celery")

DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n",
    "proj/__init__.py": "from .celery import app as celery_app\n",
    "proj/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\nROOT_URLCONF = 'proj.urls'\n"
    "WSGI_APPLICATION = 'proj.wsgi.application'\nCELERY_BROKER_URL = 'memory://'\n",
    "proj/celery.py": "import os\nfrom celery import Celery\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\napp = Celery('proj')\n"
    "app.config_from_object('django.conf:settings', namespace='CELERY')\napp.autodiscover_tasks()\n",
    "proj/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n"
    "application = get_wsgi_application()\n",
    "proj/urls.py": "from django.urls import path\nfrom shop import views\n"
    "urlpatterns = [path('', views.order)]\n",
    "shop/__init__.py": "",
    "shop/tasks.py": "from celery import shared_task\n@shared_task\ndef send(order): ...\n",
    "shop/views.py": "from shop import tasks\ndef order(request):\n    tasks.send.delay(1)\n",
    "Procfile": "web: gunicorn proj.wsgi\nworker: celery -A proj worker\n",
}
FASTAPI = {
    "shop/__init__.py": "",
    "shop/worker.py": "from celery import Celery\n"
    "app = Celery('shop', broker='memory://', include=['shop.tasks'])\n"
    "app.set_default()\n",
    "shop/tasks.py": "from celery import shared_task\n@shared_task\ndef send(order): ...\n",
    "shop/main.py": """\
        from fastapi import FastAPI
        import shop.worker
        app = FastAPI()
        @app.get("/")
        def order():
            from .tasks import send
            send.delay(1)
        import shop.tasks
        """,
    "Procfile": "web: uvicorn shop.main:app\nworker: celery -A shop.worker worker\n",
}
APP = {
    "shop/__init__.py": "",
    "shop/worker.py": "import os\nfrom celery import Celery\napp = Celery('shop', broker='memory://')\n",
    "Procfile": "worker: celery -A shop.worker worker\n",
}


@pytest.fixture(autouse=True)
def _environment_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PYTHONPATH",
        "ENV",
        "APP_ENV",
        "ENVIRONMENT",
        "CELERY_BROKER_URL",
        "DJANGO_SETTINGS_MODULE",
    ):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, files: dict[str, str]) -> Run:
    write_files(pytester.path, files)
    return gate(pytester, "--prodready-select=PRD211,PRD201,PRD101,PRD901", "-v")


def told(run: Run) -> list[tuple[str, str, str, Level]]:
    return [(found.code, found.subject, str(found.location), found.level) for found in run.findings]


def test_a_django_project_that_imports_its_app(pytester: pytest.Pytester) -> None:
    """The shared tasks of the web process belong to the project's app."""
    pytest.importorskip("django")
    found = run(pytester, DJANGO)
    assert (found.findings, found.status) == ([], 0)
    assert "wiring:proj.wsgi:application" in found.judgements


def test_a_django_project_that_does_not(pytester: pytest.Pytester) -> None:
    """The package that must import the app is named, with what to write there, and the call as evidence."""
    pytest.importorskip("django")
    found = run(pytester, {**DJANGO, "proj/__init__.py": ""})
    assert told(found) == [("PRD211", "wiring:proj.wsgi:application", "proj/__init__.py:1", Level.ERROR)]
    assert "Write from .celery import app in proj/__init__.py." in found.text
    assert "shop/views.py:3  tasks.send" in found.text
    assert found.status == 1


def test_tasks_that_nothing_sends(pytester: pytest.Pytester) -> None:
    """Without a call that sends one, it is a warning."""
    pytest.importorskip("django")
    quiet = "from shop import tasks\ndef order(request):\n    return tasks.send\n"
    found = run(pytester, {**DJANGO, "proj/__init__.py": "", "shop/views.py": quiet})
    assert told(found) == [("PRD211", "wiring:proj.wsgi:application", "proj/__init__.py:1", Level.WARNING)]


def test_an_app_that_a_function_imports_before(pytester: pytest.Pytester) -> None:
    """Where some function of the web process imports the app, it may do so in time: a warning."""
    pytest.importorskip("django")
    late = "from shop import tasks\ndef order(request):\n    import proj.celery\n    tasks.send.delay(1)\n"
    found = run(pytester, {**DJANGO, "proj/__init__.py": "", "shop/views.py": late})
    assert [level for *_, level in told(found)] == [Level.WARNING]


def test_an_endpoint_in_another_thread(pytester: pytest.Pytester) -> None:
    """FastAPI runs it in a thread where the app is not current, unless it is the default."""
    pytest.importorskip("fastapi")
    assert run(pytester, FASTAPI).findings == []
    worker = FASTAPI["shop/worker.py"].replace("app.set_default()\n", "")
    found = run(pytester, {**FASTAPI, "shop/worker.py": worker})
    assert told(found) == [("PRD211", "wiring:shop.main:app", "shop/worker.py:2", Level.ERROR)]
    assert "the endpoint at shop/main.py:7 runs in one" in found.text
    asynchronous = FASTAPI["shop/main.py"].replace("def order", "async def order")
    found = run(pytester, {**FASTAPI, "shop/worker.py": worker, "shop/main.py": asynchronous})
    assert [level for *_, level in told(found)] == [Level.WARNING]


def test_tasks_of_an_app(pytester: pytest.Pytester) -> None:
    """A task that is made with the app itself belongs to it everywhere: there is nothing to judge."""
    pytest.importorskip("fastapi")
    tasks = "from shop.worker import app\n@app.task\ndef send(order): ...\n"
    worker = FASTAPI["shop/worker.py"].replace("app.set_default()\n", "")
    found = run(pytester, {**FASTAPI, "shop/tasks.py": tasks, "shop/worker.py": worker})
    assert found.findings == []
    assert "wiring:shop.main:app" not in found.judgements


@pytest.mark.parametrize(
    "line, place, level",
    [
        ("app.conf.task_always_eager = True", "shop/worker.py:4", Level.ERROR),
        (
            "app.conf.update(\n    timezone='UTC',\n    task_always_eager=True,\n)",
            "shop/worker.py:6",
            Level.ERROR,
        ),
        ("app.conf.update({'task_always_eager': True})", "shop/worker.py:4", Level.ERROR),
        (
            "if not os.environ.get('X'):\n    app.conf.task_always_eager = True",
            "shop/worker.py:5",
            Level.WARNING,
        ),
        ("app.conf.task_always_eager = not os.environ.get('X')", "shop/worker.py:4", Level.WARNING),
        (
            "conf = {'task_always_eager': True}\nconf.update(vars(os).get('X', {}))\napp.conf.update(conf)",
            "shop/worker.py:4",
            Level.WARNING,
        ),
    ],
)
def test_tasks_run_where_they_are_sent_from(
    pytester: pytest.Pytester, line: str, place: str, level: Level
) -> None:
    """An error where a line says so under no condition, else a warning."""
    found = run(pytester, {**APP, "shop/worker.py": f"{APP['shop/worker.py']}{line}\n"})
    assert told(found) == [("PRD211", "shop.worker", place, level)]


@pytest.mark.parametrize(
    "broker, backend, package",
    [
        ("broker='memory://', backend='nosuch+x://u:hunter2@h'", "result backend", "Correct the address"),
        ("broker='nosuch://u:hunter2@h'", "broker", "Correct the address"),
        ("broker='consul://u:hunter2@h'", "broker", "consul"),
        ("broker='memory://', backend='elasticsearch://u:hunter2@h'", "result backend", "elasticsearch"),
        ("broker='memory://', backend='django-db'", "result backend", "django_celery_results"),
    ],
)
def test_a_package_that_is_not_there(
    pytester: pytest.Pytester, broker: str, backend: str, package: str
) -> None:
    """The address's scheme and the package are named, and no password."""
    worker = f"from celery import Celery\napp = Celery('shop', {broker})\n"
    found = run(pytester, {**APP, "shop/worker.py": worker})
    assert told(found) == [("PRD211", "shop.worker", "shop/worker.py:2", Level.ERROR)]
    assert f"the {backend} of shop.worker is at " in found.text
    assert package in found.text
    assert "hunter2" not in found.text.replace(broker, "")


def test_an_address_of_its_own_line(pytester: pytest.Pytester) -> None:
    """The line that gives the address is named, rather than the one that makes the app."""
    lines = "\napp.conf.update(\n    result_backend='nosuch://h',\n)\n"
    found = run(pytester, {**APP, "shop/worker.py": APP["shop/worker.py"] + lines})
    assert told(found) == [("PRD211", "shop.worker", "shop/worker.py:6", Level.ERROR)]


def test_redis_that_is_not_declared(pytester: pytest.Pytester) -> None:
    """A scheme that Celery knows lacks its package, also where both have one name."""
    pytest.importorskip("redis")
    declared = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['celery']\n"
    worker = "from celery import Celery\napp = Celery(\n    'shop',\n    broker='redis://h/0',\n"
    worker += "    backend='redis://h/1',\n)\n"
    found = run(pytester, {**APP, "shop/worker.py": worker, "pyproject.toml": declared})
    assert told(found) == [
        ("PRD211", "shop.worker", "shop/worker.py:4", Level.WARNING),
        ("PRD211", "shop.worker", "shop/worker.py:5", Level.WARNING),
    ]
    for one in found.findings:
        assert "is at redis://, which needs redis: it is installed here" in one.message
        assert one.remedy.startswith("Declare celery[redis] in the runtime requirements")


def test_no_broker_at_all(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's own default is a warning; in a configuration for development it is nothing."""
    worker = "from celery import Celery\napp = Celery('shop')\n"
    found = run(pytester, {**APP, "shop/worker.py": worker})
    assert told(found) == [("PRD211", "shop.worker", "shop/worker.py:2", Level.WARNING)]
    monkeypatch.setenv("APP_ENV", "development")
    assert run(pytester, {**APP, "shop/worker.py": worker}).findings == []


def test_a_default_address_of_the_applications_own(pytester: pytest.Pytester) -> None:
    """Localhost where no variable says otherwise is the application's decision."""
    worker = "import os\nfrom celery import Celery\n"
    worker += "app = Celery('shop', broker=os.environ.get('BROKER', 'amqp://localhost'))\n"
    assert run(pytester, {**APP, "shop/worker.py": worker}).findings == []
