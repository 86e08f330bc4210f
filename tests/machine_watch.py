"""Whether the machine kept time: a process of its own that should wake fifty times a second, and write to disk twice.

Telephones live in real time. Where a neighbour of the machine takes the processor for a second, or the disk holds a
commit for two, a caller hears a hole and a key comes too late, and no code of ours is to blame. A telephone test that
fails while that happened gets a second try (tests/second_try.py); one that fails on a machine that kept time does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LATE_SECONDS = 0.3  # a sleeper is woken within 0.05 s although both processors work
SLOW_DISK_SECONDS = 1.0
_EVERY, _WRITES_EVERY = 0.02, 0.5


@dataclass(frozen=True)
class Hitch:
    """Something took too long, and ended at this moment of `time.monotonic()`."""

    at: float
    seconds: float
    what: str  # processor | disk

    def __str__(self) -> str:
        return f"{self.what} {self.seconds:.1f} s"


class MachineWatch:
    """Watches from now until `close`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._made = None if folder else tempfile.TemporaryDirectory(prefix="machine-watch-")
        self._folder = folder or Path(self._made.name if self._made else "")
        self._notes = self._folder / "hitches"
        self._notes.touch()
        command = [sys.executable, __file__, str(self._folder), str(os.getpid())]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def hitches(self, since: float) -> list[Hitch]:
        """What took too long and ended after `since`, a moment of `time.monotonic()`."""
        lines = (line.split() for line in self._notes.read_text(encoding="ascii").splitlines())
        found = (Hitch(float(at), float(seconds), what) for at, seconds, what in lines)
        return [hitch for hitch in found if hitch.at >= since]

    def close(self) -> None:
        """Stop watching."""
        self._process.kill()
        self._process.wait()
        if self._made:
            self._made.cleanup()


def watch(folder: Path, parent: int, late: float = LATE_SECONDS, slow: float = SLOW_DISK_SECONDS) -> None:
    """Write a line a hitch, as long as the parent lives."""
    notes = (folder / "hitches").open("a", encoding="ascii", buffering=1)
    disk = os.open(folder / "disk", os.O_RDWR | os.O_CREAT)
    written = woken = time.monotonic()
    while os.getppid() == parent:
        time.sleep(_EVERY)
        now = time.monotonic()
        if now - woken - _EVERY >= late:
            notes.write(f"{now:.3f} {now - woken - _EVERY:.3f} processor\n")
        if now - written >= _WRITES_EVERY:
            os.pwrite(disk, str(now).encode(), 0)
            os.fsync(disk)
            written = time.monotonic()
            if written - now >= slow:
                notes.write(f"{written:.3f} {written - now:.3f} disk\n")
        woken = time.monotonic()


if __name__ == "__main__":
    watch(Path(sys.argv[1]), int(sys.argv[2]))
