"""``prodready_health``, fixture and marker: a real uvicorn, asked by sync and async tests."""

from __future__ import annotations

import pytest

from tests.support import Run, gate

pytest.importorskip("uvicorn")
pytest.importorskip("anyio")

SETTINGS = """
[project]
name = "shop"
version = "1"
dependencies = ["uvicorn"]

[tool.prodready]
app = "shop:app"
"""
SHOP = """
import json

ANSWERS = {
    "/ready": (200, {"status": "ready", "checks": {"cache": "down"}}),
    "/broken": (503, {"status": "not_ready", "checks": {"database": "refused", "redis": "ok"}}),
}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    guarded = scope["path"].strip("/") == "admin" and (b"x-token", b"letmein7") not in scope["headers"]
    status, body = (401, {}) if guarded else ANSWERS.get(scope["path"], (200, {"path": scope["path"]}))
    headers = [(b"content-type", b"application/json"), (b"x-version", b"7"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else json.dumps(body).encode()
    await send({"type": "http.response.body", "body": body})
"""
MARKED = """
import pytest

TOKEN = {"X-Token": "env:SHOP_TOKEN"}
health = pytest.mark.prodready_health

@health("/hello", status=[200, 204], text="/hello", answer_headers={"X-Version": "7"}, within=30)
def test_everything(): pass

@health("/hello", method="head", status=200)
def test_method(): pass

@health("/admin", headers=TOKEN, refuse_without=["X-Token"])
def test_refuses(): pass

@health("/ready", status=200)
def test_a_warning_is_no_failure(): pass

@pytest.mark.anyio
@health("/hello", text="/hello")
async def test_async():
    global ran
    ran = True

@health("/hello")
def test_the_async_body_ran():
    assert ran

@health("/hello", text="goodbye", answer_headers={"X-Version": "8"})
def test_broken_text(): pass

@health("/hello", within=0.000001)
def test_broken_within(): pass

@health("/broken", status=200)
def test_broken_dependency(): pass

@health("/hello", headers=TOKEN, refuse_without=["X-Token"])
def test_broken_open(): pass

@health("/hello", headers={"X-Other": "env:NOT_SET_HERE"})
def test_broken_unset(): pass

@health("/hello", method="DELETE")
def test_broken_method(): pass

@health("/hello", refuse_without=["X-Token"])
def test_broken_unsent(): pass

@health("/hel\\nlo")
def test_broken_path(): pass

@pytest.mark.anyio
@health("/broken")
async def test_broken_async():
    raise AssertionError("the body ran")

@health("/hello", statuss=200)
def test_broken_word(): pass
"""
FIXTURES = """
import asyncio
import pytest

pytestmark = pytest.mark.anyio

def test_sync(prodready_health):
    assert prodready_health.client.get("/hello").json() == {"path": "/hello"}
    prodready_health.probe("/hello", text="hello", answer_headers={"x-version": ""}, within=30)
    with pytest.raises(pytest.fail.Exception, match="its body has no"):
        prodready_health.probe("/hello", text="goodbye")

async def test_async_client(prodready_health):
    async with prodready_health.async_client() as client:
        answers = await asyncio.gather(*(client.get(f"/{at}") for at in range(20)))
        assert [answer.json()["path"] for answer in answers] == [f"/{at}" for at in range(20)]
    assert client.is_closed

async def test_a_second_loop_has_a_client_of_its_own(prodready_health):
    async with prodready_health.async_client() as client:
        assert (await client.get("/again")).status_code == 200

async def test_a_probe_in_an_async_test(prodready_health):
    other = asyncio.create_task(asyncio.sleep(0, "done"))
    prodready_health.probe("/hello", status=200)
    with pytest.raises(pytest.fail.Exception, match="names what is not ready: database"):
        prodready_health.probe("/broken", status=200)
    assert await other == "done"
    async with prodready_health.async_client() as client:
        assert (await client.get("/after")).status_code == 200
"""
CONFTEST = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def run(pytester: pytest.Pytester, text: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The hand-written tests of a project with that application."""
    monkeypatch.setenv("SHOP_TOKEN", "letmein7")
    pytester.makepyprojecttoml(SETTINGS)
    pytester.makepyfile(shop=SHOP, conftest=CONFTEST, test_shop=text)
    return gate(pytester, "test_shop.py", "-v", "-p", "anyio")


def test_the_marker_asks_before_the_body_runs(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key of a probe, on sync and async tests; mistakes are told in words, and pass nothing."""
    seen = run(pytester, MARKED, monkeypatch)
    failed = {
        subject.rpartition("test_")[2]
        for subject, one in seen.judgements.items()
        if one.outcome.value == "failed"
    }
    assert failed == {
        *(
            "broken_text",
            "broken_within",
            "broken_dependency",
            "broken_open",
            "broken_unset",
            "broken_method",
        ),
        *("broken_unsent", "broken_path", "broken_async", "broken_word"),
    }
    seen.result.assert_outcomes(passed=6, failed=10)
    seen.result.stdout.fnmatch_lines_random(
        [
            'GET /hello answered 200, but its body has no "goodbye"',
            'GET /hello answered 200, but with X-Version: 7, which lacks "8"',
            "GET /hello takes * ms, more than the 0.001 ms of its budget",
            "GET /broken answered 503, expected 200",
            "GET /broken names what is not ready: database (refused)",
            "GET /hello answered 200 without the header X-Token: everybody may call it",
            "NOT_SET_HERE is not set, which a header of /hello needs",
            "method must be one of GET, HEAD, OPTIONS: a probe changes nothing; a client may ask otherwise",
            "refuse_without names X-Token, which headers does not send",
            "path holds a control character or a line break",
            "prodready_health: *'statuss'; it is written prodready_health(path, status=None, *",
        ]
    )
    assert "letmein7" not in seen.text
    assert "the body ran" not in seen.text


def test_the_fixture_gives_clients_for_sync_and_async_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each loop has a client of its own, closed by its test; a probe leaves the running loop as it was."""
    seen = run(pytester, FIXTURES, monkeypatch)
    seen.result.assert_outcomes(passed=4)
    assert seen.status == 0
    assert "ResourceWarning" not in seen.text
