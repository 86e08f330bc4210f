"""A gateway that is away is not handed message after message: a circuit breaker. Pure.

closed: all go. After so many answers in a row that say nothing good of the gateway it opens: none go, for a pause that
grows. Then it is half open: one message at a time tries, and its answer closes or opens it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from messaging.gateways import InDoubt, Outcome, Rejected

FAILURES = 3  # in a row; a single one is a message's own bad luck
PAUSES: Sequence[float] = (5, 15, 60, 180, 300)  # seconds, after it has opened once, twice, … in a row


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` in a row while closed; `opened`: times in a row; `until`: on a clock that is never set.

    `trying`: the one message that tries while half open is on its way.
    """

    failures: int = 0
    opened: int = 0
    until: float = 0.0
    trying: bool = False

    @property
    def is_closed(self) -> bool:
        return self.opened == 0


CLOSED = Breaker()


def is_unwell(outcome: Outcome) -> bool:
    """Whether the answer speaks against the gateway. A message it turns down, it turns down in good health."""
    return isinstance(outcome, InDoubt) or (isinstance(outcome, Rejected) and outcome.unwell)


def permitted(breaker: Breaker, at: float, wanted: int) -> int:
    """How many of `wanted` messages may be handed over now."""
    if breaker.is_closed:
        return wanted
    return min(1, wanted) if at >= breaker.until and not breaker.trying else 0


def handed_over(breaker: Breaker) -> Breaker:
    """A message is on its way."""
    return breaker if breaker.is_closed else replace(breaker, trying=True)


def answered(breaker: Breaker, outcome: Outcome, at: float) -> Breaker:
    """What the gateway's answer makes of it."""
    if not is_unwell(outcome):
        # While it is open, what was on its way before may still be accepted; only the one that tries closes it.
        return CLOSED if breaker.is_closed or breaker.trying else breaker
    if breaker.is_closed:
        failures = breaker.failures + 1
        return Breaker(failures=failures) if failures < FAILURES else _open(1, at)
    return _open(breaker.opened + 1, at) if breaker.trying else breaker


def not_sent(breaker: Breaker) -> Breaker:
    """The message that was to try was not handed over after all."""
    return replace(breaker, trying=False)


def _open(opened: int, at: float) -> Breaker:
    return Breaker(opened=opened, until=at + PAUSES[min(opened, len(PAUSES)) - 1])
