"""One request and what came back, as far as it came; and that as a fact."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field, replace

import httpx

from pytest_prodready.facts import Answer, Expectation
from pytest_prodready.probes.body import BODY_KEPT, BODY_SHOWN_FROM, decoded, text, whole_text
from pytest_prodready.probes.doors import FULL, Variant
from pytest_prodready.redaction import BLANK, Redactor

_COOKIE = re.compile(r"^([^=;]*=)[^;]*")


@dataclass
class Exchange:
    """One request, and as much of its answer as has come."""

    expectation: Expectation
    variant: Variant = FULL
    response: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    cut: bool = False
    """There was more of the body than is read."""
    connected: bool = False
    """A connection of its own was opened for the last attempt."""
    late: bool = False
    """It did not come to its end in time."""
    seconds: float = 0.0
    """From its beginning to the end of the body, or to what went wrong."""

    async def trace(self, event: str, _: object) -> None:
        """Takes what the client tells of its work on this request."""
        if event == "connection.connect_tcp.started":
            self.connected = True

    @property
    def asked(self) -> Answer:
        """What is asked, without an answer."""
        wanted, variant = self.expectation, self.variant
        path, method = variant.path or wanted.path, variant.method or wanted.method
        return Answer(path, method, variant.without, how=variant.how)

    def answer(self, error: str, redactor: Redactor) -> Answer:
        """What came back, secrets blanked; ``error`` is why it is not complete."""
        response, error = self.response, redactor.blank(error)
        if response is None:
            return replace(self.asked, error=error)
        body = bytes(self.body)
        value, json_error = (None, "its body did not come to its end") if error else decoded(body, self.cut)
        charset, wanted = response.charset_encoding, self.expectation.text
        return replace(
            self.asked,
            status=response.status_code,
            content_type=redactor.blank(response.headers.get("content-type", "")),
            body=redactor.blank(text(body[:BODY_SHOWN_FROM], charset))[:BODY_KEPT],
            contains=bool(wanted) and wanted in whole_text(body, charset),
            json=redactor.blank_value(value),
            json_error=json_error,
            error=error,
            location_header=redactor.blank(response.headers.get("location", "")),
            headers={name: redactor.blank(value) for name, value in self._headers(response)},
        )

    def _headers(self, response: httpx.Response) -> list[tuple[str, str]]:
        """Those that matter: what is expected, and the methods that are allowed."""
        wanted = sorted({"allow", *map(str.lower, self.expectation.answer_headers)})
        every = [(name, response.headers.get_list(name)) for name in wanted]
        return [(name, ", ".join(_shown(name, one) for one in values)) for name, values in every if values]

    def lateness(self, seconds: float) -> str:
        """That it did not come to its end in time, in a sentence."""
        if self.response is None:
            return f"no answer came within {seconds:g} s"
        return f"the answer had begun but did not end within {seconds:g} s"

    def sentence(self, error: Exception) -> str:
        """Why no full answer came."""
        if isinstance(error, httpx.UnsupportedProtocol):
            return "the URL has to start with http:// or https://"
        if isinstance(error, httpx.InvalidURL):
            return f"the URL cannot be read: {error}"
        if (
            isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError))
            and "illegal" not in str(error).lower()
        ):
            middle = "in the middle of the answer" if self.response is not None else "before an answer came"
            return f"the connection was closed {middle}"
        if isinstance(error, httpx.ConnectError):
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, ssl.SSLCertVerificationError):
                    return f"its certificate was not accepted: {cause.verify_message}"
                if isinstance(cause, ConnectionRefusedError):
                    return "the connection was refused: nothing listens there"
                cause = cause.__cause__ or cause.__context__
            return f"no connection could be made: {str(error).rstrip('.') or type(error).__name__}"
        return f"the answer could not be read: {str(error).rstrip('.') or type(error).__name__}"


def _shown(name: str, value: str) -> str:
    """A header's value; of a cookie only its name and attributes, for its value lets its owner in."""
    return _COOKIE.sub(rf"\1{BLANK}", value) if name == "set-cookie" else value
