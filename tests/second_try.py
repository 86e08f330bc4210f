"""A telephone test that fails is tried once more where the machine did not keep time, and the run says so.

Three in a process are tried again on a machine that did: their telephones' ears are Python, and a hole of a tenth of a
second, which the watch does not tell from work, hides a key or a word. A fault that is always there fails twice, and
what failed once can be read in the run's account.
"""

from __future__ import annotations

import contextlib
import time

import pytest
from _pytest.runner import runtestprotocol

from tests.announcer import TOLD
from tests.machine_watch import Hitch, MachineWatch

_MOST_NAMED = 3
_WITHOUT_A_HITCH = 3


class SecondTry:
    """A plugin of every process that runs tests; the watch begins with the first telephone test.

    Fixtures of a module may have talked while an earlier test of it was under way: since they began it counts.
    """

    def __init__(self) -> None:
        self.watch: MachineWatch | None = None
        self._left = _WITHOUT_A_HITCH
        self._module, self._began = "", 0.0  # whose fixtures live, and since when

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if not item.get_closest_marker("telephone"):
            return None
        self.watch = self.watch or MachineWatch()
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        if (module := item.nodeid.partition("::")[0]) != self._module:
            self._module, self._began = module, time.monotonic()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        hitches = self.watch.hitches(self._began)
        if failed := next((report for report in reports if report.failed), None):
            if hitches or self._left:
                self._left -= not hitches
                why = _first_error(failed)
                _forget_fixtures(item)
                self._began = time.monotonic()
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
                machine = f"the machine stood still ({_named(hitches)})" if hitches else "the machine kept time"
                text = f"{item.nodeid} had a second try: {machine}; at first: {why}"
                _told_of(reports).user_properties.append((TOLD, text))
            else:
                failed.sections.append(("the machine", "kept time while this test ran"))
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_unconfigure(self) -> None:
        if self.watch is not None:
            self.watch.close()


def _forget_fixtures(item: pytest.Item) -> None:
    """Those of the module too: a helpline that missed a second, or talks that were held at once, are begun anew."""
    # What the first try left behind is no news.
    with contextlib.suppress(Exception, pytest.fail.Exception):
        item.session._setupstate.teardown_exact(None)
    item._initrequest()  # type: ignore[attr-defined]  # as pytest-rerunfailures does it


def _told_of(reports: list[pytest.TestReport]) -> pytest.TestReport:
    return next((report for report in reports if report.when == "call"), reports[-1])


def _named(hitches: list[Hitch]) -> str:
    worst = sorted(hitches, key=lambda hitch: -hitch.seconds)[:_MOST_NAMED]
    more = f" and {len(hitches) - len(worst)} more" if len(hitches) > len(worst) else ""
    return ", ".join(map(str, worst)) + more


def _first_error(report: pytest.TestReport) -> str:
    said = (line[1:].strip() for line in report.longreprtext.splitlines() if line.startswith("E"))
    return next(said, "see above")
