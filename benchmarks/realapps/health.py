"""What the gate says of real applications that run: `health.py [NAME…]`.

Each application gets a PostgreSQL database that its own commands have migrated (see databases.py); those that
need a Redis use the one on the usual port of this machine, which must run. Then the rules about health judge
each twice: served by the server that its documentation names, and by the gate's own (`mode = "inprocess"`).
The gate runs from the environment of this script, and the server is installed beside the application's.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _application import LIMIT, NotReadyError, applications  # makes the next ones findable
from _side_by_side import MeasuringFailedError, environment, fail, output_of
from databases import Migrated
from postgres import NoPostgresError, create_database, postgres

REPORT = Path(__file__).resolve().parent.parent / "realhealth.md"
OWN = "the gate's own"
KINDS = {
    "endpoint": "endpoints",
    "protected endpoint": "protected endpoints",
    "dependency": "dependencies taken away",
    "kubelet probe": "kubelet probes",
}
"""Kind of subject → the head of its column."""
ARGUED = "<!-- What follows is written by hand. -->"


@dataclass(frozen=True)
class Served(Migrated):
    """An application that runs; `[tool.realapps.health]` says with which server.

    `server` is what it is called, `install` is what it requires beside the application's own requirements,
    and `environment` are variables without which the application does not work.
    """

    directory: str = "served"
    server: str = OWN

    @property
    def own_server(self) -> dict[str, Any]:
        """What stands in its table."""
        found: dict[str, Any] = self.settings.get("health", {})
        return found

    @property
    def servers(self) -> Path:
        """Where its server is installed, apart from its environment and its drivers."""
        return self.home / "servers"

    def environ(self) -> dict[str, str]:
        """Those that lead to its database and to what else it needs, and to its server where it has one."""
        variables = {**super().environ(), **self.own_server.get("environment", {})}
        if self.server != OWN:
            variables["PYTHONPATH"] += f":{self.servers}"
        return variables

    def lay_out(self) -> None:
        """Its project's directory, with the mode in which it is served."""
        super().lay_out()
        if self.server == OWN:
            with (self.project / "pyproject.toml").open("a", encoding="utf-8") as file:
                file.write('\n[tool.prodready.health]\nmode = "inprocess"\n')

    @property
    def results_file(self) -> Path:
        """What was said of it, kept for the report, which is about all applications."""
        return self.home / f"health-{self.server if self.server != OWN else 'own'}.json"

    def install_server(self) -> None:
        """Install what serves it."""
        needed = self.own_server.get("install", [])
        if needed and not self.servers.is_dir():
            uv = shutil.which("uv") or "uv"
            place = ["--python", str(self.python), "--target", str(self.servers)]
            output_of([uv, "pip", "install", "--quiet", *place, *needed], self.home, environment(), LIMIT)


def judged(application: Served) -> dict[str, Any]:
    """What the rules about health say of it, and how long pytest took for it from its start to its end."""
    application.lay_out()
    begun = time.monotonic()
    told = application.judge("--prodready-select", "PRD5")
    seconds = time.monotonic() - begun
    server = told["facts"]["health"]["server"]
    if not server["started"]:
        raise NotReadyError(
            f"{application.name} was not served: {server['skipped'] or server['failure']['message']}\n"
            + server["log"][-4000:]
        )
    outcomes: Counter[str] = Counter()
    for kind, outcome, number in told["outcomes"]:
        outcomes[f"{kind} {'skipped' if outcome == 'skipped' else 'judged'}"] += number
    findings = [one for one in told["findings"] if one["code"] < "PRD9"]
    levels = Counter(one["level"] for one in findings)
    return {
        "command": server["command"],
        "outcomes": outcomes,
        "errors": levels["error"],
        "warnings": levels["warning"],
        "seconds": seconds,
        "skipped": told["reasons"],
        "findings": [
            f"{one['code']} {one['level']}: {one['message']}" for one in findings if one["level"] != "info"
        ],
    }


def main(names: list[str]) -> None:
    """Judge the applications that have such a table, and write the report."""
    with postgres() as server:
        for one in applications(names):
            if "health" not in one.settings:
                continue
            sql = one.settings["database"].get("sql", "SELECT 1")
            url = create_database(server, one.name.replace("-", "_"), sql)
            Served(one.name, one.settings, url=url).migrate()
            for name in filter(None, (one.settings["health"].get("server"), OWN)):
                served = Served(one.name, one.settings, url=url, server=name)
                served.install_server()
                result = judged(served)
                served.results_file.write_text(json.dumps(result, indent=1), encoding="utf-8")
                print(
                    f"{one.name}, {name}: {result['errors']} errors, {result['warnings']} warnings, "
                    f"{result['seconds']:.1f} s",
                    flush=True,
                )
                for line in result["findings"]:
                    print(f"  {line}", flush=True)
    by_hand = REPORT.read_text(encoding="utf-8").partition(ARGUED)[2] if REPORT.is_file() else "\n"
    REPORT.write_text("\n".join(report()) + ARGUED + by_hand, encoding="utf-8")


def report() -> Iterator[str]:
    """The report as lines of Markdown: all applications that something is known of."""
    known: list[tuple[str, str, dict[str, Any]]] = []
    for found in applications([]):
        for server in filter(None, (found.settings.get("health", {}).get("server"), OWN)):
            file = Served(found.name, found.settings, server=server).results_file
            if file.is_file():
                known.append((found.name, server, json.loads(file.read_text(encoding="utf-8"))))
    yield from (
        "# Health of real applications",
        "",
        "Written by `nox -s realapps` ([health](realapps/health.py)). Healthy releases, each with a",
        "PostgreSQL database that its own migrations have made, served and judged by the rules about health",
        "(PRD5) without any settings about health: by the server that their documentation names, and by the",
        'gate\'s own (`mode = "inprocess"`). The counts are of what was judged. The time is that of the',
        "whole run, from pytest's start to its end: the web and the Celery app are imported, and the server",
        "is started once, and once more for each dependency that is taken away.",
        "",
        f"| application | {' | '.join(('server', *KINDS.values(), 'errors', 'warnings', 'time'))} |",
        f"|---|---|{'--:|' * (len(KINDS) + 3)}",
    )
    for application, name, one in known:
        cells = [_share(one["outcomes"], kind) for kind in KINDS]
        cells += [str(one["errors"]), str(one["warnings"]), f"{one['seconds']:.1f} s"]
        yield f"| {application} | {name} | {' | '.join(cells)} |"
    yield from ("", "What the errors and warnings are:", "")
    for application, name, one in known:
        yield from (f"- {application}, {name}: {line}" for line in one["findings"])
    yield from ("", "What was not judged, and why:", "")
    reasons = [
        f"- {application}, {name}: {why}" for application, name, one in known for why in one["skipped"]
    ]
    yield from (*(reasons or ["Nothing."]), "")


def _share(outcomes: dict[str, int], kind: str) -> str:
    judged_, skipped = (outcomes.get(f"{kind} {what}", 0) for what in ("judged", "skipped"))
    return f"{judged_} of {judged_ + skipped}" if skipped else str(judged_)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotReadyError, NoPostgresError, MeasuringFailedError) as error:
        fail(error)
