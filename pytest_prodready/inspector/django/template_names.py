"""Which templates a template names, and behind which conditions on the configuration."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from .url_calls import OPTIONAL

QUOTED = re.compile(r"""['"]([\w./ -]+\.html?)['"]""")


def quoted(text: str, of: str = "") -> Iterator[str]:
    """Each name of a page that stands in quotes; what is relative is taken from the template ``of``."""
    for name in QUOTED.findall(text):
        relative = bool(of) and name.startswith(("./", "../"))
        yield posixpath.normpath(posixpath.join(posixpath.dirname(of), name)) if relative else name


def named(text: str, of: str) -> Iterator[tuple[str, str]]:
    """Each name in a template's text, and the condition that it stands behind; empty for none.

    By the tags alone: a template that does not compile is read as well.

    Args:
        text: of the template.
        of: its name.
    """
    from django.template.base import Lexer, TokenType  # type: ignore[import-untyped,unused-ignore]

    found: list[tuple[str, tuple[list[str], ...]]] = []
    around: list[list[str]] = []
    """The conditions of each ``{% if %}`` around this point, those of its ``{% elif %}`` too."""
    left_out = ""
    for token in Lexer(text).tokenize():
        tag = (
            token.contents.split(None, 1)[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        )
        if left_out or token.token_type == TokenType.COMMENT:
            left_out = "" if tag == left_out else left_out
            continue
        if tag == "comment":
            left_out = "endcomment"
        elif tag == "if":
            around.append([token.contents])
        elif tag == "elif" and around:
            around[-1].append(token.contents)
        elif tag == "endif":
            del around[-1:]
        found += [(name, tuple(around)) for name in quoted(token.contents, of)]
    for name, every in found:
        # what one condition asks about the configuration holds for the branches behind it as well
        asking = (one[0] for one in every if OPTIONAL.search(" ".join(one)))
        yield name, next(asking, "")[:80]
