"""Run the gate on a healthy example, then on a broken one.

`python examples/demo.py [EXAMPLE] [FAULT[+FAULT…]]`, and without them two faults of the first example.

Exits with 0 when the gate said READY to the first and NOT READY to the second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from postgres import postgres
from stage import CURATION, FAULTS, MARKETPLACE, chosen, copy_example, database, environment, faults, migrate

GATE = [sys.executable, "-m", "pytest", "--prodready", "-p", "no:cacheprovider"]
DEFAULT = {CURATION: "A1+D1", MARKETPLACE: "A1+B1"}


def run_gate(project: Path, url: str, example: str, *arguments: str) -> int:
    """Run the gate in a project on its database, and give pytest's exit code."""
    # Options for another project's pytest must not reach this one.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables |= environment(url, example)
    return subprocess.run(
        [*GATE, *arguments], cwd=project, env=variables, timeout=300, check=False
    ).returncode


def main(arguments: list[str]) -> int:
    """Show both runs; the exit code says whether both ended as they should."""
    example = arguments.pop(0) if arguments and arguments[0] in FAULTS else CURATION
    wanted = arguments[0] if arguments else DEFAULT[example]
    known = {fault.id for fault in faults(example)}
    if len(arguments) > 1 or not known.issuperset(wanted.split("+")):
        print("usage: python examples/demo.py [EXAMPLE] [FAULT[+FAULT…]]", file=sys.stderr)
        for name in FAULTS:
            print(f"faults of {name}: {', '.join(fault.id for fault in faults(name))}", file=sys.stderr)
        return 2
    broken_by = chosen(wanted, example)
    # The server is stopped and the copies are removed also when somebody ends the demo from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with postgres() as server, tempfile.TemporaryDirectory(prefix="prodready-demo-") as folder:
        project = copy_example(Path(folder, "healthy"), example=example)
        print("\n=== The healthy example", flush=True)
        healthy = run_gate(project, database(server, "healthy", project), example)
        project = copy_example(Path(folder, "broken"), wanted, example)
        print(f"\n=== Broken: {' And: '.join(fault.title for fault in broken_by)}", flush=True)
        if any(fault.sqlite for fault in broken_by):
            url = migrate(f"sqlite:///{folder}/marketplace.sqlite")
        else:
            url = database(server, "broken", project)
        options = [option for fault in broken_by for option in fault.arguments]
        broken = run_gate(project, url, example, *options)
    as_expected = (healthy, broken) == (0, 1)
    print(f"\n=== pytest exited with {healthy}, then with {broken}", end="")
    print(": as it should be" if as_expected else "; 0 and 1 were expected")
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
