"""What ``prodready_dependencies`` gives: what is declared, installed and required."""

from __future__ import annotations

import pytest

from pytest_prodready import facts
from pytest_prodready.access.common import fail, text
from pytest_prodready.distributions import installed, required
from pytest_prodready.gate import Gate
from pytest_prodready.rules.dependencies import require


class Dependencies:
    """What is declared, installed and required."""

    def __init__(self, gate: Gate) -> None:
        gathered = gate.dependencies()
        if gathered is None:
            pytest.fail("the target's interpreter could not be inspected", pytrace=False)
        self._facts, self._interpreter = gathered

    @property
    def declared(self) -> tuple[facts.Requirement, ...]:
        """The declared runtime requirements."""
        return self._facts.requirements

    @property
    def graph(self) -> tuple[facts.Bound, ...]:
        """What the installed distributions require of each other."""
        return self._facts.bounds

    @property
    def installed(self) -> dict[str, str]:
        """Canonical distribution name → installed version."""
        return {found.name: found.version for found in self._facts.installed}

    def require(self, requirement: str) -> None:
        """Fail the test when what is installed does not satisfy ``requirement``, its extras included."""
        fail(self.faults(requirement))

    def faults(self, requirement: str) -> list[str]:
        """What is wrong with ``requirement`` in the target, as texts; empty when it is satisfied."""
        markers = self._interpreter.markers
        # all is read once more only where extras are asked for, which nothing else may have asked for
        asks = "[" in requirement
        bounds = required(requirement, installed(self._interpreter.path), markers) if asks else ()
        return [text(fault) for fault in require(requirement, self._facts, markers, bounds)]
