"""Reads ``[tool.prodready] celery``: the app's import string, or a table that says more."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pytest_prodready.facts import Location
from pytest_prodready.settings import checks
from pytest_prodready.settings.table import Table

TITLE = "[tool.prodready.celery]"
EXAMPLE = 'celery = "src.celery_app:celery_app"'


@dataclass(frozen=True)
class CelerySettings:
    """What the user wrote about Celery; empty where nothing is written."""

    app: dict[str, Location] = field(default_factory=dict)
    """Import string of a Celery app → the line that names it."""
    consumes: dict[str, Location] = field(default_factory=dict)
    """Queue that production's workers consume → the line that names it."""
    contract: str = ""
    """The file of the contract with messages in flight, relative to the project; empty for the default."""
    contract_location: Location | None = None


KEYS = ("app", "consumes", "contract")


def read(parent: Table, root: Path) -> CelerySettings:
    """What ``[tool.prodready]`` says under ``celery``; its mistakes are noted in the table.

    Args:
        parent: the table ``[tool.prodready]``.
        root: the project's directory.
    """
    written = parent.values.get("celery")
    if not isinstance(written, dict):  # the short form: the app alone
        return CelerySettings(app=_apps(parent, "celery", EXAMPLE, root))
    table = Table(written, (*parent.path, "celery"), TITLE, KEYS, parent.mistakes)
    example = 'consumes = ["default", "mail"]'
    return CelerySettings(
        app=_apps(table, "app", EXAMPLE.replace("celery =", "app ="), root),
        consumes=_places(table, "consumes", table.texts("consumes", example, checks.queue)),
        contract=table.text("contract", 'contract = "deploy/tasks.toml"', checks.contract(root)),
        contract_location=table.location("contract") if "contract" in table.values else None,
    )


def _apps(table: Table, key: str, example: str, root: Path) -> dict[str, Location]:
    """One import string, or an array of them: several apps in one project."""
    check = checks.celery(root, key)
    if isinstance(table.values.get(key), list):
        return _places(table, key, table.texts(key, example, check))
    app = table.text(key, example, check)
    return {app: table.location(key)} if app else {}


def _places(table: Table, key: str, values: tuple[str, ...]) -> dict[str, Location]:
    """Each value with its line."""
    written = table.values.get(key)
    lines = {
        value.strip(): table.location(key, at)
        for at, value in enumerate(written if isinstance(written, list) else [])
        if isinstance(value, str)
    }
    return {value: lines[value] for value in values}
