"""What was seen in the target: plain frozen data that every floor above shares.

Facts carry no judgement. They travel as JSON (from the target's interpreter, and to pytest-xdist's
workers), so every field is a string, a number, a boolean, ``None``, or a tuple or dict of those or of
another dataclass of this package. :mod:`pytest_prodready.codec` turns them into JSON values and back.
"""

from __future__ import annotations

from pytest_prodready.facts.celery import BeatEntry, Celery, Discovery, SourceTask, Task
from pytest_prodready.facts.database import (
    Database,
    DatabaseColumn,
    DatabaseEnum,
    EnumColumn,
    Mapping,
    MappingFailure,
    Member,
)
from pytest_prodready.facts.dependencies import Dependencies, Distribution, Interpreter, Requirement
from pytest_prodready.facts.health import Answer, Expectation, Health, Server
from pytest_prodready.facts.imports import (
    BrokenImport,
    Effect,
    ForbiddenImport,
    ImportCost,
    Importer,
    Module,
    Replaced,
    SecondName,
    Shadow,
    Twin,
)
from pytest_prodready.facts.places import Entry, Failure, Frame, Location, Missing
from pytest_prodready.facts.run import Command, Facts, InspectedEntry, Problem, WaiverUse
from pytest_prodready.facts.web import App, Route

__all__ = [
    "Answer",
    "App",
    "BeatEntry",
    "BrokenImport",
    "Celery",
    "Command",
    "Database",
    "DatabaseColumn",
    "DatabaseEnum",
    "Dependencies",
    "Discovery",
    "Distribution",
    "Effect",
    "Entry",
    "EnumColumn",
    "Expectation",
    "Facts",
    "Failure",
    "ForbiddenImport",
    "Frame",
    "Health",
    "ImportCost",
    "Importer",
    "InspectedEntry",
    "Interpreter",
    "Location",
    "Mapping",
    "MappingFailure",
    "Member",
    "Missing",
    "Module",
    "Problem",
    "Replaced",
    "Requirement",
    "Route",
    "SecondName",
    "Server",
    "Shadow",
    "SourceTask",
    "Task",
    "Twin",
    "WaiverUse",
]
