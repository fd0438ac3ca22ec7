"""The server once more for each dependency, with that one dead: what do the endpoints say then?

The real services are left alone. An address is pointed at a port of this machine that is kept without anybody
listening on it: whoever connects is refused at once, as by a host whose service is down.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from pytest_prodready.facts import Answer, Control, Expectation, Health, InspectedEntry
from pytest_prodready.health import claims
from pytest_prodready.health.addresses import DEAD_HOST, pointed
from pytest_prodready.inspection import Inspection
from pytest_prodready.probes import http
from pytest_prodready.probes.launch import Launch, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

_PAUSE = 0.25
_LONGER, _WAITED = 3.0, 10.0
"""How much longer than with its dependencies a server may take to start, and seconds besides: many wait for
their database as long as they are let, and are not ready meanwhile."""
_KINDS = {
    **dict.fromkeys(("postgresql", "mysql"), "database"),
    "redis": "redis",
    "amqp": "broker",
    "memcached": "cache",
}
"""Kind of a service in the application's configuration → what :class:`.Control` calls it."""


def look(
    planned: tuple[Control, ...],
    launch: Launch,
    request: Request,
    web: InspectedEntry | None,
    expectations: tuple[Expectation, ...],
    limits: Limits,
    environ: Mapping[str, str],
    there: Health,
) -> tuple[Control, ...]:
    """What becomes of each control, in their order; as many side by side as there are cores.

    Nothing is started where no endpoint had answered a success: there is nothing to compare then.

    Args:
        planned: what to try.
        launch: the server, as it was started with all dependencies there.
        request: where to start it.
        web: the application that it serves.
        expectations: all of this run; asked are those that :func:`.claims.asked_without` gives.
        limits: of each server's start, of each request, and of how long readiness may take to notice.
        environ: the environment of the target, with the real addresses.
        there: what was answered with all dependencies there.
    """
    full = [answer for answer in there.answers if not answer.without]
    places = claims.asked_without(expectations)
    if not any(claims.succeeds(full[at]) for at in places):
        return planned
    # how long they take is not the question here
    asked = tuple(replace(expectations[at], within=0.0) for at in places)
    serve = min(limits.serve, _LONGER * there.server.seconds + _WAITED)
    trial = _Trial(launch, request, web, asked, replace(limits, serve=serve), environ)
    with ThreadPoolExecutor(os.cpu_count() or 1, "prodready-controls") as pool:
        futures = [pool.submit(trial.without, control) for control in planned]
        try:
            return tuple(future.result() for future in futures)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            trial.give_up()
            raise


@contextmanager
def dead_port() -> Iterator[int]:
    """A port of the loopback interface that refuses every connection, and that nobody else can take."""
    with socket.socket() as kept:
        kept.bind((DEAD_HOST, 0))
        yield int(kept.getsockname()[1])


@dataclass
class _Trial:
    launch: Launch
    request: Request
    web: InspectedEntry | None
    asked: tuple[Expectation, ...]
    limits: Limits
    environ: Mapping[str, str]
    cancelled: threading.Event = field(default_factory=threading.Event)
    running: set[RunningServer] = field(default_factory=set)

    def without(self, control: Control) -> Control:
        """The control as it went."""
        if control.skipped:
            return control
        with dead_port() as port:
            starved = dict(self.environ)
            for name in control.variables:
                starved |= pointed(name, self.environ, port)
            seen = self._served(control, starved)
            suspected = any(map(partial(_suspect, seen), self.asked, seen.answers))
            if seen.failure is None and suspected and self.web is not None:
                return self._confirmed(seen, self.web, starved, port)
            return seen

    def give_up(self) -> None:
        """End what runs; whoever waits for it notices."""
        self.cancelled.set()
        for server in tuple(self.running):
            process = server.process  # its own thread may be about to forget it
            if process is not None:
                with suppress(OSError):
                    process.kill()

    def _served(self, control: Control, starved: Mapping[str, str]) -> Control:
        given = environment(self.request, self.web, starved)
        greeting = self.asked[0].path if self.asked else "/"
        # an assignment in front of the command would bring the real address back
        written = {
            name: text for name, text in self.launch.environment.items() if name not in control.variables
        }
        launch = replace(self.launch, environment=written)
        server = RunningServer(launch, self.request, given, self.limits, greeting)
        self.running.add(server)
        try:
            answers: tuple[Answer, ...] = ()
            with server:
                started = server.failure is None
                if started:
                    answers = self._answers(control, server.url, starved)
        finally:
            self.running.discard(server)
        return replace(control, answers=answers, failure=None if started else server.failure)

    def _answers(self, control: Control, url: str, environ: Mapping[str, str]) -> tuple[Answer, ...]:
        """What all say: liveness first, which must not wait behind a readiness that hangs."""
        found: dict[int, Answer] = {}

        def ask(places: list[int], *, cold: bool = False) -> None:
            wanted = tuple(self.asked[at] for at in places)
            answers = http.ask(url, wanted, self.limits, environ, cold=cold)
            found.update(zip(places, answers, strict=True))

        until = time.monotonic() + self.limits.probe
        every = range(len(self.asked))
        ask([at for at in every if self.asked[at].role == "live"], cold=True)
        ask([at for at in every if at not in found])
        # what looks in the background, or remembers for a while, may notice a little later, and what has just
        # been started may come to life
        while time.monotonic() < until and not self.cancelled.is_set():
            early = [at for at in every if _may_change(control, self.asked[at], found[at])]
            if not early:
                break
            self.cancelled.wait(_PAUSE)
            ask(early)
        return tuple(found[at] for at in every)

    def _confirmed(
        self, control: Control, web: InspectedEntry, starved: Mapping[str, str], port: int
    ) -> Control:
        """Whether the application really held the dead address: a file that it reads may bring another."""
        # what its configuration names is all that is asked
        request = replace(self.request, jobs=frozenset({"services"}), entries=(web.entry,), watch=None)
        inspection = Inspection(request, self.limits, starved, self.cancelled)
        loaded, _ = inspection.revealing(web.revealed).once(web.entry)
        kin = [one for one in loaded.services if not control.kind or _KINDS.get(one.kind) == control.kind]
        dead = [one for one in kin if (one.host, one.port) == (DEAD_HOST, port)]
        if not dead and kin and control.kind:
            why = "the application takes the address from elsewhere: it held another one all the same"
            return replace(control, skipped=why, pointed=False)
        return replace(control, pointed=True if dead else None, others=len(dead) < len(kin))


def _may_change(control: Control, expectation: Expectation, answer: Answer) -> bool:
    """Whether an answer would be a fault if it stayed so."""
    dead = expectation.role == "live" and not claims.succeeds(answer)
    return dead or _suspect(control, expectation, answer)


def _suspect(control: Control, expectation: Expectation, answer: Answer) -> bool:
    """Whether it is worth a closer look: a success that may be none without the dependency."""
    if not claims.succeeds(answer):
        return False
    needed = expectation.role == "ready" and (control.declared or control.kind == "database")
    return needed or bool(claims.claim(answer, control))
