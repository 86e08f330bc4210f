"""Callers who walk a menu back and forth, and how long each key waits for the next sentence."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.messaging.plan import Menu
from bench.onset import FrameLog
from bench.probes import KEY_SECONDS
from phones.call import PhoneCall
from phones.ears import QUIET, Samples
from phones.errors import PhoneError
from phones.network import PhoneNetwork

LINE, FLOW = "104", "smallest"
# From the question for the age to its help and back, as often as one likes.
_FIRST_KEY, _WAY = "1", "*1"
_KEYS_A_CALL = 12
_HEARS_A_WHILE = 0.6
_LONGEST = 3.0
_PAUSE = 0.05


def walk_menus(network: PhoneNetwork, callers: int, seconds: float, first: int) -> Menu:
    """So many callers at once press keys for so long; each call is from a number of its own."""
    end = time.monotonic() + seconds
    delays: defaultdict[str, list[float]] = defaultdict(list)
    problems: list[str] = []
    numbers, taking = iter(range(first, first + 100_000)), threading.Lock()

    def caller() -> None:
        while time.monotonic() < end:
            with taking:
                phone = network.patient(f"+9197{next(numbers):08d}")
            try:
                found = _one_call(network, phone.dials(LINE), end)
            except PhoneError as problem:
                problems.append(str(problem))
            else:
                for step, seconds in found:
                    delays[step].append(seconds)

    with ThreadPoolExecutor(callers, thread_name_prefix="menus") as pool:
        for done in [pool.submit(caller) for _ in range(callers)]:
            done.result()
    return Menu(dict(delays), tuple(problems))


def _one_call(network: PhoneNetwork, call: PhoneCall, end: float) -> list[tuple[str, float]]:
    leg = next(leg for leg in reversed(network.switchboard.legs) if leg.number == call.number)
    call.answered(5)
    assert leg.line is not None
    leg.line.heard = log = FrameLog()
    call.hears_something()
    time.sleep(_HEARS_A_WHILE)
    found = []
    try:
        for index, key in enumerate((_FIRST_KEY + _WAY * _KEYS_A_CALL)[:_KEYS_A_CALL]):
            call.presses(key, seconds=KEY_SECONDS, pause=0.0)
            assert call.answered_at is not None
            ended = call.keys_pressed[-1][1] + KEY_SECONDS - call.answered_at
            found.append((f"{key}" if index else f"first {key}", _waits(log, ended) - ended))
            time.sleep(_HEARS_A_WHILE)
            if time.monotonic() > end:
                break
    finally:
        call.hangs_up()
    return found


def _waits(log: FrameLog, after: float) -> float:
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        if (heard := next_sentence(log.frames, after)) is not None:
            return heard
        time.sleep(0.02)
    raise PhoneError(f"no sentence began within {_LONGEST:g} s of a key")


def next_sentence(frames: list[tuple[float, Samples]], ended: float) -> float | None:
    """PURE. The arrival of the first sound behind the pause that a key makes which ended then; None: not yet.

    The sentence before stops when the key is pressed down. In the pause nothing is sent, or frames of silence are.
    """
    last = ended - KEY_SECONDS
    for arrival, frame in list(frames):
        if arrival < last or float(np.sqrt(np.mean(np.square(frame.astype(np.float64))))) <= QUIET:
            continue
        if arrival - last > _PAUSE:
            return arrival
        last = arrival
    return None
