"""A throw-away PostgreSQL server for storage tests: its own folder, port and password, gone when it is left."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import remove
from cli.runtime.postgres import PostgresInstall, postgres

_USER = "helpline"
# Nothing here outlives the test, so nothing has to survive a power cut.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # the folder may be too deep for a socket's 107 bytes
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "50",
    "shared_buffers": "32MB",
    "timezone": "GMT",  # the one zone that PostgreSQL knows without the machine's tzdata
    "log_timezone": "GMT",
}


@contextmanager
def temporary_postgres(folder: Path, install: PostgresInstall | None = None) -> Iterator[str]:
    """A server whose data is in `folder`; yields its `postgresql+psycopg://` address on loopback.

    The server ends with this context, and with the thread that entered it if that dies first. Under root, which
    PostgreSQL refuses, it runs as `nobody`. Raises RuntimeUnavailable.
    """
    with TemporaryServer(folder, install) as server:
        yield server.url


class TemporaryServer:
    """The same, for tests of what happens when it dies or stops answering."""

    def __init__(self, folder: Path, install: PostgresInstall | None = None) -> None:
        self._install = install or postgres()
        self._data = folder / "postgres"
        self._password = secrets.token_urlsafe(18)
        self._port = 0

    def __enter__(self) -> Self:
        self._drop = _as_somebody_else(self._data)
        _initialise(self._install, self._drop, self._data, self._password)
        self._process, self._port = _start(self._install, self._drop, self._data)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.resume()
        _stop(self._process)
        remove(self._data)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{_USER}:{self._password}@127.0.0.1:{self._port}/postgres"

    def pause(self) -> None:
        """SIGSTOP for the server and all its processes: connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL for all of it."""
        self._signal(signal.SIGKILL)
        self._process.wait(10)

    def start_again(self) -> None:
        """At the same address; it recovers from what it had on the disk."""
        self._process, self._port = _start(self._install, self._drop, self._data, self._port)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._process.pid)
            # Its processes first: they end by themselves when they see that the first one is gone.
            for process in (*server.children(recursive=True), server):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)


def _as_somebody_else(data: Path) -> list[str]:
    """The command prefix that makes it start: as nobody if we are root, and bound to our own life."""
    data.mkdir(parents=True, mode=0o700)
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "INT"] if setpriv else []
    if not setpriv:
        raise RuntimeUnavailable("PostgreSQL refuses to run as root; be an ordinary user, or install util-linux.")
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    # The way to the folder may lead through root's own: it keeps the one capability that lets it pass.
    identity = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    passage = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return [setpriv, *identity, *passage, "--pdeathsig", "INT"]


def _initialise(install: PostgresInstall, drop: Sequence[str], data: Path, password: str) -> None:
    command: list[str | Path] = [*drop, install.bin_dir / "initdb", "-D", data, "-L", install.share_dir, "-U", _USER]
    # The password goes through a pipe: files and arguments can be read by others.
    options = ["--auth=scram-sha-256", "--pwfile=/dev/stdin", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        [*command, *options],
        input=f"{password}\n",
        env=_environment(install),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeUnavailable(f"PostgreSQL {install.version} could not be set up: {_last_line(done.stderr)}")


def _start(
    install: PostgresInstall, drop: Sequence[str], data: Path, same_port: int = 0
) -> tuple[subprocess.Popen[bytes], int]:
    log = data / "server.log"
    (data / "postmaster.pid").unlink(missing_ok=True)
    for _ in range(3):  # another process may take the free port before the server does
        port = same_port or _free_port()
        settings = [f"-c{name}={value}" for name, value in {**_SETTINGS, "port": str(port)}.items()]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*drop, install.bin_dir / "postgres", "-D", data, *settings],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(install),
            )
        if _became_ready(process, data / "postmaster.pid"):
            return process, port
        _stop(process)
    raise RuntimeUnavailable(f"PostgreSQL {install.version} did not start: {_last_line(log.read_text())}")


def _became_ready(process: subprocess.Popen[bytes], pid_file: Path) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if _says_ready(pid_file):
            return True
        time.sleep(0.02)
    return False


def _says_ready(pid_file: Path) -> bool:
    # The eighth line of postmaster.pid is the server's state.
    return pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        process.send_signal(sign)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(install: PostgresInstall) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **install.env, "LC_ALL": "C"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
