"""What the demonstration tells people to try is in its samples."""

from __future__ import annotations

import csv
from pathlib import Path

from cli.demo import lines
from cli.demo.cast import DOCTORS
from config.numbers import dialable
from directory.samples import sample
from flows.loader import load_flows

FLOWS = Path(__file__).parents[3] / "flows" / "definitions"


def rows(kind: str) -> list[dict[str, str]]:
    text = [line for line in sample(kind).read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(text))


def test_every_shipped_line_has_a_number() -> None:
    shipped = {name for name in load_flows(FLOWS) if name.endswith("_line")}
    assert {wish.flow for wish in lines.LINES.values()} == shipped
    assert all(dialable(number) for number in lines.LINES)


def test_the_spoke_that_is_named_may_sign_in_at_any_hour() -> None:
    (spoke,) = [row for row in rows("spokes") if row["number"] == lines.SPOKE_NUMBER]
    assert (spoke["pin"], spoke["phones"]) == (lines.SPOKE_PIN, "")
    (hub,) = [row for row in rows("hubs") if row["id"] == spoke["hub"]]
    assert {hub[day] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")} == {"00:00-00:00"}


def test_the_pincodes_and_the_opd_that_are_named_are_where_they_are_said_to_be() -> None:
    districts = {row["pincode"]: row["district"] for row in rows("pincodes")}
    assert districts[lines.PINCODE_SERVED] == "Bhopal"
    assert districts[lines.PINCODE_ELSEWHERE] not in ("Bhopal", "Indore")
    (opd,) = [row for row in rows("opds") if row["number"] == lines.OPD_NUMBER]
    assert (opd["district"], opd["specialty"]) == ("Bhopal", "general_medicine")


def test_some_doctor_has_the_skill_of_every_opd_and_hub() -> None:
    skills = {category for doctor in DOCTORS for category in doctor.categories}
    assert {f"opd:{row['specialty']}" for row in rows("opds")} <= skills
    assert {f"hub:{row['id']}" for row in rows("hubs")} <= skills
