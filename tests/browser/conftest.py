"""The console in headless Chromium, over a database that holds a helpline at work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import update

from admin_api import accounts
from config.clock import utc_now
from config.database import Database
from config.schema import CommandRow, Doctor
from config.settings import Settings, load_settings
from tests.integration.admin_api.conftest import PASSWORD, Desk, serving

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}


@dataclass(frozen=True)
class Helpline:
    """A seeded helpline and who may sign in (all with the same password)."""

    address: str
    desk: Desk
    doctor_id: str
    call_id: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Here, because unit tests must not need the parts that a browser needs.
    from cli.runtime import chromium

    install = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(install.executable), args=list(install.args), env={**os.environ, **install.env}
        )
        yield browser
        browser.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path)


@pytest.fixture
def helpline(settings: Settings, sqlite_url: str) -> Iterator[Helpline]:
    database = Database(sqlite_url)
    with serving(settings, database) as address:
        desk = Desk(address, database)
        yield _seeded(desk)
        desk.close()
    database.close()


def _seeded(desk: Desk) -> Helpline:
    seema = desk.doctor(account={"username": "seema", "password": PASSWORD})
    busy = desk.doctor(name="Dr Rahul Iyer", categories=["heart", "neuro"], phones=["9893055555"])
    desk.doctor(name="डॉ. कमला देवी पाटीदार", categories=["maternity", "child"], duty="paused")
    call_id = desk.call(seema)
    desk.call(None, caller="+919811111111")
    talking = desk.call(busy, ended=False)
    desk.call(None, caller="+919822222222", ended=False)
    with desk.database.writing() as session:
        accounts.ensure_admin(session, "admin", PASSWORD)
        session.get_one(Doctor, busy).claimed_by = f"{talking}-o"
    controller_answers(desk.database)
    return Helpline(desk.address, desk, seema, call_id)


def controller_answers(database: Database, for_minutes: int = 5) -> None:
    """What a controller leaves that has taken its commands, now and for the length of a test."""
    with database.writing() as session:
        later = utc_now() + timedelta(minutes=for_minutes)
        session.execute(update(CommandRow).values(taken_at=later))
        session.add(CommandRow(recipient="controller", kind="ping", data={}, created_at=later, taken_at=later))


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, helpline: Helpline, size: str) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen: an error of a script or a refused resource fails the test."""
    context = browser.new_context(viewport=SIZES[size], base_url=helpline.address)
    page = context.new_page()
    page.set_default_timeout(8000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, username: str = "admin", language: str = "en") -> None:
    """Sign in as a person would."""
    page.goto(f"/?lang={language}")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("#signin-form button")
    expect(page.locator("#console")).to_be_visible()
