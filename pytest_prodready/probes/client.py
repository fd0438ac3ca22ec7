"""The running application in a test's hands: a client for it, and probes with expectations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from pytest_prodready.facts import Answer, Expectation, Failure, InspectedEntry, Server
from pytest_prodready.findings import Fault
from pytest_prodready.probes import certificates, headers, http
from pytest_prodready.probes.launch import BadCommandError, NothingToServeError, choose, environment
from pytest_prodready.probes.server import RunningServer
from pytest_prodready.request import Request
from pytest_prodready.settings import Limits

if TYPE_CHECKING:
    from typing_extensions import Self

Judge = Callable[[Expectation, tuple[Answer, ...]], list[Fault]]


class NotRunningError(Exception):
    """The application could not be started; ``str()`` says why, ``server`` holds the facts."""

    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__(server.skipped or (server.failure.message if server.failure else ""))


class RunningApp:
    """Context manager: the application behind its real server, or the deployed instance of ``request.url``.

    Args:
        request, web, limits, environ, installed: as for :func:`pytest_prodready.probes.check`.
        judge: what is wrong with the answers to an expectation; rules stand above probes and are handed in.

    Raises:
        NotRunningError: on entering, when there is nothing to start or it does not start.
    """

    def __init__(
        self,
        request: Request,
        web: InspectedEntry | None,
        limits: Limits,
        environ: Mapping[str, str],
        installed: Mapping[str, str],
        judge: Judge,
    ) -> None:
        self.url = request.url
        self._request, self._web, self._limits = request, web, limits
        self._environ, self._installed, self._judge = environ, installed, judge
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            if not self._request.url:
                server = opened.enter_context(self._server())
                if server.failure is not None:
                    raise NotRunningError(server.facts)
                self.url = server.url
            self.client = opened.enter_context(
                httpx.Client(
                    base_url=self.url,
                    verify=certificates.trusted(self._environ),
                    trust_env=False,
                    timeout=self._limits.probe,
                )
            )
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()

    def _server(self) -> RunningServer:
        """A server that has not been started yet."""
        try:
            launch = choose(self._request, self._web, self._installed)
        except NothingToServeError as reason:
            raise NotRunningError(Server(url="", skipped=str(reason))) from None
        except BadCommandError as problem:
            raise NotRunningError(Server(url="", failure=Failure("lost", str(problem)))) from None
        return RunningServer(
            launch, self._request, environment(self._request, self._web, self._environ), self._limits
        )

    def async_client(self) -> httpx.AsyncClient:
        """A new client with the same base URL, for the event loop that runs; its user closes it."""
        return httpx.AsyncClient(
            base_url=self.url,
            verify=certificates.trusted(self._environ),
            trust_env=False,
            timeout=self._limits.probe,
        )

    def probe(self, expectation: Expectation) -> list[Fault]:
        """Ask what ``expectation`` names, and return all that is wrong with the answer."""
        cold = not self._request.url
        app = self._web.app if self._web is not None and cold else None
        asked = headers.with_entrance(expectation, app)
        answers = http.ask(self.url, (asked,), self._limits, self._environ, cold=cold)
        return self._judge(expectation, answers)
