"""People hang up in the worst moment: both at once, or between a claim and the first ring. Nothing stays behind."""

from __future__ import annotations

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(120)


def test_both_ends_hang_up_at_once(house: House) -> None:
    categories = {"2": "heart", "4": "skin", "6": "child"}
    doctors = [house.doctor(category) for category in categories.values()]
    pairs = together(
        *(
            lambda key=key, doctor=doctor: house.talks(house.patient(), doctor, category=key)
            for key, doctor in zip(categories, doctors, strict=True)
        )
    )
    together(*(side.hangs_up for pair in pairs for side in pair))
    for call, _ in pairs:
        assert house.record(call).result == "consulted"
        house.until(lambda: "disposition" in house.kinds(call), 3, "the outcome")  # noqa: B023
        assert house.kinds(call).count("call.unbridged") == 1
        assert [offer.result for offer in house.detail(call).offers] == ["accepted"]
        assert all(leg.ended_at is not None for leg in house.detail(call).legs)


def test_callers_who_hang_up_between_the_claim_and_the_first_ring_leave_nothing_behind(house: House) -> None:
    """Each a little later after the last key than the one before, so that some hit the claim, some the dialling."""
    doctors = [house.doctor("neuro") for _ in range(6)]
    callers = [house.arrives(house.patient()) for _ in doctors]
    for call in callers:
        call.presses("3")
    for call in callers:
        call.hears("age.ask")
        call.presses("45")
    for number, call in enumerate(callers):
        call.presses("#", pause=0.02 * number)
        call.hangs_up()
    for call in callers:
        assert house.record(call).result in ("abandoned_queue", "abandoned_menu")
        results = [offer.result for offer in house.detail(call).offers]
        assert set(results) <= {"withdrawn"}, results
    house.until(lambda: not house.leftovers(), 3, "the end of every leg and claim")
    # The doctors are as free as before: one of them is rung for the next.
    rang = {doctor: doctor.rang for doctor in doctors}
    call = house.seeks(house.patient(), "3")
    house.until(lambda: any(doctor.rang > rang[doctor] for doctor in doctors), 5, "a phone that rings")
    other = house.accepts(next(doctor for doctor in doctors if doctor.rang > rang[doctor]))
    house.hear_each_other(call, other)


def test_a_doctor_whose_phone_vanishes_while_being_bridged_is_followed_by_the_next(house: House) -> None:
    vanishing, next_one = house.doctor("skin"), house.doctor("skin", duty="off")
    call = house.seeks(house.patient(), "4")
    doctors_side = vanishing.rings().answers()
    doctors_side.hears_something()
    doctors_side.presses("1")
    doctors_side.vanishes()
    vanishing.behaves("unreachable")
    house.goes_on_duty(next_one)
    # rtp_timeout is 5 s here, and Asterisk looks once in as many.
    other = house.accepts(next_one, timeout=25)
    house.until(lambda: house.kinds(call).count("call.bridged") == 2, 5, "the second bridge")
    house.hear_each_other(call, other)
    ended = [leg for leg in house.detail(call).legs if leg.role == "doctor" and leg.ended_at is not None]
    assert ended[0].cause == 44
