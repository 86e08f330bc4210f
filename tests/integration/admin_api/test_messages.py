"""Messages as staff see them: found by filter, told with their story, sent again by a person, and what they cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from admin_api.permissions import Role
from config.clock import utc_now
from config.database import Database
from config.schema import InboundMessage, Message, MessageEvent
from tests.integration.admin_api.conftest import Desk

NUMBER = "+919876543210"
Write = Callable[..., str]


@pytest.fixture
def write(database: Database) -> Write:
    """Writes a message's row as the outbox and the worker leave it; its id."""

    number = itertools.count(1)

    def row(**changes: Any) -> str:
        message_id = f"sms-{next(number):010d}"  # in the order of writing, as new_id's are by their milliseconds
        values: dict[str, Any] = {
            "id": message_id,
            "purpose": "slip",
            "recipient": NUMBER,
            "key": message_id,
            "template": "advice_slip",
            "language": "hi",
            "text": "104 हेल्पलाइन: …",
            "encoding": "ucs2",
            "parts": 2,
            "state": "delivered",
            "gateway": "exotel",
            "attempts": 1,
            "created_at": utc_now(),
            "sent_at": utc_now(),
        }
        with database.writing() as session:
            session.add(Message(**values | changes))
        return message_id

    return row


def ids(answer: httpx.Response) -> list[str]:
    return [message["id"] for message in answer.json()["messages"]]


def happened(database: Database, message_id: str, kind: str, at: datetime | None = None, detail: str = "") -> None:
    with database.writing() as session:
        event = MessageEvent(message_id=message_id, at=at or utc_now(), kind=kind, gateway="exotel", detail=detail)
        session.add(event)


# --- finding ---


def test_messages_are_found_by_state_purpose_gateway_channel_and_period(admin: httpx.Client, write: Write) -> None:
    old = write(state="failed", created_at=utc_now() - timedelta(days=9))
    spoken = write(channel="voice", state="sent", gateway=None)
    otp = write(purpose="otp", gateway="twilio", state="expired")

    def found(**wanted: Any) -> list[str]:
        return ids(admin.get("/messages", params=wanted))

    assert found() == [otp, spoken, old]
    assert found(state=["failed", "expired"]) == [otp, old]
    assert found(purpose="otp") == found(gateway="twilio") == [otp]
    assert found(channel="voice") == [spoken]
    assert found(since=(utc_now() - timedelta(days=1)).isoformat()) == [otp, spoken]
    assert found(until=(utc_now() - timedelta(days=1)).isoformat()) == [old]
    assert admin.get("/messages", params={"state": "lost"}).status_code == 422


def test_the_totals_count_each_state_of_the_filter_whichever_state_is_shown(admin: httpx.Client, write: Write) -> None:
    for state in ("failed", "failed", "queued"):
        write(state=state)
    write(state="refused", purpose="otp")
    page = admin.get("/messages", params={"totals": True, "state": "queued", "purpose": "slip"}).json()
    assert (len(page["messages"]), page["totals"]) == (1, {"failed": 2, "queued": 1})
    assert admin.get("/messages").json()["totals"] is None


def test_pages_follow_each_other_without_gap_or_repetition(admin: httpx.Client, write: Write) -> None:
    written = [write() for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while len(seen) < 5:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = admin.get("/messages", params=params)
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
    assert (seen, cursor) == (written[::-1], None)


def test_a_number_is_searched_by_administrators_only_in_any_spelling(
    admin: httpx.Client, supervisor: httpx.Client, write: Write
) -> None:
    mine = write()
    write(recipient="+919811111111")
    for spelling in ("9876543210", "09876543210", "+919876543210"):
        assert ids(admin.get("/messages", params={"recipient": spelling})) == [mine]
    assert admin.get("/messages", params={"recipient": "12"}).status_code == 422
    refusal = supervisor.get("/messages", params={"recipient": "9876543210"})
    assert (refusal.status_code, refusal.json()["field"]) == (403, "recipient")


def test_a_district_officer_sees_messages_of_the_own_districts_calls_and_doctors_only(desk: Desk, write: Write) -> None:
    here, there = desk.doctor(), desk.doctor(district="Indore")
    mine = [write(call_id=desk.call(here)), write(doctor_id=here)]
    others = [write(call_id=desk.call(there)), write(doctor_id=there), write(purpose="test")]
    officer = desk.signed_in(Role.DISTRICT, district="Bhopal")
    assert ids(officer.get("/messages")) == mine[::-1]
    assert [officer.get(f"/messages/{id}").status_code for id in mine + others] == [200, 200, 404, 404, 404]
    assert officer.get("/messages", params={"totals": True}).json()["totals"] == {"delivered": 2}
    assert officer.post(f"/messages/{mine[0]}/resend", json={}).status_code == 403


def test_a_doctor_does_not_see_what_a_colleague_was_written_about_the_same_call(
    desk: Desk, doctor: httpx.Client, doctor_id: str, call_id: str, write: Write
) -> None:
    to_patient, to_me = write(call_id=call_id), write(doctor_id=doctor_id)
    write(call_id=call_id, doctor_id=desk.doctor())
    assert ids(doctor.get("/messages")) == [to_me, to_patient]


# --- one message ---


def test_a_message_is_told_with_its_story_and_why_it_failed_in_both_languages(
    supervisor: httpx.Client, write: Write, database: Database
) -> None:
    message_id = write(
        state="failed",
        error="HTTP 400: +919876543210 is switched off",
        receipt="failed",
        receipt_reason="handset_off",
        header="MPNHMG",
        entity_id="1201159100000000001",
        dlt_template_id="1207161000000000001",
        provider_id="abc",
        millirupees=240,
    )
    happened(database, message_id, "accepted")
    happened(database, message_id, "looked_up", detail="cannot tell: HTTP 500")
    happened(database, message_id, "rejected", detail="no route to 9876543210")
    happened(database, message_id, "receipt", detail="failed handset_off 1703")
    told = supervisor.get(f"/messages/{message_id}").json()
    assert told["recipient"] == "+91 98•••••210"
    assert "9876543210" not in str(told)
    assert [event["kind"] for event in told["history"]] == ["accepted", "looked_up", "rejected", "receipt"]
    assert (told["history"][1]["result"], told["history"][1]["detail"]) == ("cannot_tell", "HTTP 500")
    receipt = told["history"][-1]
    assert (receipt["result"], receipt["reason"]["key"], receipt["detail"]) == ("failed", "handset_off", "1703")
    assert told["reason"]["key"] == "handset_off"
    assert any("\u0900" <= letter <= "\u097f" for letter in told["reason"]["hi"])
    assert told["reason"]["en"].isascii()
    assert (told["header"], told["dlt_template_id"]) == ("MPNHMG", "1207161000000000001")
    assert (told["price_millirupees"], told["parts"], told["may_resend"]) == (240, 2, True)


def test_an_administrator_sees_the_number_and_a_one_time_password_is_shown_to_nobody(
    admin: httpx.Client, write: Write
) -> None:
    message_id = write(purpose="otp", text="Your code is 482913.")
    told = admin.get(f"/messages/{message_id}").json()
    assert (told["recipient"], told["text"]) == (NUMBER, "Your code is ••••••.")
    assert "482913" not in admin.get("/messages").text


def test_every_look_and_every_decision_is_in_the_audit_log(
    supervisor: httpx.Client, write: Write, audited: Callable[[], list[tuple[str, str, str]]]
) -> None:
    failed, unknown = write(state="failed"), write(state="unknown")
    supervisor.get("/messages")
    supervisor.get(f"/messages/{failed}")
    supervisor.post(f"/messages/{failed}/resend", json={})
    supervisor.post(f"/messages/{unknown}/leave")
    supervisor.get("/messages/costs")
    supervisor.get("/inbound")
    assert audited() == [
        ("messages.listed", "", ""),
        ("message.viewed", "message", failed),
        ("message.resent", "message", failed),
        ("message.left", "message", unknown),
        ("messages.costs", "", ""),
        ("inbound.listed", "", ""),
    ]


# --- a person's decisions ---


def test_a_failed_message_is_sent_again_by_a_person_once_however_often_it_is_pressed(
    supervisor: httpx.Client, write: Write
) -> None:
    message_id = write(state="failed", error="The handset was switched off.", receipt_reason="handset_off")
    again = supervisor.post(f"/messages/{message_id}/resend", json={})
    assert (again.status_code, again.json()["state"], again.json()["reason"]) == (200, "queued", None)
    assert again.json()["asked_by"].startswith("user-")
    assert supervisor.post(f"/messages/{message_id}/resend", json={}).status_code == 409


def test_what_may_have_arrived_is_sent_again_only_when_a_person_says_that_it_may_arrive_twice(
    supervisor: httpx.Client, write: Write
) -> None:
    message_id = write(state="unknown")
    refusal = supervisor.post(f"/messages/{message_id}/resend", json={})
    assert (refusal.status_code, refusal.json()["field"]) == (409, "may_arrive_twice")
    assert (
        supervisor.post(f"/messages/{message_id}/resend", json={"may_arrive_twice": True}).json()["state"] == "queued"
    )


@pytest.mark.parametrize("state", ["queued", "sending", "doubt", "sent", "delivered", "refused", "expired"])
def test_what_is_on_its_way_or_may_never_go_is_not_sent_again(
    supervisor: httpx.Client, write: Write, state: str
) -> None:
    message_id = write(state=state)
    assert supervisor.get(f"/messages/{message_id}").json()["may_resend"] is False
    answers = [
        supervisor.post(f"/messages/{message_id}/resend", json={"may_arrive_twice": True}),
        supervisor.post(f"/messages/{message_id}/leave"),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]


def test_a_message_of_unknown_fate_that_is_left_wants_nobody_until_it_is_tried_and_lost_anew(
    supervisor: httpx.Client, write: Write, database: Database
) -> None:
    message_id = write(state="unknown", claimed_at=utc_now() - timedelta(minutes=1))
    assert ids(supervisor.get("/messages", params={"undecided": True})) == [message_id]
    left = supervisor.post(f"/messages/{message_id}/leave").json()
    assert (left["state"], left["may_leave"], left["may_resend"]) == ("unknown", False, True)
    assert left["left_at"] is not None
    assert ids(supervisor.get("/messages", params={"undecided": True})) == []
    with database.writing() as session:
        session.get_one(Message, message_id).claimed_at = utc_now() + timedelta(seconds=1)
    assert ids(supervisor.get("/messages", params={"undecided": True})) == [message_id]


# --- what it costs ---


def test_the_costs_of_a_month_are_of_its_days_in_the_deployments_zone(supervisor: httpx.Client, write: Write) -> None:
    first, last = datetime(2026, 9, 30, 18, 30, tzinfo=UTC), datetime(2026, 10, 31, 18, 29, tzinfo=UTC)
    write(sent_at=first, millirupees=250)
    write(sent_at=last, millirupees=250, state="failed")
    write(sent_at=last, millirupees=None, parts=3)
    write(sent_at=last, millirupees=120, purpose="duty_paused", gateway="cdac", parts=1)
    write(sent_at=first - timedelta(seconds=1), millirupees=1000)
    write(sent_at=last + timedelta(minutes=1), millirupees=1000)
    write(sent_at=None, state="refused")
    write(sent_at=last, channel="voice", gateway="telephone")
    costs = supervisor.get("/messages/costs", params={"month": "2026-10"}).json()
    assert [(row["gateway"], row["purpose"], row["messages"], row["parts"]) for row in costs["rows"]] == [
        ("cdac", "duty_paused", 1, 1),
        ("exotel", "slip", 3, 7),
        ("telephone", "slip", 1, 0),
    ]
    assert (costs["messages"], costs["millirupees"], costs["without_price"]) == (5, 620, 1)
    sheet = supervisor.get("/messages/costs/sheet", params={"month": "2026-10"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.content.decode("utf-8-sig").splitlines()[1:] == [
        "2026-10,cdac,sms,duty_paused,1,1,0.120,0",
        "2026-10,exotel,sms,slip,3,7,0.500,1",
        "2026-10,telephone,voice,slip,1,0,0.000,0",
    ]
    assert supervisor.get("/messages/costs", params={"month": "2026-13"}).status_code == 422


# --- what came in ---


def test_what_people_sent_us_is_shown_masked_and_to_officers_of_the_doctors_district(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client, database: Database
) -> None:
    here = desk.doctor()
    with database.writing() as session:
        for n, doctor_id in enumerate((here, None)):
            session.add(
                InboundMessage(
                    id=f"in-{n}",
                    gateway="exotel",
                    provider_id=str(n),
                    sender=NUMBER,
                    recipient="104",
                    text="ON 18-20",
                    received_at=utc_now(),
                    doctor_id=doctor_id,
                    result="stranger",
                )
            )
    shown = supervisor.get("/inbound").json()["messages"]
    assert [message["id"] for message in shown] == ["in-1", "in-0"]
    assert (shown[1]["sender"], shown[1]["text"]) == ("+91 98•••••210", "ON 18-20")
    assert shown[1]["doctor_name"]
    assert shown[0]["result"]["key"] == "stranger"
    assert supervisor.get("/inbound", params={"limit": 1}).json()["next_cursor"] == "in-1"
    officer = desk.signed_in(Role.DISTRICT, district="Bhopal")
    assert [message["id"] for message in officer.get("/inbound").json()["messages"]] == ["in-0"]
    assert doctor.get("/inbound").status_code == 403


# --- what waits ---


def test_messages_that_wait_too_long_and_those_of_unknown_fate_are_told_to_who_can_act(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client, write: Write, database: Database
) -> None:
    now = utc_now()
    ago = now - timedelta(minutes=6)
    write(state="queued", attempts=0, sent_at=None, gateway=None)
    write(state="queued", attempts=0, sent_at=None, created_at=ago, next_try_at=now + timedelta(hours=1))
    write(state="queued", attempts=0, channel="voice", created_at=ago)
    resent = write(state="queued", attempts=1, error="busy", created_at=now - timedelta(days=3), asked_by="staff-1")
    happened(database, resent, "resent")
    calm = supervisor.get("/live").json()["messages"]
    assert calm == {"overdue": 0, "oldest_seconds": None, "gateways": [], "why": "", "unknown": 0}
    assert doctor.get("/live").json()["messages"] is None


def test_a_gateway_that_turns_messages_away_is_named_though_each_has_its_next_try_before_it(
    desk: Desk, supervisor: httpx.Client, write: Write
) -> None:
    now = utc_now()
    ago = now - timedelta(minutes=6)
    write(
        state="queued",
        attempts=3,
        error="HTTP 503 for +919876543210",
        created_at=ago,
        next_try_at=now + timedelta(minutes=9),
    )
    write(state="queued", attempts=0, sent_at=None, gateway=None, created_at=now - timedelta(minutes=4))
    write(state="unknown")
    red = supervisor.get("/live").json()["messages"]
    assert (red["overdue"], red["gateways"], red["unknown"]) == (2, ["exotel"], 1)
    assert 360 <= red["oldest_seconds"] < 420
    assert red["why"] == "HTTP 503 for …210"
    ready = httpx.get(f"{desk.address}/api/v1/readyz").json()
    assert (ready["messages_waiting"], ready["messages_overdue"], ready["messages_unknown"]) == (2, 2, 1)


def test_the_live_view_tells_that_a_message_changed_and_that_one_came_in(
    supervisor: httpx.Client, write: Write, database: Database
) -> None:
    message_id = write(state="sent")
    before = supervisor.get("/live").json()["message_latest"]
    happened(database, message_id, "receipt")
    assert supervisor.get("/live").json()["message_latest"] != before
    with database.reading() as session:
        assert session.scalars(select(InboundMessage)).all() == []
    assert supervisor.get("/live").json()["inbound_latest"] is None
