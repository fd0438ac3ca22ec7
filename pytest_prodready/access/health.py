"""What ``prodready_health`` gives: the running application, clients for it, and probes with expectations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_prodready.access.common import fail
from pytest_prodready.access.common import text as shown
from pytest_prodready.facts import Answer, Expectation, Route
from pytest_prodready.findings import Fault
from pytest_prodready.gate import Gate
from pytest_prodready.rules.health import answers as judged
from pytest_prodready.settings.probes import METHODS, request_path
from pytest_prodready.settings.table import control_characters
from pytest_prodready.wording import listed

if TYPE_CHECKING:
    import httpx

    from pytest_prodready.probes.client import RunningApp


class HealthProbes:
    """The running application: clients for it, and probes with expectations.

    The server is started when it is first needed, once for the session, and stops with it; a test is
    skipped when there is nothing to start.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @property
    def client(self) -> httpx.Client:
        """A client whose base URL is the running application."""
        return self._running().client

    def async_client(self) -> httpx.AsyncClient:
        """A new client of that kind for an async test, to be closed by it.

        It is its own context manager: ``async with prodready_health.async_client() as client:``.
        """
        return self._running().async_client()

    @property
    def url(self) -> str:
        """Where the application answers."""
        return self._running().url

    def probe(
        self,
        path: str,
        *,
        status: int | Iterable[int] | None = None,
        json: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        method: str = "GET",
        text: str = "",
        answer_headers: dict[str, str] | None = None,
        refuse_without: Iterable[str] = (),
        within: float = 0,
    ) -> None:
        """Fail the test unless ``path`` answers as expected; each means what the key of the settings means.

        It waits for the answer, in an async test too: no other coroutine has a turn meanwhile. Each request
        ends within the limit ``probe``.
        """
        faults = self.faults(
            path,
            status=status,
            json=json,
            headers=headers,
            method=method,
            text=text,
            answer_headers=answer_headers,
            refuse_without=refuse_without,
            within=within,
        )
        fail(faults)

    def faults(
        self,
        path: str,
        *,
        status: int | Iterable[int] | None = None,
        json: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        method: str = "GET",
        text: str = "",
        answer_headers: dict[str, str] | None = None,
        refuse_without: Iterable[str] = (),
        within: float = 0,
    ) -> list[str]:
        """What is wrong with the answer of ``path``, as texts; empty when it is as :meth:`probe` asks."""
        accepted = (status,) if isinstance(status, int) else tuple(status or ())
        expectation = Expectation(
            path=path,
            status=accepted,
            method=method.upper(),
            json=json,
            headers=headers or {},
            refuse_without=tuple(refuse_without),
            text=text,
            answer_headers=answer_headers or {},
            within=within,
        )
        if mistake := _mistake(expectation):
            return [mistake]
        return [shown(fault) for fault in self._running().probe(expectation)]

    def _running(self) -> RunningApp:
        # httpx is loaded only when something is asked
        from pytest_prodready.probes.client import NotRunningError

        try:
            return self._gate.running_app(_faults)
        except NotRunningError as reason:
            why = reason
        if why.server.skipped:
            pytest.skip(str(why))
        pytest.fail(f"the application does not run: {why}", pytrace=False)


def _mistake(expectation: Expectation) -> str:
    """What cannot be asked for, in words; else empty."""
    if problem := control_characters(expectation.path) or request_path(expectation.path):
        return f"path {problem}"
    if expectation.method not in METHODS:
        return (
            f"method must be one of {', '.join(METHODS)}: a probe changes nothing; a client may ask otherwise"
        )
    sent = {name.lower() for name in expectation.headers}
    unsent = [name for name in expectation.refuse_without if name.lower() not in sent]
    return f"refuse_without names {listed(unsent)}, which headers does not send" if unsent else ""


def _faults(
    expectation: Expectation, answers: Sequence[Answer], routes: tuple[Route, ...] | None
) -> list[Fault]:
    """What fails the test: the errors, or what kept the answers from being judged."""
    found = judged.errors(expectation, answers, routes)
    reason = "" if found else judged.not_judged(expectation, answers)
    remedy = "Give the variable to the job that runs the gate, or ask for something that can be judged."
    return [*found, *([Fault(reason, remedy)] if reason else [])]
