"""PRD603: the services that the configuration names answer."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Facts, Hello
from pytest_prodready.findings import Fault
from pytest_prodready.registry import Subject
from pytest_prodready.rules.environment.family import family

PRODUCTS = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "redis": "Redis",
    "amqp": "AMQP",
    "smtp": "SMTP",
    "memcached": "memcached",
    "http": "HTTP",
    "tcp": "TCP",
}
ASKED = {
    "postgresql": "an SSLRequest was sent, as every client may begin",
    "mysql": "its greeting was awaited",
    "redis": "PING was sent",
    "amqp": "the protocol's header was sent",
    "smtp": "its banner was awaited, then EHLO was sent",
    "memcached": "version was sent",
    "http": "HEAD / was sent",
    "tcp": "a connection was opened",
}
"""What the probe did; no login was sent."""


@family.kind("service", "services", needs={"web", "worker", "services"})
def service(facts: Facts) -> Iterator[Subject[Hello]]:
    """Every address that the configuration names, where ``--prodready-live`` asks for it."""
    for hello in facts.hellos:
        yield Subject(f"live:{hello.service.address}", hello, location=hello.service.location)


@family.rule(
    "PRD603",
    "service-unreachable",
    service,
    checks="With --prodready-live: the database, broker, result backend, cache, mail server and HTTP "
    "services that the application is configured for answer.",
    reason="The application starts, and fails with each mail, task or request that needs the service.",
    remedy="Correct the setting, or start the service.",
)
def service_unreachable(hello: Hello, facts: Facts) -> Iterator[Fault]:
    """PRD603."""
    if not hello.problem:
        return
    one = hello.service
    host = f"[{one.host}]" if ":" in one.host else one.host
    yield Fault(
        f"the {one.role} at {host}:{one.port} ({PRODUCTS[one.kind]}) cannot be reached: {hello.detail}",
        f"It comes from {one.setting}: correct the setting, or start the service.",
        one.location,
        f"asked from where the gate runs: {ASKED[one.kind]}, no login",
    )
