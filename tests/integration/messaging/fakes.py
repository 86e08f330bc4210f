"""A gateway, a clock and a pool for tests that follow the Messenger step by step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import Any

from messaging.gateways import Accepted, LookedUp, NotThere, Outcome, OutgoingSms
from messaging.sending import Lane

PLENTY = 1e6  # messages a second


class FakeSmsGateway:
    """Answers from a list, then accepts; remembers what it was handed. Asked about a message, it answers from `looks`.

    Without those it says what is true: it took whatever it did not reject.
    """

    def __init__(self, *answers: Outcome | Exception, looks: list[LookedUp] | None = None, name: str = "fake") -> None:
        self.name = name
        self.answers = list(answers)
        self.looks = looks
        self.handed: list[OutgoingSms] = []
        self.asked: list[tuple[OutgoingSms, frozenset[str]]] = []

    def send(self, sms: OutgoingSms) -> Outcome:
        self.handed.append(sms)
        answer = self.answers.pop(0) if self.answers else Accepted(f"id-{len(self.handed)}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        self.asked.append((sms, known))
        if self.looks:
            return self.looks.pop(0)
        return NotThere()

    def close(self) -> None:
        pass


class Clock:
    """A moment that tests move."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.began = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - self.began).total_seconds()

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class InlinePool(Executor):
    """Does at once, in the caller's thread, what it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        fn(*args, **kwargs)
        return Future()


def lane_of(gateway: Any, clock: Clock, per_second: float = PLENTY) -> Lane:
    """A lane whose messages are sent one after the other, by the test's own clock."""
    return Lane(gateway, per_second, pool=InlinePool(), clock=clock.seconds)
