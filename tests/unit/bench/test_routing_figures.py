"""What `bench routing` makes of what it saw: delays at the switch, what waiting costs, and the verdicts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.routing import freed_plan, waiting_plan
from bench.routing.day import Day
from bench.routing.decision import DecisionPlan, measure
from bench.routing.freed_plan import Freed, FreedPlan, Seen, delays, seen
from bench.routing.report import Results, as_json, verdicts, waiting_ratio
from bench.routing.simulate import Outcome, simulate_app_queue
from bench.routing.waiting_plan import WaitingPlan, Window

INVITE = b"INVITE sip:+919811000007@127.0.0.1:5062 SIP/2.0\r\nVia: x\r\nCall-ID: abc\r\nCSeq: 9 INVITE\r\n\r\n"
LAST_KEY = b"INFO sip:x@127.0.0.1 SIP/2.0\r\nCall-ID: abc\r\nCSeq: 4 INFO\r\nContent-Length: 3\r\n\r\nSignal=1"


def test_the_switch_counts_invites_for_doctors_and_the_last_key_of_a_call() -> None:
    assert seen(INVITE, 1.0) == Seen(1.0, "abc", "+919811000007")
    assert seen(LAST_KEY, 2.0) == Seen(2.0, "abc", "")
    assert seen(LAST_KEY.replace(b"CSeq: 4", b"CSeq: 3"), 2.0) is None
    assert seen(INVITE.replace(b"+9198110", b"+9155110"), 1.0) is None
    assert seen(b"SIP/2.0 200 OK\r\nCall-ID: abc\r\nCSeq: 4 INFO\r\n\r\n", 1.0) is None


def test_a_delay_is_from_a_doctors_last_key_to_the_next_invite_for_the_same_doctor() -> None:
    events = [
        Seen(0.0, "a1", "+9198110A"),
        Seen(0.1, "b1", "+9198110B"),
        Seen(5.0, "a1", ""),
        Seen(5.5, "a1", ""),  # sent again
        Seen(5.2, "b1", ""),
        Seen(5.25, "b2", "+9198110B"),
        Seen(5.4, "a2", "+9198110A"),
        Seen(5.6, "a2", "+9198110A"),  # sent again
        Seen(9.0, "a2", ""),  # and nobody is rung any more
    ]
    assert delays(events) == pytest.approx([0.05, 0.4])
    assert delays(events, since=5.1) == pytest.approx([0.05])


def test_the_doctor_takes_the_call_ends_the_talk_and_keys_the_outcome() -> None:
    scenario = freed_plan.doctors_part(FreedPlan())
    ElementTree.fromstring(scenario.encode())
    assert re.findall(r"Signal=(.)", scenario) == ["1", "*", "9", "1"]
    assert re.findall(r"CSeq: (\d+) INFO", scenario) == ["1", "2", "3", "4"]
    assert 'recv request="BYE"' in scenario


def test_the_patient_stays_until_the_helpline_hangs_up() -> None:
    scenario = freed_plan.patient()
    ElementTree.fromstring(scenario.encode())
    assert re.findall(r"Signal=(.)", scenario) == ["1", "4", "5", "#"]
    assert "BYE [next_url]" not in scenario


def test_all_callers_are_there_as_long_as_is_measured() -> None:
    plan = WaitingPlan()
    assert plan.segment(0).calls == plan.callers
    first_leaves, last_comes = plan.stay, plan.ramp
    assert first_leaves > last_comes + plan.settle + plan.seconds


def test_the_baseline_hears_the_same_sounds_in_the_same_time() -> None:
    said = ("wait.position", "number.250", "wait.position_end")
    text = waiting_plan.extensions(said, "tip.ors", 4.5, 6.0)
    assert "Playback(wait-position&number-250&wait-position_end)" in text
    assert [float(seconds) for seconds in re.findall(r"MusicOnHold\(wait,([\d.]+)\)", text)] == [18.0, 16.5]
    written = waiting_plan.queue(WaitingPlan(), said, "tip.ors", ["+919811000000"])
    assert "queue-thereare = wait-position\n" in written
    assert "queue-callswaiting = wait-position_end\n" in written
    assert "periodic-announce = tip-ors\n" in written


def window(side: str, seconds: float) -> Window:
    return Window(side, 0, 500, 100.0, {"asterisk": seconds})


def test_what_waiting_costs_is_told_beyond_the_sounds_and_beside_app_queue() -> None:
    windows = [window("plain dialplan", 20), window("helpline", 22), window("app_queue", 40)]
    assert waiting_ratio(windows) == pytest.approx(0.1)
    [verdict] = verdicts(Results(waiting=windows))
    assert verdict.reached
    assert waiting_ratio([*windows[:2], window("app_queue", 19)]) is None


def test_too_few_measurements_do_not_reach_the_target() -> None:
    quick = (0.05,) * 999
    assert not verdicts(Results(freed=[Freed("helpline", quick, (400, 500))]))[0].reached
    assert verdicts(Results(freed=[Freed("helpline", (*quick, 0.06), (400, 500))]))[0].reached


def test_a_day_on_which_a_rule_was_broken_is_no_success() -> None:
    lived = simulate_app_queue(Day(calls=50, doctors=30), 1, "linear")
    outcome = Outcome(lived.figures, ("doctor-1 was rung while busy",), 10.0, "sqlite")
    in_time, unbroken = verdicts(Results(day=[outcome]))
    assert in_time.reached
    assert not unbroken.reached
    assert as_json(Results(day=[outcome]), "idle")["day"][0]["figures"]["calls"] == 50


def test_pool_and_plain_scan_agree_in_every_decision_that_both_make() -> None:
    timed = measure(DecisionPlan(doctors=150, waiting=40, decisions=60, scan_every=2), lambda _: None)
    came, freed, in_vain = (len(one.pool) for one in timed)
    assert (came, freed) == (60, 60)
    assert 0 < in_vain <= 60  # for the others somebody was free
    assert [len(one.scan) for one in timed] == [30, 30, 0]
