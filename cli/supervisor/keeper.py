"""Looks after one service: carries out what the policy decides and tells the log what happened."""

import signal
import time
from collections.abc import Callable

from cli.supervisor import policy
from cli.supervisor.log import ServiceLog
from cli.supervisor.policy import Act, Condition, Phase, Rules
from cli.supervisor.process import RunningProcess, describe_status
from cli.supervisor.service import Service

VOICE = "supervisor"


class Keeper:
    """One service and its process. Everything but `restart` and `start_asked` belongs to the supervisor's thread."""

    def __init__(self, service: Service, log: ServiceLog) -> None:
        self.service = service
        self.condition = Condition()
        self.process: RunningProcess | None = None
        self.last_status: int | None = None
        self.restart = service.restart
        self.start_asked = False
        self._log = log
        self._rules = Rules(service.ready_seconds, service.hung_restart_seconds)

    @property
    def phase(self) -> Phase:
        return self.condition.phase

    def start(self) -> None:
        """Start the process now."""
        self.start_asked = False
        now = time.monotonic()
        try:
            self.process = RunningProcess(self.service, lambda line: self._log.write(self.service.name, line))
        except OSError as error:  # no memory, no more processes, a folder that is gone: it may pass
            self.condition = policy.died(self.condition, now, self.restart)
            self._tell(f"cannot be started ({error}); {self._what_next(now)}")
        else:
            self.condition = policy.started(self.condition, now)
            self._tell(f"started, process {self.process.pid}")

    def tend(self) -> None:
        """Notice a death, ask whether it is well, start it again when it is time."""
        now = time.monotonic()
        if self.process and self.process.ended():
            self._bury(now)
        elif self.process and policy.wants_check(self.condition, now):
            self._examine()
        elif self.process is None and (self.start_asked or policy.due(self.condition, now)):
            self.start()

    def stop(self, hurried: Callable[[], bool]) -> None:
        """End the process: its stop signal, then SIGKILL after its time or at once when `hurried`."""
        if not self.process:
            return
        deadline = time.monotonic() + self.service.stop_seconds
        self.process.signal(self.service.stop_signal)
        self.process.signal(signal.SIGCONT)  # one that was stopped must wake up to hear the other signal
        while not self.process.ended():
            if hurried() or time.monotonic() >= deadline:
                self._tell("does not stop; killing it")
                self.process.kill_group()
                break
            time.sleep(0.02)
        self._tell(describe_status(self._reap()))

    def _bury(self, now: float) -> None:
        status = self._reap()
        self.condition = policy.died(self.condition, now, self.restart)
        self._tell(f"{describe_status(status)}; {self._what_next(now)}")

    def _reap(self) -> int:
        assert self.process is not None
        self.last_status = self.process.reap()
        self.process = None
        return self.last_status

    def _what_next(self, now: float) -> str:
        start_at = self.condition.start_at
        return "stays down" if start_at is None else f"starting it again in {start_at - now:.0f} s"

    def _examine(self) -> None:
        ready = _ask(self.service)
        # The time after the question: a slow answer must not make the next question due at once.
        self.condition, act = policy.answered(self.condition, time.monotonic(), ready, self._rules)
        self._do(act)

    def _do(self, act: Act) -> None:
        if act is Act.TELL_READY:
            self._tell("ready")
        elif act is Act.TELL_HUNG:
            self._tell("does not answer although it is running (hung or overloaded)")
        elif act is Act.TELL_RECOVERED:
            self._tell("answers again")
        elif act is Act.KILL and self.process:
            self._tell("has not answered for too long; killing it to start it again")
            self.process.kill_group()

    def _tell(self, what: str) -> None:
        self._log.write(VOICE, f"{self.service.name}: {what}")


def _ask(service: Service) -> bool:
    try:
        return service.ready()
    except Exception:
        return False
