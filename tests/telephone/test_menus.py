"""The menus, by ear and by key: what is heard after each key, and what silence leads to."""

from __future__ import annotations

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(90)


def test_a_key_interrupts_the_prompt_and_leads_on_at_once(house: House) -> None:
    call = house.arrives(house.patient())
    pressed = len(call.heard()) / 8000
    call.presses("1")
    assert call.hears("age.ask", timeout=3) - pressed < 1.0
    pressed = len(call.heard()) / 8000
    call.presses("45#")
    # Three keys take 0.6 s to press.
    assert call.hears("seek.start", timeout=4) - pressed < 1.8
    call.hangs_up()
    record = house.record(call)
    assert (record.category, record.age_value, record.result) == ("fever", 45, "abandoned_queue")


def test_every_category_has_its_key(house: House) -> None:
    categories = {"2": "heart", "3": "neuro", "4": "skin", "5": "maternity", "6": "child", "7": "general"}
    calls = {key: house.arrives(house.patient()) for key in categories}
    for key, call in calls.items():
        call.presses(key)
    together(*(lambda c=call: c.hears("age.ask") for call in calls.values()))
    for call in calls.values():
        call.hangs_up()
    assert {key: house.entries(call, "menu.choice")[0]["choice"] for key, call in calls.items()} == categories


def test_silence_and_wrong_keys_repeat_twice_and_then_lead_to_the_general_category(house: House) -> None:
    silent, fumbling = house.patient(), house.patient()

    def says_nothing_at_the_age() -> None:
        call = house.arrives(silent)
        call.presses("1")
        call.hears("age.ask")
        call.hears("age.silence", timeout=20)
        call.hears("age.ask")
        call.presses("#")  # says as little
        call.hears("age.silence")
        call.hears("age.skipped", timeout=20)
        call.hangs_up()
        assert [entry["node"] for entry in house.entries(call, "input.silent")] == ["age"] * 2
        assert house.record(call).age_value is None

    def presses_what_is_not_offered() -> None:
        call = house.arrives(fumbling)
        call.presses("A")
        call.hears("menu.wrong")
        call.hears("menu.main")
        call.presses("#")
        call.hears("menu.silence")
        call.hears("menu.to_general", timeout=40)  # the whole menu, and five seconds of silence
        call.hangs_up()
        assert house.record(call).category == "general"

    together(says_nothing_at_the_age, presses_what_is_not_offered)


def test_a_wrong_age_is_asked_again_and_in_the_end_left_to_the_doctor(house: House) -> None:
    call = house.arrives(house.patient())
    call.presses("1")
    call.hears("age.ask")
    call.presses("121")
    call.hears("age.wrong")
    call.presses("999#")  # the # belongs to the number, and answers nothing more
    call.hears("age.ask")
    call.presses("#")
    call.hears("age.skipped")
    call.hangs_up()
    record = house.record(call)
    assert (record.category, record.age_value) == ("fever", None)


def test_a_star_repeats_the_menu_without_the_welcome(house: House) -> None:
    call = house.arrives(house.patient())
    call.presses("*")
    after = len(call.heard()) / 8000
    assert call.hears("menu.main", timeout=4) - after < 1.0
    call.hangs_up()


def test_a_star_at_the_age_offers_help_and_the_way_back(house: House) -> None:
    call = house.arrives(house.patient())
    call.presses("1")
    call.hears("age.ask")
    call.presses("*#")
    call.hears("help.menu")
    call.presses("1")
    call.hears("age.ask")
    call.presses("*#")
    call.hears("help.menu")
    call.presses("9")
    call.hears("menu.main")
    call.presses("2")
    call.hears("age.ask")
    call.hangs_up()
    assert [entry["choice"] for entry in house.entries(call, "menu.choice")] == ["fever", "heart"]


def test_nine_is_the_main_menu_and_nobody_rings_any_more(house: House) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    ring = doctor.rings()
    call.presses("9")
    ring.stopped_ringing(within=1.5)
    call.hears("menu.main")
    call.hangs_up()
    assert house.record(call).result == "abandoned_menu"
    assert house.offers(call) == {doctor.number: "withdrawn"}


def test_nought_is_the_helper_from_the_menu_and_while_waiting(house: House) -> None:
    helper = house.doctor("general")
    specialist = house.doctor("fever")
    call = house.arrives(house.patient())
    call.presses("0")
    call.hears("helper.connecting")
    helper.rings(timeout=8)
    call.hangs_up()
    assert house.record(call).category == "general"

    second = house.seeks(house.patient())
    ring = specialist.rings()
    second.presses("0")
    ring.stopped_ringing(within=1.5)
    house.accepts(helper, timeout=8)
    house.until(lambda: "call.bridged" in house.kinds(second), 3, "the bridge")
    second.hangs_up()
    assert house.record(second).result == "consulted"


def test_hanging_up_is_handled_at_every_node(house: House) -> None:
    """Six callers, each of whom leaves at another place."""
    callers = [house.arrives(house.patient()) for _ in range(6)]
    at_main, at_age, at_help, at_seek, at_confirm, at_wrong = callers
    for call in (at_age, at_help, at_seek):
        call.presses("1")
    at_confirm.presses("8")
    at_wrong.presses("#")
    together(
        lambda: at_age.hears("age.ask"),
        lambda: at_help.hears("age.ask"),
        lambda: at_seek.hears("age.ask"),
        lambda: at_confirm.hears("ambulance.confirm"),
        lambda: at_wrong.hears("menu.silence"),
    )
    at_help.presses("*#")
    at_seek.presses("7#")
    at_help.hears("help.menu")
    at_seek.hears("seek.start")
    for call in callers:
        call.hangs_up()
    results = [house.record(call).result for call in callers]
    assert results == ["abandoned_menu"] * 3 + ["abandoned_queue"] + ["abandoned_menu"] * 2
    assert at_main.end_cause is not None
    assert at_main.end_cause.by == "this phone"


def test_a_caller_may_hang_up_before_the_first_word(house: House) -> None:
    """The dialplan may not even have handed the call on: then there is no record, and in any case nothing is left."""
    calls = [house.patient().dials("104") for _ in range(3)]
    calls[0].hangs_up()
    calls[1].answered()
    calls[1].hangs_up()
    calls[2].answered()
    house.until(lambda: house.find(calls[2]) is not None, 2, "the third call's record")
    calls[2].hangs_up()
    assert house.record(calls[2]).result == "abandoned_menu"
