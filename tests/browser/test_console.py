"""What people do at the console, in a real browser, on a desk and on a telephone's screen."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from config.clock import utc_now
from config.schema import CommandRow, Doctor
from tests.browser.conftest import Helpline, sign_in

pytestmark = pytest.mark.browser


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def open_call(page: Page, helpline: Helpline) -> None:
    page.click(f'[data-key="ended-{helpline.call_id}"]')
    expect(page.locator("#drawer .facts").first).to_be_visible()


@pytest.mark.parametrize(("language", "words"), [("hi", "साइन इन करें"), ("en", "Sign in")])
def test_a_wrong_password_is_said_in_the_readers_language(page: Page, language: str, words: str) -> None:
    page.goto(f"/?lang={language}")
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "wrong")
    page.keyboard.press("Enter")
    wrong = "पासवर्ड ग़लत है" if language == "hi" else "password is wrong"
    expect(page.locator("#signin .problem")).to_contain_text(wrong)
    expect(page.locator("input[name=password]")).to_be_focused()
    assert fits(page)


@pytest.mark.parametrize("language", ["hi", "en"])
def test_calls_doctors_and_the_controllers_state_are_seen_and_time_ticks(
    page: Page, helpline: Helpline, language: str
) -> None:
    sign_in(page, language=language)
    talking = "बातचीत जारी" if language == "hi" else "Talking"
    expect(page.locator("#live-list li")).to_have_count(2)
    expect(page.locator("#live-list")).to_contain_text(talking)
    expect(page.locator("#status")).to_have_attribute("data-state", "answering")
    expect(page.locator("#doctors-list .doctor")).to_have_count(3)
    expect(page.locator("#doctors-count")).to_contain_text("1")
    expect(page.locator("#messages-list")).to_contain_text("संदेश" if language == "hi" else "No message")
    clock = page.locator("#live-list time").first
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    assert fits(page)


def test_a_new_call_appears_by_itself(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    expect(page.locator("#live-list li")).to_have_count(2)
    helpline.desk.call(None, ended=False)
    expect(page.locator("#live-list li")).to_have_count(3, timeout=3000)


def test_duty_is_switched_by_mouse_and_by_keyboard(page: Page, helpline: Helpline) -> None:
    def duty() -> str:
        with helpline.desk.database.reading() as session:
            return session.get_one(Doctor, helpline.doctor_id).duty

    def becomes(wanted: str) -> None:
        deadline = time.monotonic() + 5
        while duty() != wanted and time.monotonic() < deadline:
            page.wait_for_timeout(50)
        assert duty() == wanted

    sign_in(page)
    on, paused = (page.locator(f'[data-key="{helpline.doctor_id}-{duty}"]') for duty in ("on", "paused"))
    expect(on).to_be_checked()
    paused.check()
    becomes("paused")
    expect(paused).to_be_focused()  # the list was made anew around the focus
    page.keyboard.press("ArrowLeft")
    becomes("on")


def test_a_doctor_switches_only_the_own_duty_and_sees_no_number(page: Page, helpline: Helpline) -> None:
    sign_in(page, "seema")
    expect(page.locator("#doctors-list .doctor")).to_have_count(1)
    expect(page.locator("#doctors-list fieldset")).to_be_enabled()
    open_call(page, helpline)
    expect(page.locator("#drawer")).to_contain_text("Number hidden")
    assert "9876543210" not in page.content()


def test_a_doctor_completes_the_patient_is_refused_a_drug_and_issues_the_slip(page: Page, helpline: Helpline) -> None:
    sign_in(page, "seema", "hi")
    open_call(page, helpline)
    expect(page.locator("#drawer")).to_contain_text("पहले मरीज़ का नाम और उम्र दर्ज करें")
    patient = page.locator("#drawer form").first
    patient.locator("[name=mobile]").fill("12345")
    patient.locator("[name=name]").fill("आशा देवी")
    patient.locator("button[type=submit]").click()
    expect(patient.locator(".problem")).to_contain_text("यह मोबाइल नंबर नहीं है")
    expect(patient.locator("[name=mobile]")).to_be_focused()
    patient.locator("[name=mobile]").fill("")
    patient.locator("button[type=submit]").click()
    expect(page.locator("#drawer .done")).to_be_visible()

    slip = page.locator("#drawer form").nth(1)
    slip.locator("[name=advice]").fill("पानी पिएँ")
    slip.get_by_role("button", name="दवा जोड़ें").click()
    slip.locator("[name=generic]").fill("Amoxicillin")
    slip.locator("[name=form]").fill("tablet")
    slip.locator("[name=strength]").fill("500 mg")
    slip.locator("button[type=submit]").click()
    expect(slip.locator(".problem")).to_contain_text("सूची में नहीं है")
    assert fits(page)
    slip.locator("[name=generic]").fill("Paracetamol")
    slip.locator("button[type=submit]").click()
    expect(page.locator("#drawer .issued")).to_contain_text("PARACETAMOL")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator("#messages-list .bubble")).to_contain_text("104 हेल्पलाइन")
    expect(page.locator("#calls-list")).to_contain_text("P-")


def test_an_administrator_is_told_that_only_the_doctor_issues_slips(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    open_call(page, helpline)
    expect(page.locator("#drawer")).to_contain_text("+919876543210")
    expect(page.locator("#drawer")).to_contain_text("No slip has been issued")
    expect(page.locator("#drawer form")).to_have_count(1)


def test_a_controller_that_does_not_answer_is_said_loudly(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    expect(page.locator("#banner")).to_be_hidden()
    with helpline.desk.database.writing() as session:
        old = utc_now() - timedelta(seconds=20)
        session.add(CommandRow(recipient="controller", kind="duty_changed", data={}, created_at=old))
    expect(page.locator("#banner")).to_contain_text("controller is not answering")
    expect(page.locator("#status")).to_have_attribute("data-state", "not_answering")


def test_a_lost_connection_is_said_and_forgotten_when_it_is_back(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    expect(page.locator("#live-list li")).to_have_count(2)
    page.context.set_offline(True)
    expect(page.locator("#banner")).to_contain_text("No connection")
    expect(page.locator("#live-list li")).to_have_count(2)
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()


def test_after_signing_out_nothing_of_a_patient_is_left_on_the_page(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    expect(page.locator("#calls-list")).to_contain_text("+919811111111")
    page.click("#signout")
    expect(page.locator("#signin")).to_be_visible()
    assert "9811111111" not in page.content()


def test_everything_is_reached_by_keyboard_and_every_field_has_a_label(page: Page, helpline: Helpline) -> None:
    sign_in(page, "seema")
    open_call(page, helpline)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button")]
             .filter((e) => !e.labels?.length && !e.textContent.trim() && !e.getAttribute("aria-label"))
             .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    page.keyboard.press("Escape")
    page.locator("body").press("Tab")
    reached = set()
    for _ in range(40):
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.dataset.key || ''"))
        page.keyboard.press("Tab")
    assert {"signout", f"ended-{helpline.call_id}", f"{helpline.doctor_id}-on"} <= reached
