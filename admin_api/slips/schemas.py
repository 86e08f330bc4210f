"""Advice slips, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from admin_api.fields import Name, Paragraph, RequestBody, ResponseBody, ShortText


class DrugAsked(RequestBody):
    """A drug as the doctor asks for it; the formulary decides (prescriptions/rules.py)."""

    generic: Name
    form: Name
    strength: Name
    frequency: Annotated[Name, Field(description="Morning-noon-night, such as 1-0-1")]
    days: Annotated[int, Field(ge=1, le=365)]
    instructions: ShortText = ""


class NewSlip(RequestBody):
    """What the doctor advises. At least one of `advice` and `drugs`."""

    complaints: Paragraph = ""
    diagnosis: Annotated[Paragraph, Field(description="Provisional diagnosis")] = ""
    advice: Annotated[
        list[Paragraph], Field(max_length=5, description="One or more pieces of advice", default_factory=list)
    ]
    drugs: Annotated[list[DrugAsked], Field(max_length=10, default_factory=list)]
    guardian_name: ShortText = ""


class SmsPromised(ResponseBody):
    """The SMS that tells the patient of the slip."""

    id: str
    state: str = Field(description="queued, or refused: then the number must be told to the patient in another way")
    channel: str = Field(description="sms, or voice: the patient is called and hears it")
    parts: int
    text: str
    reason: str = Field(validation_alias="receipt_reason", description="Why it is refused; else empty")
    error: str | None = Field(description="The same in an English sentence")


class SlipIssued(ResponseBody):
    id: str
    number: str
    call_id: str
    issued_at: datetime
    content: dict[str, Any]
    sms: SmsPromised | None = Field(description="null: no mobile number is known; read out the slip's number")
