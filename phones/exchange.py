"""The second Asterisk as a process: started in a folder of its own, frozen, thawed, killed, and never left behind."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from config.free_ports import is_free
from phones.errors import PhoneError
from phones.exchange_config import Exchange, files

# Unix socket paths may have 107 bytes; Asterisk's own socket name is "asterisk.ctl".
_LONGEST_SOCKET_FOLDER = 90


class Asterisk(Protocol):
    """An Asterisk that can be started (cli.runtime.AsteriskInstall is one)."""

    @property
    def argv(self) -> Sequence[str]: ...
    @property
    def module_dir(self) -> Path: ...
    @property
    def data_dir(self) -> Path: ...


def socket_folder(folder: Path) -> Path:
    """A folder short enough for Unix sockets: inside `folder`, or else a temporary one that `stop` removes."""
    inside = folder / "run"
    if len(str(inside).encode()) <= _LONGEST_SOCKET_FOLDER:
        return inside
    made = Path(tempfile.mkdtemp(prefix="phones-"))
    if len(str(made).encode()) > _LONGEST_SOCKET_FOLDER:
        raise PhoneError(f"{made} is too long for a Unix socket; set TMPDIR to a shorter folder")
    return made


class ExchangeProcess:
    """Asterisk running with the configuration of one Exchange."""

    def __init__(self, install: Asterisk, exchange: Exchange) -> None:
        self._install = install
        self._exchange = exchange
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the network has not been started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 15.0) -> None:
        """Write the configuration and start; returns when AMI listens."""
        self._write()
        if not is_free("UDP", self._exchange.bind, self._exchange.sip_port):
            raise PhoneError(f"the network's SIP port {self._exchange.sip_port} is in use")
        config = self._exchange.folder / "etc" / "asterisk.conf"
        with (self._exchange.folder / "log" / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [*self._install.argv, "-C", str(config), "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal ends our caller first, who ends us in order
            )
        atexit.register(self.stop)
        self._wait_for_ami(time.monotonic() + timeout)

    def _write(self) -> None:
        folder = self._exchange.folder
        for place in (folder / "etc", folder / "var", folder / "log", self._exchange.sockets):
            place.mkdir(parents=True, exist_ok=True)
        for name, text in files(self._exchange).items():
            path = folder / "etc" / name
            path.touch(mode=0o600)
            path.write_text(text)

    def _wait_for_ami(self, deadline: float) -> None:
        while time.monotonic() < deadline and self.is_running:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._exchange.ami_port), 0.5):
                return
            time.sleep(0.03)
        self.stop()
        raise PhoneError(f"the telephone network's Asterisk did not start; see {self._exchange.folder / 'log'}")

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """End it, politely for five seconds."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)  # a frozen process does not hear SIGTERM
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        atexit.unregister(self.stop)
        if self._exchange.sockets.parent != self._exchange.folder:
            shutil.rmtree(self._exchange.sockets, ignore_errors=True)
