"""Tasks of a project with a schema for each tenant: real django-tenants, real tenant-schemas-celery."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support import MATRIX, Run, gate

pytestmark = pytest.mark.wide

pytest.importorskip("celery")
pytest.importorskip("psycopg")
pytest.importorskip("django_tenants")

PLAIN = "from celery import Celery\napp = Celery('proj')\n"
CARRIER = "from tenant_schemas_celery.app import CeleryApp\napp = CeleryApp('proj')\n"
SETTINGS = """\
SECRET_KEY = "x"
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "customers"]
TENANT_APPS = ["django.contrib.contenttypes", "ats.apps.AtsConfig"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
DATABASES = {"default": {"ENGINE": "django_tenants.postgresql_backend", "NAME": "x", "PORT": 1}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
"""
CONFIGURED = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
{app}app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
FILES = {
    "pyproject.toml": "[tool.prodready]\ncelery = 'proj.celery:app'\n",
    "proj/__init__.py": "",
    "customers/__init__.py": "",
    "customers/models.py": """\
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin
class Client(TenantMixin):
    name = models.CharField(max_length=9)
class Domain(DomainMixin): ...
""",
    "ats/__init__.py": "",
    "ats/apps.py": "from django.apps import AppConfig\nclass AtsConfig(AppConfig):\n    name = 'ats'\n",
    "ats/models.py": "from django.db import models\nclass JobPosting(models.Model): ...\n",
}
QUERY = "    JobPosting.objects.get(id=job_id)\n"
HEAD = """\
from celery import shared_task
from django_tenants.utils import schema_context, get_tenant_model
from ats.models import JobPosting
from customers.models import Client
"""
NAKED = "@shared_task\ndef sync(job_id):\n" + QUERY
OPTIONAL = """\
@shared_task(bind=True)
def sync(self, job_id, tenant_schema_name=None):
    if tenant_schema_name:
        with schema_context(tenant_schema_name):
            return publish(job_id)
    return publish(job_id)
def publish(job_id):
    JobPosting.objects.get(id=job_id)
"""


@pytest.fixture(autouse=True)
def _no_path_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


def run(pytester: pytest.Pytester, tasks: str, app: str = PLAIN, **more: str) -> Run:
    """Write a project with these tasks, and apply the rule to it."""
    settings = SETTINGS + more.pop("settings", "")
    files = {
        **FILES,
        "proj/settings.py": settings,
        "proj/celery.py": CONFIGURED.format(app=app),
        "ats/tasks.py": HEAD + tasks,
        **{name.replace("__", "/") + ".py": text for name, text in more.items()},
    }
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return gate(pytester, "--prodready-select=PRD213,PRD201,PRD208,PRD9")


def told(run: Run) -> list[tuple[str, str, str, str, str]]:
    return [
        (found.code, found.level.value, found.subject, str(found.location), found.message)
        for found in run.findings
    ]


NO_TABLE = "ats.JobPosting, which only the tenants' schemas have a table for"


def test_a_task_that_nothing_brings_into_a_tenants_schema(pytester: pytest.Pytester) -> None:
    """The line of its query is named; the gate as such does not fail, as nothing was seen to fail."""
    found = run(pytester, NAKED)
    assert told(found) == [
        (
            "PRD213",
            "warning",
            "tenant:ats.tasks.sync",
            "ats/tasks.py:7",
            (
                f"ats.tasks.sync runs in the public schema and queries {NO_TABLE}: "
                "nothing brings it into a tenant's schema"
            ),
        )
    ]
    assert found.status == 0


def test_the_query_may_stand_in_what_the_task_calls(pytester: pytest.Pytester) -> None:
    """In another module, imported where it is used; a new object that is saved is a query, too."""
    tasks = "@shared_task\ndef sync(job_id):\n    from ats.publishing import publish\n    publish(job_id)\n"
    service = "from ats import models\ndef publish(job_id):\n    models.JobPosting(id=job_id).save()\n"
    found = run(pytester, tasks, ats__publishing=service)
    assert [(code, place) for code, _, _, place, _ in told(found)] == [("PRD213", "ats/publishing.py:3")]


HEALTHY = {
    "context": "    with schema_context(job_id):\n    " + QUERY,
    "connection": "    from django.db import connection\n    connection.set_schema(job_id)\n" + QUERY,
    "entered": "    tenant = Client.objects.get(id=job_id)\n    with tenant:\n    " + QUERY,
    "activated": "    for tenant in get_tenant_model().objects.all():\n        tenant.activate()\n    "
    + QUERY,
    "shared_model": "    Client.objects.get(id=job_id)\n",
    "no_query": "    print(JobPosting)\n",
}


def test_healthy_tasks(pytester: pytest.Pytester) -> None:
    """Those that enter a schema before they query, and those that query nothing of a tenant's."""
    tasks = "".join(f"@shared_task\ndef {name}(job_id):\n{body}" for name, body in HEALTHY.items())
    found = run(pytester, tasks)
    assert told(found) == []
    queries = {subject.rpartition(".")[2] for subject in found.judgements if "tenant:" in subject}
    assert queries == {*HEALTHY} - {"shared_model", "no_query"}


DECORATED = """\
from functools import wraps
def of_tenant(run):
    @wraps(run)
    def inside(job_id):
        with schema_context('a'):
            return run(job_id)
    return inside
@shared_task
@of_tenant
"""
BASED = """\
from celery import Task
class OfTenant(Task):
    def __call__(self, job_id):
        with schema_context('a'):
            return super().__call__(job_id)
@shared_task(base=OfTenant)
"""
ELSEWHERE = """\
class Inside:
    def __enter__(self): ...
    def __exit__(self, *error): ...
def use():
    with Inside(): ...
@shared_task
"""
SIGNALLED = """\
from celery.signals import task_prerun
@task_prerun.connect
def enter(task, **kwargs):
    from django.db import connection
    connection.set_schema(task.request.get('schema'))
@shared_task
"""


def test_whatever_enters_the_schema_for_the_task(pytester: pytest.Pytester) -> None:
    """Its decorator or its class; not what another function does."""
    every = {"decorated": DECORATED, "based": BASED, "elsewhere": ELSEWHERE}
    tasks = "".join(f"{before}def {name}(job_id):\n{QUERY}" for name, before in every.items())
    found = run(pytester, tasks)
    assert [(code, subject) for code, _, subject, *_ in told(found)] == [
        ("PRD213", "tenant:ats.tasks.elsewhere")
    ]


def test_a_signal_that_enters_the_schema_for_all_tasks(pytester: pytest.Pytester) -> None:
    """The application's own receiver of the one that comes before each task."""
    assert told(run(pytester, SIGNALLED + NAKED.removeprefix("@shared_task\n"))) == []


def test_a_call_that_leaves_the_tenant_out(
    pytester: pytest.Pytester, record_property: Callable[[str, object], None]
) -> None:
    """Incident A2: the optional parameter names the schema, and a signal handler does not pass it."""
    caller = """\
from ats.tasks import sync
def on_save(job):
    sync.delay(job.id)
def on_create(job, schema):
    sync.delay(job.id, schema)
    sync.apply_async((job.id,), {"tenant_schema_name": schema})
    sync.delay(job.id, **schema)
"""
    apps = "from django.apps import AppConfig\nclass AtsConfig(AppConfig):\n    name = 'ats'\n"
    apps += "    def ready(self):\n        import ats.handlers\n"
    found = run(pytester, OPTIONAL, ats__handlers=caller, ats__apps=apps)
    for code, level, subject, place, *_ in told(found):
        record_property(MATRIX, f"A2   {code} {level:<8} {subject} {place}")
    assert told(found) == [
        (
            "PRD213",
            "warning",
            "tenant:ats.tasks.sync",
            "ats/handlers.py:3",
            "ats.tasks.sync is sent without tenant_schema_name, so it enters no tenant's schema and queries "
            + NO_TABLE,
        )
    ]


def test_a_task_that_finds_its_tenant_itself_may_be_sent_without(pytester: pytest.Pytester) -> None:
    tasks = OPTIONAL.replace(
        "    if tenant", "    tenant_schema_name = tenant_schema_name or 'a'\n    if tenant"
    )
    tasks += "def on_save(job):\n    sync.delay(job.id)\n"
    assert told(run(pytester, tasks)) == []


BEAT = "CELERY_BEAT_SCHEDULE = {'nightly': {'task': 'ats.tasks.sync', 'schedule': 60, 'args': (1,)%s}}\n"


def test_a_beat_entry_without_the_tenants_parameter(pytester: pytest.Pytester) -> None:
    found = run(pytester, OPTIONAL, settings=BEAT % "")
    assert [(code, place, text) for code, _, _, place, text in told(found)] == [
        (
            "PRD213",
            "proj/settings.py:11",
            "beat entry 'nightly' sends ats.tasks.sync without tenant_schema_name, so it enters no tenant's "
            "schema and queries " + NO_TABLE,
        )
    ]
    given = BEAT % ", 'kwargs': {'tenant_schema_name': 'a'}"
    assert told(run(pytester, OPTIONAL, settings=given)) == []


def test_messages_that_carry_the_schema(pytester: pytest.Pytester) -> None:
    """With tenant-schemas-celery a task runs where its sender is; only beat is nowhere."""
    pytest.importorskip("tenant_schemas_celery")
    assert told(run(pytester, NAKED, CARRIER)) == []
    found = run(pytester, NAKED, CARRIER, settings=BEAT % "")
    assert [(code, place, text) for code, _, _, place, text in told(found)] == [
        (
            "PRD213",
            "proj/settings.py:11",
            "beat entry 'nightly' sends ats.tasks.sync from no tenant's schema: it runs in the public one "
            "and queries " + NO_TABLE,
        )
    ]


@pytest.mark.parametrize(
    "settings",
    [
        BEAT % "" + "CELERY_BEAT_SCHEDULER = 'tenant_schemas_celery.scheduler:TenantAwareScheduler'\n",
        BEAT % ", 'options': {'headers': {'_schema_name': 'a'}}",
    ],
    ids=["scheduler", "header"],
)
def test_beat_entries_that_name_a_tenant(pytester: pytest.Pytester, settings: str) -> None:
    pytest.importorskip("tenant_schemas_celery")
    assert told(run(pytester, NAKED, CARRIER, settings=settings)) == []


def test_beat_started_with_the_scheduler_for_tenants(pytester: pytest.Pytester) -> None:
    pytest.importorskip("tenant_schemas_celery")
    command = "celery -A proj beat -S tenant_schemas_celery.scheduler:TenantAwareScheduler"
    (pytester.path / "Procfile").write_text(f"beat: {command}\n")
    assert told(run(pytester, NAKED, CARRIER, settings=BEAT % "")) == []


def test_a_project_without_tenants_has_no_subject(pytester: pytest.Pytester) -> None:
    """Although the library is installed."""
    plain = "DATABASES = {}\nDATABASE_ROUTERS = []\nINSTALLED_APPS = ['ats']\n"
    tasks = "from celery import shared_task\nfrom ats.models import JobPosting\n" + NAKED
    found = run(pytester, "", settings=plain, ats__tasks=tasks)
    assert told(found) == []
    assert not any(subject.startswith("tenant:") for subject in found.judgements)
