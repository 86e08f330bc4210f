"""Asterisk dies with every call in it: it is started again, nothing stays open, and who waited is called back."""

from __future__ import annotations

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(150)


def test_a_killed_asterisk_is_started_again_and_who_waited_is_called_back(house: House) -> None:
    talking, ringing, late = house.doctor("heart"), house.doctor("skin"), house.doctor("neuro", duty="off")
    bridged, bridged_doctor = house.talks(house.patient(), talking, category="2")
    patient = house.patient()
    waiting, in_menu, offered = together(
        lambda: house.seeks(patient, "3"),
        lambda: house.arrives(house.patient()),
        lambda: house.seeks(house.patient(), "4"),
    )
    ringing.rings()
    house.until(lambda: "seek.nobody_free" in house.kinds(waiting), 8, "the wait")
    sign_ins = house.sign_ins()
    house.supervisor.kill("asterisk")
    # Nobody is told over SIP: the telephones notice that there is no sound any more.
    together(*(side.hangs_up for side in (bridged, bridged_doctor, waiting, in_menu, offered)))
    house.supervisor.wait_ready("asterisk", 15)
    house.until(lambda: house.sign_ins() > sign_ins, 10, "the controller's next sign-in")
    calls = {"talking": bridged, "waiting": waiting, "menu": in_menu, "offered": offered}
    assert {state: house.record(call).result for state, call in calls.items()} == {
        "talking": "consulted",
        "waiting": "lost",
        "menu": "lost",
        "offered": "lost",
    }
    for call in calls.values():
        assert all(leg.ended_at is not None for leg in house.detail(call).legs)
        assert all(offer.result is not None for offer in house.detail(call).offers)
    # The other one may be rung for the first callback already.
    house.until(lambda: house.holder(talking) is None, 3, "the doctor's release")
    asked = {request.kind for call in (waiting, offered) for request in house.callbacks(call.number)}
    assert asked == {"lost"}
    assert house.callbacks(bridged.number) == house.callbacks(in_menu.number) == []
    doctors_side = ringing.rings(timeout=8).answers()
    house.goes_on_duty(late)
    late_side = late.rings(timeout=8).answers()
    for side in (doctors_side, late_side):
        side.hears("callback.offer")
        side.presses("1")
    again = patient.rings(timeout=8).answers()
    again.hears("callback.asked")
    again.presses("1")
    house.hear_each_other(again, late_side)
    # The supervised helpline is what it was: a new call is served.
    house.arrives(house.patient()).hangs_up()
