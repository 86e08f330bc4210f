"""The port through which an SMS leaves the house, and what a gateway may answer.

Every implementation passes tests/integration/messaging/test_gateway_contract.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One message: `recipient` is a mobile number in E.164, `text` the rendered wording."""

    message_id: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message over, under its own id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider has certainly not taken it. `final`: nor will it ever; otherwise trying later may help."""

    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody can say whether the provider has taken it: it must not be sent again by itself."""

    reason: str


Outcome = Accepted | Rejected | InDoubt


class SmsGateway(Protocol):
    """Sends one SMS. `name` is written to the message's row."""

    @property
    def name(self) -> str: ...

    def send(self, sms: OutgoingSms) -> Outcome:
        """Hand the message over once, within seconds; never raises, never retries by itself."""
        ...
