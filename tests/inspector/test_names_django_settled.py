"""What code asks for under a condition on settings: only where they let it run."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.inspector.names_support import SHOP, inspect

pytest.importorskip("django")

SETTINGS = """\
import os

OFF = False
ON = True
LISTED = {"off": False, "on": True}
CHANGED = False
"""
CODE = """\
    from django.apps import apps
    from django.conf import settings
    from shop import conf
    from shop.conf import OFF_HERE, ON_HERE, is_off, is_on, is_anything
    from shop.models import Offer

    KEPT_OFF = getattr(settings, "OFF", True)
    ABSENT = getattr(settings, "NOT_THERE", False)
    SEVERAL = settings.OFF
    if Offer:
        SEVERAL = True


    def run(self, number):
        enabled = settings.OFF
        again = settings.ON
        unsure = settings.OFF
        if number:
            unsure = True
        {statement}


    def change():
        settings.CHANGED = True
    """
CONF = """\
    from django.conf import settings as own

    OFF_HERE = own.OFF
    ON_HERE = bool(own.ON)


    def is_off():
        \"\"\"Whether.\"\"\"
        return "allauth" in own.INSTALLED_APPS and number_of_them


    def is_on():
        return own.ON


    def is_anything(number=1):
        return own.OFF
    """
RULED_OUT = [
    "if settings.OFF: {}",
    "if not settings.ON: {}",
    "if settings.ON: pass\nelse: {}",
    "if number and settings.OFF: {}",
    "if getattr(settings, 'OFF', True): {}",
    "if getattr(settings, 'NOT_THERE', False): {}",
    "if hasattr(settings, 'NOT_THERE'): {}",
    "if settings.OFF == 'x': {}",
    "if settings.LISTED['off']: {}",
    "if settings.LISTED.get('no'): {}",
    "if 'allauth' in settings.INSTALLED_APPS: {}",
    "if apps.is_installed('allauth'): {}",
    "if enabled: {}",
    "if KEPT_OFF: {}",
    "if ABSENT: {}",
    "if OFF_HERE: {}",
    "if conf.OFF_HERE: {}",
    "if is_off(): {}",
    "if conf.is_off(): {}",
    "if not settings.OFF:\n    return\n{}",
    "settings.OFF and {}",
    "settings.ON or {}",
    "x = {} if settings.OFF else 1",
    "def inner():\n    if enabled: {}\ninner()",
    "from django.conf import settings as mine\nif mine.OFF: {}",
    "if settings.DEBUG: {}",
]
"""With a statement in them that never runs."""
RUN = [
    "{}",
    "if settings.ON: {}",
    "if not settings.OFF: {}",
    "if getattr(settings, 'NOT_THERE', True): {}",
    "if settings.LISTED['on']: {}",
    "if again: {}",
    "if ON_HERE: {}",
    "if is_on(): {}",
    "settings.ON and {}",
    "x = 1 if settings.OFF else {}",
]
"""With one that does."""
UNSURE = [
    "if settings.CHANGED: {}",
    "if unsure: {}",
    "if SEVERAL: {}",
    "if is_anything(): {}",
    "if number.OFF: {}",
    "if self.settings.OFF: {}",
]
"""With one that may: the condition is no matter of the settings alone."""
ASKS = {
    "Offer.objects.prefetch_related('never_set')": "never_set",
    "Offer.objects.get().nvr": "nvr",
}
"""A statement, and what it asks for that is not there."""


def asked(root: Path, every: list[str], **files: str) -> dict[str, set[str]]:
    """Statement → what is missing in it."""
    names = {}
    changed = {"shop/settings.py": textwrap.dedent(SHOP["shop/settings.py"]) + SETTINGS, "shop/conf.py": CONF}
    changed["shop/__init__.py"] = ""
    for number, one in enumerate(every):
        body = one.replace("{}", f"({', '.join(ASKS)})")
        names[f"shop/of_{number}.py"] = one
        source = textwrap.dedent(CODE).replace("{statement}", textwrap.indent(body, "    ").lstrip())
        changed[f"shop/of_{number}.py"] = source
    loads = "".join(f"from shop import of_{number}\n" for number in range(len(every)))
    changed["shop/code.py"] = textwrap.dedent(SHOP["shop/code.py"]) + loads
    told = inspect(root, changed | files)
    found: dict[str, set[str]] = {one: set() for one in every}
    for cls in told.classes:
        for missed in cls.missing:
            found[names[missed.location.file]].add(missed.name)
        for lookup in cls.unresolved:
            found[names[lookup.location.file]].add(lookup.missing)
    return found


def test_conditions_on_settings(tmp_path: Path) -> None:
    """Attributes and lookups alike: nothing of what never runs, all of what does or may."""
    found = asked(tmp_path, [*RULED_OUT, *RUN, *UNSURE])
    assert {one for one in RULED_OUT if found[one]} == set()
    assert {one for one in (*RUN, *UNSURE) if found[one] != set(ASKS.values())} == set()


def test_a_setting_of_the_developers(tmp_path: Path) -> None:
    """Where the gate runs with ``DEBUG``, production does not: both ways are read."""
    both = ["if settings.DEBUG: {}", "if not settings.DEBUG: {}"]
    settings = textwrap.dedent(SHOP["shop/settings.py"]) + SETTINGS + "DEBUG = True\n"
    found = asked(tmp_path, both, **{"shop/settings.py": settings})
    assert all(found[one] == set(ASKS.values()) for one in both)
