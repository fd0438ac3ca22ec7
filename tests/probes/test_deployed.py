"""Deployed instances: where they lead, and who vouches for them; over real TLS."""

from __future__ import annotations

import datetime as dt
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from pytest_prodready import codec, probes
from pytest_prodready.facts import Expectation, Facts, Health
from pytest_prodready.findings import Level
from pytest_prodready.probes.client import RunningApp
from pytest_prodready.registry import Registry
from pytest_prodready.rules import health
from pytest_prodready.rules.health.answers import check_expectation
from tests.probes.support import ENVIRON, QUICK, paths, request, web

NOW = dt.datetime.now(dt.timezone.utc)
AUTHORITY = trustme.CA()


def certificate(*names: str, days: float = 90) -> trustme.LeafCert:
    """One for ``names`` that ends in so many days from now."""
    return AUTHORITY.issue_cert(
        *names, not_before=NOW - dt.timedelta(days=365), not_after=NOW + dt.timedelta(days=days)
    )


@contextmanager
def instance(redirects: dict[str, str] | None = None, shown: trustme.LeafCert | None = None) -> Iterator[str]:
    """A server that redirects some of its paths and answers 200 on the others, with TLS or without."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target = (redirects or {}).get(self.path)
            self.send_response(302 if target else 200)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that does not accept the certificate hangs up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if shown is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            shown.configure_cert(context)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http{'s' if shown else ''}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment that trusts the authority of these tests."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    return {**ENVIRON, "SSL_CERT_FILE": str(tmp_path / "company.pem")}


def probed(url: str, environ: dict[str, str] = ENVIRON, *names: str) -> Health:
    seen = probes.check(request(Path("/"), url=url), None, paths(*names), QUICK, environ, {})
    assert codec.decode(Health, codec.encode(seen)) == seen
    return seen


def said(url: str, environ: dict[str, str] = ENVIRON, *names: str) -> list[tuple[Level, str, str]]:
    """Level, message and remedy of what is said of the instance."""
    seen = Facts(root="/", url=url, health=probed(url, environ, *names))
    registry = Registry([health.family]).select(["PRD501", "PRD508"])
    findings = [
        finding
        for kind in registry.kinds
        for subject in kind.subjects(seen)
        for finding in registry.judge(kind, subject, seen).findings
    ]
    assert {(finding.code, finding.subject) for finding in findings} <= {("PRD501", "server")}
    return [(one.level, one.message.replace(url, "URL"), one.remedy) for one in findings]


def test_an_authority_of_its_own(environ: dict[str, str]) -> None:
    """A company's authority, named as every client expects it, is trusted; by the fixture's client too."""
    with instance(shown=certificate("127.0.0.1")) as url:
        assert said(url, environ, "/ready") == []
        seen = probed(url, environ, "/ready")
        asked = request(Path("/"), url=url)
        with RunningApp(
            asked, web(), QUICK, environ, {}, lambda wanted, got: check_expectation(wanted, got, None)
        ) as app:
            assert app.client.get("/ready").status_code == 200
            assert app.probe(Expectation("/ready")) == []
    assert (seen.answers[0].status, seen.server.started, seen.stop) == (200, True, None)
    assert seen.server.certificate is not None
    assert 89 < seen.server.certificate.days < 90
    assert seen.server.certificate.expires == (NOW + dt.timedelta(days=90)).date().isoformat()


@pytest.mark.parametrize(
    "names, days, trusted, message, remedy",
    [
        (["127.0.0.1"], -1, True, "certificate has expired", "Renew the certificate"),
        (["shop.example"], 90, True, "IP address mismatch", "Use a name that the certificate is made for"),
        (["127.0.0.1"], 90, False, "unable to get local issuer certificate", "Let the server send its whole"),
    ],
)
def test_a_certificate_that_is_not_accepted(
    names: list[str], days: int, trusted: bool, message: str, remedy: str, environ: dict[str, str]
) -> None:
    """An instance that no client would talk to does not answer, and why is said."""
    with instance(shown=certificate(*names, days=days)) as url:
        ((level, words, advice),) = said(url, environ if trusted else ENVIRON, "/ready")
    assert level is Level.ERROR
    assert words.startswith("nothing answers at URL: its certificate was not accepted: ")
    assert message in words
    assert advice.startswith(remedy)


@pytest.mark.parametrize(
    "days, left", [(15, ""), (13.5, "in 13 days"), (1.5, "in 1 day"), (0.5, "within a day")]
)
def test_a_certificate_that_ends_soon(days: float, left: str, environ: dict[str, str]) -> None:
    """One that nobody has renewed is a warning, with its day."""
    with instance(shown=certificate("127.0.0.1", days=days)) as url:
        found = said(url, environ)
    end = (NOW + dt.timedelta(days=days)).date()
    words = [f"the certificate of URL expires {left}, on {end}"] if left else []
    assert [message for _, message, _ in found] == words
    assert all(level is Level.WARNING for level, _, _ in found)


def test_a_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    """It is passed over, and what is not signed by anybody else's is not accepted."""
    (tmp_path / "empty.pem").touch()
    with instance(shown=certificate("127.0.0.1")) as url:
        for name in ("empty.pem", "missing.pem"):
            environ = {**ENVIRON, "SSL_CERT_FILE": str(tmp_path / name)}
            assert "its certificate was not accepted" in said(url, environ)[0][1]


@pytest.mark.parametrize(
    "redirects, message",
    [
        ({}, ""),
        ({"/": "/login", "/login": "/login/"}, ""),
        ({"/": "/"}, "URL redirects in a circle, back to URL/"),
        ({"/": "/a", "/a": "/b", "/b": "/a"}, "URL redirects in a circle, back to URL/a"),
        ({"/": "http://elsewhere.invalid/x"}, "URL redirects to another host, http://elsewhere.invalid/x"),
        ({"/": "https://127.0.0.1:1/"}, "URL redirects to https://127.0.0.1:1/"),
        ({"/": "http://[::1"}, ""),
        ({"/": "//:x"}, ""),
    ],
)
def test_where_the_base_url_leads(redirects: dict[str, str], message: str) -> None:
    """Within the same host nowhere that matters; in a circle and to elsewhere it is told."""
    with instance(redirects) as url:
        found = said(url, ENVIRON, "/ready")
    assert [words for _, words, _ in found] == ([message] if message else [])
    assert all(level is Level.WARNING for level, _, _ in found)


def test_a_way_without_end_is_followed_a_few_steps() -> None:
    """Ten different steps, and no more."""
    with instance({"/": "/1", **{f"/{step}": f"/{step + 1}" for step in range(1, 50)}}) as url:
        assert len(probed(url).server.redirects) == 10
