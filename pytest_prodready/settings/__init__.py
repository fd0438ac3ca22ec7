"""``[tool.prodready]`` → :class:`Settings`; each part of the table is read by a module of its own."""

from __future__ import annotations

from pytest_prodready.settings.project import (
    FILE,
    FORBIDDEN,
    Imports,
    Limits,
    Runtime,
    Settings,
    SettingsError,
    Waiver,
    read,
)

__all__ = [
    "FILE",
    "FORBIDDEN",
    "Imports",
    "Limits",
    "Runtime",
    "Settings",
    "SettingsError",
    "Waiver",
    "read",
]
