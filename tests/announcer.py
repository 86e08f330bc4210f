"""Says at once which test has failed and why, and what a test found that is worth reading also when all is well.

Pytest's own account comes at the end of the run. A test tells what it found with `record_property(TOLD, text)`: what it
prints would be lost, for it may run in a worker without a terminal.
"""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

TOLD = "told"


class Announcer:
    """A plugin of the process that has the terminal; reports of all workers come by."""

    def __init__(self, terminal: TerminalReporter) -> None:
        self._terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = [str(text) for name, text in report.user_properties if name == TOLD and report.when == "call"]
        if told or report.failed:
            self._terminal.line("")  # off the line of dots
        for text in told:
            self._terminal.line(text)
        if report.failed:
            self._terminal.line(f"{report.nodeid} failed after {report.duration:.1f} s: {_why(report)}", red=True)


def _why(report: pytest.TestReport) -> str:
    """The first line of what pytest quotes as the error."""
    said = (line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E"))
    return next(said, "see below")


def pytest_sessionstart(session: pytest.Session) -> None:
    plugins = session.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    if terminal is not None:  # a worker has none
        plugins.register(Announcer(terminal), "announcer")
