"""Worker commands, as the files of a deployment write them."""

from __future__ import annotations

import pytest

from pytest_prodready.discovery import Discovered
from pytest_prodready.facts import Location, WorkerCommand
from tests.discovery.conftest import Discover

APP = {"shop/__init__.py": "", "shop/jobs.py": "from celery import Celery\n\napp = Celery('shop')\n"}
TARGET = "shop.jobs:app"


def consumed(discovered: Discovered) -> list[tuple[tuple[str, ...] | None, str]]:
    """Queues and place of each worker that is understood, ``?`` and its place for one that is not."""
    return [(one.queues if one.understood else ("?",), str(one.location)) for one in discovered.workers]


def queues_note(discovered: Discovered) -> str:
    return dict(discovered.notes).get("queues", "")


@pytest.mark.parametrize(
    "command, queues",
    [
        ("celery -A shop.jobs worker -Q default,mail", ("default", "mail")),
        ("celery -A shop.jobs worker --queues=default -l info", ("default",)),
        ("celery --app shop.jobs:app worker --without-gossip -B -Qmail", ("mail",)),
        ("celery -A shop.jobs worker -l info", None),
        ("python -m celery -A shop.jobs worker -c ${N:-4} -Q ${QUEUES:-a,b}", ("a", "b")),
        ("sh -c 'exec celery -A shop.jobs worker -Q a -n w@$(hostname)'", ("a",)),
        ("watchmedo auto-restart -d . -- celery -A shop.jobs worker -Q a", ("a",)),
        ("celery -A shop.jobs multi start 3 -Q:1 a -Q:2,3 b -c 2", ("a", "b")),
        ("celery multi start w1 w2 -A shop.jobs -Q a -Q:w2 b", ("a", "b")),
        ("celery -A shop.jobs multi restart 4 --queues=a -Q:2-3 b", ("a", "b")),
        ("celery -A shop.jobs worker -Q $QUEUES", ("?",)),
        ("celery -A shop.jobs worker -Q $(cat queues)", ("?",)),
        ("celery -A shop.jobs worker $OPTIONS", ("?",)),
        ("$CELERY -A shop.jobs worker", ("?",)),
        ("su app -c 'exec $RUN celery worker'", ("?",)),
    ],
)
def test_a_command_line(found: Discover, command: str, queues: tuple[str, ...] | None) -> None:
    """What the worker consumes is read out of its options; what a variable hides is not known."""
    discovered = found({**APP, "Procfile": f"web: uvicorn shop:app\nworker: {command}\n"})
    assert consumed(discovered) == [(queues, "Procfile:2")]


@pytest.mark.parametrize(
    "command",
    [
        "celery -A shop.jobs beat",
        "celery -A shop.jobs inspect ping -d worker@x",
        "celery -A shop.jobs flower --port=5555",
        "celery -A shop.jobs multi stop w1",
        "python worker.py",
    ],
)
def test_what_is_no_worker(found: Discover, command: str) -> None:
    """Other commands of Celery consume nothing."""
    assert found({**APP, "Procfile": f"jobs: {command}\n"}).workers == ()


def test_excluded_queues(found: Discover) -> None:
    """What stands behind -X is left out of all declared queues."""
    (worker,) = found({**APP, "Procfile": "worker: celery -A shop.jobs worker -X slow,big\n"}).workers
    assert (worker.queues, worker.excluded, worker.app) == (None, ("slow", "big"), "shop.jobs")


COMPOSE = """\
x-worker: &worker
  image: shop
  command: celery -A shop.jobs worker -Q base
services:
  web:
    command: uvicorn shop:app
  default:
    <<: *worker
  mail:
    <<: *worker
    command:
      - celery
      - -A
      - shop.jobs
      - worker
      - -Q
      - mail,sms
  folded:
    entrypoint: ["/entrypoint.sh"]
    command: >
      celery -A shop.jobs worker
      --queues=slow
  shell:
    environment:
      QUEUES: a,b
    command: sh -c 'celery -A shop.jobs worker -Q $$QUEUES'
  beat:
    command: celery -A shop.jobs beat
"""


def test_a_compose_file(found: Discover) -> None:
    """Strings, lists, folded texts, merged services and the variables of a service are understood."""
    discovered = found({**APP, "docker-compose.yml": COMPOSE})
    assert consumed(discovered) == [
        (("base",), "docker-compose.yml:3"),
        (("mail", "sms"), "docker-compose.yml:12"),
        (("slow",), "docker-compose.yml:20"),
        (("a", "b"), "docker-compose.yml:26"),
    ]
    assert discovered.workers[1].lines["sms"] == Location("docker-compose.yml", 17)
    assert discovered.workers[2].lines["slow"] == Location("docker-compose.yml", 22)
    assert queues_note(discovered) == (
        "base, mail, sms, slow, a, b (docker-compose.yml, default, docker-compose.yml, mail, "
        "docker-compose.yml, folded and 1 more)"
    )


@pytest.mark.parametrize(
    "queues, expected",
    [
        ("${QUEUES}", ("?",)),
        ("$QUEUES", ("?",)),
        ("${QUEUES:?missing}", ("?",)),
        ("${QUEUES:-a,b}", ("a", "b")),
        ("$$QUEUES", ("?",)),
        ('"${QUEUES-a}"', ("a",)),
    ],
)
def test_variables_of_a_compose_file(found: Discover, queues: str, expected: tuple[str, ...]) -> None:
    """A variable is the host's: its default counts, a variable of the service of the same name does not."""
    text = "services:\n  w:\n    environment: [QUEUES2=x]\n"
    text += f"    command: celery -A shop.jobs worker -Q {queues}\n"
    assert consumed(found({**APP, "compose.yaml": text})) == [(expected, "compose.yaml:4")]


def test_development_does_not_count_beside_production(found: Discover) -> None:
    """A compose file for development counts only where nothing else starts a worker."""
    text = "services:\n  w:\n    command: celery -A shop.jobs worker -Q {}\n"
    development = {**APP, "docker-compose.dev.yml": text.format("dev")}
    assert consumed(found(development)) == [(("dev",), "docker-compose.dev.yml:3")]
    both = {**development, "docker-compose.prod.yml": text.format("prod")}
    assert consumed(found(both)) == [(("prod",), "docker-compose.prod.yml:3")]


MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: worker
          command: ["celery"]
          args:
            - -A
            - shop.jobs
            - worker
            - -Q
            - {queues}
          livenessProbe:
            exec:
              command: ["sh", "-c", "celery -A shop.jobs inspect ping"]
"""


@pytest.mark.parametrize(
    "file, queues, expected",
    [
        ("k8s/worker.yaml", "default", ("default",)),
        ("k8s/worker.yaml", "$(QUEUES)", ("?",)),
        ("chart/templates/worker.yaml", "{{ .Values.queues }}", ("?",)),
        ("chart/templates/worker.yaml", '"{{ .Values.queues }}"', ("?",)),
    ],
)
def test_a_kubernetes_manifest(found: Discover, file: str, queues: str, expected: tuple[str, ...]) -> None:
    """Command and arguments are one command; what the cluster or a template fills in is not known."""
    text = MANIFEST.replace("{queues}", queues)
    assert consumed(found({**APP, file: text})) == [(expected, f"{file}:10")]


def test_a_helm_chart(found: Discover) -> None:
    """A template that leaves the command to the values says nothing; the values give it in plain."""
    template = (
        "{{- if .Values.worker.enabled }}\nspec:\n  containers:\n"
        "    - name: worker\n      args: {{ toYaml .Values.worker.args | nindent 8 }}\n{{- end }}\n"
    )
    values = "worker:\n  enabled: true\n  args: [celery, -A, shop.jobs, worker, -Q, mail]\n"
    files = {**APP, "chart/templates/worker.yaml": template, "chart/values.yaml": values}
    assert consumed(found(files)) == [(("mail",), "chart/values.yaml:3")]


def test_a_file_that_is_no_yaml_and_may_start_a_worker(found: Discover) -> None:
    """What cannot be read is not known, rather than not there."""
    files = {**APP, "k8s/w.yaml": "a: [\ncommand: celery -A shop.jobs worker\n"}
    assert consumed(found(files)) == [(("?",), "k8s/w.yaml:2")]


def test_a_dockerfile(found: Discover) -> None:
    """The last CMD of a stage counts, as a list or for a shell, behind its ENTRYPOINT."""
    text = (
        "FROM python AS web\nCMD uvicorn shop:app\nFROM python\nENV QUEUES=a,b\n"
        'ENTRYPOINT ["/entrypoint"]\nCMD celery -A shop.jobs worker -Q old\n'
        "CMD celery -A shop.jobs worker \\\n    -Q $QUEUES\n"
    )
    listed = 'FROM python\nCMD ["celery", "-A", "shop.jobs", "worker", "-Q", "mail"]\n'
    assert consumed(found({**APP, "Dockerfile": text, "docker/Dockerfile.worker": listed})) == [
        (("a", "b"), "Dockerfile:7"),
        (("mail",), "docker/Dockerfile.worker:2"),
    ]


UNIT = """\
[Service]
EnvironmentFile=-/etc/conf.d/celery
ExecStart=/bin/sh -c '${CELERY_BIN} -A $CELERY_APP multi start $CELERYD_NODES \\
    --pidfile=${CELERYD_PID_FILE} $CELERYD_OPTS'
"""
OPTIONS = (
    'CELERYD_NODES="w1"\nCELERY_BIN="/venv/bin/celery"\nCELERY_APP="shop.jobs"\nCELERYD_OPTS="-c 4 -Q a,b"\n'
)


def test_a_systemd_unit(found: Discover) -> None:
    """Its environment file gives the options; without it they are not known."""
    assert consumed(found({**APP, "deploy/celery.service": UNIT})) == [(("?",), "deploy/celery.service:3")]
    files = {**APP, "deploy/celery.service": UNIT, "deploy/conf.d/celery": OPTIONS}
    assert consumed(found(files)) == [(("a", "b"), "deploy/celery.service:3")]


def test_the_options_of_the_init_script(found: Discover) -> None:
    """The file of variables stands for the command that the init script makes of them."""
    assert consumed(found({**APP, "deploy/celeryd": OPTIONS})) == [(("a", "b"), "deploy/celeryd:4")]


def test_a_supervisor_configuration(found: Discover) -> None:
    """Each program's command counts; what supervisor fills in is not known."""
    text = (
        "[supervisord]\nnodaemon=true\n[program:mail]\ncommand=celery -A shop.jobs worker\n"
        "  -Q mail\nautostart=true\n[program:other]\ncommand=celery -A shop.jobs worker -Q %(ENV_Q)s\n"
    )
    files = {**APP, "deploy/supervisord.conf": text}
    assert consumed(found(files)) == [
        (("mail",), "deploy/supervisord.conf:4"),
        (("?",), "deploy/supervisord.conf:8"),
    ]


def test_a_script_of_the_project(found: Discover) -> None:
    """A script of the project is read; one of the image that may be a worker is not known."""
    text = "services:\n  worker:\n    command: /app/scripts/start-worker.sh\n"
    assert consumed(found({**APP, "compose.yaml": text})) == [(("?",), "compose.yaml:3")]
    script = "#!/bin/sh\nset -e\nQUEUES=a,b\nexec celery -A shop.jobs worker \\\n  -Q $QUEUES\n"
    discovered = found({**APP, "compose.yaml": text, "scripts/start-worker.sh": script})
    assert [one.queues for one in discovered.workers] == [("a", "b")]


def test_another_projects_worker(found: Discover) -> None:
    """A worker of an app that is not this project's is left out."""
    files = {**APP, "blog/__init__.py": "", "blog/jobs.py": "x = 1\n"}
    text = (
        "services:\n  a:\n    command: celery -A blog.jobs worker\n  b:\n    command: celery -A wiki worker\n"
    )
    discovered = found(
        {**files, "pyproject.toml": f"[tool.prodready]\ncelery = '{TARGET}'\n", "compose.yaml": text}
    )
    assert discovered.workers == ()


def test_the_settings_say_it(found: Discover) -> None:
    """``consumes`` stands in the place of everything that files say."""
    files = {
        **APP,
        "Procfile": "worker: celery -A shop.jobs worker -Q other\n",
        "pyproject.toml": "[tool.prodready.celery]\nconsumes = ['default', 'mail']\n",
    }
    place = Location("pyproject.toml", 2)
    words = "[tool.prodready.celery] consumes"
    discovered = found(files)
    assert discovered.workers == (
        WorkerCommand(
            words, place, queues=("default", "mail"), lines={"default": place, "mail": place}, stated=True
        ),
    )
    assert queues_note(discovered) == f"default, mail ({words})"


def targets(discovered: Discovered) -> list[str]:
    return [entry.target for entry in discovered.entries if entry.kind == "celery"]


MAIL = {"mail/__init__.py": "", "mail/celery.py": "from celery import Celery\napp = Celery('mail')\n"}
SMS = {"sms/__init__.py": "", "sms/celery.py": "from celery import Celery\napp = Celery('sms')\n"}


def test_several_apps_that_are_started(found: Discover) -> None:
    """Each app that some worker starts is an entry of its own, and its workers are its own."""
    discovered = found(
        {
            **MAIL,
            **SMS,
            "Procfile": "worker: celery -A mail worker -Q m\nbeat: celery -A mail beat\n",
            "compose.yaml": "services:\n  s:\n    command: celery -A sms.celery:app worker -Q s\n"
            "  m:\n    command: celery -A mail.celery worker -Q m2\n",
        }
    )
    assert targets(discovered) == ["mail", "sms.celery:app"]
    assert [(one.app, one.queues) for one in discovered.workers] == [
        ("mail", ("m",)),
        ("sms.celery:app", ("s",)),
        ("mail", ("m2",)),
    ]


def test_several_apps_of_the_source(found: Discover) -> None:
    """Where nothing says what is started, each app in a file of the usual name is an entry."""
    assert targets(found({**MAIL, **SMS})) == ["mail.celery:app", "sms.celery:app"]


def test_several_apps_of_the_settings(found: Discover) -> None:
    """Those that the settings name, and no other."""
    text = "[tool.prodready]\ncelery = ['sms.celery:app', 'mail.celery']\n"
    files = {**MAIL, **SMS, **APP, "pyproject.toml": text}
    assert targets(found(files)) == ["sms.celery:app", "mail.celery"]
