"""Requests to be called back, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from admin_api.fields import RequestBody, ResponseBody, ShortText

RequestState = Literal["open", "done", "expired", "withdrawn"]


class CallbackShown(ResponseBody):
    id: str
    call_id: str = Field(description="The call in which it was asked for")
    number: str | None = Field(description="Masked except for administrators")
    kind: str = Field(description="asked | cut_off | missed_call | lost | closed | dial_back")
    category: str
    language: str
    priority: str
    line: str | None = Field(description="The dialled number of the line")
    state: RequestState
    place: int | None = Field(description="From 1, in the order of being called; null: not open any more")
    waiting_since: datetime | None
    requested_at: datetime
    tries: int
    next_try_at: datetime | None = Field(description="null: as soon as a doctor is free")
    expires_at: datetime | None
    being_called: bool
    last_result: str
    closed_at: datetime | None


class CallbackPage(ResponseBody):
    callbacks: list[CallbackShown]
    open_total: int
    next_cursor: str | None = Field(description="Give as `cursor` for the next page; null: this was the last")


class Withdrawal(RequestBody):
    reason: ShortText = Field(default="", description="For the audit log")
