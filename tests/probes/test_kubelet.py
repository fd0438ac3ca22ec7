"""How a kubelet asks, as a real HTTP server receives it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pytest_prodready.facts import Expectation, HttpProbe, Location
from pytest_prodready.probes import kubelet
from pytest_prodready.settings import Limits

LIMITS = Limits(probe=30.0)
LINE = Location("deploy.yaml", 4)


@contextmanager
def serving(
    redirects: dict[str, str], silent: str = ""
) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server that redirects some paths and keeps one waiting; gives its URL and what it was asked."""
    asked: list[tuple[str, dict[str, str]]] = []
    leave = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((f"{self.path} {self.request_version}", dict(self.headers.items())))
            if self.path == silent:
                leave.wait(60)
                return
            target = redirects.get(self.path, "").format(host=self.headers["Host"])
            self.send_response(302 if target else 200)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        request_queue_size = 50

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            leave.set()
            server.shutdown()
            thread.join()


def test_it_speaks_plain_http_to_an_address() -> None:
    probe = HttpProbe("ready", "/b", LINE, {"host": "shop.example.com", "X-Probe": "yes"}, 20.0)
    with serving({}) as (url, asked):
        plain, described = kubelet.probe(
            url, [(Expectation("/a"), None), (Expectation("/b"), probe)], LIMITS, {}
        )
    address = f"10.42.0.17:{url.rpartition(':')[2]}"
    assert (plain.answer.status, plain.host, plain.seconds, plain.location) == (200, address, 1.0, None)
    assert (described.host, described.seconds, described.location) == ("shop.example.com", 20.0, LINE)
    assert (described.burst, described.late) == (10, 0)
    assert len([path for path, _ in asked if path == "/b HTTP/1.1"]) >= 11  # once alone, then ten at once
    sent = dict(asked)
    kept = {"Host": address, "User-Agent": "kube-probe/1.30", "Accept": "*/*", "Connection": "close"}
    assert kept.items() <= sent["/a HTTP/1.1"].items()
    assert {"Host": "shop.example.com", "X-Probe": "yes"}.items() <= sent["/b HTTP/1.1"].items()


def test_redirects_are_followed_within_the_instance() -> None:
    redirects = {
        "/slash": "/slash/?x=1",
        "/absolute": "http://{host}/there",
        "/secure": "https://{host}/secure",
        "/away": "http://shop.example.com/",
        "/circle": "/circle",
        "/odd": "http://[/",
    }
    with serving(redirects) as (url, asked):
        wanted = [(Expectation(path), None) for path in redirects]
        probes = kubelet.probe(url, wanted, Limits(probe=30.0), {})
    assert [probe.answer.status for probe in probes] == [200, 200, 302, 302, 302, 302]
    assert [probe.answer.path for probe in probes] == [*redirects]
    assert "/slash/?x=1 HTTP/1.1" in {path for path, _ in asked}


def test_it_asks_three_times_in_vain_and_no_more() -> None:
    probe = HttpProbe("live", "/silent", LINE, seconds=0.2)
    with serving({}, silent="/silent") as (url, asked):
        (late,) = kubelet.probe(url, [(Expectation("/silent"), probe)], LIMITS, {})
    assert (late.answer.status, late.late) == (None, 0)
    assert late.answer.error == "no answer came within 0.2 s"
    assert len(asked) <= 3
