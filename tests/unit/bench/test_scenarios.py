"""What SIPp is told to do."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench import scenarios
from bench.plan import Timing


def test_a_caller_keys_the_category_then_the_age_and_hash() -> None:
    assert re.findall(r"Signal=(.)", scenarios.caller(Timing())) == ["1", "4", "5", "#"]


def test_a_callers_pauses_add_up_to_the_length_of_the_call() -> None:
    timing = Timing(choice=700, age=600, between=200, call=9000)
    pauses = [int(step.attrib["milliseconds"]) for step in _steps(scenarios.caller(timing), "pause")]
    assert sum(pauses) == 9000


def test_a_doctor_rings_accepts_and_keys_the_outcome_after_the_patient_has_hung_up() -> None:
    timing = Timing()
    ring, accept, rest = (int(step.attrib["milliseconds"]) for step in _steps(scenarios.doctor(timing), "pause"))
    assert (ring, accept, accept + rest) == (timing.ring, timing.accept, timing.outcome)
    answered = timing.choice + timing.age + 2 * timing.between + timing.ring
    assert answered + timing.outcome > timing.call + 500


def test_the_doctors_keys_go_to_whom_the_invite_came_from() -> None:
    infos = [text for text in _sent(scenarios.doctor(Timing())) if text.startswith("INFO")]
    assert len(infos) == 2
    for info in infos:
        assert "From: [$2];tag=[pid]d[call_number]" in info
        assert "To: [$1]" in info


@pytest.mark.parametrize("scenario", [scenarios.caller(Timing()), scenarios.doctor(Timing())])
def test_each_request_of_a_leg_has_the_next_number(scenario: str) -> None:
    requests = [text for text in _sent(scenario) if re.match(r"(INVITE|INFO|BYE) ", text)]
    numbers = [int(number) for text in requests for number in re.findall(r"CSeq: (\d+)", text)]
    assert numbers == list(range(1, len(requests) + 1))


def _steps(scenario: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(scenario.encode()).iter(tag))


def _sent(scenario: str) -> list[str]:
    return [(step.text or "").strip() for step in _steps(scenario, "send")]
