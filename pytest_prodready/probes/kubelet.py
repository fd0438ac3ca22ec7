"""Asks endpoints as a kubelet does: plain HTTP to an address, which stands in Host, and little time.

A kubelet follows redirects within the instance; one to another host ends its probe, and counts as a success.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from pytest_prodready.facts import Answer, Expectation, HttpProbe, KubeletProbe
from pytest_prodready.health.kubernetes import ADDRESS, AGENT, SECONDS
from pytest_prodready.probes import http
from pytest_prodready.settings import Limits

BURST = 10
TRIES = 3
"""A kubelet acts on the third failure in a row."""
_REDIRECTS = 10


def probe(
    url: str,
    wanted: Iterable[tuple[Expectation, HttpProbe | None]],
    limits: Limits,
    environ: Mapping[str, str],
) -> tuple[KubeletProbe, ...]:
    """Ask each endpoint by itself, then several times at once.

    Args:
        url: where the server under probe answers.
        wanted: the endpoints, each with the probe of a manifest, if there is one.
        limits: of the run; a kubelet's own are shorter.
        environ: never shown; what answers repeat of it is blanked.
    """
    port = urlsplit(url).port
    probes = []
    for expectation, manifest in wanted:
        given = environ.get(manifest.address, "") if manifest is not None else ""
        probe = _Kubelet(url, f"{given or ADDRESS}:{port}", limits, environ).probe(expectation, manifest)
        if not given and (probe.answer.status or 0) >= 400 and (own := _own_address(limits.probe)):
            # an application may well allow the address that it finds out by itself
            again = _Kubelet(url, f"{own}:{port}", limits, environ).probe(expectation, manifest)
            probe = probe if (again.answer.status or 400) >= 400 else again
        probes.append(probe)
    return tuple(probes)


def _own_address(seconds: float) -> str:
    """The address that this machine's name stands for; empty where that is everybody's, or takes too long."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError):
            found.append(socket.gethostbyname(socket.gethostname()))

    thread = threading.Thread(target=look_up, daemon=True)  # the lookup of a name has no limit of its own
    thread.start()
    thread.join(seconds)
    return next((address for address in found if address != "127.0.0.1"), "")


@dataclass(frozen=True)
class _Kubelet:
    url: str
    address: str
    """The instance's own, with its port."""
    limits: Limits
    environ: Mapping[str, str]

    def probe(self, expectation: Expectation, manifest: HttpProbe | None) -> KubeletProbe:
        """The endpoint by itself; if it answers in time, several at once, and once more where one is late."""
        seconds = manifest.seconds if manifest is not None else SECONDS
        headers = _headers(self.address, manifest.headers if manifest is not None else expectation.headers)
        request = Expectation(expectation.path, headers=headers)
        for _ in range(TRIES):
            answer = self._followed(request, seconds)
            if not answer.error and (answer.status or 0) < 500:
                break
        late = 0
        for _ in range(0 if answer.error else 2):
            answers = self._ask((request,) * BURST, seconds)
            late = sum(bool(one.error) for one in answers)
            if not late:
                break
        place = manifest.location if manifest is not None else None
        return KubeletProbe(answer, headers["Host"], seconds, BURST, late, place)

    def _followed(self, request: Expectation, seconds: float) -> Answer:
        """The answer to a probe, with the path that was asked first."""
        asked = request
        for _ in range(1 + _REDIRECTS):
            (answer,) = self._ask((asked,), seconds)
            target = self._inside(asked.path, answer)
            if not target:
                break
            asked = replace(asked, path=target)
        return replace(answer, path=request.path)

    def _inside(self, path: str, answer: Answer) -> str:
        """The path that an answer redirects to within the instance; empty where it does not."""
        if answer.status is None or not 300 <= answer.status < 400 or not answer.location_header:
            return ""
        try:
            target = urlsplit(urljoin(f"http://{self.address}{path}", answer.location_header))
        except ValueError:
            return ""
        inside = (target.scheme, target.netloc) == ("http", self.address)
        return target.path + (f"?{target.query}" if target.query else "") if inside else ""

    def _ask(self, requests: tuple[Expectation, ...], seconds: float) -> tuple[Answer, ...]:
        return http.ask(self.url, requests, replace(self.limits, probe=seconds), self.environ)


def _headers(address: str, own: Mapping[str, str]) -> dict[str, str]:
    """What a kubelet sends of its own, and what the probe's description says in its place."""
    usual = {"Host": address, "User-Agent": AGENT, "Accept": "*/*", "Connection": "close"}
    names = {name.lower(): name for name in usual}
    return usual | {names.get(name.lower(), name): value for name, value in own.items()}
