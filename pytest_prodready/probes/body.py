"""The body of an answer as text and as a JSON value."""

from __future__ import annotations

import json
import re

from pytest_prodready.probes.output import plain

READ = 1024 * 1024
"""No more of a body than this is read."""
DEPTH_READ = 50
BODY_KEPT = 2000
BODY_SHOWN_FROM = 8000
"""More is taken than is kept, so that a secret is never cut in half before it is blanked."""
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def text(body: bytes, charset: str | None) -> str:
    """The body as text that can be shown: without colours, and without the rest of endless lines."""
    return plain(whole_text(body, charset))


def whole_text(body: bytes, charset: str | None) -> str:
    """The body as text, in the encoding that was named or else UTF-8."""
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):  # an encoding that nobody knows, or that is for something else
        return body.decode("utf-8", "replace")


def decoded(body: bytes, cut: bool) -> tuple[object, str]:
    """The JSON value of a body, or why it has none."""
    if cut:
        return None, f"the body is larger than {READ // 1024} KiB and was not read to its end"
    if not body.strip():
        return None, "the body is empty"
    if body.lstrip()[:1] == b"<":
        return None, "the body is a page of HTML or XML"
    try:
        source = body.decode(json.detect_encoding(body))
        value = json.loads(source)
        if _LONE_SURROGATE.search(source):  # half a character, which no report could write
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        return None, f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
    except UnicodeDecodeError:
        return None, "the body is no text"
    except (ValueError, RecursionError):
        return None, "the body holds a number too long, or is nested too deeply, to be read"
    if _deeper_than(DEPTH_READ, value):
        return None, "the body is nested too deeply to be read"
    return value, ""


def _deeper_than(depth: int, value: object) -> bool:
    """Whether ``value`` is nested deeper than everything that passes facts on could follow."""
    level = [value]
    for _ in range(depth):
        below: list[object] = []
        for item in level:
            below.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        level = below
    return bool(level)
