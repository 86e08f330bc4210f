"""What a call's record says, told as tables of events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdr import events
from cdr.events import JournalEntry
from cdr.projection import CallRecord, Projection, project

Table = Callable[[str], list[JournalEntry]]

ARRIVAL = (
    '0 call.arrived dialled="104" caller=+919876500001 linkedid="1619793000.1" line=line-1 flow=line_104 '
    "flow_version=v1 language=hi\n0 leg.started leg=leg-p role=patient channel=PJSIP/trunk-1\n"
)
CONSULTATION = (
    ARRIVAL
    + """
     0.2  leg.answered      leg=leg-p
     4    key.pressed       node=menu keys="1"
     4    menu.choice       node=menu choice=fever
     9    answer.given      name=age value=45 unit=years
    10    seek.started      category=fever
    10    doctor.offered    offer=offer-1 doctor=doc-1 phone=phone-1 leg=leg-a
    10    leg.started       leg=leg-a role=doctor channel=PJSIP/trunk-2
    11    doctor.ringing    offer=offer-1
    20    offer.ended       offer=offer-1 result=no_answer cause=19
    20    leg.ended         leg=leg-a cause=19 cause_text=User_alerting
    21    doctor.offered    offer=offer-2 doctor=doc-2 phone=phone-2 leg=leg-b
    21    leg.started       leg=leg-b role=doctor channel=PJSIP/trunk-3
    25    leg.answered      leg=leg-b
    25    doctor.answered   offer=offer-2
    29    doctor.accepted   offer=offer-2
    29    offer.ended       offer=offer-2 result=accepted
    29.5  call.bridged      offer=offer-2 doctor=doc-2
    89.5  call.unbridged    offer=offer-2 by=patient
    89.5  leg.ended         leg=leg-p cause=16 cause_text=Normal_Clearing
    89.5  call.ended        by=patient cause=16 cause_text=Normal_Clearing result=consulted
    95    disposition       offer=offer-2 outcome=prescription
    96    leg.ended         leg=leg-b cause=16 cause_text=Normal_Clearing
    """
)


def record_of(entries: list[JournalEntry]) -> CallRecord:
    record = project(entries)
    assert record is not None
    return record


def differs(record: object, **expected: Any) -> dict[str, Any]:
    """The fields that are not as expected: an empty dictionary reads better than thirty assertions."""
    return {name: getattr(record, name) for name, value in expected.items() if getattr(record, name) != value}


def test_a_consultation_from_ring_to_outcome(table: Table, now: datetime) -> None:
    call = record_of(table(CONSULTATION)).call
    assert not differs(
        call,
        id="call-1",
        dialled="104",
        caller_number="+919876500001",
        linkedid="1619793000.1",
        service_line_id="line-1",
        flow="line_104",
        flow_version="v1",
        language="hi",
        arrived_at=now,
        category="fever",
        age_value=45,
        age_unit="years",
        doctor_id="doc-2",
        sought_at=now + timedelta(seconds=10),
        bridged_at=now + timedelta(seconds=29.5),
        ended_at=now + timedelta(seconds=89.5),
        wait_ms=19_500,
        talk_ms=60_000,
        disposition="prescription",
        result="consulted",
        ended_by="patient",
        hangup_cause=16,
        hangup_text="Normal_Clearing",
    )


def test_each_offer_has_its_doctor_phone_leg_and_result(table: Table, now: datetime) -> None:
    first, second = record_of(table(CONSULTATION)).offers
    assert not differs(first, id="offer-1", doctor_id="doc-1", phone_id="phone-1", leg_id="leg-a", answered_at=None)
    assert not differs(first, result="no_answer", cause=19, ended_at=now + timedelta(seconds=20))
    assert not differs(second, result="accepted", cause=None, answered_at=now + timedelta(seconds=25))


def test_each_leg_has_its_beginning_answer_and_end(table: Table, now: datetime) -> None:
    patient, unanswered, doctor = record_of(table(CONSULTATION)).legs
    assert not differs(patient, role="patient", channel="PJSIP/trunk-1", cause=16, started_at=now)
    assert not differs(unanswered, role="doctor", answered_at=None, cause=19, cause_text="User_alerting")
    assert not differs(doctor, answered_at=now + timedelta(seconds=25), ended_at=now + timedelta(seconds=96))


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param(
            "3 call.ended by=patient cause=16 cause_text=x result=abandoned_menu",
            {"result": "abandoned_menu", "wait_ms": None, "talk_ms": None, "category": None},
            id="hangs up in the menu",
        ),
        pytest.param(
            """10 seek.started category=heart
               10 seek.nobody_free
               70.25 call.ended by=patient cause=16 cause_text=x result=abandoned_queue""",
            {"result": "abandoned_queue", "wait_ms": 60_250, "talk_ms": None, "category": "heart", "doctor_id": None},
            id="hangs up while waiting",
        ),
        pytest.param(
            """10 seek.started category=heart
               30 callback.requested request=callback-1 number=+919876500001
               33 call.ended by=system cause=16 cause_text=x result=callback""",
            {"result": "callback", "ended_by": "system", "wait_ms": 23_000},
            id="asks to be called back",
        ),
        pytest.param(
            """5 ambulance.dialled number="108"
               9 ambulance.answered
              60 ambulance.ended status=ANSWER seconds=51
              60 call.ended by=patient cause=16 cause_text=x result=ambulance""",
            {"result": "ambulance", "wait_ms": None, "talk_ms": None},
            id="takes the ambulance",
        ),
        pytest.param(
            """10 seek.started category=fever
               12 doctor.offered offer=offer-1 doctor=doc-1 phone=phone-1 leg=leg-a
               20 call.bridged offer=offer-1 doctor=doc-1
               50 call.ended by=network cause=38 cause_text=x result=consulted""",
            {"talk_ms": 30_000, "ended_by": "network", "hangup_cause": 38},
            id="ends without the bridge's end being written",
        ),
        pytest.param(
            """10 seek.started category=fever
               20 call.bridged offer=offer-1 doctor=doc-1
               40 call.unbridged offer=offer-1 by=system
               50 call.bridged offer=offer-2 doctor=doc-2
               65 call.unbridged offer=offer-2 by=doctor
               70 call.ended by=system cause=16 cause_text=x result=consulted""",
            {"talk_ms": 35_000, "wait_ms": 10_000, "doctor_id": "doc-2"},
            id="is passed on to a second doctor",
        ),
        pytest.param(
            """10 seek.started category=fever
               20 call.bridged offer=offer-1 doctor=doc-1""",
            {"talk_ms": None, "wait_ms": 10_000, "ended_at": None, "result": None, "ended_by": None},
            id="is still talking",
        ),
        pytest.param(
            """10 seek.started category=heart
               20 seek.started category=general""",
            {"category": "general", "wait_ms": None},
            id="goes over to the helper while waiting, the wait counting from the first search",
        ),
        pytest.param(
            "4 answer.given name=age value=7 unit=months",
            {"age_value": 7, "age_unit": "months"},
            id="is about an infant",
        ),
        pytest.param(
            """4 answer.given name=age value=7 unit=months
               8 patient.identified patient=patient-1
               20 answer.forgotten name=age
               24 answer.forgotten name=patient""",
            {"age_value": None, "age_unit": None, "patient_id": None},
            id="is about somebody else than it was at first",
        ),
        pytest.param(
            """50 call.ended by=patient cause=16 cause_text=x result=consulted
               55 call.ended by=system cause=0 cause_text=x result=lost
               58 patient.identified patient=patient-1
               59 slip.issued slip=slip-1
               60 sms.sent message=message-1 parts=2
               61 invented.later anything=1""",
            {"result": "consulted", "ended_by": "patient", "patient_id": "patient-1"},
            id="has a second end and late events",
        ),
    ],
)
def test_a_call_that(table: Table, story: str, expected: dict[str, Any]) -> None:
    assert not differs(record_of(table(ARRIVAL + story)).call, **expected)


def test_a_lost_call_closes_the_offers_and_legs_whose_end_nobody_saw(table: Table, now: datetime) -> None:
    record = record_of(
        table(
            ARRIVAL
            + """10 seek.started category=fever
                 10 doctor.offered offer=offer-1 doctor=doc-1 phone=phone-1 leg=leg-a
                 10 leg.started leg=leg-a role=doctor channel=PJSIP/trunk-2
                 12 leg.ended leg=leg-p cause=16 cause_text=Normal_Clearing
                 40 call.ended by=system cause=null cause_text=null result=lost"""
        )
    )
    [offer], (patient, doctor) = record.offers, record.legs
    assert not differs(offer, result="lost", ended_at=now + timedelta(seconds=40))
    assert patient.ended_at == now + timedelta(seconds=12)
    assert doctor.ended_at == now + timedelta(seconds=40)
    assert record.call.hangup_cause is None


def test_a_withheld_number_stays_unknown(table: Table) -> None:
    entries = table(ARRIVAL.replace("caller=+919876500001", "caller=null"))
    assert record_of(entries).call.caller_number is None


def test_a_journal_without_its_beginning_gives_a_record_all_the_same(table: Table, now: datetime) -> None:
    record = record_of(
        table("5 leg.ended leg=leg-x cause=16 cause_text=x\n6 call.ended by=network cause=1 cause_text=x result=lost")
    )
    assert record.call.arrived_at == now + timedelta(seconds=5)
    assert [leg.id for leg in record.legs] == ["leg-x"]


def test_clocks_that_disagree_give_no_negative_durations(table: Table) -> None:
    story = """10 seek.started category=fever
                9 call.bridged offer=o doctor=d
                8 call.ended by=patient cause=16 cause_text=x result=consulted"""
    assert not differs(record_of(table(ARRIVAL + story)).call, wait_ms=0, talk_ms=0)


def test_no_entries_make_no_record() -> None:
    assert project([]) is None


moments = st.integers(0, 10**6).map(
    lambda ms: datetime.fromisoformat("2021-04-30T14:30:00Z") + timedelta(milliseconds=ms)
)
ids = st.sampled_from(["a", "b"])
data = st.dictionaries(
    st.sampled_from(["offer", "leg", "doctor", "phone", "by", "result", "cause", "name", "value", "category", "role"]),
    st.none() | ids | st.integers(0, 200),
)
entries = st.builds(JournalEntry, st.just("call-1"), moments, st.sampled_from([*events.REQUIRED, "unknown.kind"]), data)


@given(st.lists(entries, min_size=1, max_size=30))
def test_any_sequence_of_events_gives_a_record(sequence: list[JournalEntry]) -> None:
    call = record_of(sequence).call
    assert call.wait_ms is None or call.wait_ms >= 0
    assert call.talk_ms is None or call.talk_ms >= 0
    # Ringing the patient again takes an end back.
    ends = [entry.kind for entry in sequence if entry.kind in ("call.ended", "talk.dialled_back")]
    assert (call.ended_at is not None) == (ends[-1:] == ["call.ended"])


@given(st.lists(entries, min_size=1, max_size=30))
def test_a_record_that_was_looked_at_after_every_entry_is_that_of_them_all(sequence: list[JournalEntry]) -> None:
    projection = Projection(sequence[0])
    for entry in sequence[1:]:
        projection.record()
        projection.tell(entry)
    assert projection.record() == projection.record() == project(sequence)


def test_the_record_has_the_callers_place_patient_and_chosen_language(table: Table) -> None:
    call = record_of(
        table(
            ARRIVAL
            + "3 language.chosen language=en\n"
            + "5 patient.identified patient=patient-1\n"
            + '9 place.given pincode="462001" district=bhopal state=madhya_pradesh\n'
        )
    ).call
    assert not differs(call, language="en", patient_id="patient-1", district="bhopal", state="madhya_pradesh")
