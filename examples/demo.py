"""Run the gate on the healthy example, then on a broken one: `python examples/demo.py [FAULT[+FAULT…]]`.

Exits with 0 when the gate said READY to the first and NOT READY to the second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from postgres import create_database, postgres
from stage import copy_example, environment, faults

GATE = [sys.executable, "-m", "pytest", "--prodready", "-p", "no:cacheprovider"]
DEFAULT = "A1+D1"


def run_gate(server: str, project: Path) -> int:
    """Run the gate in a project on a fresh database of its own, and give pytest's exit code."""
    url = create_database(server, project.name, (project / "schema.sql").read_text(encoding="utf-8"))
    # Options for another project's pytest must not reach this one.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(GATE, cwd=project, env=variables | environment(url), timeout=300, check=False)
    return done.returncode


def main(arguments: list[str]) -> int:
    """Show both runs; the exit code says whether both ended as they should."""
    chosen = arguments[0] if arguments else DEFAULT
    titles = {fault.id: fault.title for fault in faults()}
    unknown = [name for name in chosen.split("+") if name not in titles]
    if unknown or len(arguments) > 1:
        print("usage: python examples/demo.py [FAULT[+FAULT…]]", file=sys.stderr)
        print(f"faults: {', '.join(titles)}", file=sys.stderr)
        return 2
    # The server is stopped and the copies are removed also when somebody ends the demo from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with postgres() as server, tempfile.TemporaryDirectory(prefix="prodready-demo-") as folder:
        print("\n=== The healthy example", flush=True)
        healthy = run_gate(server, copy_example(Path(folder, "healthy")))
        print(f"\n=== Broken: {' And: '.join(titles[name] for name in chosen.split('+'))}", flush=True)
        broken = run_gate(server, copy_example(Path(folder, "broken"), chosen))
    as_expected = (healthy, broken) == (0, 1)
    print(f"\n=== pytest exited with {healthy}, then with {broken}", end="")
    print(": as it should be" if as_expected else "; 0 and 1 were expected")
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
