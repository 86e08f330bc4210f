"""The console's pages about messages: what became of each, what only a person decides, and the lights on every page."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete

from config.clock import utc_now
from config.database import Database
from config.schema import InboundMessage, Message, MessageEvent
from tests.browser.conftest import Helpline, sign_in
from tests.browser.test_console import fits
from tests.browser.test_routing_pages import nothing_overlaps, shot

pytestmark = pytest.mark.browser

SLIP = (
    "104 हेल्पलाइन: डॉ. सीमा वर्मा (पंजीयन MP-12345) की सलाह पर्ची P-2026-000123। "
    "दोबारा 104 पर यह नंबर बताएँ। हालत बिगड़े तो 108 मिलाएँ।"
)
STORIES: tuple[dict[str, Any], ...] = (
    {"state": "delivered", "receipt": "delivered", "millirupees": 360, "provider_id": "ex-7781"},
    {"state": "failed", "receipt": "failed", "receipt_reason": "handset_off", "millirupees": 360},
    {"state": "unknown", "error": "ReadTimeout: the answer did not come", "receipt_reason": ""},
    {"state": "refused", "error": "the doctor of template advice_slip is too long", "receipt_reason": "value_too_long",
     "gateway": None, "sent_at": None, "attempts": 0},
    {"state": "queued", "error": "HTTP 503", "attempts": 4, "next_try_at": 240, "sent_at": None, "gateway": "exotel"},
    {"state": "delivered", "channel": "voice", "recipient": "+917552551234", "gateway": "telephone",
     "spoken": {"text": "आपकी सलाह पर्ची का नंबर: पी, 2 0 2 6, 1 2 3"}},
    {"state": "sent", "purpose": "test", "language": "en", "text": "Test of the 104 helpline.", "encoding": "gsm7",
     "parts": 1, "recipient": "+919811111111", "gateway": "cdac", "template": "test_message"},
)  # fmt: skip


def written(helpline: Helpline) -> list[str]:
    """One message of each story, the newest last; their ids."""
    now = utc_now()
    number = itertools.count(1)
    rows = []
    for story in STORIES:
        n = next(number)
        values: dict[str, Any] = {
            "id": f"sms-{n:010d}", "key": str(n), "purpose": "slip", "recipient": "+919876543210",
            "template": "advice_slip",
            "language": "hi", "text": SLIP, "encoding": "ucs2", "parts": 3, "gateway": "exotel", "attempts": 1,
            "created_at": now - timedelta(minutes=8), "sent_at": now - timedelta(minutes=7),
            "call_id": helpline.call_id, "header": "MPNHMG", "entity_id": "1201159100000000001",
            "dlt_template_id": "1207161000000000001",
        } | story  # fmt: skip
        if values.get("next_try_at"):
            values["next_try_at"] = now + timedelta(seconds=values["next_try_at"])
        rows.append(values)
    with helpline.desk.database.writing() as session:
        session.add_all(Message(**values) for values in rows)
        session.add(MessageEvent(message_id="sms-0000000002", at=now, kind="receipt", detail="failed handset_off 27"))
        for kind, detail in (("accepted", ""), ("receipt", "on_its_way -"), ("receipt", "delivered -")):
            session.add(MessageEvent(message_id="sms-0000000001", at=now, kind=kind, gateway="exotel", detail=detail))
    return [values["id"] for values in rows]


def heard_from(database: Database, doctor_id: str) -> None:
    with database.writing() as session:
        for n, (sender, doctor, text, result) in enumerate(
            (
                ("+919893012345", doctor_id, "ON 18-20", "on"),
                ("+919876543210", None, "धन्यवाद डॉक्टर साहब, बुखार उतर गया है।", "patient"),
            )
        ):
            session.add(
                InboundMessage(
                    id=f"in-{n}", gateway="exotel", provider_id=str(n), sender=sender, recipient="104", text=text,
                    received_at=utc_now(), doctor_id=doctor, result=result,
                )
            )  # fmt: skip


def open_messages(page: Page, view: str = "") -> None:
    page.goto(f"/#messages{view}")
    expect(page.locator("#messages")).to_be_visible()


@pytest.mark.parametrize(("size", "language"), [("phone", "hi"), ("desktop", "en")], indirect=["size"])
def test_each_message_says_in_words_what_became_of_it_and_why(
    page: Page, helpline: Helpline, size: str, language: str
) -> None:
    written(helpline)
    sign_in(page, language=language)
    page.click("#place-messages")
    rows = page.locator("#outbox-list > li")
    expect(rows).to_have_count(len(STORIES))
    shot(page, f"messages-{language}", size)
    expect(rows.nth(5)).to_contain_text("फ़ोन बंद है" if language == "hi" else "the phone is switched off")
    expect(rows.nth(3)).to_contain_text("बहुत लंबी" if language == "hi" else "too long")
    expect(page.locator("#outbox-states")).to_contain_text("पहुँच गया 2" if language == "hi" else "Delivered 2")
    assert nothing_overlaps(page, "#outbox-list .badge, #outbox-list .main, #outbox-list .sub, #outbox-list time")
    assert fits(page)
    page.click('[data-key="chip-failed"]')
    expect(rows).to_have_count(1)
    page.click('[data-key="chip-refused"]')
    expect(rows).to_have_count(2)
    page.select_option("#outbox-channel", "voice")
    expect(rows.first).to_have_class("empty")


def test_a_message_shows_its_text_its_story_and_what_the_operators_were_told(
    page: Page, helpline: Helpline, size: str
) -> None:
    [first, *_] = written(helpline)
    sign_in(page, language="hi")
    open_messages(page)
    page.click(f'[data-key="sms-{first}"]')
    drawer = page.locator("#drawer")
    expect(drawer.locator(".bubble")).to_have_text(SLIP)
    expect(drawer.locator(".journal li")).to_have_count(4)
    expect(drawer.locator(".journal li").last).to_contain_text("पहुँच गया")
    drawer.locator("summary").click()
    expect(drawer).to_contain_text("1207161000000000001")
    expect(drawer).to_contain_text("₹0.36")
    shot(page, "message", size)
    assert fits(page)
    drawer.get_by_role("button", name="कॉल खोलें").click()
    expect(page.locator("#drawer-title")).to_have_text("कॉल")


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_an_open_message_tells_by_itself_that_it_was_delivered(page: Page, helpline: Helpline) -> None:
    sent = written(helpline)[6]
    sign_in(page, language="en")
    open_messages(page)
    page.click(f'[data-key="sms-{sent}"]')
    badge = page.locator("#drawer .badge").first
    expect(badge).to_have_text("Sent")
    page.locator("#drawer summary").click()
    with helpline.desk.database.writing() as session:
        session.get_one(Message, sent).state = "delivered"
        session.add(MessageEvent(message_id=sent, at=utc_now(), kind="receipt", gateway="cdac", detail="delivered -"))
    expect(badge).to_have_text("Delivered")
    expect(page.locator("#drawer details")).to_have_attribute("open", "")
    expect(page.locator(f'[data-key="sms-{sent}"]')).to_contain_text("Delivered")


def test_what_may_have_arrived_is_sent_again_only_after_a_person_was_asked(
    page: Page, helpline: Helpline, size: str
) -> None:
    unknown = written(helpline)[2]
    sign_in(page, language="en")
    expect(page.locator('[data-light="amber"]')).to_contain_text("1 message: nobody knows whether it arrived.")
    page.click('[data-light="amber"] a')
    expect(page.locator("#outbox-list > li")).to_have_count(1)
    page.click(f'[data-key="sms-{unknown}"]')
    expect(page.locator("#drawer .warn")).to_contain_text("two courses of medicine")
    page.get_by_role("button", name="Send again…").click()
    expect(page.locator("#confirm")).to_contain_text("may get it twice")
    shot(page, "resend", size)
    page.get_by_role("button", name="No, leave it").click()
    assert state_of(helpline, unknown) == "unknown"
    page.get_by_role("button", name="Leave as it is").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#drawer .done")).to_have_text("It is left as it is.")
    page.keyboard.press("Escape")
    expect(page.locator('[data-light="amber"]')).to_have_count(0)
    page.goto("/#messages/sent")
    page.click(f'[data-key="sms-{unknown}"]')
    page.get_by_role("button", name="Send again…").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#drawer .badge").first).to_have_text("Waiting")
    assert state_of(helpline, unknown) == "queued"


def test_a_backlog_is_a_red_light_with_what_to_do_on_every_page_and_goes_out_by_itself(
    page: Page, helpline: Helpline, size: str
) -> None:
    ids = written(helpline)
    sign_in(page, language="hi")
    for place in ("", "doctors", "callbacks", "messages"):
        page.goto(f"/#{place}")
        red = page.locator('[data-light="red"]')
        expect(red).to_contain_text("1 एसएमएस 8 मिनट से रुका हुआ है")
        expect(red).to_contain_text("एक्सोटेल")
    shot(page, "lights", size)
    assert fits(page)
    red.get_by_role("link").click()
    expect(page.locator("#outbox-list > li")).to_have_count(1)
    with helpline.desk.database.writing() as session:
        session.execute(delete(Message).where(Message.id == ids[4]))
    expect(red).to_have_count(0)


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_a_doctor_is_shown_neither_the_lights_nor_the_page(page: Page, helpline: Helpline) -> None:
    written(helpline)
    sign_in(page, "seema")
    expect(page.locator("#messages-list .bubble").first).to_be_visible()
    expect(page.locator("#lights")).to_be_hidden()
    expect(page.locator("#place-messages")).to_be_hidden()


def test_what_people_sent_us_and_what_a_month_cost_are_shown(page: Page, helpline: Helpline, size: str) -> None:
    written(helpline)
    heard_from(helpline.desk.database, helpline.doctor_id)
    sign_in(page, language="hi")
    open_messages(page, "/received")
    expect(page.locator("#inbound-list > li")).to_have_count(2)
    expect(page.locator("#inbound-list")).to_contain_text("डॉक्टर ड्यूटी पर आए")
    shot(page, "inbound", size)
    assert fits(page)
    page.click("#tab-costs")
    expect(page.locator("#costs-table tfoot")).to_contain_text("₹0.72")
    expect(page.locator("#costs-table .warn")).to_be_visible()
    shot(page, "costs", size)
    assert fits(page)
    with page.expect_download() as download:
        page.click("#costs-sheet")
    assert "advice_slip" not in download.value.path().read_text(encoding="utf-8-sig")
    assert "exotel,sms,slip" in download.value.path().read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_what_takes_long_says_so_and_for_how_long(page: Page, helpline: Helpline) -> None:
    sign_in(page, language="en")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/messages/costs", hold)
    open_messages(page, "/costs")
    expect(page.locator("#costs-table .progress")).to_have_text("Loading…")
    expect(page.locator("#costs-table .progress")).to_contain_text("since 2 seconds")
    held[0].continue_()
    expect(page.locator("#costs-table")).to_have_text("Nothing was sent in this month.")


def state_of(helpline: Helpline, message_id: str) -> str:
    with helpline.desk.database.reading() as session:
        return session.get_one(Message, message_id).state
