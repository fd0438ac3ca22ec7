"""pytest's hooks, and nothing else. Without ``--prodready`` no other part of the gate is imported."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_prodready import fixtures, markers, options
from pytest_prodready.stash import ENVIRON, GATE, OFF


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the gate's options."""
    options.declare(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Keep the job's environment: what a conftest.py sets is for the tests, and production has none of it."""
    early_config.stash[ENVIRON] = dict(os.environ)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """``--prodready-explain`` and ``--prodready-show`` answer and exit."""
    code, what = config.getoption("prodready_explain"), config.getoption("prodready_show")
    if not (code or what):
        return None
    from pytest_prodready import setup

    text, status = (setup.explain(code), 0) if code else setup.show(config, what)
    encoding = sys.stdout.encoding or "utf-8"  # a pipe may take few letters only
    print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - the answer is the output
    return status


@pytest.hookimpl(trylast=True)  # after pytest-xdist has decided whether this process is a controller
def pytest_configure(config: pytest.Config) -> None:
    """Register markers and fixtures; the rest of the gate only when it is asked for."""
    config.pluginmanager.register(fixtures, "prodready-fixtures")
    for line in markers.DECLARED:
        config.addinivalue_line("markers", line)
    chosen = options.read(config)
    if chosen.update and not chosen.on:
        raise pytest.UsageError(
            "--prodready-update is a part of the gate: write pytest --prodready --prodready-update"
        )
    if chosen.on:
        from pytest_prodready import setup

        config.pluginmanager.register(setup.gate_hooks(config, chosen), "prodready-gate")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that opted in is skipped, visibly, while the gate is off."""
    if GATE not in config.stash:
        for item in items:
            if any(markers.marks(item)):
                item.add_marker(pytest.mark.skip(reason=OFF))
