"""What staff do with doctors, callbacks, blocked callers and control rooms at the console, on a desk and on a phone."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.clock import utc_now
from config.database import Database
from config.schema import CallbackRequest, ControlRoom, Doctor, DoctorPhone, Strike
from routing import callbacks
from tests.browser.conftest import Helpline, sign_in
from tests.browser.test_console import fits

pytestmark = pytest.mark.browser


def doctor_of(helpline: Helpline) -> Doctor:
    with helpline.desk.database.reading() as session:
        return session.get_one(Doctor, helpline.doctor_id)


def shot(page: Page, name: str, size: str) -> None:
    """A picture to look at, where somebody asks for it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{size}.png", full_page=True)


def nothing_overlaps(page: Page, selector: str) -> bool:
    """Whether the texts of a list stand below or beside each other, never on each other."""
    return bool(
        page.evaluate(
            """selector => {
              const boxes = [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect());
              return boxes.every((one, n) => boxes.slice(n + 1).every((other) =>
                one.bottom <= other.top + 1 || other.bottom <= one.top + 1 ||
                one.right <= other.left || other.right <= one.left));
            }""",
            selector,
        )
    )


def quarantine(database: Database, doctor_id: str) -> None:
    with database.writing() as session:
        phone = session.scalars(select(DoctorPhone).where(DoctorPhone.doctor_id == doctor_id)).one()
        phone.quarantined_at, phone.quarantine_reason = utc_now(), "cause 1"
        session.get_one(Doctor, doctor_id).changed_at = utc_now()


def test_doctors_are_found_by_name_state_and_category(page: Page, helpline: Helpline, size: str) -> None:
    quarantine(helpline.desk.database, helpline.doctor_id)
    sign_in(page, language="hi")
    page.click("#place-doctors")
    rows = page.locator("#roster-list > li")
    expect(rows).to_have_count(3)
    expect(page.locator(f'[data-doctor="{helpline.doctor_id}"]')).to_contain_text("बजाने के लिए फ़ोन नहीं")
    shot(page, "doctors", size)
    assert nothing_overlaps(page, "#roster-list .badge, #roster-list .main, #roster-list .sub, #roster-list .duty")
    assert fits(page)
    page.select_option("#roster-show", "quarantined")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("नंबर अलग रखा गया")
    page.select_option("#roster-show", "all")
    page.select_option("#roster-category", "maternity")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("विराम पर")
    page.fill("#roster-search", "nobody of this name")
    expect(rows.first).to_contain_text("ऐसा कोई डॉक्टर नहीं मिला")
    page.fill("#roster-search", "कमला")
    expect(rows.first).to_contain_text("कमला देवी पाटीदार")


def test_hours_are_set_by_keyboard_and_two_that_overlap_are_shown_where_they_stand(
    page: Page, helpline: Helpline, size: str
) -> None:
    sign_in(page, language="hi")
    page.click("#place-doctors")
    page.click(f'[data-key="doctor-{helpline.doctor_id}"]')
    card = page.locator("#doctor")
    expect(card.locator("h2")).to_contain_text("सीमा वर्मा")
    card.locator('[data-key="hours-any"]').focus()
    page.keyboard.press("ArrowDown")
    add = card.locator('[data-key="add-schedule.weekly.mon"]')
    add.press("Enter")
    page.keyboard.type("0900AM")
    add.press("Enter")
    second = card.locator('[data-field="schedule.weekly.mon.1"] input')
    second.nth(0).fill("12:00")
    second.nth(1).fill("15:00")
    card.locator("form.doctor-form button[type=submit]").click()
    expect(card.locator(".doctor-form > .problem")).to_contain_text("समय जाँचें")
    wrong = card.locator('[data-field="schedule.weekly.mon.1"]')
    expect(wrong).to_have_attribute("aria-invalid", "true")
    shot(page, "overlap", size)
    assert fits(page)
    second.nth(0).fill("17:00")
    second.nth(1).fill("20:00")
    card.locator("form.doctor-form button[type=submit]").click()
    expect(card.locator(".done")).to_contain_text("सहेज लिया")
    assert doctor_of(helpline).schedule == {"weekly": {"mon": [["09:00", "13:00"], ["17:00", "20:00"]]}}
    card.locator('[data-key="copy-days"]').click()
    expect(card.locator('[data-field="schedule.weekly.sun.1"]')).to_be_visible()
    shot(page, "schedule", size)
    assert fits(page)


def test_a_number_in_quarantine_is_looked_at_and_rung_again(page: Page, helpline: Helpline) -> None:
    quarantine(helpline.desk.database, helpline.doctor_id)
    sign_in(page, language="hi")
    page.goto(f"/?lang=hi#doctors/{helpline.doctor_id}")
    card = page.locator("#doctor")
    expect(card.locator(".warn")).to_contain_text("cause 1")
    card.locator('[data-key^="lift-"]').click()
    expect(card.locator(".done")).to_contain_text("फिर से बजाया जाएगा")
    expect(card.locator(".warn")).to_have_count(0)


def test_a_doctor_is_taken_on_changed_and_retired(page: Page, helpline: Helpline, size: str) -> None:
    sign_in(page)
    page.click("#place-doctors")
    page.click("#roster-new")
    card = page.locator("#doctor")
    card.locator("[name=name]").fill("Dr Nita Rao")
    card.locator(".phones input[inputmode]").fill("12")
    card.locator("button[type=submit]").last.click()
    expect(card.locator(".doctor-form > .problem")).to_contain_text("registration number")
    card.locator("[name=registration_number]").fill("MP-900")
    card.locator("button[type=submit]").last.click()
    expect(card.locator(".doctor-form > .problem")).to_contain_text("This number cannot be rung")
    card.locator(".phones input[inputmode]").fill("98930 77777")
    card.locator("[data-level=heart]").select_option("specialist")
    shot(page, "new", size)
    assert fits(page)
    card.locator("button[type=submit]").last.click()
    expect(card.locator(".done")).to_contain_text("registered")
    expect(card.locator("h2")).to_contain_text("Dr Nita Rao")
    card.locator('[data-key="retire"]').click()
    page.click("#confirm-yes")
    expect(card.locator('[data-key="take-back"]')).to_be_visible()


def test_a_doctor_sees_the_own_hours_and_nothing_of_others(page: Page, helpline: Helpline) -> None:
    sign_in(page, "seema", "hi")
    page.click("#place-doctors")
    expect(page.locator("#roster-list > li")).to_have_count(1)
    assert [page.locator(f"#place-{id}").is_visible() for id in ("callbacks", "blocked", "rooms")] == [False] * 3
    page.click(f'[data-key="doctor-{helpline.doctor_id}"]')
    card = page.locator("#doctor")
    expect(card.locator(".hours")).to_be_visible()
    assert card.locator("[name=name], .phones, [data-key=retire]").count() == 0
    card.locator("[name=calls_per_day]").fill("7")
    card.locator("form.doctor-form button[type=submit]").click()
    expect(card.locator(".done")).to_be_visible()
    assert doctor_of(helpline).calls_per_day == 7


def test_who_is_to_be_called_back_stands_in_order_and_can_be_taken_out(
    page: Page, helpline: Helpline, size: str
) -> None:
    now = utc_now()
    with helpline.desk.database.writing() as session:
        for n, kind in enumerate(("asked", "cut_off", "missed_call")):
            request = callbacks.request_callback(
                session,
                call_id=f"call-{n}",
                number=f"+91981111111{n}",
                category="fever",
                at=now - timedelta(minutes=30 - n),
                kind=kind,
            )
            request.tries, request.last_result = n, "no_answer" if n else ""
    sign_in(page, language="hi")
    page.click("#place-callbacks")
    rows = page.locator("#callbacks-list > li")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("कॉल कट गया")
    expect(rows.nth(1)).to_contain_text("फ़ोन नहीं उठाया")
    shot(page, "callbacks", size)
    assert nothing_overlaps(page, "#callbacks-list .badge, #callbacks-list .main, #callbacks-list .sub")
    assert fits(page)
    rows.first.locator('[data-key^="withdraw-"]').click()
    page.click("#confirm button[value=no]")
    expect(rows).to_have_count(3)
    rows.first.locator('[data-key^="withdraw-"]').click()
    page.click("#confirm-yes")
    expect(rows).to_have_count(2)
    with helpline.desk.database.reading() as session:
        states = session.scalars(select(CallbackRequest.state).order_by(CallbackRequest.call_id)).all()
    assert states == ["withdrawn", "open", "open"]
    page.select_option("#callbacks-show", "expired")
    expect(rows.first).to_contain_text("यहाँ कोई नहीं है")


def test_a_blocked_caller_is_forgiven(page: Page, helpline: Helpline, size: str) -> None:
    with helpline.desk.database.writing() as session:
        for n in range(3):
            at = utc_now() - timedelta(days=n)
            strike = {"number": "+919811111111", "call_id": f"call-{n}", "doctor_id": helpline.doctor_id, "at": at}
            session.add(Strike(id=f"strike-{n}", **strike))
    sign_in(page, language="hi")
    page.click("#place-blocked")
    row = page.locator("#blocked-list > li").first
    expect(row).to_contain_text("रोका गया")
    shot(page, "blocked", size)
    assert nothing_overlaps(page, "#blocked-list .badge, #blocked-list .main, #blocked-list .sub")
    assert fits(page)
    row.locator('[data-key^="forgive-"]').click()
    page.click("#confirm-yes")
    expect(row).to_contain_text("कोई नंबर चिह्नित नहीं है")


def test_a_control_room_is_made_and_named_with_its_doctors(page: Page, helpline: Helpline, size: str) -> None:
    sign_in(page, language="hi")
    page.click("#place-rooms")
    form = page.locator("#rooms-new form")
    form.locator("[name=name]").fill("भोपाल नियंत्रण कक्ष")
    form.locator("[name=number]").fill("12")
    form.locator("button[type=submit]").click()
    expect(form.locator(".problem")).to_contain_text("इस नंबर पर कॉल नहीं हो सकता")
    form.locator("[name=number]").fill("0755 2661234")
    form.locator("[name=lines]").fill("3")
    form.locator("button[type=submit]").click()
    room = page.locator("#rooms-list > li").first
    expect(room).to_contain_text("+917552661234")
    shot(page, "rooms", size)
    assert fits(page)
    with helpline.desk.database.reading() as session:
        assert session.scalars(select(ControlRoom.lines)).one() == 3
