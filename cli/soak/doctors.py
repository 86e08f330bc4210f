"""Doctors' robots: each answers, declines, talks, keys and hangs up as its plan says; and their duty by the API."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from itertools import cycle

import httpx

from cli.soak.plan import DoctorPlan, Reaction
from cli.soak.views import Duty
from phones.call import PhoneCall
from phones.errors import PhoneError
from phones.network import PhoneNetwork
from phones.phone import IncomingCall

# Nobody waits for anything longer than this, so that a robot that has missed the end of a call finds it.
_LONGEST_WAIT = 12.0
_BEFORE_OUTCOME = 1.5
_RETRY_SECONDS = 1.0


class Practice:
    """All doctors: a thread for each telephone, and one for their duty."""

    def __init__(
        self,
        net: PhoneNetwork,
        doctors: tuple[DoctorPlan, ...],
        ids: dict[str, str],
        api: httpx.Client,
        began: float,
        stop: threading.Event,
    ) -> None:
        self._net, self._doctors, self._ids, self._api = net, doctors, ids, api
        self._began, self._stop = began, stop
        self.duties: list[Duty] = []
        self.troubles: list[str] = []
        self._threads = [
            threading.Thread(target=self._serve, args=(plan,), name=plan.number, daemon=True) for plan in doctors
        ]
        self._clerk = threading.Thread(target=self._keep_duty, name="duty", daemon=True)

    def start(self) -> None:
        for thread in (*self._threads, self._clerk):
            thread.start()

    def join(self) -> None:
        """Wait for everybody, after `stop`."""
        for thread in (*self._threads, self._clerk):
            thread.join(60)

    # --- duty ---------------------------------------------------------------------------------------------------------

    def _keep_duty(self) -> None:
        changes = [(change.at, plan.number, change.duty) for plan in self._doctors for change in plan.duty]
        for at, number, duty in sorted(changes):
            if self._stop.wait(max(0.0, at - self._now())):
                return
            self.change(number, duty)

    def change(self, number: str, duty: str, tries: int = 3) -> bool:
        """Switch a doctor's duty; whether the helpline has acknowledged it. What is in doubt is remembered as such."""
        for _ in range(tries):
            asked = self._now()
            with contextlib.suppress(httpx.HTTPError):
                body = {"duty": duty} | ({"reason": "asked"} if duty == "paused" else {})
                answer = self._api.patch(f"/doctors/{self._ids[number]}/duty", json=body)
                if answer.is_success:
                    self.duties.append(Duty(number, duty, asked, self._now()))
                    return True
                if answer.status_code == 422:
                    self.troubles.append(f"duty {duty}: {answer.text}")
                    return False
            self.duties.append(Duty(number, duty, asked, None))
            time.sleep(_RETRY_SECONDS)
        return False

    # --- calls --------------------------------------------------------------------------------------------------------

    def _serve(self, plan: DoctorPlan) -> None:
        phone = self._net.doctor(plan.number)
        reactions = cycle(plan.reactions)
        while not self._stop.is_set():
            try:
                ring = phone.rings(timeout=0.5)
            except PhoneError:
                continue
            try:
                self._react(ring, next(reactions))
            except PhoneError as trouble:
                self.troubles.append(str(trouble))

    def _react(self, ring: IncomingCall, reaction: Reaction) -> None:
        if reaction.kind == "no_answer":
            self._net.wait_until(lambda: not ring.is_ringing or self._stop.is_set(), 60)
            return
        self._net.wait_until(lambda: not ring.is_ringing or self._stop.is_set(), reaction.after)
        if not ring.is_ringing or self._stop.is_set():
            return
        if reaction.kind == "reject":
            ring.rejects(reaction.status)
            return
        call = ring.answers()
        try:
            self._answered(call, reaction)
        finally:
            with contextlib.suppress(PhoneError):
                call.hangs_up()

    def _answered(self, call: PhoneCall, reaction: Reaction) -> None:
        self._wait(call, reaction.listens)
        match reaction.kind:
            case "hang_up":
                return
            case "silent":
                self._wait(call, 30)
            case "decline":
                self._press(call, "2")
                self._wait(call, _LONGEST_WAIT)
            case _:
                self._press(call, "1")
                self._talk(call, reaction)

    def _talk(self, call: PhoneCall, reaction: Reaction) -> None:
        self._wait(call, reaction.talk)
        for step in reaction.keys:
            self._wait(call, step.after)
            self._press(call, step.keys)
        if reaction.leaves == "vanish":
            if call.is_up:
                call.vanishes()
            self._wait(call, 25)
        elif reaction.leaves == "star":
            self._press(call, "*9")
            self._wait(call, _BEFORE_OUTCOME)
            self._press(call, reaction.outcome)
            self._wait(call, _LONGEST_WAIT + 20 * (reaction.outcome == "5"))

    def _press(self, call: PhoneCall, keys: str) -> None:
        if keys and call.is_up:
            call.presses(keys, pause=0.05)

    def _wait(self, call: PhoneCall, seconds: float, met: Callable[[], bool] = lambda: False) -> None:
        self._net.wait_until(lambda: call.ended_at is not None or met() or self._stop.is_set(), seconds)

    def _now(self) -> float:
        return time.monotonic() - self._began
