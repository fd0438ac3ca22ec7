"""Puts a session's gate together from the command line and the settings; user mistakes end here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_prodready import rules
from pytest_prodready.discovery import project_root
from pytest_prodready.facts.linters import SELECTION
from pytest_prodready.gate import Gate
from pytest_prodready.gathering import Gathering
from pytest_prodready.hooks import ENVIRON_FOR_WORKERS, GateHooks
from pytest_prodready.items import anchor
from pytest_prodready.linters import ruff
from pytest_prodready.options import Options
from pytest_prodready.options import read as read_options
from pytest_prodready.registry import Registry
from pytest_prodready.reports import show as show_reports
from pytest_prodready.reports import terminal
from pytest_prodready.rules import celery as celery_rules
from pytest_prodready.settings import Settings, SettingsError, read
from pytest_prodready.stash import ENVIRON, GATE
from pytest_prodready.wording import listed, nearest


def gate_hooks(config: pytest.Config, options: Options) -> GateHooks:
    """The hooks of a session whose gate is on.

    Raises:
        pytest.UsageError: the command line or the settings hold mistakes; all of them are listed.
    """
    registry = rules.registry()
    gathering = _gathering(config, options, registry)
    file = anchor(config, gathering.root)
    hanging, families = _hang_on(config, file)
    chosen = registry.select(options.select, (*options.ignore, *_of_no_linter()))
    if options.update:
        _refuse(_update(config, gathering, chosen, whole=hanging and not families))
    gate = Gate(gathering, chosen, families)
    config.stash[GATE] = gate
    # a marked test that cannot even be imported is one error among the results, not the end of the run
    config.option.continue_on_collection_errors = True
    return GateHooks(gate, file, hanging)


def _gathering(config: pytest.Config, options: Options, registry: Registry) -> Gathering:
    """Where the facts of this run come from.

    Raises:
        pytest.UsageError: the command line or the settings hold mistakes; all of them are listed.
    """
    mistakes = [
        *_codes("--prodready-select", options.select, registry),
        *_codes("--prodready-ignore", options.ignore, registry),
    ]
    mistakes += _without_linter(options.select, registry)
    mistakes += _python(config, options.python) + _url(options.url)
    root = project_root(config.invocation_params.dir, config.rootpath)
    try:
        settings = read(root, registry.rules)
    except SettingsError as error:
        mistakes += error.mistakes
        settings = Settings()
    _refuse(mistakes)
    gathering = Gathering(root, settings, options, _environ(config), _cache(config))
    _refuse(gathering.mistakes())
    return gathering


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        raise pytest.UsageError("the gate cannot run:\n" + "\n".join(f"  {mistake}" for mistake in mistakes))


def _cache(config: pytest.Config) -> Path | None:
    """The gate's directory in pytest's own cache; ``None`` where there is none."""
    cache = getattr(config, "cache", None)
    try:
        return cache.mkdir("prodready") if cache is not None else None
    except OSError:
        return None


def _environ(config: pytest.Config) -> dict[str, str]:
    """The environment of the job; what a worker of pytest-xdist inherits, a conftest.py may have changed."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        return dict(worker[ENVIRON_FOR_WORKERS])
    return config.stash.get(ENVIRON, dict(os.environ))


def explain(code: str) -> str:
    """What the rule ``code`` (or the rules of a family, ``PRD2``) checks, why, and how to fix it.

    Raises:
        pytest.UsageError: there is no such rule.
    """
    registry = rules.registry()
    found = [
        rule for rule in registry.rules.values() if rule.code.startswith(code.upper()) or rule.slug == code
    ]
    if not found:
        raise pytest.UsageError(_codes("--prodready-explain", (code.upper(),), registry)[0])
    return "\n\n".join(terminal.explanation(rule) for rule in found)


def show(config: pytest.Config, what: str) -> tuple[str, int]:
    """What ``--prodready-show`` prints, and the exit status: 1 when there is nothing to show for a reason.

    Raises:
        pytest.UsageError: nothing of that name can be shown, or the settings hold mistakes.
    """
    if what not in LISTINGS:
        near = nearest(what, LISTINGS, at_least=0.5)
        meant = f"did you mean {near}?" if near else f"there is {listed(LISTINGS)}."
        raise pytest.UsageError(f"--prodready-show: there is nothing called {what}; {meant}")
    options = read_options(config)
    if options.update:
        raise pytest.UsageError("--prodready-show only lists: leave out --prodready-update")
    gathering = _gathering(config, options, rules.registry())
    return LISTINGS[what](gathering)


def _celery(gathering: Gathering) -> tuple[str, int]:
    """Every Celery app as its worker would have it; of those that do not load, why."""
    facts = gathering.gather(frozenset({"celery"}))
    apps = [seen for seen in facts.entries if seen.entry.kind == "celery"]
    kind = celery_rules.celery_app
    judged = [rules.registry().judge(kind, subject, facts) for subject in kind.subjects(facts)]
    wrong = [terminal.finding(found) for one in judged for found in one.findings]
    wrong += [f"{problem.job}: {problem.message}" for problem in facts.problems]
    if not apps and not wrong:
        wrong = ['no Celery app was found: name it in pyproject.toml, [tool.prodready] celery = "module:app"']
    said = show_reports.celery(facts)
    return "\n\n".join(filter(None, (said, *wrong))), int(bool(wrong) or not said)


LISTINGS: dict[str, Callable[[Gathering], tuple[str, int]]] = {"celery": _celery}
"""What ``--prodready-show`` can list: the text and the exit status of each."""


def _update(config: pytest.Config, gathering: Gathering, chosen: Registry, *, whole: bool) -> list[str]:
    """Why ``--prodready-update`` cannot write down all tasks."""
    mistakes = []
    if "PRD210" not in chosen.rules:
        mistakes.append("--prodready-update is about PRD210, which is not selected")
    given = ("-k", "keyword"), ("--deselect", "deselect"), ("--lf", "lf")
    parts = [option for option, name in given if config.getoption(name, default=None)]
    if any(argument[:2] == "-m" for argument in config.invocation_params.args):  # not that of addopts
        parts.append("-m")
    if not whole:
        parts.append("the names of files and tests")
    if parts:
        mistakes.append(f"--prodready-update writes down all tasks together: leave out {listed(parts)}")
    if not any(entry.kind == "celery" for entry in gathering.discovered.entries):
        mistakes.append("--prodready-update: no Celery app was found; name it in [tool.prodready] celery")
    return mistakes


def _codes(option: str, codes: tuple[str, ...], registry: Registry) -> list[str]:
    mistakes = []
    for code in codes:
        if not any(known.startswith(code) for known in registry.rules):
            near = nearest(code, registry.rules)
            known = f"did you mean {near}?" if near else f"the codes are {listed(registry.rules, 100)}."
            mistakes.append(f"{option}: there is no rule {code}; {known}")
    return mistakes


def _of_no_linter() -> tuple[str, ...]:
    """The codes that only a linter judges by, when it is not installed beside the gate."""
    return () if ruff.installed() else SELECTION


def _without_linter(codes: tuple[str, ...], registry: Registry) -> list[str]:
    """What is selected, and would never be judged."""
    return [
        f"--prodready-select: {code} is judged by ruff {ruff.OLDEST} or later, which is not installed "
        "here; pip install 'pytest-prodready[linters]' brings it."
        for code in codes
        if (meant := {known for known in registry.rules if known.startswith(code)})
        and meant.issubset(_of_no_linter())
    ]


def _python(config: pytest.Config, python: str) -> list[str]:
    if not python:
        return []
    if not config.invocation_params.dir.is_relative_to(config.rootpath):
        # before it knows the option, pytest takes its value for a test file and looks for the project there
        return [f"pytest took {config.rootpath} for the project; write --prodready-python={python}, with =."]
    if shutil.which(python):  # a path is looked at as it is
        return []
    return [f"--prodready-python: {python} is no file that can be executed."]


def _url(url: str) -> list[str]:
    if not url or url.startswith(("http://", "https://")):
        return []
    return [f"--prodready-url: {url} is no URL; write http://{url} or https://{url}."]


def _hang_on(config: pytest.Config, file: Path) -> tuple[bool, frozenset[str]]:
    """Make pytest collect ``file``, unless the user names single test files.

    Returns:
        Whether it is collected, and the families that node ids of it name (none: all).
    """
    # pytest lists ids as they are seen from its root, and shows results as they are seen from here
    config.args[:] = [_seen_from_here(config, argument, file) for argument in config.args]
    named = [argument.partition("::") for argument in config.args]
    ids = [rest.partition("::")[0] for path, _, rest in named if _same(config, path, file)]
    if ids:
        return True, frozenset(ids) if all(ids) else frozenset()
    directories = [(config.invocation_params.dir / path).resolve() for path, _, _ in named]
    if all(directory.is_dir() for directory in directories):
        if file.parent.resolve() not in directories:  # else it is collected with its directory
            config.args.append(str(file))
        return True, frozenset()
    return False, frozenset()


def _seen_from_here(config: pytest.Config, argument: str, file: Path) -> str:
    path, separator, rest = argument.partition("::")
    if not separator or (config.invocation_params.dir / path).exists() or config.rootpath / path != file:
        return argument
    return f"{file}::{rest}"


def _same(config: pytest.Config, path: str, file: Path) -> bool:
    return (config.invocation_params.dir / path).resolve() == file.resolve()
