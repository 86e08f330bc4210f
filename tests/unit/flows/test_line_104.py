"""What a patient hears on 104, key by key: who calls, what is wrong, who is ill, is it dangerous, a doctor."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import (
    Bridged,
    BridgeEnded,
    FlowEvent,
    Item,
    Keyed,
    NobodyFree,
    Played,
    Recorded,
    Served,
    Silent,
    TransferEnded,
)
from prompts.catalogue import load_catalogues
from prompts.phrases import speak
from tests.unit.flows.conftest import Caller, Dials

OPEN = Served("open")
NEW = Served("new", {"mobile": "yes"})
WITHHELD = Served("withheld", {"mobile": "no"})
NO_MOBILE = (Served("unknown"), Keyed(""))  # asked for one, and keyed none
DONE = Served("done")
LANGUAGES = Served("several", lists={"languages": tuple(Item(x, (f"=language_offer:{x}:#",)) for x in ("hi", "en"))})
OFFERED = ("=language_offer:hi:1", "=language_offer:en:2")
STORED = Served("stored", {"patient": "p9"})
FREE = Served("free", {"waiting": "0", "wait": "0"})
MOTHER, SON = Item("p1", ("=year:1976", "=gender:female")), Item("p2", ("=year:2019", "=gender:male"))
KNOWN = Served("known", {"language": "hi", "mobile": "yes"}, {"patients": (MOTHER, SON)})
CATEGORIES = {"1": "fever", "2": "heart", "3": "neuro", "4": "skin", "5": "maternity", "6": "child"}
MORE_CATEGORIES = {"1": "general", "2": "mental", "3": "medicines"}


def key(digits: str) -> Keyed:
    return Keyed(digits)


def keys(*pressed: str) -> list[FlowEvent]:
    return [Keyed(digits) for digits in pressed]


def new_caller(dials: Dials, withheld: bool = False) -> Caller:
    """At the language menu."""
    return dials("line_104", withheld=withheld).meets(OPEN, WITHHELD if withheld else NEW, LANGUAGES)


def at_the_menu(dials: Dials, withheld: bool = False) -> Caller:
    """A new caller who has chosen Hindi."""
    return new_caller(dials, withheld=withheld).meets(key("1"), DONE)


def known_caller(dials: Dials) -> Caller:
    return dials("line_104").meets(OPEN, KNOWN)


def answered(dials: Dials, category: str, age: str = "45", gender: str = "1", withheld: bool = False) -> Caller:
    """At the red flags of a category (one or two keys), for a new patient."""
    return at_the_menu(dials, withheld=withheld).meets(*keys(*category, age, gender), STORED)


def waiting(dials: Dials, withheld: bool = False) -> Caller:
    """A man of 45 with his heart, for whom a doctor is being sought; he is asked about recording."""
    return answered(dials, "2", withheld=withheld).meets(key("2"), FREE)


def in_the_music(dials: Dials, withheld: bool = False) -> Caller:
    """The same, when everything has been asked."""
    return waiting(dials, withheld=withheld).meets(key("2"), *(NO_MOBILE if withheld else ()), *keys("2", ""))


def seeks(caller: Caller) -> list[tuple[str, str]]:
    return [(command.category, command.priority) for command in caller.all if isinstance(command, do.Seek)]


def asks(caller: Caller) -> str:
    """The node at which the caller is."""
    return caller.state.node


# --- who calls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["new", "withheld", "failed"])
def test_the_ambulance_comes_first_in_both_languages_then_each_language_in_itself(dials: Dials, outcome: str) -> None:
    heard = dials("line_104").meets(OPEN, Served(outcome), LANGUAGES).heard
    assert heard == ("ambulance.hint", "ambulance.hint_second", "welcome", *OFFERED)


def test_the_language_is_remembered_and_the_way_to_the_ambulance_is_not_said_twice(dials: Dials) -> None:
    caller = new_caller(dials).meets(key("2"))
    assert caller.asked[-1] == ("remember_language", {"language": "en"})
    assert caller.meets(DONE).heard[0] == "menu.main"


def test_a_number_heard_before_is_not_asked_for_its_language(dials: Dials) -> None:
    caller = known_caller(dials)
    assert caller.heard[:3] == ("ambulance.short", "ambulance.short_second", "menu.main")


def test_the_language_can_be_changed_later(dials: Dials) -> None:
    caller = known_caller(dials).meets(*keys("7", "6"), LANGUAGES)
    assert caller.heard == OFFERED


def test_who_chooses_no_language_goes_on_in_the_lines_own(dials: Dials) -> None:
    assert new_caller(dials).meets(Silent(), Silent()).heard[0] == "menu.main"


# --- what is wrong, who is ill --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pressed", "category"),
    [*CATEGORIES.items(), *((f"7{digit}", category) for digit, category in MORE_CATEGORIES.items())],
)
def test_every_category_leads_over_the_age_to_its_own_question(dials: Dials, pressed: str, category: str) -> None:
    caller = at_the_menu(dials).meets(*keys(*pressed))
    assert caller.heard == ("age.ask",)
    assert caller.state.answers["category"] == category
    gender = () if category == "maternity" else ("1",)
    caller.meets(*keys("34", *gender)).meets(*([key("1")] if category == "maternity" else []), STORED)
    question = {"maternity": "mother", "medicines": "allergy", "skin": "allergy", "mental": "mind"}
    assert caller.heard == (f"red_flags.{question.get(category, category)}",)


def test_three_mistakes_at_the_menu_lead_to_a_general_doctor_without_further_questions(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(Silent())
    assert caller.heard[:3] == ("menu.silence", "menu.keys", "menu.main")
    caller.meets(key("#"), Silent(), FREE)
    assert caller.heard[:2] == ("menu.to_general", "seek.start")
    assert caller.sought == ["general"]


def test_a_known_number_offers_its_patients_by_year_and_gender_and_somebody_else(dials: Dials) -> None:
    caller = known_caller(dials).meets(key("1"))
    assert caller.heard == (
        *("who.ask", "=year:1976", "=gender:female", "choose.1", "=year:2019", "=gender:male", "choose.2"),
        *("who.other", "choose.3"),
    )
    caller.meets(key("2"))
    assert caller.asked[-1] == ("patient", {"patient": "p2"})


def test_somebody_else_on_a_known_number_is_asked_about(dials: Dials) -> None:
    assert known_caller(dials).meets(*keys("1", "3")).heard == ("age.ask",)


def test_a_known_patient_comes_to_the_red_flags_at_once(dials: Dials) -> None:
    caller = known_caller(dials).meets(*keys("1", "1"))
    caller.meets(Served("found", {"age": "50", "age_unit": "years", "gender": "female"}))
    assert caller.heard == ("red_flags.fever",)


def test_a_new_patient_is_stored_with_what_was_asked(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("2", "45", "2", "2"))
    asked = {"age": "45", "age_unit": "years", "gender": "female", "name_recording": ""}
    service, arguments = caller.asked[-1]
    assert service == "new_patient"
    assert arguments.items() <= asked.items()


def test_a_baby_has_its_age_in_months(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("6", "0"))
    assert caller.heard == ("age.months",)
    caller.meets(*keys("7", "1"))
    assert caller.asked[-1][1]["age"] == "7"
    assert caller.asked[-1][1]["age_unit"] == "months"


@pytest.mark.parametrize(("age", "asked"), [("11", False), ("12", True), ("50", True), ("51", False)])
def test_women_of_12_to_50_are_asked_about_pregnancy(dials: Dials, age: str, asked: bool) -> None:
    caller = at_the_menu(dials).meets(*keys("2", age, "2"))
    assert (caller.heard == ("pregnant.ask",)) is asked


def test_men_are_not_asked_about_pregnancy_and_a_mother_not_about_her_gender(dials: Dials) -> None:
    assert at_the_menu(dials).meets(*keys("2", "30", "1")).asked[-1][0] == "new_patient"
    mother = at_the_menu(dials).meets(*keys("5", "30"))
    assert mother.heard == ("pregnant.ask",)
    assert mother.state.answers["gender"] == "female"


def test_no_age_after_three_times_is_left_to_the_doctor(dials: Dials) -> None:
    assert at_the_menu(dials).meets(*keys("1", "121")).heard == ("age.wrong", "age.ask")
    caller = at_the_menu(dials).meets(*keys("1", "121", "121"), Silent())
    assert caller.heard[0] == "age.skipped"
    assert asks(caller) == "who/person/gender"


# --- one call, another patient ----------------------------------------------------------------------------------------


def a_pregnant_woman_of_25(dials: Dials) -> Caller:
    """With fever; a doctor is being sought for her."""
    caller = at_the_menu(dials).meets(*keys("1", "25", "2", "1"), STORED, *keys("2", "", ""), FREE)
    assert seeks(caller) == [("fever", "pregnant")]
    return caller


def test_a_man_told_of_next_does_not_go_first_because_a_pregnant_woman_was_told_of_before(dials: Dials) -> None:
    caller = a_pregnant_woman_of_25(dials).meets(*keys("9", "2", "60", "1"), STORED, key("2"), FREE)
    assert seeks(caller)[1:] == [("heart", "")]


def test_a_known_patient_told_of_next_is_not_pregnant_nor_new_because_another_was(dials: Dials) -> None:
    caller = known_caller(dials).meets(*keys("1", "3", "25", "2", "1"), STORED, *keys("2", "", ""), FREE)
    caller.meets(*keys("9", "2", "1"), Served("found", {"age": "50", "age_unit": "years", "gender": "female"}))
    caller.meets(key("2"), FREE)
    assert seeks(caller)[1:] == [("heart", "")]
    assert caller.state.answers["patient_is_new"] == "no"


def test_what_is_not_told_of_the_next_patient_is_not_what_was_told_of_the_one_before(dials: Dials) -> None:
    caller = a_pregnant_woman_of_25(dials).meets(*keys("9", "2"), *[Silent()] * 5)
    assert caller.asked[-1] == ("new_patient", {"age": "", "age_unit": "", "gender": ""})
    forgotten = {note["name"] for note in caller.notes("answer.forgotten")}
    assert {"age", "age_unit", "gender", "pregnant"} <= forgotten


@pytest.mark.parametrize("pressed", [("9", "2", "60", "1"), ("9", "2", "25", "2", "1")])
def test_a_name_is_never_kept_with_the_patient_before(dials: Dials, pressed: tuple[str, ...]) -> None:
    caller = a_pregnant_woman_of_25(dials).meets(*keys(*pressed), Served("failed"))
    assert not caller.state.answers["patient"]
    assert caller.state.answers["patient_is_new"] == "no"


def test_when_the_database_is_away_a_known_patient_has_no_age_of_somebody_else(dials: Dials) -> None:
    caller = known_caller(dials).meets(*keys("1", "3", "3", "1"), STORED, *keys("9", "2", "1"), Served("failed"))
    assert asks(caller) == "red_flags/heart", "a child's danger signs would be asked of a child of three"
    assert not caller.state.answers["age"]


# --- is it dangerous ------------------------------------------------------------------------------------------------


def test_fever_asks_for_breath_then_oxygen_then_days(dials: Dials) -> None:
    caller = answered(dials, "1")
    assert caller.heard == ("red_flags.fever",)
    assert caller.meets(key("2")).heard == ("spo2.ask",)
    assert caller.meets(key("97")).heard == ("days.ask",)
    caller.meets(key("3"), FREE)
    assert seeks(caller) == [("fever", "")]
    given = {(note["name"], note["value"]) for note in caller.notes("answer.given")}
    assert {("spo2", 97), ("fever_days", 3)} <= given


@pytest.mark.parametrize(("measured", "danger"), [("93", True), ("94", False), ("", False)])
def test_oxygen_under_94_is_a_red_flag_and_a_lone_hash_skips_it(dials: Dials, measured: str, danger: bool) -> None:
    caller = answered(dials, "1").meets(*keys("2", measured))
    assert (asks(caller) == "emergency/confirm") is danger


@pytest.mark.parametrize("category", ["1", "2", "3", "4", "6", "71", "73"])
def test_a_red_flag_is_confirmed_once_and_rings_108_and_then_a_doctor_before_all_others(
    dials: Dials, category: str
) -> None:
    caller = answered(dials, category).meets(key("1"))
    assert caller.heard == ("red_flags.serious", "ambulance.confirm", "ambulance.decline")
    assert caller.notes("triage.answered")[-1]["answer"] == "yes"
    assert caller.meets(key("1")).last[-1] == do.Transfer("ambulance", ("ambulance.connecting",))
    assert caller.meets(TransferEnded(True)).heard[:2] == ("ambulance.then_doctor", "seek.start")
    assert [priority for _, priority in seeks(caller)] == ["red_flag"]


@pytest.mark.parametrize(("pressed", "said"), [("2", "ambulance.cancelled"), ("9", "ambulance.cancelled")])
def test_who_wants_no_ambulance_goes_first_to_a_doctor(dials: Dials, pressed: str, said: str) -> None:
    caller = answered(dials, "2").meets(*keys("1", pressed))
    assert caller.heard[0] == said
    assert seeks(caller) == [("heart", "red_flag")]


def test_a_second_patient_does_not_inherit_the_first_ones_red_flag(dials: Dials) -> None:
    """9, the main menu, another patient: no danger is found, and so nobody else has to wait longer."""
    caller = answered(dials, "2").meets(*keys("1", "2", "9"))
    assert asks(caller) == "main"
    caller.meets(*keys("2", "30", "1"), STORED, key("2"), FREE)
    assert seeks(caller) == [("heart", "red_flag"), ("heart", "")]


def test_silence_at_the_confirmation_connects(dials: Dials) -> None:
    caller = answered(dials, "2").meets(key("1"), Silent())
    assert isinstance(caller.last[-1], do.Transfer)


def test_a_red_flag_without_an_answer_is_left_to_the_doctor(dials: Dials) -> None:
    caller = answered(dials, "2").meets(Silent(), Silent(), FREE)
    assert caller.heard[:2] == ("red_flags.unanswered", "seek.start")


@pytest.mark.parametrize(("category", "age"), [("1", "4"), ("2", "4"), ("71", "3"), ("6", "9")])
def test_a_child_under_five_is_asked_for_the_four_danger_signs(dials: Dials, category: str, age: str) -> None:
    assert answered(dials, category, age=age).heard == ("red_flags.child",)


def test_a_small_child_with_fever_is_asked_for_the_breath_too(dials: Dials) -> None:
    assert answered(dials, "1", age="4").meets(key("2")).heard == ("red_flags.fever",)


def test_thoughts_of_ending_ones_life_lead_to_a_counsellor_and_then_a_doctor(dials: Dials) -> None:
    caller = answered(dials, "72").meets(key("1"))
    assert caller.heard == ("tele_manas.offer",)
    transferred = caller.meets(key("1")).last[-1]
    assert transferred == do.Transfer("tele_manas", ("tele_manas.connecting",))
    assert caller.meets(TransferEnded(False)).heard[:2] == ("tele_manas.failed", "seek.start")
    assert seeks(caller) == [("mental", "red_flag")]


@pytest.mark.parametrize(
    ("category", "answers", "priority"),
    [
        ("5", ("30", "1"), "pregnant"),
        ("2", ("30", "2", "1"), "pregnant"),
        ("6", ("9", "1"), "child"),
        ("2", ("4", "1"), "child"),
        ("2", ("30", "1"), ""),
    ],
)
def test_mothers_and_children_go_before_others(
    dials: Dials, category: str, answers: tuple[str, ...], priority: str
) -> None:
    caller = at_the_menu(dials).meets(*keys(category, *answers), STORED, key("2"), FREE)
    assert [found for _, found in seeks(caller)] == [priority]


def test_who_calls_for_another_patient_after_a_child_does_not_go_first(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("6", "9", "1"), STORED, key("2"), FREE, key("9"))
    caller.meets(*keys("2", "45", "1"), STORED, key("2"), FREE)
    assert seeks(caller) == [("child", "child"), ("heart", "")]


# --- a doctor is sought ---------------------------------------------------------------------------------------------


def test_consent_illness_and_place_are_asked_while_telephones_ring(dials: Dials) -> None:
    caller = waiting(dials)
    assert seeks(caller) == [("heart", "")]
    assert caller.heard == ("seek.start", "consent.recording")
    assert caller.meets(key("1")).heard == ("long_illness.ask",)
    assert caller.meets(key("2")).heard == ("pincode.ask",)
    caller.meets(key("462001"), Served("found", {"district": "bhopal", "state": "madhya_pradesh"}))
    assert caller.heard == ("district.bhopal", "district.confirm")
    assert caller.meets(key("1")).music
    assert len(seeks(caller)) == 1
    assert do.StopSeeking() not in caller.all


def test_silence_is_no_consent_and_holds_nobody_up(dials: Dials) -> None:
    caller = waiting(dials).meets(Silent())
    assert caller.notes("consent.answered") == [{"to": "recording", "answer": "refused"}]
    assert caller.meets(Silent(), Silent()).music


def test_a_doctor_may_come_in_the_middle_of_a_question(dials: Dials) -> None:
    caller = waiting(dials).meets(key("1"), Bridged())
    assert caller.meets(BridgeEnded()).heard == ("goodbye.doctor_left",)
    assert caller.meets(Played()).last[-1] == do.HangUp()


def test_nothing_is_asked_twice_in_a_call(dials: Dials) -> None:
    caller = in_the_music(dials).meets(key("0"), Played(), FREE)
    assert caller.heard == ("seek.start",)


def test_a_known_woman_is_asked_about_pregnancy_while_she_waits(dials: Dials) -> None:
    caller = known_caller(dials).meets(*keys("2", "1"))
    caller.meets(Served("found", {"age": "30", "age_unit": "years", "gender": "female"}), key("2"), FREE, key("1"))
    assert caller.heard == ("pregnant.ask",)


def test_a_pincode_nobody_knows_is_said_and_the_wait_goes_on(dials: Dials) -> None:
    caller = waiting(dials).meets(*keys("2", "2", "999999"), Served("unknown"))
    assert caller.heard == ("pincode.unknown",)
    assert caller.meets(Silent()).music


@pytest.mark.parametrize(("pressed", "node"), [("8", "ambulance/confirm"), ("9", "main"), ("0", "helper")])
@pytest.mark.parametrize("where", [waiting, in_the_music], ids=["asked", "music"])
def test_who_waits_can_leave_for_the_ambulance_the_menu_or_a_helper(
    dials: Dials, where: object, pressed: str, node: str
) -> None:
    assert callable(where)
    caller: Caller = where(dials).meets(key(pressed))
    assert asks(caller) == node
    assert do.StopSeeking() in caller.last


def test_a_long_queue_is_told_with_its_minutes(dials: Dials) -> None:
    caller = answered(dials, "2").meets(key("2"), Served("busy", {"waiting": "4", "wait": "12"}))
    assert caller.heard[:3] == ("queue.busy", "=minutes:12", "seek.start")


def told(caller: Caller) -> Caller:
    return caller.meets(NobodyFree("all_busy"), Silent())


def test_who_waits_can_ask_to_be_called_back(dials: Dials) -> None:
    caller = told(in_the_music(dials))
    assert caller.heard == ("seek.busy", "wait.keys")
    assert caller.meets(key("1")).heard == ("callback.stored",)
    assert do.RequestCallback("heart") in caller.all


def test_a_withheld_number_keeps_its_place_when_it_cannot_be_called_back(dials: Dials) -> None:
    caller = told(in_the_music(dials, withheld=True)).meets(key("1"))
    assert caller.heard == ("callback.impossible",)
    assert do.StopSeeking() not in caller.all
    assert len(seeks(caller)) == 1


@pytest.mark.parametrize(("withheld", "said"), [(False, "callback.stored"), (True, "callback.withheld")])
def test_who_waits_for_half_an_hour_is_called_back_or_hears_a_goodbye(dials: Dials, withheld: bool, said: str) -> None:
    caller = told(in_the_music(dials, withheld=withheld))
    seconds = 0.0
    while not isinstance(caller.last[-1], do.Play):
        ask = caller.last[-1]
        assert isinstance(ask, do.Ask)
        seconds += ask.seconds
        assert seconds < 3600
        caller.meets(Silent())
    assert caller.heard == (said,)
    assert 25 * 60 < seconds < 45 * 60


# --- 8, 9, 0 and the ambulance --------------------------------------------------------------------------------------

COLLECTING = {
    "who/person/age": ("1",),
    "who/person/months": ("1", "0"),
    "red_flags/spo2": ("1", "45", "1", STORED, "2"),
    "red_flags/days": ("1", "45", "1", STORED, "2", ""),
    "questions/pincode": ("2", "45", "1", STORED, "2", FREE, "2", "2"),
    "information/pincode": ("7", "4", "2"),
}


@pytest.mark.parametrize("node", COLLECTING)
@pytest.mark.parametrize(("pressed", "leads_to"), [("8", "ambulance/confirm"), ("9", "main"), ("0", "helper")])
def test_where_digits_are_data_a_star_opens_the_other_keys(
    dials: Dials, node: str, pressed: str, leads_to: str
) -> None:
    way = [Keyed(item) if isinstance(item, str) else item for item in COLLECTING[node]]
    caller = at_the_menu(dials).meets(*way)
    assert asks(caller) == node
    assert caller.meets(key("*")).heard == ("help.menu",)
    assert asks(caller.meets(key("1"))) == node
    assert asks(caller.meets(key("4*"), key(pressed))) == leads_to


@pytest.mark.parametrize("confirmation", [key("1"), key("8"), Silent()])
def test_the_ambulance_is_confirmed_once_by_one_eight_or_silence(dials: Dials, confirmation: FlowEvent) -> None:
    caller = new_caller(dials).meets(key("8"))
    assert caller.heard == ("ambulance.confirm", "ambulance.decline")
    caller.meets(confirmation)
    assert caller.last[-1] == do.Transfer("ambulance", ("ambulance.connecting",))
    assert caller.meets(TransferEnded(True)).heard == ("goodbye.patient",)


@pytest.mark.parametrize("pressed", ["2", "9", "0", "A"])
def test_any_other_key_at_the_confirmation_costs_no_ambulance(dials: Dials, pressed: str) -> None:
    caller = at_the_menu(dials).meets(*keys("8", pressed))
    assert caller.heard[:2] == ("ambulance.cancelled", "menu.main")
    assert not [command for command in caller.all if isinstance(command, do.Transfer)]


def test_an_ambulance_that_cannot_be_reached_leads_to_a_doctor_before_all_others(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("8", "1"), TransferEnded(False))
    assert caller.heard[:2] == ("ambulance.failed", "seek.start")
    assert seeks(caller) == [("general", "red_flag")]


def test_zero_leads_to_a_helper_without_a_question(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(key("0"))
    assert caller.heard == ("helper.connecting",)
    assert caller.meets(Played(), FREE).sought == ["general"]


# --- information, prescription, endings -----------------------------------------------------------------------------


def at_information(dials: Dials) -> Caller:
    return at_the_menu(dials).meets(*keys("7", "4"))


@pytest.mark.parametrize("pressed", ["1", "3"])
def test_information_ends_with_the_key_for_a_doctor(dials: Dials, pressed: str) -> None:
    caller = at_information(dials).meets(key(pressed))
    assert caller.heard[-1] == "information.doctor"
    assert caller.meets(key("1")).heard == ("age.ask",)
    assert caller.state.answers["category"] == "general"


def test_the_nearest_centre_is_named_by_its_pincode(dials: Dials) -> None:
    caller = at_information(dials).meets(*keys("2", "462001"))
    assert caller.asked[-1] == ("nearest_centre", {"pincode": "462001"})
    caller.meets(Served("found", {"centre": "c12"}))
    assert caller.heard == ("information.nearest", "centre.c12", "information.again", "information.doctor")


@pytest.mark.parametrize("outcome", ["unknown", "failed"])
def test_a_centre_that_is_not_found_leaves_the_doctor(dials: Dials, outcome: str) -> None:
    caller = at_information(dials).meets(*keys("2", "462001"), Served(outcome))
    assert caller.heard[0] == "information.not_found"
    assert caller.heard[-1] == "information.doctor"


def test_who_only_wanted_information_hears_a_goodbye(dials: Dials) -> None:
    assert at_information(dials).meets(key("1"), Silent()).heard == ("goodbye.patient",)


def test_the_last_prescription_has_its_date_and_number(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("7", "5"))
    caller.meets(Served("found", {"issued_on": "2026-11-20", "slip_number": "P-7K3M-22QX-5"}))
    assert caller.heard[:4] == (
        *("prescription.date", "=date:2026-11-20"),
        *("prescription.number", "=token:P-7K3M-22QX-5"),
    )
    assert caller.meets(key("1")).heard == ("age.ask",)


SLIP = {"slip_number": "P-7K3M-22QX-5", "slip_doctor": "Dr Anita", "slip_registration": "MP-1"}
SLIPS_SMS = do.Sms("advice_slip", {"doctor": "Dr Anita", "registration": "MP-1", "slip": "P-7K3M-22QX-5"})


def test_the_last_prescriptions_number_comes_by_sms_to_a_mobile(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("7", "5"), Served("found", SLIP), key("3"))
    assert SLIPS_SMS in caller.last
    assert caller.heard[0] == "prescription.sms_promised"
    assert caller.meets(key("1")).heard == ("age.ask",)


def test_from_a_landline_it_goes_to_the_mobile_that_is_keyed_and_to_nobody_without_one(dials: Dials) -> None:
    for answers, sent in ((keys("9876543210", "1"), True), (keys("9876543210", ""), False), ([Silent()], False)):
        caller = at_the_menu(dials, withheld=True).meets(*keys("7", "5"), Served("found", SLIP), key("3"))
        caller.meets(Served("unknown"), *answers)
        assert (SLIPS_SMS in caller.all) is sent
        assert caller.heard[0] == ("prescription.sms_promised" if sent else "prescription.date")


def test_without_a_prescription_there_is_a_doctor(dials: Dials) -> None:
    caller = at_the_menu(dials).meets(*keys("7", "5"), Served("none"))
    assert caller.heard == ("prescription.none", "menu.main_two", "information.doctor")


def test_nobody_on_duty_is_told_at_once_and_who_waits_waits(dials: Dials) -> None:
    caller = answered(dials, "2").meets(key("2"), Served("nobody"))
    assert caller.asked[-1] == ("next_opening", {"category": "heart", "skill": ""})
    caller.meets(Served("found", {"opens_day": "tomorrow", "opens_on": "", "opens_at": "09:00"}))
    assert caller.heard == (
        *("seek.nobody", "nobody.doctors", "when.tomorrow", "=time:09:00", "nobody.there", "nobody.keys"),
    )
    assert caller.meets(Silent()).heard[0] == "seek.start"


def test_who_was_told_that_nobody_is_on_duty_is_not_told_again_at_once(dials: Dials) -> None:
    caller = answered(dials, "2").meets(key("2"), Served("nobody"), Served("unknown"), Silent())
    caller.meets(NobodyFree("nobody_on_duty"))
    while not caller.music:
        caller.meets(Recorded("") if caller.state.waiting == "recording" else Silent())
    assert caller.heard == ()
    assert [service for service, _ in caller.asked].count("next_opening") == 1


def test_the_last_doctor_who_leaves_is_told_to_who_waits_and_the_place_is_kept(dials: Dials) -> None:
    caller = told(in_the_music(dials)).meets(NobodyFree("nobody_on_duty"), Silent())
    assert caller.asked[-1][0] == "next_opening"
    assert caller.meets(Served("unknown")).heard == ("seek.nobody", "nobody.keys")
    assert caller.meets(Silent()).music
    assert do.StopSeeking() not in caller.all
    assert caller.meets(Bridged()).state.waiting == "bridge"


def test_a_busy_queue_tells_the_wait_or_that_it_may_be_long(dials: Dials) -> None:
    busy = answered(dials, "2").meets(key("2"), Served("busy", {"waiting": "2", "wait": "10"}))
    assert busy.heard[:2] == ("queue.busy", "=minutes:10")
    unknown = answered(dials, "2").meets(key("2"), Served("busy", {"waiting": "2", "wait": ""}))
    assert unknown.heard[:2] == ("queue.busy_long", "seek.start")


def test_nobody_on_duty_offers_to_call_back(dials: Dials) -> None:
    caller = answered(dials, "2").meets(key("2"), Served("nobody"), Served("unknown"), key("1"))
    assert caller.heard == ("callback.stored",)
    assert do.RequestCallback("heart") in caller.all


@pytest.mark.parametrize(("withheld", "said"), [(False, "callback.stored"), (True, "callback.withheld")])
def test_a_full_queue_calls_back_whoever_says_nothing(dials: Dials, withheld: bool, said: str) -> None:
    caller = answered(dials, "2", withheld=withheld).meets(key("2"), Served("full"))
    assert caller.heard == ("queue.full",)
    assert caller.meets(Silent(), Silent(), *(NO_MOBILE if withheld else ())).heard == (said,)
    assert caller.sought == []


def test_a_red_flag_does_not_ask_whether_the_queue_is_full(dials: Dials) -> None:
    caller = answered(dials, "2").meets(*keys("1", "2"))
    assert "queue" not in [service for service, _ in caller.asked]
    assert seeks(caller) == [("heart", "red_flag")]


def closed(dials: Dials) -> Caller:
    opening = {"opens_day": "", "opens_on": "2026-11-23", "opens_at": "09:00"}
    return dials("line_104").meets(Served("closed", opening), NEW, Served("found", opening))


def test_a_closed_line_says_when_it_opens_and_offers_to_call_back_then(dials: Dials) -> None:
    caller = closed(dials)
    assert caller.heard == (
        *("ambulance.hint", "ambulance.hint_second", "closed.until"),
        *("=date:2026-11-23", "=time:09:00", "closed.callback"),
    )
    caller.meets(key("1"))
    assert caller.asked[-1][0] == "book_opening"
    assert caller.meets(Served("booked")).heard == ("closed.booked", "goodbye.patient")


def test_who_cannot_be_noted_down_for_the_opening_is_noted_down_all_the_same(dials: Dials) -> None:
    caller = closed(dials).meets(key("1"), Served("failed"))
    assert caller.heard == ("callback.stored",)
    assert do.RequestCallback("general") in caller.all


def test_the_ambulance_is_reached_on_a_closed_line_and_a_wrong_key_leads_back_to_it(dials: Dials) -> None:
    caller = closed(dials).meets(*keys("8", "2"), Served("unknown"))
    assert caller.heard == ("ambulance.cancelled", "closed.now", "closed.keys") or caller.heard[0] == "closed.now"
    caller.meets(*keys("8", "1"), TransferEnded(False))
    assert caller.heard == ("ambulance.dial_yourself", "goodbye.patient")


# --- the caller's time ----------------------------------------------------------------------------------------------

MOST_WORDS = 45  # of a returning caller with fever: 25 s less five seconds for five keys, at 140 words a minute


@pytest.mark.parametrize("language", ["hi", "en"])
def test_a_returning_caller_with_fever_hears_few_words(dials: Dials, language: str) -> None:
    """Up to the own option of each question; ./helpline bench caller measures the seconds on recorded audio."""
    found = Served("found", {"age": "50", "age_unit": "years", "gender": "female"})
    own = ["menu.main", "choose.1", "red_flags.fever", "spo2.ask", "days.ask"]
    caller = known_caller(dials)
    met: list[list[FlowEvent]] = [keys("1"), [key("1"), found], keys("2"), keys(""), keys("3")]
    heard: list[str] = []
    for option, events in zip(own, met, strict=True):
        heard += caller.heard[: caller.heard.index(option) + 1]
        caller.meets(*events)
    assert caller.meets(FREE).sought == ["fever"]
    catalogue = load_catalogues()[language]
    said = [part for item in heard for part in prompts_of(language, item)]
    assert sum(len(catalogue.text(part).split()) for part in said) <= MOST_WORDS


def prompts_of(language: str, item: str) -> tuple[str, ...]:
    """The prompts of an id or of `=kind:value`."""
    kind, _, value = item.removeprefix("=").partition(":")
    return speak(language, kind, value) if item.startswith("=") else (item,)
