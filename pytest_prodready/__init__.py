"""pytest-prodready: would this build start, load its tasks, agree with its database and answer its probes?"""

from __future__ import annotations

__version__ = "0.1.0"
