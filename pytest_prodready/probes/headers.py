"""The headers that are sent: resolved from the environment when a request is made, and never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import httpx

from pytest_prodready.facts import App, Expectation
from pytest_prodready.facts.health import WRONG_VALUE
from pytest_prodready.probes.doors import Variant, wrong_value
from pytest_prodready.redaction import SHORTEST, Redactor

_COMMON = ("host", "x-forwarded-host", "x-forwarded-proto")
"""Headers without which an application may refuse every request alike."""
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def common(expectations: Iterable[Expectation], entrance: Mapping[str, str]) -> dict[str, str]:
    """What a request of no expectation's own is sent with.

    Args:
        expectations: what they send to be taken for production's requests is sent here, too.
        entrance: as :attr:`pytest_prodready.facts.App.entrance` has it.
    """
    settled = {
        name: value for one in expectations for name, value in one.headers.items() if name.lower() in _COMMON
    }
    return joined(settled, entrance)


def joined(own: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """``own`` headers, and those that are usual where they have none of the name."""
    names = {name.lower() for name in own}
    return {**{name: value for name, value in usual.items() if name.lower() not in names}, **own}


def with_entrance(expectation: Expectation, app: App | None) -> Expectation:
    """``expectation`` with what the framework of ``app`` lets no request in without."""
    return replace(expectation, headers=joined(expectation.headers, app.entrance if app is not None else {}))


def resolved(
    expectation: Expectation, variant: Variant, environ: Mapping[str, str]
) -> tuple[httpx.Headers, str, str]:
    """The headers to send, or the problem that keeps one from being sent, or the variable that is not set.

    Args:
        expectation: whose headers; a value ``env:NAME`` is taken from ``environ``.
        variant: says which header is left out, or wrong.
        environ: of the job.
    """
    headers = httpx.Headers(encoding="utf-8")
    for name, written in expectation.headers.items():
        if name.lower() == variant.without.lower():
            if variant.how == WRONG_VALUE:
                right = _value(written, environ)
                headers[name] = wrong_value("" if _UNSENDABLE.search(right) else right)
            continue
        value, variable = _value(written, environ), _variable(written)
        if variable and not value:
            return headers, "", variable
        if _UNSENDABLE.search(value):
            source = f" from {variable}" if variable else ""
            return (
                headers,
                f"the header {name} cannot be sent: its value{source} holds what no header can",
                "",
            )
        headers[name] = value
    return headers, "", ""


def redactor(expectations: tuple[Expectation, ...], environ: Mapping[str, str]) -> Redactor:
    """Blanks the environment's secrets, and every value that is sent in a header from the environment."""
    sent = {
        word
        for expectation in expectations
        for written in expectation.headers.values()
        if _variable(written)
        for word in _credentials(_value(written, environ))
    }
    return Redactor(
        {**environ, **{f"PRODREADY_SENT_SECRET_{at}": word for at, word in enumerate(sorted(sent))}}
    )


def _variable(written: str) -> str:
    return written[len("env:") :] if written.startswith("env:") else ""


def _value(written: str, environ: Mapping[str, str]) -> str:
    variable = _variable(written)
    return environ.get(variable, "") if variable else written


def _credentials(value: str) -> Iterator[str]:
    """A header's value, and of ``Bearer abc`` the second word too."""
    yield value
    last = value.rpartition(" ")[2]
    if len(last) >= SHORTEST:
        yield last
