"""The console's page of wordings: preview while typing, registration to the character, the sheet, and a trial."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.database import Database
from config.schema import DltRegistration, Message
from config.settings import Settings, load_settings
from tests.browser.conftest import Helpline, sign_in
from tests.browser.test_console import fits
from tests.browser.test_routing_pages import shot

pytestmark = pytest.mark.browser

ID = "1207161000000000001"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # As in a department: nothing goes out that is not registered.
    chosen = {
        "HELPLINE_DLT": "required",
        "HELPLINE_DLT_ENTITY_ID": "1201159100000000001",
        "HELPLINE_DLT_HEADER": "MPNHMG",
    }
    return load_settings(chosen, data_dir=tmp_path)


def registered(database: Database) -> dict[tuple[str, str], str]:
    with database.reading() as session:
        return {(row.template, row.language): row.dlt_template_id for row in session.scalars(select(DltRegistration))}


def open_slip(page: Page) -> None:
    page.click('[data-key="template-advice_slip"]')
    expect(page.locator("#template .bubble.parts")).to_be_visible()


def test_a_preview_tells_parts_while_one_types_and_why_a_value_is_refused(
    page: Page, helpline: Helpline, size: str
) -> None:
    sign_in(page, language="hi")
    page.click("#place-messages")
    page.click("#tab-templates")
    expect(page.locator("#templates-list")).to_contain_text("मरीज़ को, जब डॉक्टर सलाह पर्ची देते हैं")
    expect(page.locator("#place-messages")).to_have_attribute("aria-current", "page")
    shot(page, "templates", size)
    assert fits(page)
    open_slip(page)
    preview = page.locator(".preview")
    expect(preview).to_contain_text("यह टेम्पलेट ऑपरेटरों के पास पंजीकृत नहीं है")
    preview.locator("[name=doctor]").fill("डॉ. कमला")
    expect(preview.locator(".bubble")).to_contain_text("डॉ. कमला (पंजीयन")
    preview.locator("[name=slip]").fill("P" * 60)
    expect(preview).to_contain_text("भरी गई बात बहुत लंबी है")
    expect(preview.locator(".bubble")).to_have_count(0)
    preview.locator("[name=slip]").fill("P-7K3M")
    preview.locator("[name=language]").select_option("en")
    expect(preview.locator(".bubble")).to_contain_text("104 Helpline")
    shot(page, "template", size)
    assert fits(page)


@pytest.mark.parametrize("size", ["phone"], indirect=True)
def test_a_registration_that_differs_by_one_character_is_refused_with_the_place(
    page: Page, helpline: Helpline, size: str
) -> None:
    sign_in(page, language="hi")
    page.goto("/#templates/advice_slip")
    wording = page.locator(".wording").first
    wording.locator("summary").click()
    ours = wording.locator("pre").inner_text()
    wording.locator("[name=dlt_template_id]").fill(ID)
    wording.locator("[name=registered_text]").fill(ours.replace("हेल्पलाइन", "हैल्पलाइन"))
    wording.get_by_role("button", name="दर्ज करें").click()
    expect(wording.locator(".problem")).to_contain_text("पोर्टल का पाठ अलग है")
    expect(wording.locator(".problem")).to_contain_text("DEVANAGARI VOWEL SIGN")
    expect(wording.locator("[name=registered_text]")).to_be_focused()
    shot(page, "registration", size)
    assert fits(page)
    wording.locator("[name=registered_text]").fill(ours)
    wording.get_by_role("button", name="दर्ज करें").click()
    expect(page.locator("#template .done").first).to_have_text("पंजीकरण दर्ज हो गया।")
    expect(page.locator(".wording").first.locator(".badge")).to_have_text("भेजा जा रहा है")
    assert registered(helpline.desk.database) == {("advice_slip", "hi"): ID}
    # Of 26, six are not sent by anything yet: whoever has registered the others is done, as `./helpline check` says.
    expect(page.locator("#templates-state")).to_contain_text("20 में से 19")
    page.locator(".wording").first.locator("summary").click()
    page.get_by_role("button", name="पंजीकरण वापस लें…").click()
    page.get_by_role("button", name="हाँ, करें").click()
    expect(page.locator("#template .done").first).to_have_text("पंजीकरण वापस लिया गया।")
    assert registered(helpline.desk.database) == {}


def test_the_sheet_goes_to_the_portal_and_comes_back_with_errors_told_by_line(
    page: Page, helpline: Helpline, size: str, tmp_path: Path
) -> None:
    sign_in(page, language="hi")
    page.goto("/#templates")
    with page.expect_download() as download:
        page.click(".sheet a.button")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    for n, row in enumerate(rows):
        row["dlt_template_id"] = "12" if n == 1 else str(int(ID) + n) if n < 4 else ""
    back = io.StringIO()
    writer = csv.DictWriter(back, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    filled_in = tmp_path / "back.csv"
    filled_in.write_text(back.getvalue(), encoding="utf-8-sig")
    page.set_input_files("#sheet-file", filled_in)
    result = page.locator("#sheet-result")
    expect(result).to_contain_text("3 आईडी दर्ज हुईं")
    expect(result.locator("li")).to_have_count(1)
    expect(result).to_contain_text("पंक्ति")
    shot(page, "sheet", size)
    assert fits(page)
    assert len(registered(helpline.desk.database)) == 3
    nonsense = tmp_path / "photo.csv"
    nonsense.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    page.set_input_files("#sheet-file", nonsense)
    expect(result).to_contain_text("यह टेम्पलेट की तालिका नहीं है")


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_an_administrator_sends_a_trial_and_follows_it(page: Page, helpline: Helpline, size: str) -> None:
    sign_in(page, language="en")
    page.goto("/#templates/test_message")
    trial = page.locator(".trial")
    trial.locator("[name=mobile]").fill("0755 2551234")
    trial.get_by_role("button", name="Send a test").click()
    expect(trial.locator(".problem")).to_contain_text("no mobile number")
    trial.locator("[name=mobile]").fill("98765 43210")
    trial.get_by_role("button", name="Send a test").click()
    expect(trial.locator(".problem")).to_contain_text("not registered")
    page.locator(".wording", has_text="English").locator("summary").click()
    page.locator(".wording", has_text="English").locator("[name=dlt_template_id]").fill(ID)
    page.locator(".wording", has_text="English").get_by_role("button", name="Enter", exact=True).click()
    expect(page.locator("#template .done").first).to_be_visible()
    trial.locator("[name=mobile]").fill("98765 43210")
    trial.get_by_role("button", name="Send a test").click()
    trial.get_by_role("button", name="See what becomes of it").click()
    expect(page.locator("#drawer")).to_contain_text("Waiting")
    shot(page, "trial", size)
    with helpline.desk.database.reading() as session:
        sent = session.scalars(select(Message).where(Message.state == "queued")).one()
        assert (sent.purpose, sent.dlt_template_id, sent.header) == ("test", ID, "MPNHMG")
