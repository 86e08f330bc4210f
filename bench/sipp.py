"""SIPp as a process: started, watched through its statistics file, and never left behind."""

from __future__ import annotations

import csv
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from cli.runtime.sipp import SippInstall
from cli.supervisor import Service
from cli.supervisor.process import RunningProcess
from config.free_ports import FreePorts

_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Tally:
    """What a SIPp has done so far."""

    created: int = 0
    successful: int = 0
    failed: int = 0
    current: int = 0


class Sipp:
    """One SIPp. Make it in a thread that outlives it: the kernel ends it together with that thread."""

    def __init__(
        self, install: SippInstall, folder: Path, name: str, scenario: str, options: Sequence[str], free: FreePorts
    ) -> None:
        self.name = name
        self.port = free.udp()
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        (self._folder / "scenario.xml").write_text(scenario)
        self._said: list[str] = []
        argv = (
            *install.argv,
            *("-sf", "scenario.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(self.port)),
            *("-mp", str(free.udp()), "-ci", "127.0.0.1", "-cp", str(free.udp()), "-nostdin"),
            *("-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log"),
            # A crowded machine makes it late; that must show in the figures, not end the run.
            *("-watchdog_minor_maxtriggers", "100000", "-watchdog_major_maxtriggers", "100000"),
            *("-buff_size", "1048576", "-recv_timeout", "15000"),
            *options,
        )
        service = Service(name, argv, env=os.environ | install.env | {"TERM": "dumb"}, cwd=self._folder)
        self._process = RunningProcess(service, self._said.append)
        self.pid = self._process.pid

    def wait(self, seconds: float) -> Tally:
        """Wait for its end; what it did. BenchError when it does not end by then, or never began."""
        deadline = time.monotonic() + seconds
        while not self._process.ended():
            if time.monotonic() > deadline:
                self.stop()
                raise BenchError(f"SIPp ({self.name}) did not end within {seconds:g} s")
            time.sleep(_LOOK_EVERY)
        status = self._process.reap()
        tally = self.tally()
        if status not in (0, 1) or not tally.created:
            raise BenchError(f"SIPp ({self.name}) ended with status {status}: {self.complaint() or self._said[-3:]}")
        return tally

    def stop(self) -> None:
        """End it now."""
        if not self._process.ended():
            self._process.signal(signal.SIGKILL)
        self._process.reap()

    def tally(self) -> Tally:
        """The last line of its statistics, at most a second old while it runs."""
        path = self._folder / "stat.csv"
        return parse_statistics(path.read_text(errors="replace")) if path.exists() else Tally()

    def complaint(self) -> str:
        """The first thing it found wrong; empty where there is none."""
        path = self._folder / "errors.log"
        text = path.read_text(errors="replace").strip() if path.exists() else ""
        return " ".join(text[:400].split())


def parse_statistics(text: str) -> Tally:
    """The newest complete line of a statistics file."""
    rows = [row for row in csv.DictReader(text.splitlines(), delimiter=";") if row.get("FailedCall(C)")]
    if not rows:
        return Tally()
    last = rows[-1]
    return Tally(
        created=int(last["TotalCallCreated"]),
        successful=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        current=int(last["CurrentCall"]),
    )
