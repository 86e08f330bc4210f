"""Each rule of a soak is broken by a run that breaks it, and by no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.soak.invariants import violations
from cli.soak.views import (
    CallOnRecord,
    Channel,
    Duty,
    Entry,
    Fault,
    MessageOnRecord,
    OfferOnRecord,
    PhoneLeg,
    Records,
    RequestOnRecord,
    Run,
    Seen,
    Span,
    Stay,
    Violation,
)

PATIENT, DOCTOR, OTHER = "+919830000001", "+919730000001", "+919730000002"
PATIENTS_LEG = PhoneLeg(PATIENT, "104", False, 1.0, None, 1.2, 30.0, True, [("1", 3.0), ("4", 4.0), ("#", 4.2)])
DOCTORS_LEG = PhoneLeg(DOCTOR, "104", True, 5.0, 5.1, 6.0, 33.0, False, [("1", 8.0), ("1", 32.0)])
OFFER = OfferOnRecord("offer-1", DOCTOR, "leg-1", 5.0, "accepted")
JOURNAL = [
    Entry(1.0, "call.arrived", {}),
    Entry(5.0, "doctor.offered", {"offer": "offer-1"}),
    Entry(8.1, "call.bridged", {"offer": "offer-1"}),
    Entry(30.0, "call.ended", {}),
]
CALL = CallOnRecord(
    "call-1", PATIENT, 1.0, 30.0, "consulted", 8.1, None, "advice", ["170.1", "leg-1"], 0, [OFFER], JOURNAL
)


def run_of(*legs: PhoneLeg, calls: tuple[CallOnRecord, ...] = (CALL,), stays: tuple[Stay, ...] = ()) -> Run:
    """A patient who talks with a doctor, and whatever else is given."""
    channels = [
        Channel("170.1", "PJSIP/trunk-1", PATIENT[3:], True, 1.0, 30.0),
        Channel("leg-1", "PJSIP/trunk-2", DOCTOR, False, 5.0, 33.0),
        Channel("leg-2", "PJSIP/trunk-3", OTHER, False, 10.0, 33.0),
    ]
    talk = [Stay("b", "170.1", 8.1, 30.0), Stay("b", "leg-1", 8.1, 30.0), *stays]
    return Run(
        legs=[*(legs or (PATIENTS_LEG, DOCTORS_LEG))],
        seen=Seen({channel.id: channel for channel in channels}, talk),
        records=Records(calls, (), ()),
        duties=[Duty(number, "on", 0.0, 0.1) for number in (DOCTOR, OTHER)],
        faults=(),
        stalls=(),
        doctors=frozenset({DOCTOR, OTHER}),
        others=frozenset({"108"}),
    )


def told(found: list[Violation]) -> list[str]:
    return [f"{item.rule}: {item.told}" for item in found]


def test_a_run_in_order_breaks_no_rule() -> None:
    assert violations(run_of()) == []


SECOND_DOCTOR = PhoneLeg(OTHER, "104", True, 10.0, 10.1, 11.0, 33.0, False, [("1", 12.0)])
SECOND_STAY = Stay("b", "leg-2", 13.0, 30.0)


def test_two_doctors_are_in_one_talk_only_where_one_has_asked_for_it() -> None:
    found = violations(run_of(PATIENTS_LEG, DOCTORS_LEG, SECOND_DOCTOR, stays=(SECOND_STAY,)))
    assert "bridge: two doctors are in one talk, and none has asked for it" in told(found)
    asked = replace(DOCTORS_LEG, pressed=[("1", 8.0), ("*", 9.0), ("1", 9.1)])
    found = violations(run_of(PATIENTS_LEG, asked, SECOND_DOCTOR, stays=(SECOND_STAY,)))
    assert [item.rule for item in found if item.rule == "bridge"] == []


def test_who_did_not_press_1_is_not_bridged() -> None:
    mute = replace(DOCTORS_LEG, pressed=[("2", 8.0)])
    found = told(violations(run_of(PATIENTS_LEG, mute)))
    assert f"bridge: {DOCTOR} is bridged and has pressed 2" in found
    assert f"record: {DOCTOR} accepted on record, and pressed 2" in found


def test_a_telephone_that_is_rung_is_seen_by_the_witness() -> None:
    unseen = replace(DOCTORS_LEG, number=OTHER, began=40.0, answered=None, ended=42.0, pressed=[])
    run = run_of(PATIENTS_LEG, DOCTORS_LEG, unseen)
    assert told(violations(run)) == [f"witness: {OTHER}: rung, and the witness saw no channel"]
    run.seen.blind.append(Span(38, 41))
    assert violations(run) == []


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ([("off", 1.0, 1.1)], True),
        ([("off", 1.0, None)], False),  # in doubt
        ([("off", 3.0, 3.1)], False),  # too late to be known
        ([("off", 1.0, 1.1), ("on", 4.0, 4.1)], False),
        ([("paused", 1.0, 1.1), ("off", 1.2, 1.3)], True),
    ],
)
def test_a_doctor_off_duty_is_not_rung(changes: list[tuple[str, float, float | None]], broken: bool) -> None:
    run = run_of()
    duties = [*run.duties, *(Duty(DOCTOR, *change) for change in changes)]
    assert told(violations(replace(run, duties=duties))) == [f"off duty: {DOCTOR}: rung off duty"] * broken


def test_who_is_on_the_line_with_us_is_not_rung() -> None:
    again = replace(DOCTORS_LEG, began=20.0, answered=None, pressed=[], ended=22.0)
    assert f"busy: {DOCTOR}: rung while on the line with us" in told(
        violations(run_of(PATIENTS_LEG, DOCTORS_LEG, again))
    )
    later = replace(again, began=33.5, ended=35.0)
    found = violations(run_of(PATIENTS_LEG, DOCTORS_LEG, later))
    assert "busy" not in {item.rule for item in found}


def test_a_no_is_final() -> None:
    no = replace(OFFER, id="offer-0", channel="leg-0", result="declined")
    call = replace(CALL, offers=[no, OFFER], channels=[*CALL.channels, "leg-0"])
    leg = replace(DOCTORS_LEG, began=2.0, answered=2.5, ended=4.0, pressed=[("2", 3.0)])
    run = run_of(PATIENTS_LEG, leg, DOCTORS_LEG, calls=(call,))
    run.seen.channels["leg-0"] = Channel("leg-0", "PJSIP/trunk-0", DOCTOR, False, 2.0, 4.0)
    assert [item.rule for item in violations(run)] == ["a no"]


def test_nobody_is_left_in_silence_unless_the_other_has_vanished_or_asterisk_has_died() -> None:
    silent = replace(PATIENTS_LEG, silences=[Span(15.0, 20.0)])
    run = run_of(silent, DOCTORS_LEG)
    assert [item.rule for item in violations(run)] == ["silence"]
    assert violations(run_of(silent, replace(DOCTORS_LEG, vanished=14.0))) == []
    assert violations(replace(run, faults=[Fault("asterisk_killed", Span(14, 18))])) == []
    assert len(violations(replace(run, faults=[Fault("controller_killed", Span(14, 18))]))) == 1
    assert violations(run_of(replace(silent, silences=[Span(15.0, 18.0)]), DOCTORS_LEG)) == []


def test_a_call_without_a_record_is_forgiven_only_where_a_fault_explains_it() -> None:
    run = run_of(PATIENTS_LEG, calls=())
    run.seen.stays.clear()
    assert told(violations(run)) == [f"record: {PATIENT}: no record"]
    assert violations(replace(run, faults=[Fault("controller_stopped", Span(0, 3))])) == []


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (replace(CALL, ended=None), "the record has no end"),
        (replace(CALL, open_legs=1), "1 legs have no end"),
        (replace(CALL, journal=[*JOURNAL, JOURNAL[0]]), "call.arrived stands 2 times in the journal"),
        (replace(CALL, journal=[*JOURNAL, JOURNAL[1]]), "doctor.offered of offer-1 stands there twice"),
        (replace(CALL, offers=[replace(OFFER, result=None)]), "offer offer-1 has no end"),
        (replace(CALL, ended=25.0), "the telephone's call was over at 30.0 s, the record says 25.0 s"),
    ],
)
def test_a_record_is_complete_and_agrees_with_the_telephones(call: CallOnRecord, wrong: str) -> None:
    assert f"record: {wrong}" in told(violations(run_of(calls=(call,))))


def test_a_talk_on_record_is_one_that_the_witness_saw_and_the_other_way_round() -> None:
    run = run_of()
    run.seen.stays.clear()
    assert told(violations(run)) == ["record: call.bridged of offer-1, and the witness saw no bridge"]
    run.seen.blind.append(Span(7, 9))
    assert violations(run) == []
    declined = replace(CALL, offers=[replace(OFFER, result="declined")])
    assert any("no offer says accepted" in each for each in told(violations(run_of(calls=(declined,)))))


REQUEST = RequestOnRecord("request-1", PATIENT, "done", 1, 2.0, 20.0)


@pytest.mark.parametrize(
    ("requests", "arrivals", "wrong"),
    [
        ([REQUEST], [3.0], ""),
        ([REQUEST], [3.0, 9.0], "2 talks came of it"),
        ([REQUEST], [25.0], "tried after it was closed"),
        ([replace(REQUEST, tries=4)], [], "4 tries"),
        ([REQUEST, replace(REQUEST, id="request-2", asked=5.0)], [], "are open together"),
        ([REQUEST, replace(REQUEST, id="request-2", asked=21.0)], [], ""),
    ],
)
def test_callbacks_are_neither_duplicated_nor_tried_for_ever(
    requests: list[RequestOnRecord], arrivals: list[float], wrong: str
) -> None:
    journal = [JOURNAL[2]]
    made = [
        replace(
            CALL, id=f"made-{at}", arrived=at, callback="request-1", channels=[], offers=[], bridged=at, journal=journal
        )
        for at in arrivals
    ]
    run = run_of()
    found = [
        item.told
        for item in violations(replace(run, records=replace(run.records, calls=[CALL, *made], requests=requests)))
        if item.rule == "callback"
    ]
    assert [wrong in each for each in found] == ([True] if wrong else [])


def test_no_message_is_written_or_sent_twice() -> None:
    message = MessageOnRecord("m-1", PATIENT, "callback_expired", "…", "call-1", 1)
    run = run_of()

    def of(*messages: MessageOnRecord) -> list[str]:
        return [item.rule for item in violations(replace(run, records=replace(run.records, messages=messages)))]

    assert of(message) == []
    assert of(message, replace(message, id="m-2")) == ["message"]
    assert of(replace(message, attempts=2)) == ["message"]


def test_what_is_left_behind_is_told() -> None:
    assert told(violations(replace(run_of(), left=["1 saved call states"]))) == ["left behind: 1 saved call states"]


def test_a_callback_that_still_seeks_its_doctor_needs_no_end() -> None:
    seeking = replace(CALL, id="call-2", ended=None, result=None, callback="request-1", channels=[], offers=[])
    doctors = replace(seeking, journal=[Entry(5.0, "leg.started", {"role": "doctor"})])
    patients = replace(seeking, journal=[Entry(5.0, "leg.started", {"role": "patient"})])
    assert violations(run_of(calls=(CALL, doctors))) == []
    assert told(violations(run_of(calls=(CALL, patients)))) == ["record: the record has no end"]


def test_what_a_doctor_keys_in_a_talk_is_on_record() -> None:
    keyed = replace(DOCTORS_LEG, pressed=[("1", 8.0), ("*", 20.0), ("9", 20.2)])
    run = run_of(PATIENTS_LEG, keyed)
    assert told(violations(run)) == [f"key: {DOCTOR} keyed *9 at 20.2 s in a talk, and nothing is on record"]
    assert violations(replace(run, faults=[Fault("controller_killed", Span(18, 22))])) == []
    heard = replace(CALL, journal=[*JOURNAL, Entry(20.3, "talk.key", {"offer": "offer-1", "key": "9"})])
    assert violations(run_of(PATIENTS_LEG, keyed, calls=(heard,))) == []
    late = replace(keyed, pressed=[("1", 8.0), ("*", 31.0), ("9", 31.2)])  # the talk was over
    assert violations(run_of(PATIENTS_LEG, late)) == []
