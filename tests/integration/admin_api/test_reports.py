"""Reports, as those see them who answer for doctors."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from admin_api.permissions import Role
from config.clock import utc_now
from config.database import Database
from config.schema import Offer
from tests.integration.admin_api.conftest import Desk


@pytest.fixture(autouse=True)
def _a_day(database: Database, doctor_id: str) -> None:
    with database.writing() as session:
        for n, result in enumerate(("accepted", "no_answer", "declined")):
            at = utc_now() - timedelta(minutes=n)
            session.add(Offer(id=f"offer-{n}", call_id="call-1", doctor_id=doctor_id, offered_at=at, result=result))


def test_who_did_not_pick_up_is_reported_to_supervisors_and_to_the_officer_of_the_district(
    desk: Desk, supervisor: httpx.Client, doctor_id: str
) -> None:
    report = supervisor.get("/reports/unanswered").json()
    assert report["total"] == len(report["rows"]) >= 1
    assert {row["doctor_id"] for row in report["rows"]} == {doctor_id}
    assert sum(row["no_answer"] + row["declined"] for row in report["rows"]) == 2
    assert desk.signed_in(Role.DISTRICT, district="Bhopal").get("/reports/unanswered").json() == report
    assert desk.signed_in(Role.DISTRICT, district="Indore").get("/reports/unanswered").json()["rows"] == []


def test_a_doctor_has_no_report_of_colleagues(doctor: httpx.Client) -> None:
    assert doctor.get("/reports/unanswered").status_code == 403


@pytest.mark.parametrize(
    "period",
    [
        {"from": "2026-11-21", "to": "2026-11-20"},
        {"from": "2026-01-01", "to": "2026-11-20"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
        {"from": "yesterday"},
    ],
)
def test_a_period_that_cannot_be_is_refused(supervisor: httpx.Client, period: dict[str, str]) -> None:
    assert supervisor.get("/reports/unanswered", params=period).status_code == 422
