"""The HTTP probes of manifests, and which of them are the application's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from pytest_prodready.discovery.kubernetes_probes import find
from pytest_prodready.discovery.tree import Tree
from pytest_prodready.facts import App, Entry, Expectation, HttpProbe, InspectedEntry, Location, Route
from pytest_prodready.health.kubernetes import asked_by_kubelet, own_probes, with_probes

DEPLOYMENT = """\
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          command: [gunicorn, "shop.wsgi:application"]
          livenessProbe: &live
            httpGet:
              path: livez?verbose=1
              port: http
              httpHeaders:
                - name: Host
                  value: shop.example.com
            timeoutSeconds: 5
          readinessProbe:
            httpGet: {port: 8000}
          startupProbe: *live
        - name: tls
          readinessProbe:
            httpGet: {path: /ready, scheme: HTTPS}
        - name: other
          readinessProbe:
            exec: {command: [cat, /tmp/ready]}
"""
VALUES = """\
web:
  livenessProbe:
    path: /alive
  readinessProbe:
    enabled: false
    path: /off
  startupProbe:
    httpGet:
      path: "{{ .Values.path }}"
"""
WEB = Location("deploy/web.yaml", 10)


def probes(root: Path, **files: str) -> tuple[HttpProbe, ...]:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path = path.with_name(f"{path.name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return find(Tree(root))


def test_probes_of_a_manifest(tmp_path: Path) -> None:
    host, command = {"Host": "shop.example.com"}, "gunicorn shop.wsgi:application"
    root = Location("deploy/web.yaml", 17)
    assert probes(tmp_path, deploy__web=DEPLOYMENT) == (
        HttpProbe("live", "/livez?verbose=1", WEB, host, 5.0, "web", command),
        HttpProbe("ready", "/", root, {}, 1.0, "web", command),
        HttpProbe("startup", "/livez?verbose=1", WEB, host, 5.0, "web", command),
    )


def test_values_of_a_chart_and_files_that_are_not_read(tmp_path: Path) -> None:
    found = probes(tmp_path, chart__values=VALUES, deploy__dev=DEPLOYMENT, broken="livenessProbe: [")
    assert found == (HttpProbe("live", "/alive", Location("chart/values.yaml", 3), container="web"),)


def test_what_the_container_is_told_of_hosts(tmp_path: Path) -> None:
    told = """\
        spec:
          containers:
            - name: web
              env:
                - name: POD_IP
                  valueFrom: {fieldRef: {fieldPath: status.podIP}}
                - {name: DEBUG, value: "0"}
              readinessProbe: {httpGet: {path: /ready}}
            - name: other
              env: [{name: DJANGO_ALLOWED_HOSTS, value: "*"}]
              readinessProbe: {httpGet: {path: /ready}}
    """
    first, second = probes(tmp_path, web=told)
    assert (first.address, first.hosts) == ("POD_IP", False)
    assert (second.address, second.hosts) == ("", True)


def probe(path: str, container: str = "web", role: str = "live", command: str = "") -> HttpProbe:
    return HttpProbe(role, path, Location("deploy.yaml", 1), container=container, command=command)


def web(*routes: str) -> InspectedEntry:
    app = App("x.App", "asgi", routes=tuple(map(Route, routes)))
    return InspectedEntry(Entry("web", "shop.main:app", "a test"), app=app)


def own(*described: HttpProbe, routes: tuple[str, ...] = ("/ready/",)) -> list[tuple[str, bool]]:
    return [(one.path, one.sure) for one in own_probes(described, web(*routes))]


def test_the_probes_of_the_application() -> None:
    # the container asks for a route, or starts the application: so do its other probes
    assert own(probe("/ready"), probe("/gone"), probe("/x", "y")) == [("/ready", True), ("/gone", True)]
    started = probe("/gone", command="exec uvicorn shop.main:app --port 80")
    assert own(started, probe("/ready", "y")) == [("/gone", True)]
    # another file repeats a part of it
    again = replace(probe("/ready"), location=Location("staging.yaml", 1))
    assert own(probe("/ready"), probe("/gone"), again) == [("/ready", True), ("/gone", True)]
    # of several that ask for a route, nobody knows which is the application's; a root says nothing
    assert own(probe("/ready"), probe("/ready", "y"), probe("/x", "y")) == [
        ("/ready", False),
        ("/ready", False),
    ]
    assert own(probe("/"), probe("/ready", "y"), routes=("/", "/ready")) == [("/ready", True)]
    # one container alone may well be the application's
    assert own(probe("/gone")) == [("/gone", False)]
    assert own(probe("/gone"), probe("/x", "y")) == []
    assert own_probes((probe("/gone"),), None) == (probe("/gone"),)


def test_their_paths_are_endpoints() -> None:
    (both, live, gone) = own_probes((probe("/ok", role="ready"), probe("/ok"), probe("/gone")), web("/ok"))
    settings = Expectation("/ok", status=(204,))
    place = Location("deploy.yaml", 1)
    assert with_probes((settings,), (both, live, gone)) == (
        Expectation("/ok", status=(204,), role="ready"),
        Expectation("/gone", source="deploy.yaml, web", location=place, role="live"),
    )
    unsure = probe("/gone")
    assert with_probes((), (unsure,)) == (
        Expectation("/gone", source="deploy.yaml, web", location=place, found=True, role="live"),
    )


def test_what_a_kubelet_asks() -> None:
    every = (
        Expectation("/healthz", found=True),
        Expectation("/health", found=True),
        Expectation("/reports"),
        Expectation("/ready", role="ready", headers={"X-Token": "env:TOKEN"}),
    )
    listed = probe("/reports")
    assert asked_by_kubelet(every, (), False) == [(0, None)]
    assert asked_by_kubelet(every, (), True) == [(0, None), (1, None)]
    assert asked_by_kubelet(every, (listed,), False) == [(2, listed)]
