"""Real phones among the load: they alone can tell how long after the accepting key the doctor hears the patient.

Measured outside the controller and outside Asterisk: the key leaves the doctor's phone as an RFC 4733 event, and the
patient's tone is looked for in what that phone received, frame by frame as it arrived over RTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from bench.onset import FrameLog, first_tone_frame
from bench.plan import AGE, KEY_OF, PROBE_CATEGORY, PROBE_DOCTORS, Plan, Segment, doctor_number
from phones.call import PhoneCall
from phones.errors import PhoneError
from phones.network import PhoneNetwork
from phones.phone import Phone

TONE_HZ = 1300.0
KEY_SECONDS = 0.1  # how long phones hold a key down
_TALK = 5.0  # from the age's last key to the patient's hang-up
_OUTCOME = 5.5  # from the accepting key to the doctor's second one: the patient is gone by then


@dataclass
class ProbeResults:
    """One segment's probe calls: seconds from the accepting key, and in words what went wrong with the others."""

    delays: list[float] = field(default_factory=list)
    attempted: int = 0
    problems: list[str] = field(default_factory=list)


class ProbePhones:
    """The phones of one side. Doctors wait for calls until `close`; each patient dials when its turn comes."""

    def __init__(self, network: PhoneNetwork, plan: Plan) -> None:
        self._network = network
        self._results = ProbeResults()
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._pool = ThreadPoolExecutor(plan.probe_doctors + plan.probes, thread_name_prefix="probe")
        for index in range(plan.probe_doctors):
            self._pool.submit(self._attend, network.doctor(doctor_number(PROBE_DOCTORS, index)))

    def close(self) -> None:
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run(self, segment: Segment, count: int) -> ProbeResults:
        """Make `count` calls spread evenly over the segment; returns when they and their doctors are done."""
        with self._writing:
            self._results = results = ProbeResults(attempted=count)
        pause = segment.seconds / count
        calls = [
            self._pool.submit(self._dial, self._network.patient(segment.probe_caller(index)), index * pause)
            for index in range(count)
        ]
        self._gather(calls)
        self._wait_for_doctors(results)
        return results

    def _gather(self, calls: Sequence[Future[None]]) -> None:
        for call in calls:
            try:
                call.result(60)
            except (PhoneError, TimeoutError) as problem:
                self._report(f"patient: {problem}")

    def _wait_for_doctors(self, results: ProbeResults) -> None:
        deadline = time.monotonic() + _OUTCOME + 5
        while len(results.delays) + len(results.problems) < results.attempted and time.monotonic() < deadline:
            time.sleep(0.1)

    def _dial(self, phone: Phone, delay: float) -> None:
        time.sleep(delay)
        call = phone.dials("104")
        call.answered(8)
        time.sleep(0.8)
        call.presses(KEY_OF[PROBE_CATEGORY])
        time.sleep(0.6)
        call.presses(f"{AGE}#")
        call.plays_tone(TONE_HZ, _TALK)
        time.sleep(_TALK)
        call.hangs_up()

    def _attend(self, phone: Phone) -> None:
        while not self._closing.is_set():
            try:
                ringing = phone.rings(1.0)
            except PhoneError:
                continue  # nobody called yet
            try:
                time.sleep(0.3)
                self._take(ringing.answers(5), self._listen(phone))
            except PhoneError as problem:
                self._report(f"doctor: {problem}")

    def _listen(self, phone: Phone) -> FrameLog:
        """Keep the arrival of each frame at a phone that has just answered."""
        leg = next(leg for leg in reversed(self._network.switchboard.legs) if leg.number == phone.number)
        assert leg.line is not None
        leg.line.heard = log = FrameLog()
        return log

    def _take(self, call: PhoneCall, ear: FrameLog) -> None:
        time.sleep(0.7)
        call.presses("1")
        pressed = call.keys_pressed[0][1]
        time.sleep(_OUTCOME)
        call.presses("1")
        call.ended(8)
        assert call.answered_at is not None
        heard = first_tone_frame(ear.frames, TONE_HZ, after=pressed - call.answered_at)
        if heard is None:
            self._report(f"doctor: no tone; {call.what_was_heard()}")
            return
        with self._writing:
            self._results.delays.append(call.answered_at + heard - pressed - KEY_SECONDS)

    def _report(self, problem: str) -> None:
        with self._writing:
            self._results.problems.append(problem)
