"""What a gateway's answer means for the message: a pure decision, returned and not acted out.

The one rule above all others: a message that may have been sent is never sent again by itself. A patient who gets
the same slip twice reads it as two courses of the drug. Where a message is in doubt, the gateway that had it is asked;
only when that says twice, a minute apart, that it knows no such message, was it certainly not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging.gateways import Accepted, CannotTell, InDoubt, LookedUp, NotThere, Outcome, Rejected

# Seconds after the first, second, … attempt; nearly three hours in all, after which an SMS about a call is stale.
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 3600)
FIRST_LOOK = timedelta(seconds=20)
# A provider's list may lag behind what it takes. And a worker that was taken for dead may still be sending: at the
# second "not there" it certainly is not any more (sending.FRESH_SECONDS and LONGEST_SEND_SECONDS come to less).
BETWEEN_LOOKS = timedelta(seconds=75)
# Pauses after each answer that settles nothing: the provider may be away at the moment.
UNSETTLED = (timedelta(seconds=60), timedelta(minutes=5))
MOST_LOOKS = 8


@dataclass(frozen=True, slots=True)
class Done:
    """Taken over by the provider."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Certainly not sent; worth another attempt at `at`, through whichever gateway is well then."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Perhaps sent: the gateway that had it is asked at `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Certainly not sent, and it will not be. `key`: of messaging/reasons.yaml."""

    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class AskAPerson:
    """Perhaps sent, and nobody can say: a person decides whether to send it again. `key` as in GiveUp."""

    reason: str
    key: str


RetryDecision = Done | TryAgain | LookUp | GiveUp | AskAPerson


@dataclass(frozen=True, slots=True)
class Looks:
    """How often the gateway was asked about this attempt before, and how often its answer settled nothing.

    `not_there_for`: since the same process was first told that it is not there, by a clock that is never set.
    """

    asked: int = 0
    unsettled: int = 0
    not_there_for: timedelta | None = None


def decide(outcome: Outcome, attempts: int, at: datetime, *, elsewhere: bool = False) -> RetryDecision:
    """What follows from `outcome` of the `attempts`-th attempt (from 1), which ended at `at`.

    `elsewhere`: this gateway gets nothing more for now, and another one would take the message at once.
    """
    match outcome:
        case Accepted(provider_id):
            return Done(provider_id)
        case InDoubt(reason):
            return LookUp(at + FIRST_LOOK, reason)
        case Rejected(reason, final=True, unwell=False):
            return GiveUp(reason, outcome.key or "gateway_refused")
        case Rejected(reason) if attempts > len(BACK_OFF):
            return GiveUp(reason, outcome.key or "gateway_busy")
        case Rejected(reason):  # `final` too, where it is the gateway that is unwell: an account can be filled again
            return TryAgain(at if elsewhere else at + timedelta(seconds=BACK_OFF[attempts - 1]), reason)


def after_look(looked: LookedUp, before: Looks, attempts: int, at: datetime) -> RetryDecision:
    """What follows when the gateway was asked about the `attempts`-th attempt."""
    match looked:
        case Accepted(provider_id):
            return Done(provider_id)
        case _ if before.asked >= MOST_LOOKS:
            return AskAPerson("the provider was asked again and again, and its answers do not agree", "answer_lost")
        case CannotTell(reason):
            if before.unsettled < len(UNSETTLED):
                return LookUp(at + UNSETTLED[before.unsettled], reason)
            return AskAPerson(f"perhaps sent, and the provider cannot be asked: {reason}", "answer_lost")
        case NotThere():
            if before.not_there_for is None or before.not_there_for < BETWEEN_LOOKS:
                return LookUp(at + BETWEEN_LOOKS, "the provider does not know the message so far")
            if attempts > len(BACK_OFF):
                return GiveUp("the provider did not take it", "gateway_away")
            return TryAgain(at, "the provider did not take it")


def orphaned(at: datetime) -> LookUp:
    """What follows for a message whose worker died, or fell silent, between claim and record."""
    return LookUp(at + FIRST_LOOK, "the process ended while sending; the provider is asked whether it went out")
