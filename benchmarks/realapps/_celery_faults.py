"""Celery faults as people make them; the same seed gives the same faults."""

from __future__ import annotations

import random

from _celery_calls import CallFaults
from _celery_discovery import DiscoveryFaults
from _celery_settings import SettingFaults
from _celery_tasks import TaskFaults
from _faults import SEED
from _sketches import App, Sketch


def chosen(app: App) -> list[Sketch]:
    """The faults of one application, of each kind as many as are wanted and possible."""
    found: list[Sketch] = []
    for making in (CallFaults(app), SettingFaults(app), TaskFaults(app), DiscoveryFaults(app)):
        for kind, way in making.ways:
            possible = way(random.Random(f"{SEED} {app.name} {kind.name}"))
            found += [sketch for sketch, _ in zip(possible, range(kind.wanted), strict=False)]
    return found
