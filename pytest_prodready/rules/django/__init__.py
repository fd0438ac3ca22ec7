"""PRD7xx: Django's own checks, its signals, and what its settings, URLs and templates name."""

from __future__ import annotations

from pytest_prodready.rules.django import checks, names, receivers
from pytest_prodready.rules.django.family import family

__all__ = ["checks", "family", "names", "receivers"]
