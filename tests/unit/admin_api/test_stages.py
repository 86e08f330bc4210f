"""What a call and a doctor are doing, from their rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin_api.live.schemas import CallStage, DoctorWork
from admin_api.live.stages import stage_of, work_of
from config.schema import Call, Doctor, Offer

NOW = datetime(2021, 5, 1, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
OFFER = Offer(id="o", call_id="c", doctor_id="d", offered_at=LATER)


@pytest.mark.parametrize(
    ("call", "offer", "stage"),
    [
        ({}, None, (CallStage.MENU, NOW)),
        ({"sought_at": LATER}, None, (CallStage.WAITING, LATER)),
        ({"sought_at": LATER}, OFFER, (CallStage.RINGING, LATER)),
        ({"sought_at": NOW, "bridged_at": LATER}, None, (CallStage.TALKING, LATER)),
    ],
)
def test_a_call_is_in_the_menu_then_waits_then_rings_then_talks(
    call: dict[str, Any], offer: Offer | None, stage: tuple[CallStage, datetime]
) -> None:
    assert stage_of(Call(id="c", arrived_at=NOW, **call), offer) == stage


@pytest.mark.parametrize(
    ("doctor", "offer", "talking", "work"),
    [
        ({"duty": "off"}, None, False, DoctorWork.OFF),
        ({"duty": "paused"}, None, False, DoctorWork.PAUSED),
        ({"duty": "on"}, None, False, DoctorWork.FREE),
        ({"duty": "on", "claimed_by": "o"}, OFFER, False, DoctorWork.RINGING),
        ({"duty": "on", "claimed_by": "o"}, None, True, DoctorWork.TALKING),
        ({"duty": "off", "claimed_by": "o"}, None, True, DoctorWork.TALKING),
        ({"duty": "on", "claimed_by": "o"}, None, False, DoctorWork.WRAP_UP),
        ({"duty": "on", "free_since": LATER}, None, False, DoctorWork.WRAP_UP),
    ],
)
def test_a_doctor_who_talks_is_not_called_free(
    doctor: dict[str, Any], offer: Offer | None, talking: bool, work: DoctorWork
) -> None:
    assert work_of(Doctor(id="d", name="D", **doctor), offer, talking, NOW) is work
