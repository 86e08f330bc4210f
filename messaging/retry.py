"""What a gateway's answer means for the message: a pure decision, returned and not acted out.

The one rule above all others: a message that may have been sent is never sent again by itself. A patient who gets
the same slip twice reads it as two courses of the drug.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging.gateways import Accepted, InDoubt, Outcome, Rejected

# Seconds after the first, second, … attempt; nearly three hours in all, after which an SMS about a call is stale.
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 3600)


@dataclass(frozen=True, slots=True)
class Done:
    """Taken over by the provider."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Certainly not sent; worth another attempt at `at`."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Certainly not sent, and it will not be."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskAPerson:
    """Perhaps sent: a person decides whether to send it again."""

    reason: str


RetryDecision = Done | TryAgain | GiveUp | AskAPerson


def decide(outcome: Outcome, attempts: int, at: datetime) -> RetryDecision:
    """What follows from `outcome` of the `attempts`-th attempt (from 1), which ended at `at`."""
    match outcome:
        case Accepted(provider_id):
            return Done(provider_id)
        case InDoubt(reason):
            return AskAPerson(reason)
        case Rejected(reason, final) if final or attempts > len(BACK_OFF):
            return GiveUp(reason)
        case Rejected(reason):
            return TryAgain(at + timedelta(seconds=BACK_OFF[attempts - 1]), reason)
