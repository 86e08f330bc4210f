"""What people do with the voice menus at the console: a change from the text to the caller's ear, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from admin_api import accounts
from admin_api.permissions import Role
from config.clock import utc_now
from ivr.flow_book import FlowBook
from shelf.files import take_in
from tests.browser.conftest import Helpline, sign_in
from tests.browser.test_console import fits
from tests.integration.admin_api.conftest import PASSWORD
from tests.integration.shelf.menus import LONGER_LINE, written

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def menus(helpline: Helpline, tmp_path: Path) -> None:
    """The small menus, as a controller that runs has put them on the shelf."""
    take_in(helpline.desk.database, written(tmp_path / "menus"), {}, utc_now())
    the_controller_looks(helpline)


def the_controller_looks(helpline: Helpline) -> None:
    FlowBook(helpline.desk.database, {}).load()


def open_menu(page: Page, name: str = "line_104") -> None:
    page.click("#place-flows")
    page.click(f'[data-key="flow-{name}"]')
    expect(page.locator("#flow .version").first).to_be_visible()


@pytest.mark.parametrize("language", ["hi", "en"])
def test_a_changed_text_is_checked_kept_activated_and_taken_back(page: Page, helpline: Helpline, language: str) -> None:
    hindi = language == "hi"
    sign_in(page, language=language)
    open_menu(page)
    expect(page.locator("#flow h2")).to_contain_text("परीक्षण" if hindi else "Trial line")
    page.click('[data-key="edit"]')
    page.fill("textarea[name=text]", LONGER_LINE)
    page.fill("input[name=note]", "एक सवाल और")
    page.get_by_role("button", name="जाँचें" if hindi else "Check").click()
    expect(page.locator(".verdict .done")).to_contain_text("नहीं मिली" if hindi else "Nothing wrong")
    expect(page.locator('.verdict [data-change="new"]').first).to_contain_text("2: more")
    assert fits(page)
    page.click("#flow form button[type=submit]")
    kept = page.locator("#flow .version").first
    expect(kept).to_contain_text("एक सवाल और")
    expect(page.locator("#flow .version")).to_have_count(2)
    expect(kept.locator("[data-taken=yes]")).to_have_count(0)

    page.locator('[data-key^="activate-"]').first.click()
    expect(page.locator("#confirm")).to_be_visible()
    assert fits(page)
    page.click("#confirm button[value=no]")
    expect(kept.locator("[data-taken=yes]")).to_have_count(0)
    page.locator('[data-key^="activate-"]').first.click()
    page.click("#confirm-yes")
    expect(kept.locator("[data-taken=yes]")).to_be_visible()
    expect(page.locator(".flow-head [data-taken=waiting]")).to_be_visible()
    the_controller_looks(helpline)
    expect(page.locator(".flow-head [data-taken=yes]")).to_be_visible(timeout=5000)

    page.click('[data-key="back"]')
    page.click("#confirm-yes")
    expect(page.locator("#flow .version").nth(1).locator("[data-taken=yes]")).to_be_visible()
    assert fits(page)


def test_a_broken_text_is_shown_by_line_and_a_click_goes_there(page: Page, helpline: Helpline) -> None:
    sign_in(page)
    open_menu(page)
    page.click('[data-key="edit"]')
    area = page.locator("textarea[name=text]")
    area.fill(LONGER_LINE.replace("exhausted: bye\n  bye:", "exhausted: nowhere\n  bye:"))
    page.click("#flow form button[type=submit]")  # kept it would be, were it not broken
    fault = page.locator(".faults [data-severity=error]").first
    expect(fault).to_contain_text("nowhere")
    expect(fault).to_contain_text("write one of the nodes")
    fault.locator("button").click()
    selected = area.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
    assert selected.strip() == "more:"
    expect(page.locator("#flow .version")).to_have_count(1)
    assert fits(page)


def test_a_file_is_chosen_and_judged_at_once(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "line_104.yaml"
    file.write_text(LONGER_LINE.replace("flow: line_104", "flow: another"), encoding="utf-8")
    sign_in(page)
    open_menu(page)
    page.click('[data-key="edit"]')
    page.set_input_files("#flow input[type=file]", file)
    expect(page.locator(".faults")).to_contain_text("must be the file's name")


def test_a_part_names_the_menus_that_change_with_it_before_it_is_activated(page: Page) -> None:
    sign_in(page)
    open_menu(page, "helping")
    page.click('[data-key="edit"]')
    area = page.locator("textarea[name=text]")
    area.fill(area.input_value() + "# again\n")
    page.click("#flow form button[type=submit]")
    page.locator('[data-key^="activate-"]').first.click()
    expect(page.locator("#confirm-text")).to_contain_text("Trial line")
    page.click("#confirm-yes")
    expect(page.locator(".flow-head .done")).to_contain_text("Trial line")


def test_a_supervisor_looks_and_tries_but_has_no_button_that_changes(page: Page, helpline: Helpline) -> None:
    with helpline.desk.database.writing() as session:
        accounts.create_staff(session, username="super", password=PASSWORD, role=Role.SUPERVISOR)
    sign_in(page, "super")
    open_menu(page)
    page.click('[data-key="edit"]')
    page.locator("textarea[name=text]").fill("flow: line_104\n")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".faults")).to_be_visible()
    assert page.locator('[data-key^="activate-"], [data-key="back"], #flow form button[type=submit]').count() == 0


def test_a_doctor_sees_no_menus_whatever_the_address_says(page: Page) -> None:
    page.goto("/?lang=en#flows")
    sign_in(page, "seema")
    expect(page.locator("#place-flows")).to_be_hidden()
    expect(page.locator("#place-doctors")).to_be_visible()
    expect(page.locator("#flows")).to_be_hidden()


def test_the_open_menu_is_in_the_address_and_signing_out_leaves_nothing(page: Page) -> None:
    sign_in(page)
    open_menu(page)
    assert page.url.endswith("#flows/line_104")
    page.reload()
    expect(page.locator("#flow h2")).to_contain_text("Trial line")
    page.go_back()
    expect(page.locator("#flow")).to_be_hidden()
    page.click("#signout")
    expect(page.locator("#signin")).to_be_visible()
    assert "Trial line" not in page.content()
