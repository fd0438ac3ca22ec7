"""What a linter that is installed beside the gate says of the sources of the production closure."""

from __future__ import annotations

from dataclasses import dataclass

SELECTION = (
    "B012",
    "E722",
    "F601",
    "F811",
    "PIE794",
    "RUF006",
    "S108",
    "S110",
    "S112",
)
"""The codes of ruff's that the gate asks for: failures that vanish, paths that do, and what is said twice."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that the linter says of one line."""

    code: str
    """One of :data:`SELECTION`."""
    line: int
    message: str
    """In the linter's words."""


@dataclass(frozen=True, slots=True)
class LintedFile:
    """One source file that the linter was asked about."""

    file: str
    """Relative to the project's root where it lies inside it."""
    remarks: tuple[Remark, ...] = ()
    """In the order of their lines."""
    unread: str = ""
    """Why the linter cannot read it, in its words; else empty."""


@dataclass(frozen=True, slots=True)
class Linting:
    """One run of the linter."""

    linter: str
    """Its name and version: ``ruff 0.12.0``."""
    files: tuple[LintedFile, ...] = ()
