"""Whether a directory of the application's is a copy of somebody else's distribution."""

from __future__ import annotations

import os

from ..project import Project
from ..sources import search_path

METADATA = ".dist-info"


def is_vendored(directory: str, project: Project) -> bool:
    """Whether a directory is in a package that was installed into the application.

    That is: below an entry of ``sys.path`` inside of the application that holds the metadata of distributions
    beside it. The application's own packages, and its root, are none.
    """
    real = os.path.realpath(directory)
    for entry in search_path():
        place = os.path.realpath(entry)
        if place == project.root or not real.startswith(place + os.sep) or not project.owns_file(place):
            continue
        top = real[len(place) + 1 :].partition(os.sep)[0]
        if not project.owns_module(top) and _has_metadata(place):
            return True
    return False


def _has_metadata(place: str) -> bool:
    try:
        return any(name.endswith(METADATA) for name in os.listdir(place))
    except OSError:
        return False
