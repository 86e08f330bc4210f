"""Messages as JSON. Numbers are masked as everywhere; what may be a secret of the recipient is not shown at all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from admin_api.fields import RequestBody, ResponseBody

State = Literal["queued", "sending", "doubt", "sent", "delivered", "failed", "unknown", "refused", "expired"]
Channel = Literal["sms", "voice"]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")]
Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class Reason(ResponseBody):
    """Why a message came to its end, or what became of one sent to us: a key of messaging/reasons.yaml, and words."""

    key: str
    hi: str
    en: str


class MessageShown(ResponseBody):
    """A message. `recipient` is masked except for administrators, and never shown to doctors."""

    id: str
    purpose: str
    recipient: str | None
    call_id: str | None
    doctor_name: str | None = Field(description="Where it was written to a doctor")
    channel: Channel
    template: str
    language: str
    text: str = Field(description="As it was sent; the digits of a one-time password are not shown")
    encoding: str = Field(description="gsm7 | ucs2")
    parts: int
    state: State
    gateway: str | None = Field(description="The last one it went to")
    error: str | None
    reason: Reason | None = Field(description="Why it was refused, failed or expired")
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None = Field(description="Of a message that waits; null: as soon as it can be sent")
    left_at: datetime | None = Field(description="When somebody decided to leave a message of unknown fate as it is")


class MessagePage(ResponseBody):
    messages: list[MessageShown]
    totals: dict[str, int] | None = Field(
        description="By state, whichever states were asked for; null where not asked for"
    )
    next_cursor: str | None


class EventShown(ResponseBody):
    at: datetime
    kind: str = Field(description="accepted | rejected | doubt | looked_up | receipt | resent | …")
    gateway: str
    provider_id: str
    result: str = Field(description="delivered | failed | on_its_way; of a look-up: found | not_there | cannot_tell")
    reason: Reason | None = Field(description="Of a receipt that says why")
    detail: str = Field(description="As the gateway said it; of a receipt, the provider's own code")


class MessageDetail(MessageShown):
    """One message with its story and what the operators were told about it."""

    category: str = Field(description="DLT's: service_implicit | service_explicit | promotional | …")
    template_version: int
    header: str = Field(description="DLT's sender id")
    entity_id: str = Field(description="DLT's principal entity")
    dlt_template_id: str
    provider_id: str | None
    attempts: int
    spoken: str | None = Field(description="What is said, where the message is spoken by telephone")
    asked_by: str | None = Field(description="The user name of who asked for it, or last sent it again")
    expires_at: datetime | None
    price_millirupees: int | None = Field(description="Of all parts, as configured when it was sent; null: not known")
    receipt: str = Field(description="delivered | failed | on_its_way, as the provider told; empty: nothing yet")
    receipt_at: datetime | None
    history: list[EventShown] = Field(description="The oldest first")
    may_resend: bool
    may_leave: bool


class Resend(RequestBody):
    may_arrive_twice: bool = Field(
        default=False, description="Needed where nobody knows whether the message arrived: say that this was considered"
    )


class CostRow(ResponseBody):
    """What went out through one gateway for one purpose."""

    gateway: str
    channel: Channel
    purpose: str
    messages: int
    parts: int
    millirupees: int = Field(description="Of those whose price is known")
    without_price: int = Field(description="Messages whose price was not configured when they were sent")


class Costs(ResponseBody):
    month: str
    since: datetime
    until: datetime
    messages: int
    parts: int
    millirupees: int
    without_price: int
    rows: list[CostRow]
