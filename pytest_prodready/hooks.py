"""The hooks of a session whose gate is on; registered by :mod:`pytest_prodready.plugin` only then."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_prodready import markers
from pytest_prodready.fixtures import NAMES
from pytest_prodready.gate import Gate
from pytest_prodready.items import GateFile, GateItem
from pytest_prodready.reports.progress import Progress
from pytest_prodready.session import Verdict, attach, forget
from pytest_prodready.updating import update
from pytest_prodready.wording import listed

FACTS = "prodready_facts"
ENVIRON_FOR_WORKERS = "prodready_environ"
MENTION = b"prodready"


class GateHooks:
    """One session of the gate in one process.

    Args:
        gate: the gate of this session.
        anchor: the file that the generated items hang on.
        hanging: whether it will be collected; not so when the user names single test files.
    """

    def __init__(self, gate: Gate, anchor: Path, hanging: bool) -> None:
        self.gate = gate
        self.anchor = anchor
        self.hanging = hanging
        self.verdict = Verdict([(kind.family, kind.plural) for kind in gate.registry.kinds])
        self.reporter: pytest.TerminalReporter | None = None

    # first: before pytest-xdist starts its workers, and before the header is printed
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Gather the facts once: in the only process, or in the controller for all workers."""
        config = session.config
        self.reporter = config.pluginmanager.get_plugin("terminalreporter")
        worker = getattr(config, "workerinput", None)
        if worker is not None:
            self.gate.adopt(worker[FACTS])
        elif self.hanging:
            targets = [entry.target for entry in self.gate.gathering.discovered.entries]
            if self.reporter is not None and targets and config.get_verbosity() >= 0:
                each = ", each" if len(targets) > 1 else ""
                self.reporter.write_line(
                    f"prodready: loading {listed(targets)}{each} in an interpreter of its own"
                )
            with self._progress(config):
                self.gate.facts  # noqa: B018 - gathered now, so that the header can say what was found
            if self.gate.gathering.options.update:
                self._update()

    def _update(self) -> None:
        """Write the contract, once and before anything is judged by it, and say so."""
        done = update(self.gate)
        if done.refused:
            self.verdict.refused = done.said
        if self.reporter is not None:
            self.reporter.write_line(f"prodready: {done.said}", red=done.refused)

    @contextmanager
    def _progress(self, config: pytest.Config) -> Iterator[None]:
        """Show what is being imported meanwhile, where somebody looks at it as it happens."""
        reporter, verbosity = self.reporter, config.get_verbosity()
        quiet = verbosity < -1 or (verbosity < 0 and self.gate.gathering.options.collect_only)
        if reporter is None or not reporter.isatty or quiet:
            yield
            return

        def draw(text: str) -> None:
            reporter.rewrite(text, erase=True)
            reporter.write("" if text else "\r", flush=True)

        progress = Progress(draw, reporter._tw.fullwidth)  # noqa: SLF001 - pytest's own way is by this width
        self.gate.gathering.watch = progress.importing
        try:
            yield
        finally:
            self.gate.gathering.watch = None
            progress.clear()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist the facts that its controller has gathered."""
        node.workerinput[FACTS] = self.gate.export()
        node.workerinput[ENVIRON_FOR_WORKERS] = self.gate.gathering.job_environ

    def pytest_report_header(self) -> list[str]:
        """What the gate found, each with its source."""
        return [f"prodready: {note}" for note in self.gate.notes()] if self.hanging else []

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Do not even import a test module that cannot hold a test for the gate."""
        if (
            self.gate.gathering.options.with_tests
            or collection_path.suffix != ".py"
            or collection_path == self.anchor
        ):
            return None
        try:
            mentions = collection_path.is_dir() or MENTION in collection_path.read_bytes()
        except OSError:
            return None
        return None if mentions else True

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The generated items hang on the file that holds the project's configuration."""
        return GateFile.from_parent(parent, path=file_path) if file_path == self.anchor else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the gate's own items, each once, and the tests that opted in."""
        seen: set[object] = set()
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            if isinstance(item, GateItem):
                if item.check in seen:  # the anchor lies in a directory that is collected as well
                    continue
                seen.add(item.check)
                kept.append(item)
                continue
            wanted = self.gate.gathering.options.with_tests or self._opted_in(item)
            (kept if wanted else dropped).append(item)
        if dropped:
            config.hook.pytest_deselected(items=dropped)
        items[:] = kept

    def _opted_in(self, item: pytest.Item) -> bool:
        return any(markers.marks(item)) or bool(NAMES & set(getattr(item, "fixturenames", ())))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Check the preconditions of a marked test before its body runs."""
        if not isinstance(item, GateItem):
            markers.check(item, self.gate)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the judgement on the report."""
        report = yield
        attach(item, report, self._opted_in(item), self.gate.gathering.options.strict)
        return report

    # last: when the terminal has taken it
    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the judgements, from this process or from a worker."""
        self.verdict.take(report)
        if self.reporter is not None:
            forget(report, self.reporter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A gate that checked nothing, or was not obeyed, has failed, whatever pytest makes of it."""
        worker = hasattr(session.config, "workerinput")
        failed = self.verdict.checked_nothing or self.verdict.refused
        if session.exitstatus == pytest.ExitCode.OK and failed and not worker:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """Stop what tests have started."""
        self.gate.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Print the verdict."""
        if self.verdict.judged:
            well = exitstatus == pytest.ExitCode.OK
            remarks = self.gate.remarks()
            if terminalreporter.config.get_verbosity() > 0:
                remarks += self.gate.costs()
            self.verdict.write(terminalreporter, well, remarks)
