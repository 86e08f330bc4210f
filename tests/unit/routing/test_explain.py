"""The journal read again gives the search as routing saw it, and everybody as they were then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from routing.explain import Deed, Stint, as_of, explain, is_waiting, offers_of, search_of
from routing.model import DoctorSnapshot, Phone
from routing.rules import DEFAULT_RULES

NOW = datetime(2021, 4, 30, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def deed(seconds: float, kind: str, **data: Any) -> Deed:
    return Deed(at(seconds), kind, data)


def offered(seconds: float, offer: str, doctor: str) -> list[Deed]:
    why = {"excluded": {"busy": 3}, "points": {"skill": 30.0, "idle": 4.5}}
    return [
        deed(seconds, "route.decided", offer=offer, **why),
        deed(seconds, "doctor.offered", offer=offer, doctor=doctor, phone=f"{doctor}-phone", leg=offer),
    ]


def doctor(id: str, **more: Any) -> DoctorSnapshot:
    phones = (Phone(f"{id}-phone", f"+9198000000{id[-1]}0"),)
    values: dict[str, Any] = {"free_since": None, **more}
    return DoctorSnapshot(id, {"fever": "general"}, "on", True, False, phones=phones, **values)


ARRIVES = [
    deed(0, "call.arrived", dialled="104", language="hi"),
    deed(5, "place.given", pincode="462001", district="bhopal", state="madhya_pradesh"),
    deed(6, "language.chosen", language="mr"),
    deed(10, "seek.started", category="fever", priority="child", skills=[]),
]
STORY = [
    *ARRIVES,
    *offered(11, "o1", "d1"),
    deed(20, "offer.ended", offer="o1", result="declined"),
    *offered(21, "o2", "d2"),
    deed(41, "offer.ended", offer="o2", result="no_answer", cause=19),
    *offered(42, "o3", "d3"),
    deed(50, "offer.ended", offer="o3", result="accepted"),
    deed(50, "call.bridged", offer="o3", doctor="d3"),
    deed(250, "call.ended", by="patient", cause=16, cause_text="", result="consulted"),
]


def test_the_search_is_read_from_the_journal_as_routing_saw_it() -> None:
    call = search_of("call-1", STORY[:-4])
    assert call is not None
    assert (call.category, call.priority, call.waiting_since) == ("fever", "child", at(10))
    assert (call.language, call.district, call.state, call.line) == ("mr", "bhopal", "madhya_pradesh", "104")
    assert call.declined_by == {"d1"}
    assert call.tried == {"d2": at(41)}
    assert call.tried_phones == {"d2-phone"}
    assert call.offered == frozenset()


def test_every_offer_has_its_reasons_and_its_end() -> None:
    first, second, third = offers_of(STORY)
    assert (first.doctor, first.result, first.excluded, first.points["skill"]) == ("d1", "declined", {"busy": 3}, 30.0)
    assert (second.doctor, second.result, second.ended_at) == ("d2", "no_answer", at(41))
    assert (third.doctor, third.result) == ("d3", "accepted")


def test_the_last_decision_is_ranked_again_with_everybody_as_they_were() -> None:
    doctors = [doctor("d1"), doctor("d2"), doctor("d3", calls_today=9, day=NOW.date()), doctor("d4"), doctor("d5")]
    stints = [
        Stint("d1", at(11), at(20), "declined"),
        Stint("d2", at(21), at(41), "no_answer"),
        Stint("d3", at(42), at(260), "accepted", 200),
        Stint("d4", at(-100), None, ""),  # still in that call
        Stint("d5", at(30), at(60), "accepted", 10),  # in a call at that moment
    ]
    explained = explain("call-1", STORY, doctors, stints, DEFAULT_RULES, at(1000))
    assert (explained.at, explained.is_now) == (at(42), False)
    assert explained.ranking is not None
    assert [scored.doctor_id for scored in explained.ranking.best] == ["d3"]
    assert explained.ranking.excluded == {"declined": 1, "cool_down": 1, "busy": 2}
    assert explained.ranking.best[0].parts["fewest_today"] == 0, "the call itself had not been counted then"


def test_a_call_that_waits_is_explained_as_it_stands_now() -> None:
    told = [*ARRIVES, deed(11, "seek.nobody_free", reason="all_busy")]
    assert is_waiting(told)
    explained = explain("call-1", told, [doctor("d1")], [], DEFAULT_RULES, at(100))
    assert (explained.is_now, explained.at, explained.told) == (True, at(100), "all_busy")
    assert explained.ranking is not None
    assert explained.ranking.ready == 1
    assert not is_waiting(STORY)
    assert not is_waiting([*ARRIVES, *offered(11, "o1", "d1")]), "a phone rings for it"


def test_a_call_that_sought_nobody_has_nothing_to_explain() -> None:
    explained = explain("call-1", ARRIVES[:1], [doctor("d1")], [], DEFAULT_RULES, at(100))
    assert (explained.call, explained.ranking, explained.offers) == (None, None, ())


def test_a_specialist_sought_in_a_talk_is_explained_at_that_level() -> None:
    sought = [*STORY[:-1], deed(100, "talk.specialist_sought", offer="o3", level="specialist", category="fever")]
    call = search_of("call-1", sought)
    assert call is not None
    assert (call.level, call.waiting_since) == ("specialist", at(100))


def test_who_was_let_go_without_a_call_keeps_the_place_also_in_what_is_found_out_again() -> None:
    [then] = as_of([doctor("d1", free_since=at(-500))], [Stint("d1", at(0), at(5), "withdrawn")], at(10), DEFAULT_RULES)
    assert (then.free_since, then.claimed) == (at(-500), False)
