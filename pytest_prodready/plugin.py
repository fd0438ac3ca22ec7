"""pytest's hooks, and nothing else. Without ``--prodready`` no other module of the gate is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_prodready import fixtures, markers, options

if TYPE_CHECKING:
    from pytest_prodready.gate import Gate
    from pytest_prodready.hooks import GateHooks

OFF = "opted in to the gate: it runs with --prodready"
HOOKS: pytest.StashKey[GateHooks] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the gate's options."""
    options.declare(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """``--prodready-explain`` answers and exits."""
    code = options.read(config).explain
    if not code:
        return None
    from pytest_prodready import setup

    print(setup.explain(code))
    return 0


@pytest.hookimpl(trylast=True)  # after pytest-xdist has decided whether this process is a controller
def pytest_configure(config: pytest.Config) -> None:
    """Register markers and fixtures; the rest of the gate only when it is asked for."""
    config.pluginmanager.register(fixtures, "prodready-fixtures")
    for line in markers.DECLARED:
        config.addinivalue_line("markers", line)
    chosen = options.read(config)
    if chosen.on:
        from pytest_prodready import setup

        config.stash[HOOKS] = hooks = setup.gate_hooks(config, chosen)
        config.pluginmanager.register(hooks, "prodready-gate")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that opted in is skipped, visibly, while the gate is off."""
    if HOOKS not in item.config.stash and any(markers.marks(item)):
        pytest.skip(OFF)


def gate_of(config: pytest.Config) -> Gate | None:
    """The gate of this session; ``None`` while it is off."""
    hooks = config.stash.get(HOOKS, None)
    return None if hooks is None else hooks.gate
