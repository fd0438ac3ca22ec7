"""Which functions an application's start runs, seen by an interpreter that starts it."""

from __future__ import annotations

import json

from _application import Application

WATCHED = """
import os, sys, threading
_root, _seen = os.getcwd() + os.sep, set()

def _watch(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(_root):
        _seen.add((frame.f_code.co_filename[len(_root):], frame.f_code.co_firstlineno))

sys.path.insert(0, os.getcwd())
threading.setprofile(_watch)
sys.setprofile(_watch)
"""
TOLD = """
sys.setprofile(None)
import json
print("STARTED " + json.dumps(sorted(_seen)))
"""


def started(application: Application, program: str) -> set[tuple[str, int]]:
    """File and first line, that of a decorator where there is one, of the functions that ``program`` runs."""
    output = application.run([str(application.python), "-c", WATCHED + program + TOLD])
    (line,) = (line for line in output.splitlines() if line.startswith("STARTED "))
    return {(file, number) for file, number in json.loads(line.removeprefix("STARTED "))}
