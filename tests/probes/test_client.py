"""The running application in a test's hands."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pytest_prodready.facts import Expectation
from pytest_prodready.probes.client import NotRunningError, RunningApp
from pytest_prodready.request import Request
from pytest_prodready.rules.health.answers import check_expectation
from tests.probes.support import ASGI, ENVIRON, INSTALLED, QUICK, request, web, write


def running(asked: Request, installed: dict[str, str] = INSTALLED) -> RunningApp:
    return RunningApp(
        asked, web(), QUICK, ENVIRON, installed, lambda wanted, got: check_expectation(wanted, got, None)
    )


async def greeted(app: RunningApp) -> object:
    """What a client of the running event loop gets."""
    async with app.async_client() as client:
        return (await client.get("/hello")).json()


def test_a_client_and_probes_on_the_running_application(tmp_path: Path) -> None:
    """The client knows the address, and a probe returns what is wrong."""
    write(tmp_path, main=ASGI)
    with running(request(tmp_path)) as app:
        assert app.client.get("/hello").json() == {"path": "/hello"}
        assert app.probe(Expectation("/ready", (200,), json={"path": "/ready"})) == []
        (fault,) = app.probe(Expectation("/ready", (204,)))
        assert fault.message == "GET /ready answered 200, expected 204"
        (fault,) = app.probe(Expectation("/ready", json={"path": "/other"}))
        assert fault.message.endswith('its body differs: path: expected "/other", got "/ready"')
        assert asyncio.run(greeted(app)) == {"path": "/hello"}
        with running(request(tmp_path, url=app.url)) as deployed:
            assert deployed.probe(Expectation("/ready")) == []


def test_what_does_not_start_raises_its_reason(tmp_path: Path) -> None:
    """No server, a server that leaves and a broken command each say so."""
    with (
        pytest.raises(NotRunningError, match="no server is installed"),
        running(request(tmp_path), {"flask": "3.0"}),
    ):
        pass
    with (
        pytest.raises(NotRunningError, match="could not be started"),
        running(request(tmp_path, "none {port}")),
    ):
        pass
    with pytest.raises(NotRunningError, match="no closing quotation"), running(request(tmp_path, "'")):
        pass
    with pytest.raises(NotRunningError, match="exited with status 3") as raised, running(request(tmp_path)):
        pass
    assert "Could not import module" in raised.value.server.log
