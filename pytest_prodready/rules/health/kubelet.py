"""PRD510: a kubelet can use the endpoint, which speaks plain HTTP to an address and does not wait long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pytest_prodready.facts import Answer, Expectation, Facts, HttpProbe, KubeletProbe
from pytest_prodready.findings import Fault, Level
from pytest_prodready.health.kubernetes import ADDRESS, asked_by_kubelet
from pytest_prodready.registry import Subject
from pytest_prodready.rules.health import answer_words as words
from pytest_prodready.rules.health.acceptance import accepts
from pytest_prodready.rules.health.family import (
    NOT_PROBED,
    app_place,
    by_expectation,
    family,
    is_django,
    lost,
    not_asked,
)

_SLOW = "Do less in the endpoint, serve with more workers or threads, or raise timeoutSeconds of the probe."
_HEADER = "httpHeaders: [{name: Host, value: …}]"


@dataclass(frozen=True)
class Asked:
    """One endpoint: what it answered to the gate's own request, and to a kubelet's."""

    expectation: Expectation
    manifest: HttpProbe | None = None
    ordinary: Answer | None = None
    probe: KubeletProbe | None = None

    def in_production(self, facts: Facts) -> bool:
        """Whether the project says that a kubelet asks for it; else its path is only named so."""
        return facts.kubelet or self.manifest is not None


@family.kind("kubelet probe", "kubelet probes", needs=("web", "health", "kubelet"), late=True)
def kubelet_probe(facts: Facts) -> Iterator[Subject[Asked]]:
    """Every endpoint that a kubelet asks in production, as far as the project tells."""
    if facts.url:
        return
    answered = by_expectation(facts)
    wanted = asked_by_kubelet(facts.expectations, facts.http_probes, facts.kubelet)
    for number, (at, manifest) in enumerate(wanted):
        expectation = facts.expectations[at]
        place = (manifest.location if manifest else expectation.location) or app_place(facts)
        name = f"kubelet {expectation.path}"
        if facts.health is None or not_asked(facts):
            yield Subject(name, Asked(expectation, manifest), not_asked(facts) or NOT_PROBED, location=place)
        elif number >= len(facts.health.kubelet) or at >= len(answered):
            why = lost(facts, "kubelet") or lost(facts, "answers") or "it was not asked so"
            yield Subject(name, Asked(expectation, manifest), errored=why, location=place)
        else:
            value = Asked(expectation, manifest, answered[at][0], facts.health.kubelet[number])
            yield Subject(name, value, _left_to_others(value, facts), location=place)


@family.rule(
    "PRD510",
    "unreachable-for-kubelet",
    kubelet_probe,
    checks="Each endpoint that Kubernetes probes answers plain HTTP with an address as Host, in time.",
    reason="A probe that is refused or redirected takes instances that work out of service.",
    remedy="Let the endpoint answer before hosts are checked and requests are redirected to https.",
)
def unreachable_for_kubelet(seen: Asked, facts: Facts) -> Iterator[Fault]:
    """PRD510; without a sign of Kubernetes a warning at most, for paths that are named as its own."""
    named = "" if seen.in_production(facts) else " (its name alone says that Kubernetes asks for it)"
    for fault in _faults(seen, facts):
        yield replace(fault, message=fault.message + named, location=fault.location or app_place(facts))


def _faults(seen: Asked, facts: Facts) -> Iterator[Fault]:
    probe, ordinary = seen.probe, seen.ordinary
    if probe is None or ordinary is None:
        return
    answer = probe.answer
    certain = facts.kubelet or (seen.manifest is not None and seen.manifest.sure)
    level = None if certain else Level.WARNING
    if answer.error or answer.status is None:
        if seen.in_production(facts):
            yield _fault(seen, probe, f"got no answer three times in a row: {answer.error}", _SLOW, level)
    elif answer.status >= 400 and answer.status != (ordinary.status if _accepted(seen) else None):
        said, remedy = _refusal(answer, probe, facts)
        if told := _told_in_production(seen, probe, facts):
            level, remedy = Level.WARNING, f"{told} {remedy}"
        yield _fault(seen, probe, said, remedy, level)
    elif 300 <= answer.status < 400:
        yield from _redirected(seen, probe, facts, level)
    elif probe.late and seen.in_production(facts):
        said = f"had no answer to {probe.late} of {probe.burst} that were sent at once"
        yield _fault(seen, probe, said, _SLOW, Level.WARNING)


def _told_in_production(seen: Asked, probe: KubeletProbe, facts: Facts) -> str:
    """What production may tell the application about its hosts, and this job does not; else empty."""
    manifest, web = seen.manifest, facts.entry("web")
    if manifest is not None and manifest.address and probe.host.startswith(f"{ADDRESS}:"):
        return f"The deployment tells the address in {manifest.address}: set it to {ADDRESS} here."
    if manifest is not None and manifest.hosts:
        return "The deployment sets a variable that names hosts: set it here as it is set there."
    reads = web.environment_reads if web is not None else ()
    unset = next((one.name for one in reads if "HOSTS" in one.name.upper() and one.state != "set"), "")
    return (
        f"The application reads {unset}, which is not set here: set it as production does." if unset else ""
    )


def explains(expectation: Expectation, ordinary: Answer, facts: Facts) -> bool:
    """Whether the status of the gate's own request is judged here, by what a kubelet gets in its place."""
    if facts.health is None or not facts.health.kubelet:
        return False
    wanted = asked_by_kubelet(facts.expectations, facts.http_probes, facts.kubelet)
    for (at, manifest), probe in zip(wanted, facts.health.kubelet, strict=False):
        one = facts.expectations[at]
        if (one.path, one.method) == (expectation.path, expectation.method):
            seen = Asked(one, manifest, ordinary, probe)
            written = not one.found and (manifest is None or one.location != manifest.location)
            judged_here = not _accepted(seen) and not _left_to_others(seen, facts)
            return judged_here and (not written or any(unreachable_for_kubelet(seen, facts)))
    return False


def _accepted(seen: Asked) -> bool:
    answer = seen.ordinary
    return (
        answer is not None
        and not answer.error
        and answer.status is not None
        and accepts(seen.expectation, answer.status)
    )


def _left_to_others(seen: Asked, facts: Facts) -> str:
    """Why nothing is said of an endpoint here: the gate's own request fails for a cause of its own."""
    answer = seen.ordinary
    if answer is None or _accepted(seen):
        return ""
    if seen.in_production(facts) and answer.status is not None and not answer.error:
        host = answer.status == 400 and (is_django(facts) or "host" in answer.body.lower())
        if host or 300 <= answer.status < 400:
            return ""
    return f"{words.asked(seen.expectation)} did not answer as expected when it was asked as usual"


def _refusal(answer: Answer, probe: KubeletProbe, facts: Facts) -> tuple[str, str]:
    """What was answered, and what to do."""
    said = f"was answered {answer.status}"
    if answer.status == 400 and is_django(facts):
        return f"{said}: ALLOWED_HOSTS refuses {probe.host}", (
            f"Send a host that ALLOWED_HOSTS lists: {_HEADER} in the probe; or answer the path in a "
            "middleware in front of those that look at the host."
        )
    if answer.status == 400 and "host" in answer.body.lower():
        return f"{said}: {probe.host} is refused as Host", (
            f"Send a host that the application allows: {_HEADER} in the probe; or answer the path in front "
            "of TrustedHostMiddleware."
        )
    return f"{said}{words.quotation(answer)}", (
        f"Answer {answer.path} alike to every Host and every client, or send what it needs: {_HEADER}."
    )


def _redirected(seen: Asked, probe: KubeletProbe, facts: Facts, level: Level | None) -> Iterator[Fault]:
    answer = probe.answer
    try:
        target = urlsplit(answer.location_header)
        same = target.hostname in (None, urlsplit(f"//{probe.host}").hostname)
    except ValueError:
        return
    if target.scheme == "https" and same:
        where = answer.location_header
        yield _fault(
            seen, probe, f"was redirected to {where}, where nobody speaks TLS", _no_https(seen, facts), level
        )
    elif seen.in_production(facts) and not same:
        yield _fault(
            seen,
            probe,
            f"was redirected to {answer.location_header}, which counts as a success whatever is behind it",
            _no_https(seen, facts)
            if target.scheme == "https"
            else "Answer the path itself, without a redirect.",
            Level.WARNING,
        )


def _no_https(seen: Asked, facts: Facts) -> str:
    if is_django(facts):
        path = seen.expectation.path.lstrip("/")
        return f'Leave the path out of the redirect: SECURE_REDIRECT_EXEMPT = [r"^{path}$"].'
    return (
        "Answer the path in front of what redirects to https (HTTPSRedirectMiddleware, Talisman), or leave "
        "the redirect to the proxy."
    )


def _fault(seen: Asked, probe: KubeletProbe, said: str, remedy: str, level: Level | None) -> Fault:
    answer = probe.answer
    got = answer.error or f"got {answer.status}"
    return Fault(
        f"a kubelet's probe of {answer.path} {said}",
        remedy,
        probe.location or seen.expectation.location,
        proof=f"sent GET {answer.path} over plain HTTP, Host {probe.host}, within {probe.seconds:g} s: {got}",
        details=words.body_block(answer),
        level=level,
    )
