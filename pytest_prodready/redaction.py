"""Secrets leave no trace: whatever text comes from the target is blanked before it becomes a fact."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

BLANK = "•••"
SHORTEST = 6
"""Shorter values are words of everyday text; blanking them would hide more than it protects."""
_SECRET_NAME = re.compile(
    r"(?i)(secret|token|passw|pwd|credential|api_?key|private|access_?key|_key$|^key$|auth(?!or)|dsn|salt|signature)"
)
_URL_LOGIN = re.compile(r"(?i)([a-z][a-z0-9+.-]{0,30}://[^\s/@:'\"]{0,200}):([^\s/'\"]{1,500})@")
_ASSIGNED = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|token|api_?key)['\"]?\s*[=:]\s*['\"]?)([^\s'\"&;,)]{3,})"
)

_LITERAL = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|token|api_?key)\w*['\"]?\s*[=:]\s*[rbuf]?['\"])([^'\"]{3,})(?=['\"])"
)


def _pattern(secret: str) -> str:
    """A word is blanked as a whole only: the password "postgres" must not blank half of "postgresql"."""
    return rf"(?<!\w){re.escape(secret)}(?!\w)" if secret.isalpha() else re.escape(secret)


class Redactor:
    """Blanks what must not be shown.

    Args:
        environ: the environment that the target gets; the values of variables whose names say secret
            (``…_TOKEN``, ``…PASSWORD…``), and the passwords of URLs, are blanked wherever they turn up.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        secrets = {
            value
            for name, value in environ.items()
            if _SECRET_NAME.search(name) and name not in ("PWD", "OLDPWD") and not os.path.exists(value)  # noqa: PTH110  # pathlib raises for what is too long for a name
        }
        for value in environ.values():
            for found in _URL_LOGIN.finditer(value):
                secrets |= {found[2], unquote(found[2])}  # a driver shows it decoded
        # the longest first: a secret may contain another
        words = sorted((secret for secret in secrets if len(secret) >= SHORTEST), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(_pattern, words)) or r"(?!)")

    def blank(self, text: str) -> str:
        """Return ``text`` without secrets."""
        text = self._secrets.sub(BLANK, text)
        text = _URL_LOGIN.sub(rf"\1:{BLANK}@", text)
        return _ASSIGNED.sub(rf"\1{BLANK}", text)

    def blank_source(self, line: str) -> str:
        """Return a line of source code without secrets: an expression is none, a literal may be one."""
        return _LITERAL.sub(rf"\1{BLANK}", _URL_LOGIN.sub(rf"\1:{BLANK}@", self._secrets.sub(BLANK, line)))

    def blank_value(self, value: object) -> object:
        """Return a JSON value with every string in it blanked."""
        if isinstance(value, str):
            return self.blank(value)
        if isinstance(value, list):
            return [self.blank_value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.blank_value(item) for key, item in value.items()}
        return value

    def blank_facts(self, value: object, field: str = "") -> object:
        """Return a JSON value with the fields blanked that hold text of the application's own.

        Args:
            value: facts as they travel.
            field: the one whose value it is; empty for none.
        """
        if isinstance(value, str):
            if field == "text":
                return self.blank_source(value)
            return self.blank(value) if field in ("message", "detail", "output") else value
        if isinstance(value, list):
            return [self.blank_facts(item, field) for item in value]
        if isinstance(value, dict):
            return {name: self.blank_facts(item, name) for name, item in value.items()}
        return value
