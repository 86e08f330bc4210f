"""More patients than doctors: each doctor is bridged once at a time, and the order of arrival is kept."""

from __future__ import annotations

import pytest

from phones.call import PhoneCall
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(120)


def test_of_three_patients_and_two_doctors_two_are_served_and_the_third_waits(house: House) -> None:
    doctors = [house.doctor("fever"), house.doctor("fever")]
    calls = together(*(lambda: house.seeks(house.patient()) for _ in range(3)))
    sides = together(*(lambda doctor=doctor: house.accepts(doctor) for doctor in doctors))

    def served() -> list[PhoneCall]:
        return [call for call in calls if "call.bridged" in house.kinds(call)]

    house.until(lambda: len(served()) == 2, 4, "two bridges")
    (waiting,) = [call for call in calls if call not in served()]
    waiting.hears("seek.busy", timeout=15)
    # Each hears one other and nobody else: two pairs of tones, all different.
    tones = [500.0, 800.0]
    for call, hz in zip(served(), tones, strict=True):
        call.plays_tone(hz, 1.5)
    heard = [[side.hears_tone(hz, timeout=3) for hz in tones if _has(side, hz)] for side in sides]
    assert [len(each) for each in heard] == [1, 1]
    bridged = [house.entries(call, "call.bridged")[0]["doctor"] for call in served()]
    assert sorted(bridged) == sorted(house.doctor_id(doctor) for doctor in doctors)
    assert waiting.tone_seconds(500) == waiting.tone_seconds(800) == 0

    first_served = served()[0]
    first_served.hangs_up()
    freed = next(side for side in sides if _asked(side))
    freed.presses("1")
    doctor = doctors[sides.index(freed)]
    house.accepts(doctor, timeout=10)
    house.until(lambda: "call.bridged" in house.kinds(waiting), 3, "the third bridge")
    for call in calls:
        call.hangs_up()
    assert [house.record(call).result for call in calls] == ["consulted"] * 3


def _has(side: PhoneCall, hz: float) -> bool:
    House.until(lambda: side.tone_seconds(500) > 0.5 or side.tone_seconds(800) > 0.5, 4, "a tone")
    return side.tone_seconds(hz) > 0.5


def _asked(side: PhoneCall) -> bool:
    try:
        side.hears("disposition.ask", timeout=4)
    except Exception:
        return False
    return True
