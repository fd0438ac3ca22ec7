"""The keys of the configuration that Celery's sources read, though its own table of settings lacks them."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

from ..django.source_text import read

PLAIN = re.compile(
    rb"""\b_?conf(?:\.get\(|\[)\s*['"](\w+)['"]|\b_?conf\.(\w+)|\beither(?:_or)?\(\s*['"](\w+)['"]"""
)
GETTER = re.compile(rb"\b(\w+) *= *(?:\w+\.)*_?conf\.get\b(?! *\()")
"""``_get = self.app.conf.get``"""


def read_keys(conf: Any) -> frozenset[str]:
    """The keys that are read by Celery, by the scheduler of beat and by the loaded extensions of Celery.

    Args:
        conf: the configuration of the app.
    """
    found: set[str] = set()
    for text in map(read, _files(conf)):
        if b"conf" not in text:
            continue
        found.update(_names(PLAIN, text))
        for getter in {*GETTER.findall(text)}:
            found.update(_names(re.compile(rb"\b" + getter + rb"""\(\s*['"](\w+)['"]"""), text))
    methods = dir(type(conf))
    # one word alone is rather the key of some other mapping that is called conf as well
    return frozenset(name for name in found if "_" in name.strip("_") and name not in methods)


def _names(pattern: re.Pattern[bytes], text: bytes) -> Iterator[str]:
    for match in pattern.finditer(text):
        yield next(group.decode() for group in match.groups() if group)


def _files(conf: Any) -> Iterator[str]:
    """The sources of the packages."""
    packages = {name for name in [*sys.modules] if "." not in name and "celery" in name.lower()}
    scheduler = conf.get("beat_scheduler")
    if type(scheduler) is str:  # beat alone loads it
        packages.add(re.split("[.:]", scheduler)[0])
    for package in sorted(packages):
        for place in _places(package):
            for directory, _, names in os.walk(place):
                yield from (os.path.join(directory, name) for name in names if name.endswith(".py"))


def _places(package: str) -> list[str]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # a module that was made by hand has no spec
        return []
    return [*(spec.submodule_search_locations or ())] if spec is not None else []
