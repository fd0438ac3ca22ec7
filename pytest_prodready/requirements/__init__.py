"""What the project declares that it needs, wherever it does so, and what its lock files say."""

from __future__ import annotations

from pytest_prodready.requirements.declarations import Declarations
from pytest_prodready.requirements.declared import read

__all__ = ["Declarations", "read"]
