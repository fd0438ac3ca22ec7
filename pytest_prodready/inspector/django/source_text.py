"""The text of files, as it is searched for names."""

from __future__ import annotations


def read(file: str) -> bytes:
    """The content of a file; empty where there is none to be read."""
    try:
        with open(file, "rb") as source:
            return source.read()
    except OSError:
        return b""
