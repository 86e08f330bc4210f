"""A call that an earlier release has saved goes on under this one."""

from __future__ import annotations

from config.frozen import replace
from flows.state import FlowState
from ivr.state import Call
from tests.unit.ivr.conftest import CALLS, FLOWS, Story

# As the release before several phones rang for a call wrote a talk down.
TALKING = (
    '{"id":"call-1","linkedid":"1619793000.1","line":"line-104","dialled":"104","caller":"+919876543210"'
    ',"ambulance_number":"108","language":"hi","arrived_at":"2021-04-30T14:30:00Z","patient":{"id":"leg-p"'
    ',"channel":"P","flow":{"flow":"smallest","version":"9cac2c6febc2","node":"seek","waiting":"bridge"'
    ',"retries":0,"holds":1,"announcements":0,"nobody_free":false,"callback_possible":true'
    ',"sms_possible":true,"greeted":true,"steps":5,"answers":{"category":"fever","age":"45"},"phrases":{}'
    ',"lists":{},"said":[],"page":0,"digits":"","full":false,"put_before":[],"seeking":""},"wait":null'
    ',"seq":4,"music_on":false,"hung_up_by_us":false,"name":""},"patient_gone":false'
    ',"search":{"category":"fever","since":"2021-04-30T14:30:03Z","priority":"","skills":[],"declined":[]'
    ',"tried":{},"active":false},"doctors":[{"offer":"o1","doctor":"d1","phone":"d1-phone","leg":{"id":"o1"'
    ',"channel":"o1","flow":{"flow":"offer","version":"36f4895c1102","node":"taken_back","waiting":"playback"'
    ',"retries":0,"holds":0,"announcements":0,"nobody_free":false,"callback_possible":true'
    ',"sms_possible":true,"greeted":false,"steps":2,"answers":{},"phrases":{"offer":["offer.intro"'
    ',"category.fever","offer.age_prefix","age.45","offer.keys"]},"lists":{},"said":[],"page":0,"digits":""'
    ',"full":false,"put_before":[],"seeking":""},"wait":null,"seq":1,"music_on":false,"hung_up_by_us":false'
    ',"name":""},"stage":"bridged","outcome":"","gone":false}],"numbers":{},"transfer":"","transferred":false'
    ',"bridged_once":true,"ambulance_reached":false,"callback_requested":false,"over":false}'
)


def of_today(flow: FlowState | None) -> FlowState | None:
    """In the flow's version of today: ivr/flow_book.py keeps the one that a live call is in."""
    return None if flow is None else replace(flow, version=FLOWS[flow.flow].version)


def saved() -> Call:
    call = CALLS.validate_json(TALKING)
    patient = replace(call.patient, flow=of_today(call.patient.flow))
    doctors = tuple(replace(item, leg=replace(item.leg, flow=of_today(item.leg.flow))) for item in call.doctors)
    return replace(call, patient=patient, doctors=doctors)


def test_a_talk_saved_by_the_release_before_is_taken_up_and_ended() -> None:
    Story(saved()).tell("""
        survey bridged=P,o1 |
        o1 star 9           | fetch o1
        P ready             | P hears goodbye.doctor_left
        o1 ready            | o1 asks disposition.ask
        o1 keys 1           | hang up o1
        o1 ends 16          | release o1
        P played            | hang up P
        P ends 16           | finish
    """)
