"""What the plugin costs a session that does not ask for the gate: `python benchmarks/off.py [PAIRS]`.

pytest on one empty test, with the plugin and with `-p no:prodready`. Then the modules that the plugin
adds to `sys.modules`: none of those that only the gate needs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from _side_by_side import (
    Candidate,
    MeasuringFailedError,
    environment,
    fail,
    measure,
    other_plugins,
    output_of,
    report,
)

GOAL = 1.02
ONLY_FOR_THE_GATE = ("httpx", "celery", "sqlalchemy", "asyncio", "importlib_metadata", "packaging")
LISTED = "modules: "
LIST_MODULES = f"""
import json, sys

def pytest_unconfigure():
    print()
    print({LISTED!r} + json.dumps(sorted(sys.modules)))
"""


def modules(command: list[str], folder: Path, env: dict[str, str]) -> set[str]:
    """Everything that is loaded at the end of a session."""
    lines = output_of([*command, "-s"], folder, env).splitlines()
    listed = next(line for line in lines if line.startswith(LISTED))
    return set(json.loads(listed.removeprefix(LISTED)))


def main(pairs: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="prodready-off-") as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty():\n    pass\n", encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *other_plugins()]
        without = [*pytest, "-p", "no:prodready"]
        ours, base = Candidate("with the plugin", pytest), Candidate("-p no:prodready", without)
        env = environment()
        measure(ours, base, folder, env, pairs=pairs, warm_ups=3)
        (folder / "conftest.py").write_text(LIST_MODULES, encoding="utf-8")
        added = modules(pytest, folder, env) - modules(without, folder, env)
    report("off", ours, base, GOAL)
    print(f"modules added: {', '.join(sorted(added))}")
    heavy = sorted({module.partition(".")[0] for module in added} & set(ONLY_FOR_THE_GATE))
    print(f"of those that only the gate needs: {', '.join(heavy) or 'none'}")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else 31)
    except MeasuringFailedError as error:
        fail(error)
