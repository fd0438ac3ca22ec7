"""A deployed instance: it answers, where it is asked for, and as who it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pytest_prodready.facts import Server
from pytest_prodready.findings import Fault, Level

RENEWED = 14
"""Days before its end at which a certificate that renews itself has been renewed for long."""


def faults(seen: Server) -> Iterator[Fault]:
    """What is wrong with the instance itself, whatever its endpoints answer."""
    proof = f"sent requests to {seen.url}"
    if seen.failure is not None:
        said = seen.failure.message
        yield Fault(f"nothing answers at {seen.url}: {said}", _remedy(said), proof=proof)
        return
    yield from _redirect(seen, proof)
    certificate = seen.certificate
    if certificate is not None and certificate.days < RENEWED:
        days = int(certificate.days)
        left = f"in {days} day{'' if days == 1 else 's'}" if days else "within a day"
        yield Fault(
            f"the certificate of {seen.url} expires {left}, on {certificate.expires}",
            "Renew it, and look why what renews it has not done so.",
            proof=f"opened a TLS connection to {seen.url}",
            level=Level.WARNING,
        )


def _redirect(seen: Server, proof: str) -> Iterator[Fault]:
    """The base URL leads in a circle, or away from what is probed."""
    if not seen.redirects:
        return
    *before, last = seen.redirects
    ways = [("its way", " → ".join((seen.url, *seen.redirects)))]
    base, target = urlsplit(seen.url), urlsplit(last)
    if last in (seen.url, *before):
        message = f"{seen.url} redirects in a circle, back to {last}"
        remedy = "Let it answer: most often what ends TLS in front of the application is not trusted by it."
    elif target.hostname != base.hostname:
        message = f"{seen.url} redirects to another host, {last}"
        remedy = "Probe the instance that answers: --prodready-url with the URL of that host."
    elif (base.scheme, target.scheme) == ("http", "https"):
        message = f"{seen.url} redirects to {last}"
        remedy = "Use the https URL: --prodready-url with https://."
    else:
        return
    yield Fault(message, remedy, proof=proof, details=tuple(ways), level=Level.WARNING)


def _remedy(said: str) -> str:
    """What to do about an instance that cannot be asked."""
    if "certificate" not in said:
        return "Check the URL, and that the instance runs and can be reached from here."
    if "expired" in said:
        return "Renew the certificate: every client refuses it."
    if "mismatch" in said or "not valid for" in said:
        return "Use a name that the certificate is made for, or have it made for this one as well."
    return (
        "Let the server send its whole chain. Where it is an authority of your own, name its certificate"
        " in SSL_CERT_FILE."
    )
