"""Webhooks of SMS providers: signed for the public address, refused clearly, stored once, whoever calls how often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from admin_api.webhooks import endpoints
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorPhone, InboundMessage, Message, MessageEvent
from config.settings import Settings, load_settings
from messaging import telling
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from messaging.sparing import SparingLog
from tests.integration.admin_api.conftest import serving

SECRET, TOKEN = "a-secret-of-the-webhook", "the-auth-token-of-twilio"
PUBLIC = "https://help.example.gov.in"
TWILIO = f"/webhooks/sms/twilio/{SECRET}"
NUMBER = "+919893012345"
PATIENT = "+919876543210"


@pytest.fixture
def public_url() -> str:
    return PUBLIC


@pytest.fixture
def settings(tmp_path: Path, public_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MSG91_AUTHKEY", "key")
    return load_settings(
        {},
        data_dir=tmp_path / "data",
        public_url=public_url,
        webhook_secret=SECRET,
        twilio_auth_token=TOKEN,
        exotel_account_sid="account",
        sms_http_file="msg91.yaml",
    )


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20) as client:
        yield client


def signature(url: str, form: Mapping[str, str]) -> str:
    """As Twilio's page "Security" has it: HMAC-SHA1 of the address and the sorted fields, base64."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def twilio(
    client: httpx.Client, form: Mapping[str, str], *, url: str = PUBLIC + TWILIO, path: str = "", **headers: str
) -> httpx.Response:
    """Twilio calls `url`; a proxy hands it on to our own address, and to `path` where it strips a prefix."""
    parts = urlsplit(url)
    target = (path or parts.path) + (f"?{parts.query}" if parts.query else "")
    signed = {"X-Twilio-Signature": signature(url, form), "Content-Type": "application/x-www-form-urlencoded"}
    return client.post(target, content=urlencode(form), headers=signed | headers)


def sent(database: Database, provider_id: str = "SM1", gateway: str = "twilio", state: str = "sent") -> str:
    with database.writing() as session:
        message = enqueue(
            session,
            rules=MessagingRules(),
            purpose="slip",
            recipient=PATIENT,
            key=provider_id,
            template="callback_registered",
            language="hi",
            variables={},
            call_id=f"call-{provider_id}",
        )
        values = {"state": state, "provider_id": provider_id, "gateway": gateway, "attempts": 1, "sent_at": utc_now()}
        session.execute(update(Message).where(Message.id == message.id).values(values))
        return message.id


def fate(database: Database, message_id: str) -> tuple[str, str]:
    with database.reading() as session:
        message = session.get_one(Message, message_id)
        return message.state, message.receipt_reason


def receipt(state: str = "delivered", **further: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "MessageStatus": state, "AccountSid": "AC1", "To": PATIENT, **further}


# --- who may tell ---------------------------------------------------------------------------------------------------


def test_a_signed_receipt_settles_the_message_and_stands_in_the_journal(
    client: httpx.Client, database: Database
) -> None:
    message_id = sent(database)
    answer = twilio(client, receipt("undelivered", ErrorCode="30003"))
    assert (answer.status_code, answer.text) == (200, "")
    assert fate(database, message_id)[0] == "failed"
    (entry,) = Journal(database).entries_of("call-SM1")
    assert (entry.kind, entry.data["message"], entry.data["result"]) == ("sms.settled", message_id, "failed")
    assert entry.data["reason"] == fate(database, message_id)[1] != ""


@pytest.mark.parametrize(
    ("public_url", "prefix"),
    [
        ("https://help.example.gov.in", ""),
        ("https://help.example.gov.in/", ""),
        ("https://help.example.gov.in:8443", ""),
        ("https://example.gov.in/helpline", "/helpline"),  # the proxy strips it
        ("http://198.51.100.7", ""),
    ],
)
def test_the_signature_is_of_the_public_address_whatever_the_proxy_made_of_it(
    client: httpx.Client, database: Database, public_url: str, prefix: str
) -> None:
    for number, query in enumerate(("", "?m=sms-1&x=%E0%A4%A8%2F+a", "?empty=&a=b%20c")):
        message_id = sent(database, f"SM{number}")
        url = public_url.rstrip("/") + TWILIO + query
        answer = twilio(client, receipt(MessageSid=f"SM{number}"), url=url, path=TWILIO, Host="127.0.0.1:8104")
        assert answer.status_code == 200, (url, answer.text)
        assert fate(database, message_id) == ("delivered", "")


def test_a_wrong_signature_is_refused(client: httpx.Client, database: Database) -> None:
    message_id = sent(database)
    form = (b"Content-Type", b"application/x-www-form-urlencoded")
    for headers in ([], [(b"X-Twilio-Signature", b"bm8=")], [(b"X-Twilio-Signature", b"\xe9\xff")]):
        answer = client.post(TWILIO, content=urlencode(receipt()), headers=[form, *headers])
        assert answer.status_code == 403
        assert answer.json()["detail"] == "The signature does not fit this address and body."
    assert fate(database, message_id) == ("sent", "")


def test_another_address_or_body_than_the_signed_one_is_refused(client: httpx.Client, database: Database) -> None:
    message_id = sent(database)
    right = signature(PUBLIC + TWILIO, receipt("failed"))
    assert twilio(client, receipt(), **{"X-Twilio-Signature": right}).status_code == 403
    assert twilio(client, receipt(), url=f"http://127.0.0.1:8104{TWILIO}").status_code == 403
    assert twilio(client, receipt(), url=f"{PUBLIC}{TWILIO}?m=1", path=f"{TWILIO}?m=2").status_code == 403
    assert fate(database, message_id) == ("sent", "")


def test_a_wrong_secret_and_an_unknown_gateway_find_nothing(client: httpx.Client) -> None:
    for path in ("twilio/wrong-secret-of-the-webhook", f"nobody/{SECRET}", f"cdac/{SECRET}", "twilio/é"):
        answers = [client.post(f"/webhooks/sms/{path}", data=receipt()), client.get(f"/webhooks/sms/{path}")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert {answer.json()["detail"] for answer in answers} == {"There is nothing here."}


def test_without_a_secret_there_are_no_webhooks(tmp_path: Path, database: Database) -> None:
    settings = load_settings({}, data_dir=tmp_path / "data", twilio_auth_token=TOKEN, public_url=PUBLIC)
    with serving(settings, database) as address:
        assert httpx.post(f"{address}/webhooks/sms/twilio/", data=receipt()).status_code == 404
        assert httpx.post(f"{address}/webhooks/sms/twilio/x", data=receipt()).status_code == 404


# --- how it is told -------------------------------------------------------------------------------------------------


UNREADABLE: list[tuple[str, dict[str, Any], int, str]] = [
    ("exotel", {"data": {"hello": "world"}}, 400, "neither a receipt nor a message"),
    ("exotel", {}, 400, "neither a receipt nor a message"),
    ("http", {"content": "{broken", "headers": {"Content-Type": "application/json"}}, 400, "neither a receipt"),
    ("http", {"content": "[" * 50_000, "headers": {"Content-Type": "application/json"}}, 400, "neither"),
    ("http", {"content": "[]", "headers": {"Content-Type": "application/json"}}, 400, "neither a receipt"),
    ("exotel", {"content": b"\xff\xfe\x00", "headers": {"Content-Type": "text/plain"}}, 400, "neither a receipt"),
    ("exotel", {"content": "x", "headers": {"Content-Type": "image/png"}}, 415, "takes a form, JSON or plain text"),
    ("exotel", {"data": {f"f{n}": "x" for n in range(300)}}, 400, "more than 200 fields"),
    ("exotel", {"params": {f"f{n}": "x" for n in range(300)}}, 400, "more than 200 fields"),
    ("exotel", {"files": {"file": b"x"}}, 400, "form could not be read"),
    ("exotel", {"content": "--x", "headers": {"Content-Type": "multipart/form-data"}}, 400, "form could not be"),
    ("exotel", {"content": "x" * 270_000}, 413, "at most 262144 bytes"),
    ("exotel", {"content": [b"x" * 27_000] * 10}, 413, "at most 262144 bytes"),
]


def test_what_cannot_be_read_is_answered_clearly(client: httpx.Client) -> None:
    for gateway, request, status, says in UNREADABLE:
        # A list is sent without its length being said before.
        sent_as = {"content": iter(request["content"])} if isinstance(request.get("content"), list) else request
        answer = client.post(f"/webhooks/sms/{gateway}/{SECRET}", **sent_as)
        assert answer.status_code == status, (says, answer.text)
        assert says in answer.json()["detail"]


def test_a_form_in_parts_and_a_query_are_read_as_well(client: httpx.Client, database: Database) -> None:
    for number, how in enumerate(("files", "params", "data")):
        message_id = sent(database, f"E{number}", "exotel")
        fields = {"SmsSid": f"E{number}", "Status": "sent", "DetailedStatus": "DELIVERED_TO_HANDSET"}
        if how == "files":
            parts = {name: (None, value) for name, value in fields.items()}
            answer = client.post(f"/webhooks/sms/exotel/{SECRET}", files=parts)
        elif how == "params":
            answer = client.get(f"/webhooks/sms/exotel/{SECRET}", params=fields)
        else:
            answer = client.post(f"/webhooks/sms/exotel/{SECRET}", data=fields)
        assert answer.status_code == 200, answer.text
        assert fate(database, message_id) == ("delivered", ""), how


def test_our_own_id_in_the_address_settles_what_is_in_doubt(client: httpx.Client, database: Database) -> None:
    message_id = sent(database, "", state="doubt")
    answer = twilio(client, receipt("sent"), url=f"{PUBLIC}{TWILIO}?m={message_id}")
    assert answer.status_code == 200
    assert fate(database, message_id) == ("sent", "")


def test_line_ends_and_nulls_in_values_break_nothing(client: httpx.Client, database: Database) -> None:
    sent(database)
    for value in ("SM1\r\nSet-Cookie: x=y", "SM1\x00", "\u202eSM1", "SM1" * 100):
        assert twilio(client, receipt(MessageSid=value)).status_code == 200
        said = {"SmsSid": value, "From": f"{NUMBER}\r\n", "To": "x\x00", "Body": "ON\r\n\x00DATA"}
        answer = client.get(f"/webhooks/sms/exotel/{SECRET}", params=said)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    with database.reading() as session:
        texts = session.scalars(select(InboundMessage.text)).all()
        ids = session.scalars(select(MessageEvent.provider_id)).all()
    assert set(texts) == {"ON DATA"}
    assert all(id.isprintable() for id in ids)


# --- how often it is told -------------------------------------------------------------------------------------------


def test_a_receipt_replayed_a_hundred_times_at_once_changes_nothing_more(
    client: httpx.Client, database: Database
) -> None:
    message_id = sent(database)
    told = [receipt(state) for state in ("sent", "delivered", "undelivered", "queued")] * 25
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda form: twilio(client, form).status_code, told))
    assert set(answers) == {200}
    assert fate(database, message_id) == ("delivered", "")
    with database.reading() as session:
        events = session.scalars(select(MessageEvent.detail).where(MessageEvent.kind == "receipt")).all()
    assert sorted(events) == ["delivered -", "failed other", "on_its_way -"]
    assert [entry.data["result"] for entry in Journal(database).entries_of("call-SM1")][-1] == "delivered"


def test_a_doctors_sms_replayed_a_hundred_times_at_once_is_followed_once(
    client: httpx.Client, database: Database
) -> None:
    with database.writing() as session:
        session.add(Doctor(id="doc-1", name="Dr A", registration_number="1", duty="off", created_at=utc_now()))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doc-1", number=NUMBER))
    form = {"MessageSid": "SM9", "From": NUMBER, "To": "+911234567890", "Body": "ON TILL 20"}
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: twilio(client, form), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["content-type"].startswith("text/xml")
    assert answers[0].text.endswith("<Response></Response>"), "or Twilio would write to the doctor"
    with database.reading() as session:
        assert session.get_one(Doctor, "doc-1").duty == "on"
        assert len(session.scalars(select(Message).where(Message.purpose == "duty_reply")).all()) == 1


def test_a_flood_of_unknown_receipts_is_answered_and_does_not_fill_the_log(
    client: httpx.Client, database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    for module in (endpoints, telling):  # a minute of their own
        monkeypatch.setattr(module, "_sparing", SparingLog(logging.getLogger(module.__name__)))
    with ThreadPoolExecutor(8) as threads:
        forms = [receipt(MessageSid=f"SM{number}") for number in range(200)]
        answers = list(threads.map(lambda form: twilio(client, form).status_code, forms))
        answers += list(threads.map(lambda form: client.post(TWILIO, data=form).status_code, forms))
    assert sorted(set(answers)) == [200, 403]
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("admin_api", "messaging"))]
    assert len(lines) == 2 * 20, "so many a minute from each"


def test_neither_numbers_nor_texts_nor_secrets_stand_in_the_log(
    client: httpx.Client, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent(database)
    twilio(client, receipt("undelivered", ErrorCode="30003"))
    twilio(client, receipt(MessageSid="unknown"))
    twilio(client, {"MessageSid": "SM9", "From": NUMBER, "To": "+911234567890", "Body": "my private words"})
    client.post(TWILIO, data=receipt())
    client.post(f"/webhooks/sms/exotel/{SECRET}", data={"From": NUMBER})
    ours = [record for record in caplog.records if record.name.startswith(("admin_api", "messaging", "sqlalchemy"))]
    written = "\n".join(record.getMessage() for record in ours)
    for private in (NUMBER[1:], PATIENT[1:], "private", SECRET, TOKEN, "AC1"):
        assert private not in written
