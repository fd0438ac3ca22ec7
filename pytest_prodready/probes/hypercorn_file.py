"""What hypercorn's configuration file says that would get in a probe's way.

The file is searched, not read: it is TOML, or Python, with the same names in both.
"""

from __future__ import annotations

import re
from pathlib import Path

_HINDERS = re.compile(
    r"^\s*(certfile|keyfile|insecure_bind|quic_bind|pid_path|statsd_host|user|group|use_reloader)\s*=",
    re.MULTILINE,
)
_LOG = re.compile(r"^\s*(accesslog|errorlog)\s*=", re.MULTILINE)
_OPTIONS = {"accesslog": "--access-logfile", "errorlog": "--error-logfile"}


def hinders(path: Path) -> str:
    """The first setting that no option overrules: of TLS, of a further address, of a file that is written."""
    found = _HINDERS.search(_text(path))
    return found[1] if found else ""


def overruled(path: Path) -> tuple[str, ...]:
    """Options of the command line, which win over the file: its logs go to the terminal."""
    named = dict.fromkeys(_LOG.findall(_text(path)))
    return tuple(word for name in named for word in (_OPTIONS[name], "-"))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
