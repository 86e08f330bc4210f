"""Runs several services as one thing: a library for the demo and the tests, and the heart of `./helpline up`."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.supervisor.errors import NotRunning, ServiceFailed, SupervisorError
from cli.supervisor.keeper import VOICE, Keeper
from cli.supervisor.lock import sole_user
from cli.supervisor.log import ServiceLog
from cli.supervisor.policy import Phase
from cli.supervisor.process import describe_status
from cli.supervisor.service import Service

_TICK = 0.05  # seconds between two looks at the processes


class Supervisor:
    """Starts `services` in order, restarts what dies, stops them in reverse order.

    As a context manager it is entered when every service is ready; a service that ends or is not ready in its time
    raises ServiceFailed with its last lines, and nothing is left running. With `data_dir` it refuses
    (AlreadyRunning) to share that folder with another supervisor.
    """

    def __init__(
        self, services: Sequence[Service], *, data_dir: Path | None = None, log: ServiceLog | None = None
    ) -> None:
        self._own_log = log is None
        self._log = log or ServiceLog([s.name for s in services], data_dir / "log" if data_dir else None)
        self._keepers = {service.name: Keeper(service, self._log) for service in services}
        self._data_dir = data_dir
        self._held = ExitStack()
        self._stopping = threading.Event()
        self._hurrying = threading.Event()
        self._settled = threading.Event()
        self._is_up = False
        self._failure: Exception | None = None
        # A daemon: if the program ends without stop(), this thread ends too, and the kernel kills the services.
        self._thread = threading.Thread(target=self._run, daemon=True, name="supervisor")

    # --- as a whole

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until all of it is ready."""
        self.begin()
        try:
            self._settled.wait()
        except BaseException:
            self.stop()
            raise
        if not self._is_up:
            self.stop()
            raise self._failure or SupervisorError("The helpline was stopped while it was starting.")

    def begin(self) -> None:
        """Start everything without waiting; `finished()` and `failure` say how it goes."""
        if self._data_dir:
            self._held.enter_context(sole_user(self._data_dir))
        self._thread.start()

    def stop(self) -> None:
        """Stop everything in reverse order and wait until it is gone. Doing it twice does no harm."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._held.close()
        if self._own_log:
            self._log.close()

    def ask_to_stop(self) -> None:
        """Begin stopping; a second request hurries: what still runs is killed. Safe in a signal handler."""
        if self._stopping.is_set():
            self._hurrying.set()
        self._stopping.set()

    def finished(self, timeout: float | None = None) -> bool:
        """Wait (seconds) for the end of everything; whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def is_up(self) -> bool:
        """Whether every service has become ready and nobody has asked to stop."""
        return self._is_up and not self._stopping.is_set()

    @property
    def failure(self) -> Exception | None:
        return self._failure

    # --- one service

    def pid(self, name: str) -> int:
        """The process id now. Raises NotRunning."""
        process = self._keeper(name).process
        if process is None:
            raise NotRunning(f"{name} is not running")
        return process.pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and return the pid it went to. After SIGKILL it waits until the death has been noticed."""
        process = self._keeper(name).process
        if process is None:
            raise NotRunning(f"{name} is not running")
        process.signal(number)
        if number == signal.SIGKILL:
            self._wait(lambda: self._keeper(name).process is not process, 5.0, f"{name} did not die of SIGKILL")
        return process.pid

    def set_restart(self, name: str, enabled: bool) -> None:
        """Whether the service comes back after its next death."""
        self._keeper(name).restart = enabled

    def start_service(self, name: str) -> None:
        """Start a service that is down, without waiting for its back-off."""
        self._keeper(name).start_asked = True

    def wait_ready(self, name: str, timeout: float = 30.0) -> int:
        """Wait (seconds) until the service runs and is ready; its pid. Raises SupervisorError."""
        self._wait(lambda: self.phase(name) is Phase.READY, timeout, f"{name} did not become ready in {timeout:g} s")
        return self.pid(name)

    def phase(self, name: str) -> Phase:
        """Where the service stands: DOWN, STARTING, READY or HUNG."""
        return self._keeper(name).phase

    def said(self, name: str) -> list[str]:
        """The last lines of a service, or of the supervisor itself (name "supervisor")."""
        return self._log.said(name)

    def _keeper(self, name: str) -> Keeper:
        if name not in self._keepers:
            raise NotRunning(f"there is no service called {name}")
        return self._keepers[name]

    def _wait(self, condition: Callable[[], bool], timeout: float, otherwise: str) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= deadline or not self._thread.is_alive():
                raise SupervisorError(otherwise)
            time.sleep(0.01)

    # --- the supervisor's own thread: the only one that starts processes (see die_with_parent)

    def _run(self) -> None:
        try:
            for keeper in self._keepers.values():
                self._start_one(keeper)
            if not self._stopping.is_set():
                self._is_up = True
                self._settled.set()
            while not self._stopping.wait(_TICK):
                self._tend_all()
        except Exception as error:
            self._failure = error
            self._log.write(VOICE, f"stopping everything: {str(error).partition(chr(10))[0]}")
        finally:
            for keeper in reversed(self._keepers.values()):
                keeper.stop(self._hurrying.is_set)
                keeper.service.unask()
            self._settled.set()

    def _start_one(self, keeper: Keeper) -> None:
        if self._stopping.is_set():
            return
        keeper.start()
        while keeper.phase is Phase.STARTING and not self._stopping.wait(_TICK):
            self._tend_all()
        if keeper.phase in (Phase.DOWN, Phase.HUNG):
            raise ServiceFailed(self._why_not(keeper))

    def _tend_all(self) -> None:
        for keeper in self._keepers.values():
            keeper.tend()

    def _why_not(self, keeper: Keeper) -> str:
        name, limit = keeper.service.name, keeper.service.ready_seconds
        how = f"was not ready after {limit:g} s"
        if keeper.phase is Phase.DOWN:
            status = keeper.last_status
            how = "could not be started" if status is None else f"{describe_status(status)} while starting"
        last = "\n  ".join(self._log.said(name)[-10:]) or "(it said nothing)"
        return f"{name} {how}. It said last:\n  {last}"
