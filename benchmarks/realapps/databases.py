"""What the gate says of databases that real applications have migrated themselves: `databases.py [NAME…]`.

Each application gets a PostgreSQL database of its own, which its own commands bring to its release; then the
rules about databases judge it. The server is the one that PRODREADY_TEST_POSTGRES names, else a private one
(see examples/postgres.py). The gate runs from the environment of this script, beside the application's.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from _application import (  # makes the next one findable
    HERE,
    LIMIT,
    ROOT,
    Application,
    NotReadyError,
    applications,
)
from _side_by_side import MeasuringFailedError, environment, fail, output_of

sys.path.append(str(ROOT / "examples"))

from postgres import NoPostgresError, create_database, postgres

REPORT = HERE.parent / "realdatabases.md"


@dataclass(frozen=True)
class Migrated(Application):
    """An application with a database of its own; `[tool.realapps.database]` says how that is made.

    `drivers` are what it needs beside its own requirements, `files` and `environment` lead it to the database
    (`{url}`, `{host}`, `{port}`, `{user}` and `{name}` are filled in), `sql` is what must be there before,
    `migrate` are its commands, and `url` is what the gate's settings say.
    """

    directory: str = "migrated"
    url: str = ""

    @property
    def needs(self) -> dict[str, Any]:
        """What stands in its table."""
        found: dict[str, Any] = self.settings["database"]
        return found

    @property
    def drivers(self) -> Path:
        """Where its drivers are, apart from its environment."""
        return self.home / "drivers"

    @property
    def apart(self) -> bool:
        """Always: its environment is measured elsewhere, and stays as it is."""
        return True

    def filled(self, text: str) -> str:
        """``text`` with the parts of the database's address in it."""
        parts = urlsplit(self.url)
        known = {
            "url": self.url,
            "host": parts.hostname or "",
            "port": str(parts.port or 5432),
            "user": parts.username or "",
            "name": parts.path.lstrip("/"),
            "project": str(self.project),
        }
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)

    def environ(self) -> dict[str, str]:
        """Those of the application, which lead to its database."""
        own = {name: self.filled(value) for name, value in self.needs.get("environment", {}).items()}
        return {**super().environ(), "PYTHONPATH": str(self.drivers), **own}

    def lay_out(self) -> None:
        """Make its project's directory anew, with the files that lead to its database."""
        super().lay_out()
        for file, content in self.needs.get("files", {}).items():
            (self.project / file).write_text(self.filled(content), encoding="utf-8")
        more = ""
        if url := self.needs.get("url"):
            more += f'\n[tool.prodready.database]\nurl = "{url}"\n'
        if drivers := self.needs.get("drivers"):
            names = [re.split(r"[^A-Za-z0-9_-]", one)[0] for one in drivers]
            more += f"\n[tool.prodready.runtime]\nalso = {names}\n"
        with (self.project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(more)

    @property
    def results_file(self) -> Path:
        """What was said of it, kept for the report, which is about all applications."""
        return self.home / "database.json"

    def install_drivers(self) -> None:
        """Install what it needs to reach PostgreSQL."""
        drivers = self.needs.get("drivers", [])
        if drivers and not self.drivers.is_dir():
            uv = shutil.which("uv") or "uv"
            place = ["--python", str(self.python), "--target", str(self.drivers)]
            self.home.mkdir(parents=True, exist_ok=True)
            output_of([uv, "pip", "install", "--quiet", *place, *drivers], self.home, environment(), LIMIT)

    def migrate(self) -> None:
        """Lay it out, and bring its database to its release."""
        self.install_drivers()
        self.lay_out()
        for command in self.needs["migrate"]:
            self.run([str(self.python), *command] if command[0].startswith("-") else command)


def judged(application: Migrated) -> dict[str, Any]:
    """What the rules about databases say of it once it is migrated."""
    application.migrate()
    told = application.judge("--prodready-select", "PRD3")
    databases = told["facts"]["databases"]
    if not databases or any(one.get("problem") for one in databases):
        seen = [f"{one.get('source')}: {one.get('detail') or one.get('problem')}" for one in databases]
        raise NotReadyError(f"{application.name}: its database was not read: {seen or 'none was found'}")
    mappings = [seen["mapping"] for seen in told["facts"]["entries"] if seen.get("mapping")]
    findings = sorted(
        {
            (one["level"], one["code"], one["subject"], one["message"])
            for one in told["findings"]
            if one["code"] < "PRD9"
        }
    )
    levels = Counter(level for level, *_ in findings)
    return {
        "tables": len(
            {(one.get("schema"), one["name"]) for mapping in mappings for one in mapping["tables"]}
        ),
        "enums": len(
            {
                (one.get("schema"), one["table"], one["column"])
                for mapping in mappings
                for one in mapping["columns"]
            }
        ),
        "compared": sum(
            number
            for kind, outcome, number in told["outcomes"]
            if kind == "enum column" and outcome in ("passed", "failed")
        ),
        "errors": levels["error"],
        "warnings": levels["warning"],
        "skipped": told["reasons"],
        "findings": [f"{code} {level}: {message}" for level, code, _, message in findings if level != "info"],
    }


def main(names: list[str]) -> None:
    """Judge the applications that have such a table, and write the report."""
    with postgres() as server:
        for one in applications(names):
            if "database" not in one.settings:
                continue
            sql = one.settings["database"].get("sql", "SELECT 1")
            url = create_database(server, one.name.replace("-", "_"), sql)
            migrated = Migrated(one.name, one.settings, url=url)
            result = judged(migrated)
            migrated.results_file.write_text(json.dumps(result, indent=1), encoding="utf-8")
            print(f"{one.name}: {result['errors']} errors, {result['warnings']} warnings")
            for line in result["findings"]:
                print(f"  {line}")
    REPORT.write_text("\n".join(report()), encoding="utf-8")


def report() -> Iterator[str]:
    """The report as lines of Markdown: all applications that something is known of."""
    known = {}
    for one in applications([]):
        file = Migrated(one.name, one.settings).results_file
        if file.is_file():
            known[one.settings["requirements"][0].replace("==", " ")] = json.loads(
                file.read_text(encoding="utf-8")
            )
    yield from (
        "# Databases of real applications",
        "",
        "Written by `nox -s realapps` ([databases](realapps/databases.py)). Healthy releases, each with a",
        "PostgreSQL database that its own migrations have made, judged by the rules about databases (PRD3).",
        "",
        "| application | mapped tables | enum columns | of them compared | errors | warnings |",
        "|---|--:|--:|--:|--:|--:|",
    )
    for name, one in known.items():
        cells = (one["tables"], one["enums"], one["compared"], one["errors"], one["warnings"])
        yield f"| {name} | {' | '.join(map(str, cells))} |"
    yield ""
    yield "What the errors and warnings are:"
    yield ""
    for name, one in known.items():
        yield from (f"- {name.partition('[')[0].partition(' ')[0]}: {line}" for line in one["findings"])
    yield ""
    yield "What was not judged, and why:"
    yield ""
    for name, one in known.items():
        yield from (f"- {name.partition('[')[0].partition(' ')[0]}: {reason}" for reason in one["skipped"])
    yield ""


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotReadyError, NoPostgresError, MeasuringFailedError) as error:
        fail(error)
