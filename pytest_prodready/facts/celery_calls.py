"""The calls that send tasks, and the keys of Celery's configuration, as the source writes them."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_prodready.facts.places import Location


@dataclass(frozen=True, slots=True)
class CallOption:
    """One keyword of a call that is meant for Celery, not for the task."""

    name: str
    location: Location
    text: str = ""
    """The queue that it names, where the call writes it out."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One task in a call that sends it, or that makes a signature of it."""

    location: Location
    column: int
    function: str
    """Module and qualified name of the function that the call stands in."""
    task: str
    """The name that the task is registered under; empty where only its function is known."""
    task_function: str
    """``module.function`` that does its work; empty where only its name is known."""
    by_name: bool
    """The call gives the name as a text; whether there is such a task is open."""
    method: str
    """``delay``, ``apply_async``, ``s``, ``send_task`` …"""
    counts: tuple[int, ...] = (0,)
    """How many arguments arrive by position, the result of a previous task included; several where Celery
    decides."""
    more: bool = False
    """Further ones by position, whose number the source does not tell."""
    keywords: tuple[str, ...] = ()
    more_keywords: bool = False
    complete: bool = False
    """These are all of its arguments; a signature that stands alone may get more later."""
    misuse: str = ""
    """What is given as ``args`` or ``kwargs`` and cannot be: ``args: a text``; else empty."""
    added: str = ""
    """What Celery itself puts among them: the ``result`` of the task before, an ``error``, an ``item``."""
    options: tuple[CallOption, ...] = ()


@dataclass(frozen=True, slots=True)
class StrangeKey:
    """A key in the configuration of a Celery app that Celery does not know."""

    name: str
    """As it is written."""
    meant: str
    """What Celery would look for, without the namespace: ``task_rotes`` of ``CELERY_TASK_ROTES``."""
    source: str
    """``namespace`` (one of the prefix that belongs to Celery alone), ``object`` (an attribute of the
    configuration object, which may hold anything), or ``update`` (given to the app itself)."""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The configuration of a Celery app."""

    prefix: str = ""
    """What its keys begin with, ``CELERY_``; empty without a namespace."""
    known: tuple[str, ...] = ()
    """The keys that Celery knows."""
    given: tuple[str, ...] = ()
    """Those of them that the application sets."""
    strange: tuple[StrangeKey, ...] = ()
