"""Patients' robots: each dials, presses and hangs up as its plan says, whatever it hears."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from cli.soak.plan import CallerPlan, Step
from phones.call import PhoneCall
from phones.errors import PhoneError
from phones.network import PhoneNetwork

_ANSWER_SECONDS = 12.0
_NOTICED_SECONDS = 25.0


class Crowd:
    """Everybody who calls. `play` returns when all have hung up; after `stop` they do so at once."""

    def __init__(self, net: PhoneNetwork, callers: tuple[CallerPlan, ...], began: float, stop: threading.Event) -> None:
        self._net = net
        self._callers = callers
        self._began = began
        self._stop = stop
        self.calls = 0
        self.troubles: list[str] = []

    def play(self) -> None:
        """Start each caller at its time, in a thread of its own."""
        threads = []
        for plan in self._callers:
            if self._stop.wait(max(0.0, plan.at - (time.monotonic() - self._began))):
                break
            thread = threading.Thread(target=self._live, args=(plan,), name=plan.number, daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _live(self, plan: CallerPlan) -> None:
        self._net.patient(plan.number).behaves(plan.called_back)
        self._safely(plan, plan.steps)
        if plan.again is not None and not self._stop.wait(plan.again):
            self._safely(plan, tuple(step for step in plan.steps if step.do == "press"))

    def _safely(self, plan: CallerPlan, steps: tuple[Step, ...]) -> None:
        try:
            self._call(plan, steps)
        except PhoneError as trouble:
            # A telephone that could not do it: the helpline or its Asterisk was just being killed.
            self.troubles.append(str(trouble))

    def _call(self, plan: CallerPlan, steps: tuple[Step, ...]) -> None:
        self.calls += 1
        call = self._net.patient(plan.number).dials(plan.line)
        try:
            self._wait(call, _ANSWER_SECONDS, lambda: call.is_up)
            if not call.is_up:
                return
            # The voice line is opened a moment after the answer.
            call.answered()
            vanished = self._steps(call, steps)
            self._wait(call, _NOTICED_SECONDS if vanished else plan.patience)
        finally:
            with contextlib.suppress(PhoneError):
                call.hangs_up()

    def _steps(self, call: PhoneCall, steps: tuple[Step, ...]) -> bool:
        """Whether the telephone has lost its network in the end."""
        for step in steps:
            self._wait(call, step.after)
            if not call.is_up or self._stop.is_set():
                return False
            if step.do == "vanish":
                call.vanishes()
                return True
            call.presses(step.keys)
        return False

    def _wait(self, call: PhoneCall, seconds: float, met: Callable[[], bool] = lambda: False) -> None:
        self._net.wait_until(lambda: call.ended_at is not None or met() or self._stop.is_set(), seconds)
