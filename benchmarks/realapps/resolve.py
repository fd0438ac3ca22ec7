"""Resolves the requirements of real applications anew, into their pins.txt: `resolve.py [NAME…]`.

An application's own version stands in its pyproject.toml, and is raised there.
"""

from __future__ import annotations

import sys

from _application import NotReadyError, applications


def main(names: list[str]) -> None:
    """Write the pins of each application."""
    for application in applications(names):
        application.resolve()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NotReadyError as error:
        sys.exit(str(error))
