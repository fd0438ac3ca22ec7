"""The tail of what a process writes, read all the time: a flood neither blocks it nor fills our memory."""

from __future__ import annotations

import os
import re
import selectors
import threading

KEPT = 64 * 1024
_CHUNK = 1024 * 1024
_LONG_LINE = re.compile(r"(.{4000}).+")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Tail:
    """Reads the file descriptor ``source`` in a thread until its end or until :meth:`close`."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._seen = (b"", 0)  # the end of what was read, and how many bytes were: replaced as one
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._read, name="prodready-server-output", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if self._source in ready:
                    chunk = os.read(self._source, _CHUNK)
                    if not chunk:
                        return
                    kept, written = self._seen
                    self._seen = ((kept + chunk)[-KEPT:], written + len(chunk))
                if self._wake in ready:
                    return

    def close(self) -> None:
        """Take what is still in the pipe and end the thread, even where a stranger holds the pipe open."""
        if self._waker >= 0:
            os.write(self._waker, b"x")
            self._thread.join()
            os.close(self._waker)
            os.close(self._wake)
            self._waker = -1

    @property
    def written(self) -> int:
        """How many bytes were read so far."""
        return self._seen[1]

    def text(self, since: int = 0) -> str:
        """What was kept, without colours; a line that was cut is left out, for it may hold half a secret.

        Args:
            since: only what came after so many bytes (see :attr:`written`), from the beginning of its line.
        """
        kept, written = self._seen
        begin = kept.rfind(b"\n", 0, max(0, len(kept) - (written - since))) + 1
        text = plain(kept[begin:].decode("utf-8", "replace"))
        if begin or written == len(kept):
            return text
        _, line_end, rest = text.partition("\n")
        return rest if line_end else text[KEPT // 2 :]


def plain(text: str) -> str:
    """``text`` without terminal colours, with one kind of line end and without the rest of endless lines."""
    text = _COLOUR.sub("", text).replace("\r\n", "\n").replace("\x00", "")
    return _LONG_LINE.sub(r"\1 …", text)
