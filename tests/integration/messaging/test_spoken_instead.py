"""A message is spoken where the deployment says so and the number may be called; else it is an SMS as ever."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from cli.checks.messages import messages
from config.database import Database
from config.schema import Message
from config.settings import load_settings
from messaging.outbox import enqueue
from messaging.rules import MessagingRules

LANDLINE, MOBILE, ABROAD, TOLL_FREE = "+917552661234", "+919876543210", "+4915112345678", "+9118001037378"


def promised(database: Database, now: datetime, recipient: str, spoken: str) -> Message:
    with database.writing() as session:
        return enqueue(
            session,
            purpose="slip",
            recipient=recipient,
            key="slip-1",
            template="advice_slip",
            language="hi",
            variables={"doctor": "डॉ. अनीता वर्मा", "registration": "MP/12345/2010", "slip": "P-7K3M-22QX-5"},
            call_id=None,
            rules=MessagingRules(spoken={"slip": spoken} if spoken else {}),
            at=now,
        )


@pytest.mark.parametrize(
    ("recipient", "spoken", "channel", "state"),
    [
        (LANDLINE, "", "sms", "refused"),
        (LANDLINE, "landline", "voice", "queued"),
        (LANDLINE, "always", "voice", "queued"),
        (MOBILE, "landline", "sms", "queued"),
        (MOBILE, "always", "voice", "queued"),
        (ABROAD, "always", "sms", "queued"),
        (TOLL_FREE, "always", "sms", "refused"),
        ("anonymous", "always", "sms", "refused"),
    ],
)
def test_who_is_called_and_who_gets_an_sms(
    database: Database, now: datetime, recipient: str, spoken: str, channel: str, state: str
) -> None:
    message = promised(database, now, recipient, spoken)
    assert (message.channel, message.state) == (channel, state)


def test_what_is_spoken_is_spelt_and_needs_no_registration(database: Database, now: datetime) -> None:
    message = promised(database, now, LANDLINE, "landline")
    assert message.spoken is not None
    assert "सात, के, तीन, एम" in message.spoken["text"]
    assert (message.header, message.dlt_template_id) == ("", "")


def test_the_check_finds_a_purpose_that_no_message_has(tmp_path: Path) -> None:
    settings = load_settings({"HELPLINE_VOICE_MESSAGES": "slips=landline"}, data_dir=tmp_path)
    found = messages(settings)
    assert not found.ok
    assert "slips" in found.what
    settings = load_settings({"HELPLINE_VOICE_MESSAGES": "slip=landline, callback_expired=always"}, data_dir=tmp_path)
    assert messages(settings).ok
