"""What breaks: processes that die or hang, a line that is cut, a database that is locked; each at its planned time."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable

from cli.rehearsal import Rehearsal
from cli.runtime import asterisk
from cli.soak.plan import FaultPlan
from cli.soak.views import Fault, Span
from cli.supervisor import SupervisorError
from phones.errors import PhoneError

_RECOVERY_SECONDS = 40.0


class Damage:
    """Does the faults one after the other. `faults` grows as they are over."""

    def __init__(self, helpline: Rehearsal, plans: tuple[FaultPlan, ...], began: float, stop: threading.Event) -> None:
        self._helpline, self._plans = helpline, plans
        self._began, self._stop = began, stop
        self.faults: list[Fault] = []
        self.troubles: list[str] = []
        self._thread = threading.Thread(target=self._run, name="damage", daemon=True)
        self._ways: dict[str, Callable[[float], None]] = {
            "controller_killed": self._kill_controller,
            "controller_stopped": self._stop_controller,
            "ami_kicked": self._kick_ami,
            "database_locked": self._lock_database,
            "web_killed": self._kill_web,
            "asterisk_killed": self._kill_asterisk,
        }

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait until the last fault is mended."""
        self._thread.join(120)

    def _run(self) -> None:
        for plan in self._plans:
            if self._stop.wait(max(0.0, plan.at - self._now())):
                return
            start = self._now()
            # While it lasts everybody may ask whether it does.
            self.faults.append(Fault(plan.kind, Span(start, start + plan.seconds + _RECOVERY_SECONDS)))
            try:
                self._ways[plan.kind](plan.seconds)
            except (SupervisorError, PhoneError, OSError, sqlite3.Error, subprocess.SubprocessError) as trouble:
                self.troubles.append(f"{plan.kind}: {trouble}")
            self.faults[-1] = Fault(plan.kind, Span(start, self._now()))

    def _kill_controller(self, seconds: float) -> None:
        before = self._sign_ins()
        self._helpline.supervisor.kill("controller")
        # Its supervisor waits longer each time; what is tried here is many deaths, not one long absence.
        self._helpline.supervisor.start_service("controller")
        self._signed_in_again(before)

    def _stop_controller(self, seconds: float) -> None:
        pid = self._helpline.supervisor.pid("controller")
        before = self._sign_ins()
        self._helpline.supervisor.kill("controller", signal.SIGSTOP)
        time.sleep(seconds)
        # One that hangs for too long is killed and started again by the supervisor.
        if self._helpline.supervisor.pid("controller") == pid:
            self._helpline.supervisor.kill("controller", signal.SIGCONT)
        else:
            self._signed_in_again(before)

    def _kick_ami(self, seconds: float) -> None:
        before = self._sign_ins()
        session = re.search(r"^\s*controller\s.*", self._console("manager show connected"), re.MULTILINE)
        if session:
            self._console(f"manager kick session {session[0].split()[-4]}")
            self._signed_in_again(before)

    def _lock_database(self, seconds: float) -> None:
        path = str(self._helpline.database.engine.url.database)
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def _kill_web(self, seconds: float) -> None:
        self._helpline.supervisor.kill("web")
        self._helpline.supervisor.wait_ready("web", _RECOVERY_SECONDS)

    def _kill_asterisk(self, seconds: float) -> None:
        before = self._sign_ins()
        self._helpline.supervisor.kill("asterisk")
        # Telephones hear nothing any more, and their people put them down.
        with contextlib.suppress(PhoneError):
            self._helpline.net.hang_up_all()
        self._helpline.supervisor.wait_ready("asterisk", _RECOVERY_SECONDS)
        self._signed_in_again(before)

    def _signed_in_again(self, before: int) -> None:
        deadline = time.monotonic() + _RECOVERY_SECONDS
        while self._sign_ins() <= before:
            if time.monotonic() > deadline:
                raise SupervisorError(f"the controller did not sign in again within {_RECOVERY_SECONDS:g} s")
            time.sleep(0.05)

    def _sign_ins(self) -> int:
        path = self._helpline.folder / "log" / "helpline.log"
        return path.read_text(encoding="utf-8", errors="replace").count("connected to Asterisk")

    def _console(self, line: str) -> str:
        conf = self._helpline.settings.run_dir / "etc" / "asterisk.conf"
        command = [*asterisk().argv, "-C", str(conf), "-rx", line]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout

    def _now(self) -> float:
        return time.monotonic() - self._began
