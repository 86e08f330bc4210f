"""Whose numbers are used, and that they are nobody else's."""

from __future__ import annotations

from bench.plan import LOAD_DOCTORS, PROBE_DOCTORS, Plan, doctor_number, segments
from bench.switch import for_phones
from config.numbers import parse_caller, parse_number


def test_each_rate_has_its_runs_and_every_segment_a_number_of_its_own() -> None:
    found = segments(Plan(rates=(10, 20), runs=2))
    assert [(item.number, item.rate, item.run) for item in found] == [(0, 10, 0), (1, 10, 1), (2, 20, 0), (3, 20, 1)]


def test_no_two_people_of_the_whole_benchmark_share_a_number() -> None:
    plan = Plan()
    numbers = [doctor_number(LOAD_DOCTORS, index) for index in range(plan.doctors)]
    numbers += [doctor_number(PROBE_DOCTORS, index) for index in range(plan.probe_doctors)]
    for segment in segments(plan):
        numbers += [segment.load_caller(index) for index in range(segment.calls)]
        numbers += [segment.probe_caller(index) for index in range(plan.probes)]
    assert len(set(numbers)) == len(numbers)


def test_the_helpline_takes_the_numbers_for_real_ones() -> None:
    last = segments(Plan())[-1]
    for number in (last.load_caller(799), last.probe_caller(39), doctor_number(LOAD_DOCTORS, 999)):
        assert parse_number(number).e164 == number
        assert parse_caller(number) == number


def test_enough_doctors_are_on_duty_for_the_highest_rate() -> None:
    plan = Plan()
    busy_seconds = (plan.timing.ring + plan.timing.outcome) / 1000 + 3
    assert max(plan.rates) * busy_seconds < plan.doctors
    assert plan.probes_a_second * 9 < plan.probe_doctors


def test_what_is_dialled_goes_to_sipp_or_to_the_real_phones_by_its_number() -> None:
    assert not for_phones(_invite(doctor_number(LOAD_DOCTORS, 7)))
    assert for_phones(_invite(doctor_number(PROBE_DOCTORS, 7)))
    assert for_phones(_invite(doctor_number(PROBE_DOCTORS, 7).replace("+", "%2B")))


def test_answers_to_a_call_are_the_phones_and_answers_to_a_key_are_sipps() -> None:
    assert for_phones(b"SIP/2.0 200 OK\r\nVia: x\r\nCSeq: 12 INVITE\r\n\r\n")
    assert for_phones(b"SIP/2.0 200 OK\r\ncseq:3 CANCEL\r\n\r\n")
    assert not for_phones(b"SIP/2.0 200 OK\r\nCSeq: 1 INFO\r\n\r\n")


def _invite(number: str) -> bytes:
    return f"INVITE sip:{number}@127.0.0.1:5070 SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n".encode()
