"""PRD6xx: the environment that production must give."""

from __future__ import annotations

from pytest_prodready.rules.environment import absences, services, variables
from pytest_prodready.rules.environment.family import family

__all__ = ["absences", "family", "services", "variables"]
