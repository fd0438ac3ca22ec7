"""PRD211: tasks are sent by the configured app, to a configured broker, through packages that are there."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_prodready.facts import Binding, Driver, Facts, InspectedEntry, Location, Setup
from pytest_prodready.findings import Fault, Level
from pytest_prodready.registry import Subject
from pytest_prodready.rules.celery.app import celery_app
from pytest_prodready.rules.celery.family import AS_WORKER, family, loaded, plain_name

_SEEN = (
    "the web app was loaded in a fresh interpreter, and the current app read there, in its thread and in a "
    "second one"
)


EXTRAS = {"redis": "celery[redis]", "rediss": "celery[redis]", "sqs": "celery[sqs]"}
"""Scheme of an address → what brings all that it needs."""


@family.kind("wiring", "wirings", needs={"celery", "web", "closure"})
def wiring(facts: Facts) -> Iterator[Subject[InspectedEntry]]:
    """Each web app that has shared tasks of the application loaded, where there is a Celery app."""
    workers = [*loaded(facts)]
    for seen in facts.entries:
        if seen.entry.kind == "web" and seen.binding is not None and workers:
            yield Subject(plain_name(f"wiring:{seen.entry.target}"), seen, location=seen.entry.location)


@family.rule(
    "PRD211",
    "task-not-wired",
    celery_app,
    wiring,
    checks="Shared tasks in the web process belong to the configured app, in every thread; the broker is "
    "configured, the packages that broker and result backend need are there, and tasks do not run where they "
    "are sent from.",
    reason="A task that belongs to Celery's stopgap app is sent to RabbitMQ on localhost: the request fails, "
    "or the message is never seen.",
    remedy="Import the app before its tasks are used.",
)
def task_not_wired(seen: InspectedEntry, facts: Facts) -> Iterator[Fault]:
    """PRD211."""
    if seen.celery is not None:
        yield from _configuration(seen, seen.celery.setup)
    elif seen.binding is not None:
        worker = next(loaded(facts))
        yield from _web(seen, seen.binding, worker)


def _configuration(seen: InspectedEntry, setup: Setup) -> Iterator[Fault]:
    target, place = seen.entry.target, setup.location or seen.entry.location
    if setup.eager and (setup.eager_always or not setup.development):
        certain = setup.eager_always and setup.eager_location is not None
        yield Fault(
            "task_always_eager is on: tasks run inside the process that sends them, and no worker gets any"
            + ("" if certain else ", in the configuration of this job"),
            "Turn task_always_eager off, or leave it to the settings of the tests.",
            setup.eager_location or place,
            f"read from the configuration of {target}, {AS_WORKER}",
            level=None if certain else Level.WARNING,
        )
    if not setup.broker and not setup.development and not setup.eager:
        yield Fault(
            f"{target} has no broker configured: Celery takes amqp://guest@localhost//",
            'Give the app its broker: Celery("…", broker=os.environ["BROKER_URL"]), or broker_url in its '
            "configuration.",
            place,
            f"read from the configuration of {target}, {AS_WORKER}",
            level=Level.WARNING,
        )
    for driver in setup.drivers:
        yield _driver(driver, target, driver.location or place)


def _driver(driver: Driver, target: str, place: Location | None) -> Fault:
    address = f"{driver.scheme}://" if driver.scheme else "its address"
    proof = f"the class for {address} was imported as the worker imports it; nothing was connected to"
    said = (("the library says", driver.message),) if driver.message else ()
    if driver.problem == "unknown":
        return Fault(
            f"the {driver.role} of {target} is at {address}, which Celery knows no way to",
            f"Correct the address of the {driver.role}.",
            place,
            proof,
            said,
        )
    if driver.hidden:
        return Fault(
            f"the {driver.role} of {target} is at {address}, which needs {driver.package}: it is installed "
            "here, but the runtime requirements do not ask for it",
            f"Declare {EXTRAS.get(driver.scheme, driver.hidden)} in the runtime requirements, or "
            f"{driver.hidden} in [tool.prodready.runtime] also.",
            place,
            proof,
            said,
            level=Level.WARNING,
        )
    return Fault(
        f"the {driver.role} of {target} is at {address}, which needs {driver.package}: it is not installed",
        f"Declare and install {EXTRAS.get(driver.scheme, f'what brings {driver.package}')}.",
        place,
        proof,
        said,
    )


def _web(seen: InspectedEntry, binding: Binding, worker: InspectedEntry) -> Iterator[Fault]:
    if binding.configured:
        return
    module = _app_module(worker)
    evidence = (
        ("sent at", "\n".join(f"{one.location}  {one.task}" for one in binding.sends)),
        ("shared tasks and the current app", "\n".join(map(str, binding.uses))),
    )
    details = tuple(block for block in evidence if block[1])
    first = binding.sends[0].location if binding.sends else binding.uses[0]
    if not binding.main:
        later = any(one.name == module and one.reached for one in seen.modules)
        package, _, last = module.rpartition(".")
        init = next((one.file for one in (*seen.modules, *worker.modules) if one.name == package), "")
        attribute = worker.entry.target.partition(":")[2] or "app"
        remedy = (
            f"Write from .{last} import {attribute} in {init}."
            if init
            else f"Write import {module} in {seen.entry.module}, before its tasks are used."
        )
        yield Fault(
            f"{seen.entry.target} sends shared tasks without the Celery app: nothing that it loads imports "
            f"{module}, so that they go to Celery's own default app and amqp://guest@localhost//",
            remedy,
            Location(init, 1) if init else first,
            _SEEN,
            details,
            level=None if binding.sends and not later else Level.WARNING,
        )
    elif not binding.thread and binding.sends:
        threaded = [one for one in binding.sends if one.threaded]
        setup = worker.celery.setup if worker.celery is not None else Setup()
        where = (
            f"the endpoint at {threaded[0].location} runs in one"
            if threaded
            else "a threaded server runs views in one"
        )
        yield Fault(
            f"in another thread than the main one, the shared tasks of {seen.entry.target} belong to "
            f"Celery's own default app and go to amqp://guest@localhost//; {where}",
            "Call set_default() on the app, where it is made.",
            setup.location or first,
            _SEEN,
            details,
            level=None if threaded else Level.WARNING,
        )


def _app_module(worker: InspectedEntry) -> str:
    """The module that makes the app: ``celery -A package`` also looks into its module ``celery``."""
    module, inside = worker.entry.module, f"{worker.entry.module}.celery"
    return inside if any(one.name == inside for one in worker.modules) else module
