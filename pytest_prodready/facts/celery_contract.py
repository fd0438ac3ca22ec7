"""What the messages of the last release may ask of the workers of this one."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.celery import Parameter
from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class ContractTask:
    """One task as the last release had it."""

    name: str
    parameters: tuple[Parameter, ...] | None
    """``None`` when they could not be known."""
    queue: str
    """Where it was sent to; empty when that could not be known."""
    location: Location
    """Its line of the contract."""


@dataclass(frozen=True, slots=True)
class ContractMistake:
    """Something in the contract's file that cannot be read."""

    message: str
    """What follows the file's name in a sentence."""
    location: Location


@dataclass(frozen=True, slots=True)
class Contract:
    """The file that ``--prodready-update`` writes, as it was found."""

    file: str
    """Relative to the project's root."""
    tasks: tuple[ContractTask, ...] = ()
    mistakes: tuple[ContractMistake, ...] = ()
