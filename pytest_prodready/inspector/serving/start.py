"""Serves one application: ``python start.py TARGET INTERFACE HOST PORT``."""

from __future__ import annotations

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "prodready_inspector"


def main() -> None:
    """Serve until SIGTERM; what is needed for it is loaded before the project is on ``sys.path``."""
    target, interface, host, port = sys.argv[1:5]
    if sys.path and os.path.abspath(sys.path[0]) == HERE:
        del sys.path[0]
    package = type(sys)(PACKAGE)
    package.__path__ = [os.path.dirname(HERE)]
    sys.modules[PACKAGE] = package
    server = importlib.import_module(f"{PACKAGE}.serving.server")
    sys.path.insert(0, os.getcwd())
    del sys.argv[1:]
    sys.exit(server.run(target, interface, host, int(port)))


if __name__ == "__main__":
    main()
