"""The port through which an SMS leaves the house, what a gateway may answer, and what it may tell afterwards.

Every implementation passes tests/integration/messaging/test_gateway_contract.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

# --- sending -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One message: `recipient` is a mobile number in E.164, `text` the rendered wording.

    `header`, `entity_id` and `template_id` are DLT's, empty where none is needed (a number abroad, a demonstration).
    `encoding` is gsm7 or ucs2, `category` DLT's. `claimed_at`: when this attempt began. `purpose` as in the message's
    row: some providers have a faster way for an otp.
    """

    message_id: str
    recipient: str
    text: str
    header: str = ""
    entity_id: str = ""
    template_id: str = ""
    encoding: str = "ucs2"
    category: str = "service_implicit"
    claimed_at: datetime | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message over, under its own id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider has certainly not taken it. `final`: nor will it ever; otherwise trying later may help.

    `unwell`: it says something about the provider (busy, away, account closed), not about this message.
    `key` is a key of messaging/reasons.yaml, "" where none fits better than gateway_refused.
    """

    reason: str
    final: bool
    unwell: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody can say whether the provider has taken it: it must not be sent again by itself."""

    reason: str


Outcome = Accepted | Rejected | InDoubt


@dataclass(frozen=True, slots=True)
class NotThere:
    """The provider was asked and does not know such a message: it was not taken."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider cannot be asked, or its answer settles nothing."""

    reason: str


LookedUp = Accepted | NotThere | CannotTell


class SmsGateway(Protocol):
    """Sends one SMS. `name` is written to the message's row. Safe to use from several threads at once."""

    @property
    def name(self) -> str: ...

    def send(self, sms: OutgoingSms) -> Outcome:
        """Hand the message over once, within seconds; never raises, never retries by itself."""
        ...

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        """Whether the attempt of `sms.claimed_at` was taken. `known`: provider ids that belong to other messages."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


# --- what a provider tells afterwards ------------------------------------------------------------------------------

ReceiptState = Literal["delivered", "failed", "on_its_way"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, by the provider's id. `reason` is a key of messaging/reasons.yaml, "" where none.

    `message_id` is ours, where the provider hands back what we gave it: it settles also what is in doubt. `also`: how
    the provider may have written its id when it took the message (SMPP: in hexadecimal then, in decimal now).
    """

    provider_id: str
    state: ReceiptState
    reason: str = ""
    code: str = ""  # the provider's own, for the record
    at: datetime | None = None
    message_id: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundSms:
    """An SMS that somebody has sent to us; `sender` as the provider writes it."""

    provider_id: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as the provider made it. `url` is the public one with its query, whatever a proxy made of it."""

    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a provider wants to hear when we have understood."""

    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook's request says; both empty when it says nothing we know."""

    receipts: tuple[Receipt, ...] = ()
    inbound: tuple[InboundSms, ...] = ()
    answer: WebhookAnswer = field(default_factory=WebhookAnswer)


class Webhook(Protocol):
    """Understands the requests of one provider. PURE: no I/O."""

    @property
    def name(self) -> str:
        """The gateway's name, as in the rows of its messages."""
        ...

    @property
    def signs(self) -> bool:
        """Whether requests are signed; otherwise the secret in the webhook's address must do."""
        ...

    def is_authentic(self, request: WebhookRequest) -> bool:
        """Whether the signature fits; True where none is made."""
        ...

    def read(self, request: WebhookRequest) -> Told | None:
        """What it says; None when it cannot be read. Never raises."""
        ...


@runtime_checkable
class TellsReceipts(Protocol):
    """A gateway that tells receipts by itself: polled (C-DAC; any that cannot call us) or over its own line (SMPP)."""

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What is known by now about messages not yet settled (at most 10 asked for); called every few seconds."""
        ...
