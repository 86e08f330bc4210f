"""One caller at a real telephone: listens, presses, and knows afterwards when everything was."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.caller.hearing import Pressed, next_question
from bench.caller.scripts import Step, Trial
from bench.caller.town import Town
from bench.errors import BenchError
from phones.call import PhoneCall
from phones.ears import RATE, Samples, find_prompt
from phones.prompt_shelf import likeness

_AFTER_THE_OPTION = 1.0  # issue 3: "and pressing a second later"
_KEY_SECONDS, _BETWEEN_KEYS = 0.1, 0.3  # a key every 0.4 s
_LONGEST_QUESTION = 60.0
_LOOK_EVERY = 0.02
_ABOUT = 0.5


@dataclass(frozen=True)
class Walk:
    """A call as its caller had it: keys, sound, and when the goal was reached, in seconds since the answer."""

    trial: Trial
    pressed: tuple[Pressed, ...]
    goal_at: float
    sound: Samples

    @property
    def seconds(self) -> float:
        """What is held against the limit."""
        clock_from = self.trial.script.clock_from
        return self.goal_at - (0.0 if clock_from is None else self.pressed[clock_from].ended)


def walk(town: Town, trial: Trial) -> Walk:
    """Make the call. BenchError, PhoneError where it goes another way than the script."""
    if trial.script.goal != "ambulance":
        return _Caller(town, trial).walks()
    with town.ambulance:  # its phone cannot tell whose call rings
        return _Caller(town, trial).walks()


class _Caller:
    def __init__(self, town: Town, trial: Trial) -> None:
        self._town, self._trial = town, trial
        self._phone = town.caller(trial.script)
        self._opd = town.opd(trial.script)
        self._pressed: list[Pressed] = []
        self._ends: list[tuple[str, float]] = []

    def walks(self) -> Walk:
        self._call = self._phone.dials(self._trial.script.line)
        self._call.answered(5)
        try:
            for step in self._trial.script.steps:
                self._waits_for(step)
                self._presses(step)
            reached = self._reaches(self._trial.script.goal)
        finally:
            sound = self._call.heard()
            self._call.hangs_up()
        self._went_as_meant()
        self._heard_to_the_end(sound)
        return Walk(self._trial, tuple(self._pressed), reached, sound)

    def _went_as_meant(self) -> None:
        """A caller who missed an option, or whose key was taken elsewhere, has measured nothing."""
        script = self._trial.script
        asked = self._town.asked(self._phone.number)
        meant = [*(step.node for step in script.steps), *script.unanswered]
        if asked != meant:
            raise BenchError(f"{self._trial.name}: was asked {asked}, the script has {meant}")

    def _heard_to_the_end(self, sound: Samples) -> None:
        """Whatever was waited for was said whole, where it was expected to end."""
        for prompt, end in self._ends:
            ending = self._town.net.prompts.ending(prompt)
            start = max(0.0, end - len(ending) / RATE - _ABOUT)
            stretch = sound[round(start * RATE) : round((end + _ABOUT) * RATE)]
            if find_prompt(stretch, ending, likeness(ending)) is None:
                raise BenchError(f"{self._trial.name}: {prompt!r} was not said to its end at {end:.1f} s")

    def _waits_for(self, step: Step) -> None:
        after = self._pressed[-1].ended if self._pressed else 0.0
        if self._trial.way == "first_sound":
            self._waits_for_sound(after)
            return
        prompt = step.awaited(self._trial.way)
        begin = self._call.hears(prompt, _LONGEST_QUESTION, after=after)
        end = begin + len(self._town.net.prompts.prompt(prompt)) / RATE
        self._ends.append((prompt, end))
        time.sleep(max(0.0, self._answered + end + _AFTER_THE_OPTION - time.monotonic()))

    def _waits_for_sound(self, after: float) -> None:
        deadline = time.monotonic() + 10
        while next_question(self._call.heard(), after) is None:
            if time.monotonic() > deadline:
                raise BenchError(f"{self._trial.name}: heard no question; {self._call.what_was_heard(after)}")
            time.sleep(_LOOK_EVERY)

    def _presses(self, step: Step) -> None:
        keys = step.keys.replace("{opd}", self._opd)
        count = len(self._call.keys_pressed)
        if keys[:-1]:
            self._call.presses(keys[:-1], seconds=_KEY_SECONDS, pause=_BETWEEN_KEYS)
        self._call.presses(keys[-1], seconds=_KEY_SECONDS, pause=0.0)
        times = [at - self._answered for _, at in self._call.keys_pressed[count:]]
        self._pressed.append(Pressed(step.node, keys, times[0], times[-1] + _KEY_SECONDS))

    def _reaches(self, goal: str) -> float:
        if goal not in ("doctor", "ambulance"):
            return self._call.hears(goal, 10, after=self._pressed[-1].ended)
        number = self._phone.number
        phone = self._town.net.phone("108") if goal == "ambulance" else self._town.doctors_phone(number)
        ring = phone.rings(15)
        if not self._town.net.wait_until(lambda: ring.rang_at is not None, 2) or ring.rang_at is None:
            raise BenchError(f"{self._trial.name}: the call reached {phone.number}, which did not ring")
        return ring.rang_at - self._answered

    @property
    def _answered(self) -> float:
        assert isinstance(self._call, PhoneCall)
        assert self._call.answered_at is not None
        return self._call.answered_at
