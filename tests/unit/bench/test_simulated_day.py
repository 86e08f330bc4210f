"""The crowd of a simulated day, the model of app_queue, and the figures that are made of a day."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.routing.app_queue import STRATEGIES, AppQueue
from bench.routing.crowd import Answer, Crowd, Patient, Volunteer, answer, draw
from bench.routing.day import Day, moment, seconds_at
from bench.routing.tally import figures, gini
from bench.routing.virtual_time import VirtualTime

SMALL = Day(calls=600, doctors=80)


def patient(index: int, at: float, **changes: object) -> Patient:
    plain = Patient(index, at, "fever", "hi", "district-00", "", "", math.inf, math.inf, 100.0, 1.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def volunteer(index: int, **changes: object) -> Volunteer:
    plain = Volunteer(index, ("fever",), ("hi",), (), "female", (0.0, 9_000.0), math.inf, 0.0, 0.0, False)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_people_and_another_one_others() -> None:
    assert draw(SMALL, 7) == draw(SMALL, 7)
    assert draw(SMALL, 7) != draw(SMALL, 8)


def test_callers_come_in_order_and_most_of_them_before_noon_and_at_dusk() -> None:
    patients = draw(Day(), 1).patients
    assert len(patients) == 50_000
    assert [one.at for one in patients] == sorted(one.at for one in patients)
    hours = [int(one.at // 3600) for one in patients]
    assert hours.count(10) > 1.3 * hours.count(14) > 10 * hours.count(3)
    assert hours.count(18) > hours.count(14)


def test_a_talk_lasts_three_and_a_half_minutes_in_the_middle_of_all() -> None:
    talks = sorted(one.talk for one in draw(Day(calls=20_000), 1).patients)
    assert talks[10_000] == pytest.approx(210, rel=0.03)


def test_a_doctor_does_the_same_with_a_call_whoever_offers_it_and_not_always_the_same() -> None:
    crowd = draw(SMALL, 3)
    doctor = next(one for one in crowd.volunteers if one.unanswered > 0.2 and not one.dead)
    heard = [answer(crowd, doctor, one, 0.0, 20.0) for one in crowd.patients]
    assert heard == [answer(crowd, doctor, one, 0.0, 20.0) for one in crowd.patients]
    kinds = [said.kind for said in heard]
    assert 0.6 < kinds.count("accepted") / len(kinds) < 0.9


def test_who_has_left_the_phone_does_not_answer_it_and_a_dead_number_is_known_at_once() -> None:
    crowd = draw(SMALL, 3)
    somebody = crowd.patients[0]
    assert answer(crowd, volunteer(0, gone_from=50.0), somebody, 60.0, 20.0) == Answer("no_answer", 20.0)
    assert answer(crowd, volunteer(0, dead=True), somebody, 60.0, 20.0).kind == "unreachable"


def test_virtual_time_does_what_is_due_in_its_order() -> None:
    done: list[tuple[float, str]] = []
    time = VirtualTime()

    def write(word: str) -> None:
        done.append((time.now, word))

    def write_and_ask() -> None:
        write("first")
        time.at(1, lambda: write("late, so now"))

    time.at(5, lambda: write("later"))
    time.at(3, write_and_ask)
    time.at(3, lambda: write("second"))
    time.run()
    assert done == [(3, "first"), (3, "second"), (3, "late, so now"), (5, "later")]


def test_moments_of_the_day_are_the_deployments() -> None:
    assert seconds_at(moment(3_600.5)) == 3_600.5
    assert moment(0).astimezone().utcoffset() is not None


@pytest.mark.parametrize(
    ("values", "expected"), [([4, 4, 4], 0.0), ([0, 0, 0, 8], 0.75), ([], 0.0), ([0, 0], 0.0), ([1, 3], 0.25)]
)
def test_gini_says_how_unevenly_something_is_shared(values: list[float], expected: float) -> None:
    assert gini(values) == pytest.approx(expected)


# --- the model of app_queue -----------------------------------------------------------------------------------------


def small_crowd(patients: list[Patient], volunteers: list[Volunteer]) -> Crowd:
    return Crowd(1, tuple(patients), tuple(volunteers))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_whatever_the_strategy_every_caller_ends_once(strategy: str) -> None:
    crowd = draw(SMALL, 5)
    tally = AppQueue(SMALL, crowd, strategy).run()
    assert tally.problems == []
    assert sorted(tally.ends) == list(range(SMALL.calls))
    assert tally.offers["accepted"] == tally.talks == sum(tally.calls_of.values())


def test_a_member_who_does_not_answer_is_rung_again_by_leastrecent_and_not_by_rrmemory() -> None:
    asleep = volunteer(0, gone_from=0.0)
    crowd = small_crowd([patient(n, 100.0 + 400 * n) for n in range(10)], [asleep, volunteer(1), volunteer(2)])
    again = AppQueue(Day(), crowd, "leastrecent").run().offers["no_answer"]
    in_turn = AppQueue(Day(), crowd, "rrmemory").run().offers["no_answer"]
    assert again >= 8
    assert in_turn <= 5


def test_the_second_of_two_callers_waits_for_the_next_look_after_a_member_became_free() -> None:
    crowd = small_crowd([patient(0, 100.0), patient(1, 110.25)], [volunteer(0)])
    day = Day(wrap_up_seconds=30)
    tally = AppQueue(day, crowd, "leastrecent").run()
    first = answer(crowd, crowd.volunteers[0], crowd.patients[0], 100.0, 20.0).after
    freed = 100.0 + first + 100.0 + 30.0
    looks = math.ceil(freed - 110.25) + 110.25
    second = answer(crowd, crowd.volunteers[0], crowd.patients[1], looks, 20.0).after
    assert tally.waits == pytest.approx([first, looks + second - 110.25])


def test_with_ringall_all_are_rung_and_one_of_them_talks() -> None:
    crowd = small_crowd([patient(0, 100.0)], [volunteer(n) for n in range(5)])
    tally = AppQueue(Day(), crowd, "ringall").run()
    assert tally.offers == {"accepted": 1, "withdrawn": 4}


def test_figures_of_a_day() -> None:
    crowd = small_crowd([patient(0, 100.0), patient(1, 100.0, patience=8.0)], [volunteer(0)])
    found = figures(AppQueue(Day(), crowd, "linear").run())
    assert found.calls == 2
    assert (found.answered, found.abandoned, found.called_back) == (0.5, 0.5, 0.0)
    assert (found.within_20, found.gini, found.offers_per_talk, found.own_language) == (0.5, 0.0, 1.0, 1.0)
