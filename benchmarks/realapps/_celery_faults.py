"""Celery faults as people make them; the same seed gives the same faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice

from _celery_calls import CallFaults
from _celery_discovery import DiscoveryFaults
from _celery_settings import SettingFaults
from _celery_tasks import TaskFaults
from _faults import SEED
from _sketches import App, Sketch


def chosen(app: App, has_effect: Callable[[Sketch], bool]) -> list[Sketch]:
    """The faults of one application, of each kind as many as are wanted and possible.

    Args:
        app: the application.
        has_effect: whether the worker has a setting as the fault sets it, and no code sets it anew.
    """
    found: list[Sketch] = []
    for making in (CallFaults(app), SettingFaults(app), TaskFaults(app), DiscoveryFaults(app)):
        for kind, way in making.ways:
            possible = way(random.Random(f"{SEED} {app.name} {kind.name}"))
            found += islice(filter(has_effect, possible), kind.wanted)
    return found
