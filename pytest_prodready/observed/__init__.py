"""What one child tells, put together: events in, facts out, and why it broke off."""

from __future__ import annotations

from pytest_prodready.observed.result import result
from pytest_prodready.observed.seen import Seen

__all__ = ["Seen", "result"]
