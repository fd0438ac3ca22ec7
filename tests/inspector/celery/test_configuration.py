"""The keys of Celery's configuration: real apps, read by the real inspector, judged by the rule."""

from __future__ import annotations

import pytest

from pytest_prodready.facts import Celery, Entry, Facts, InspectedEntry
from pytest_prodready.registry import Registry
from pytest_prodready.rules.celery import family
from tests.inspector.celery.support import Load

pytest.importorskip("celery")

APP = "from celery import Celery\napp = Celery('proj')\n"
DJANGO = {
    "proj/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = []\nCELERY_BROKER_URL = 'memory://'\n",
    "proj/app.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'proj.settings'\n"
    f"{APP}app.config_from_object('django.conf:settings', namespace='CELERY')\n",
}
IGNORED = "is set in the configuration of proj.app:app, and Celery ignores it"


def findings(found: Celery) -> list[tuple[str, str, str, str]]:
    """Level, place, message and remedy of each finding about the configuration."""
    seen = InspectedEntry(Entry("celery", "proj.app:app", "a test"), celery=found)
    facts = Facts("/", ("proj",), entries=(seen,))
    registry = Registry([family]).select(["PRD209"])
    return [
        (one.level.value, str(one.location), one.message, one.remedy)
        for kind in registry.kinds
        for subject in kind.subjects(facts)
        for one in registry.judge(kind, subject, facts).findings
    ]


MISSPELT = {
    "app.conf.task_rotes = {}": ("task_rotes", "task_routes"),
    "app.conf.update(broker_urll='memory://')": ("broker_urll", "broker_url"),
    "app.conf.update({'task_defaultqueue': 'x'})": ("task_defaultqueue", "task_default_queue"),
    "app.conf['worker_concurency'] = 1": ("worker_concurency", "worker_concurrency"),
    "app.config_from_object({'beat_shedule': {}})": ("beat_shedule", "beat_schedule"),
    "app.add_defaults({'result_expire': 60})": ("result_expire", "result_expires"),
}
"""A line → the key in it, and the one that was meant."""


def test_a_misspelt_key_is_an_error_at_its_line(load: Load) -> None:
    """However the key is given, the finding names the line and the key that Celery would read."""
    lines = ["from celery import Celery", "app = Celery('proj', task_serialiser='json')", *MISSPELT]
    expected = [("task_serialiser", "task_serializer"), *MISSPELT.values()]
    assert sorted(findings(load({"proj/app.py": "\n".join(lines)}))) == sorted(
        ("error", f"proj/app.py:{line}", f"{name} {IGNORED}: it knows {meant}", f"Write {meant}.")
        for line, (name, meant) in enumerate(expected, 2)
    )


def test_a_misspelt_attribute_of_a_configuration_module(load: Load) -> None:
    """Only names near to a key of Celery's are meant for it; the module may hold anything else."""
    files = {
        "proj/app.py": f"{APP}app.config_from_object('proj.conf')\n",
        "proj/conf.py": "import os\nfrom pathlib import Path\nhere = Path('.')\nhelper = 1\n"
        "def imports_(): ...\ntask_serializer = 'json'\ntask_serialiser_default = 1\ntimezne = 'UTC'\n",
    }
    assert findings(load(files)) == [
        ("error", "proj/conf.py:8", f"timezne {IGNORED}: it knows timezone", "Write timezone.")
    ]


def test_a_key_beside_the_right_one_is_a_warning(load: Load) -> None:
    """It does nothing, and what was wanted is there as well."""
    text = f"{APP}app.conf.update(broker_url='memory://', broker_urll='memory://')\n"
    assert findings(load({"proj/app.py": text})) == [
        (
            "warning",
            "proj/app.py:3",
            f"broker_urll {IGNORED}: it knows broker_url, which is set as well",
            "Write broker_url.",
        )
    ]


def test_a_strange_key_in_django_s_settings(load: Load) -> None:
    """With a namespace every key of its prefix is meant for Celery."""
    pytest.importorskip("django")
    more = "CELERY_TASK_ROTES = {}\nCELERY_SHIPPING_LABEL_PRINTER = 'x'\n"
    files = {**DJANGO, "proj/settings.py": f"{DJANGO['proj/settings.py']}{more}"}
    nobody = "is set, and neither Celery nor the application's own code reads it"
    assert findings(load(files)) == [
        (
            "warning",
            "proj/settings.py:5",
            f"CELERY_SHIPPING_LABEL_PRINTER {nobody}",
            "Give it a name that does not begin with CELERY_, if something else reads it.",
        ),
        (
            "error",
            "proj/settings.py:4",
            f"CELERY_TASK_ROTES {IGNORED}: it knows CELERY_TASK_ROUTES",
            "Write CELERY_TASK_ROUTES.",
        ),
    ]


def test_keys_of_a_namespace_that_the_app_was_not_told_of(load: Load) -> None:
    """Without namespace="CELERY" none of Django's CELERY_ keys is read, but for those of Celery 3."""
    pytest.importorskip("django")
    app = DJANGO["proj/app.py"].replace(", namespace='CELERY'", "")
    settings = (
        f"{DJANGO['proj/settings.py']}CELERY_TASK_ALWAYS_EAGER = True\nCELERY_RESULT_BACKEND = 'rpc://'\n"
    )
    found = findings(load({"proj/app.py": app, "proj/settings.py": settings}))
    assert found == [
        (
            "error",
            f"proj/settings.py:{line}",
            f"{name} {IGNORED}: it looks for {meant}",
            f'Write {meant}, or give config_from_object namespace="CELERY".',
        )
        for line, name, meant in [
            (3, "CELERY_BROKER_URL", "broker_url"),
            (4, "CELERY_TASK_ALWAYS_EAGER", "task_always_eager"),
        ]
    ]


SILENT = """\
import os
CELERY_RESULT_EXTENDED = True
CELERY_BEAT_SCHEDULER = "x"
CELERY_ALWAYS_EAGER = False
CELERYD_CONCURRENCY = 3
BROKER_POOL_LIMIT = 3
DJANGO_CELERY_BEAT_TZ_AWARE = False
DJANGO_CELERY_RESULTS = {}
CELERY_OWN = 3
CELERY_TASK_TIME_LIMIT = 2 * CELERY_OWN
CELERY_TASK_ROUTES = os.environ.get("CELERY_TASK_ROUTES")
"""


def test_keys_that_are_known_or_read_by_the_application_are_silent(load: Load) -> None:
    """Celery's keys, old and new, those of its extensions, and the application's own."""
    pytest.importorskip("django")
    files = {**DJANGO, "proj/settings.py": f"{DJANGO['proj/settings.py']}{SILENT}"}
    assert findings(load(files)) == []


READ_ONLY = """\
CELERY_OVERRIDE_BACKENDS = {}
CELERY_DYNAMODB_ENDPOINT_URL = "http://localhost"
CELERY_CASSANDRA_SECURE_BUNDLE_PATH = None
CELERY_BEAT_SCHEDULER = "labelled:Scheduler"
CELERY_LABELLED_KEY = "a"
CELERY_LABELLED_URL = "a"
CELERY_LABEL_SIZE = 3
"""
EXTENSIONS = {
    "celery_labels/__init__.py": "def size(app):\n    _get = app.conf.get\n    return _get('label_size')\n",
    "labelled/__init__.py": "class Config:\n    def __init__(self, app):\n"
    "        self.key = app.conf['labelled_key']\n        self.url = self.either_or('labelled_url', '')\n",
}


def test_keys_that_celery_or_an_extension_reads_are_silent(load: Load) -> None:
    """Celery's table of settings lacks some that its code reads; the scheduler of beat is not loaded here."""
    pytest.importorskip("django")
    settings = f"{DJANGO['proj/settings.py']}{READ_ONLY}"
    app = f"import celery_labels\n{DJANGO['proj/app.py']}"
    assert findings(load({**DJANGO, **EXTENSIONS, "proj/settings.py": settings, "proj/app.py": app})) == []


def test_a_slip_of_a_key_that_only_the_sources_of_celery_tell(load: Load) -> None:
    """It is known like those of the table."""
    pytest.importorskip("django")
    settings = f"{DJANGO['proj/settings.py']}CELERY_OVERRIDE_BACKEND = {{}}\n"
    assert findings(load({**DJANGO, "proj/settings.py": settings})) == [
        (
            "error",
            "proj/settings.py:4",
            f"CELERY_OVERRIDE_BACKEND {IGNORED}: it knows CELERY_OVERRIDE_BACKENDS",
            "Write CELERY_OVERRIDE_BACKENDS.",
        )
    ]


def test_a_key_that_the_application_reads_itself_is_its_own(load: Load) -> None:
    """Flask's way: all settings are given to Celery, and one of them is passed on by hand."""
    text = (
        f"{APP}config = {{'CELERY_BROKER_URL': 'memory://', 'SECRET_KEY': 'x'}}\n"
        "app.conf.update(config)\napp.conf.broker_url = config['CELERY_BROKER_URL']\n"
    )
    assert findings(load({"proj/app.py": text})) == []
