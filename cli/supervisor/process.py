"""One running process: started in a session of its own, its output read by line, ended with all it started."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from cli.supervisor.service import Service

_SHIM = str(Path(__file__).with_name("die_with_parent.py"))
_LONGEST_LINE = 8192


class RunningProcess:
    """A service's process. Must be made by a thread that outlives it (see die_with_parent)."""

    def __init__(self, service: Service, on_line: Callable[[str], None]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", _SHIM, str(os.getpid()), *service.argv],
            env=None if service.env is None else dict(service.env),
            cwd=service.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C must reach the supervisor only: it stops things in order
        )
        self._reader = threading.Thread(target=self._read, args=(on_line,), daemon=True, name=f"log-{service.name}")
        self._reader.start()
        self._reaping = threading.Lock()  # no signal may be sent to a pid that is just being given back

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> bool:
        """Whether it has ended. It is not reaped by this, so that its pid and group cannot be anybody else's yet."""
        if self._popen.returncode is not None:
            return True
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it still is ours."""
        with self._reaping:
            if self._popen.returncode is None:
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """SIGKILL for the process and whatever it left behind in its group; before reaping only."""
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> int:
        """Clear up after the end: kill what is left of the group, wait. Returns the status, negative for a signal."""
        self.kill_group()
        with self._reaping:
            status = self._popen.wait()
        # A descendant that made a session of its own may hold the pipe open for ever.
        self._reader.join(timeout=1.0)
        return status

    def _read(self, on_line: Callable[[str], None]) -> None:
        stream = self._popen.stdout
        assert stream is not None
        with contextlib.suppress(ValueError, OSError):
            while line := stream.readline(_LONGEST_LINE):
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
        with contextlib.suppress(OSError):
            stream.close()


def describe_status(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"
