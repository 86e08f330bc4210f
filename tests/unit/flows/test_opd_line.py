"""The OPD line: the right OPD, one token, then its own doctor or a call when it is one's turn."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Bridged, BridgeEnded, Item, Keyed, NobodyFree, Served, Silent, TransferEnded
from tests.unit.flows.conftest import Caller, Dials

KNOWN = Served(
    "known", {"language": "hi", "mobile": "yes"}, {"patients": (Item("7", ("=year:1976", "=gender:female")),)}
)
BY_NUMBER = Served("found", {"opd": "17", "opd_district": "bhopal", "specialty": "heart"})
OPEN = Served("open", {"specialty": "heart", "skill": "opd:17", "closes_at": "14:00"})
CLOSED = Served("closed", {"opens_on": "2026-11-23", "opens_at": "09:00", "specialty": "heart", "skill": "opd:17"})
FULL = Served("full", {"opens_on": "2026-11-23", "opens_at": "09:00", "specialty": "heart", "skill": "opd:17"})
NEXT = ("=date:2026-11-23", "=time:09:00")
TEN = tuple(Item(f"d{number}", (f"district.d{number}",)) for number in range(10))
BOTH = (Item("17", ("specialty.heart",)), Item("18", ("specialty.skin",)))


def asked_which(dials: Dials, **how: object) -> Caller:
    return dials("opd_line", **how).meets(KNOWN)


def at_the_opd(dials: Dials, answer: Served, **how: object) -> Caller:
    """By the number on the poster."""
    return asked_which(dials, **how).meets(Keyed("1"), Keyed("217"), BY_NUMBER, answer)


def with_a_token(dials: Dials, ahead: int, outcome: str = "issued", **how: object) -> Caller:
    """A known patient without danger signs."""
    caller = at_the_opd(dials, OPEN, **how).meets(Keyed("1"), Served("found", {"age": "49", "age_unit": "years"}))
    return caller.meets(Keyed("2"), Served(outcome, {"token": "23", "ahead": str(ahead)}))


def test_a_new_number_hears_the_ambulance_and_is_asked_its_language_first(dials: Dials) -> None:
    languages = tuple(Item(name, (f"=language_offer:{name}:#",)) for name in ("hi", "en"))
    caller = dials("opd_line").meets(Served("new"), Served("several", lists={"languages": languages}))
    assert caller.heard[:2] == ("ambulance.hint", "ambulance.hint_second")
    caller.meets(Keyed("2"), Served("done"))
    assert caller.asked[-1] == ("remember_language", {"language": "en"})
    assert caller.heard == ("opd.welcome", "opd.which")


def test_an_opd_is_found_by_the_number_on_its_poster_and_named(dials: Dials) -> None:
    caller = at_the_opd(dials, OPEN)
    assert caller.asked[1:] == [("opd_by_number", {"number": "217"}), ("opd", {"opd": "17"})]
    assert caller.heard[:3] == ("district.bhopal", "specialty.heart", "opd.is_open")


def test_a_number_of_no_opd_leads_back_to_the_choice(dials: Dials) -> None:
    caller = asked_which(dials).meets(Keyed("1"), Keyed("999"), Served("unknown"))
    assert caller.heard == ("opd.number_wrong", "opd.which")


def test_an_opd_is_found_by_pincode_and_specialty(dials: Dials) -> None:
    caller = asked_which(dials).meets(Keyed("2"), Keyed("462001"), Served("found", {"district": "bhopal"}))
    caller.meets(Served("found", {}, {"opds": BOTH}))
    assert caller.heard == (
        *("district.bhopal", "opd.choose_specialty"),
        *("specialty.heart", "choose.1", "specialty.skin", "choose.2"),
    )
    assert caller.meets(Keyed("2")).asked[-1] == ("opd", {"opd": "18"})


def test_who_knows_no_pincode_chooses_from_the_districts_six_at_a_time(dials: Dials) -> None:
    caller = asked_which(dials).meets(Keyed("2"), Keyed(""), Served("found", {}, {"districts": TEN}))
    assert caller.heard[-3:] == ("district.d5", "choose.6", "choose.more")
    assert caller.meets(Keyed("7")).heard[0] == "district.d6"
    assert caller.meets(Keyed("2")).asked[-1] == ("opds", {"district": "d7"})


def test_a_pincode_that_nobody_knows_leads_to_the_districts(dials: Dials) -> None:
    caller = asked_which(dials).meets(Keyed("2"), Keyed("999999"), Served("unknown"))
    caller.meets(Served("found", {}, {"districts": TEN}))
    assert caller.heard[:2] == ("pincode.unknown", "opd.choose_district")


def test_who_gives_no_answer_at_all_is_led_to_a_helper(dials: Dials) -> None:
    caller = asked_which(dials).meets(Silent(), Silent(), Silent())
    assert caller.heard == ("helper.connecting",)
    assert caller.sought == ["general"]


def test_a_closed_opd_says_its_next_opening_and_books_a_call(dials: Dials) -> None:
    caller = at_the_opd(dials, CLOSED)
    assert caller.heard == ("district.bhopal", "specialty.heart", "opd.is_closed", "opd.opens", *NEXT, "opd.book")
    assert caller.meets(Keyed("1")).asked[-1] == ("book_opening", {"opd": "17"})
    booked = Served("booked", {"opens_on": "2026-11-23", "opens_at": "09:00"})
    assert caller.meets(booked).heard == ("lines.booked", *NEXT, "lines.bye")


def test_who_says_nothing_at_a_closed_opd_is_booked_too(dials: Dials) -> None:
    assert at_the_opd(dials, CLOSED).meets(Silent(), Silent()).asked[-1][0] == "book_opening"


def test_a_withheld_number_is_told_when_to_call_itself(dials: Dials) -> None:
    caller = at_the_opd(dials, CLOSED).meets(Keyed("1"), Served("withheld"))
    assert caller.heard == ("lines.not_booked", *NEXT, "lines.bye")


def test_an_opd_without_a_next_day_says_so_and_lets_choose_another(dials: Dials) -> None:
    caller = at_the_opd(dials, Served("closed", {"specialty": "heart", "opens_on": "", "opens_at": ""}))
    assert caller.heard[-2:] == ("opd.no_opening", "opd.which")


def test_the_next_opening_of_one_opd_is_not_said_of_another(dials: Dials) -> None:
    caller = at_the_opd(dials, CLOSED).meets(Keyed("2"), Keyed("1"), Keyed("218"), BY_NUMBER)
    assert caller.meets(Served("closed", {"specialty": "heart"})).heard[-2:] == ("opd.no_opening", "opd.which")


def test_an_opd_whose_tokens_are_gone_says_its_next_opening(dials: Dials) -> None:
    caller = at_the_opd(dials, FULL)
    assert caller.heard[1:5] == ("specialty.heart", "opd.tokens_gone", "opd.opens", *NEXT[:1])
    assert "issue_token" not in [service for service, _ in caller.asked]


def test_the_token_and_who_is_before_are_spoken(dials: Dials) -> None:
    caller = with_a_token(dials, 4)
    assert caller.asked[-1] == ("issue_token", {"opd": "17"})
    assert caller.heard == ("opd.ahead", "=number:4", "opd.patients", "opd.token_is", "=token:23", "opd.wish")
    assert with_a_token(dials, 1).heard == ("opd.one_ahead", "opd.token_is", "=token:23", "opd.wish")


def test_whose_turn_it_is_is_put_through_at_once(dials: Dials) -> None:
    caller = with_a_token(dials, 0)
    assert caller.heard == ("opd.token_is", "=token:23", "opd.your_turn", "seek.start", "consent.recording")
    assert do.Seek("heart", "", ("opd:17",)) in caller.last


def test_a_token_that_was_issued_before_is_said_again(dials: Dials) -> None:
    assert with_a_token(dials, 4, "already").heard[0] == "opd.already"


@pytest.mark.parametrize("answer", [Keyed("1"), None])
def test_one_and_silence_wait_for_the_opds_own_doctor(dials: Dials, answer: Keyed | None) -> None:
    caller = with_a_token(dials, 4).meets(*([answer] if answer else [Silent(), Silent()]))
    assert do.Seek("heart", "", ("opd:17",)) in caller.last


def test_two_is_called_back_when_it_is_ones_turn(dials: Dials) -> None:
    caller = with_a_token(dials, 4).meets(Keyed("2"))
    assert do.RequestCallback("heart") in caller.last
    assert caller.heard == ("callback.stored",)


def test_a_withheld_number_waits_instead_of_being_called_back(dials: Dials) -> None:
    caller = with_a_token(dials, 4, withheld=True).meets(Keyed("2"), Served("unknown"), Keyed(""))
    assert caller.heard[:2] == ("callback.impossible", "opd.token_is")
    assert caller.meets(Keyed("1")).heard[0] == "seek.start"
    caller.meets(Keyed("1"), NobodyFree(), Silent(), Keyed("1"))
    assert caller.heard == ("callback.impossible",)
    assert do.StopSeeking() not in caller.last


def test_a_withheld_number_is_called_back_on_the_mobile_that_is_keyed(dials: Dials) -> None:
    caller = with_a_token(dials, 4, withheld=True).meets(Keyed("2"), Served("unknown"), Keyed("9876543210"))
    assert do.RequestCallback("heart") in caller.meets(Keyed("1")).last


def test_who_waits_hears_the_token_again(dials: Dials) -> None:
    caller = with_a_token(dials, 4).meets(Keyed("1"), Keyed("1"), NobodyFree(), Silent())
    assert caller.heard == ("opd.busy", "=token:23", "wait.keys")


def test_a_danger_sign_leads_to_the_ambulance_and_a_doctor_before_everybody_else(dials: Dials) -> None:
    caller = at_the_opd(dials, OPEN).meets(Keyed("1"), Served("found", {"age": "49", "age_unit": "years"}))
    assert caller.heard == ("red_flags.heart",)
    caller.meets(Keyed("1"), Keyed("1"), TransferEnded(True))
    assert do.Seek("general", "red_flag") in caller.last


def test_an_emergency_is_not_sent_to_a_callback_by_a_key(dials: Dials) -> None:
    caller = at_the_opd(dials, OPEN).meets(Keyed("1"), Served("found", {"age": "49"}), Keyed("1"), Keyed("2"))
    caller.meets(NobodyFree(), Silent())
    assert caller.heard == ("lines.urgent_busy", "wait.ambulance")
    assert caller.meets(Keyed("1")).music


def test_after_the_talk_the_call_ends(dials: Dials) -> None:
    caller = with_a_token(dials, 0).meets(Bridged(), BridgeEnded())
    assert caller.heard == ("goodbye.doctor_left",)
