"""Who is called back when: a table of moments, and days of random requests in which nobody may be forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from routing.agenda import (
    IN_TURN,
    MISSED_CALL,
    SPARE,
    URGENT,
    AgendaRules,
    Order,
    Outcome,
    Plan,
    Request,
    Turns,
    View,
    after,
    due_at,
    in_order,
    is_over,
    plan,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RULES = AgendaRules()
KOLKATA = AgendaRules(zone=ZoneInfo("Asia/Kolkata"))
FREE = View(Turns(3))
BUSY = View(Turns(3), live_waiting=4)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def request(id: str, asked: datetime = NOON, **fields: object) -> Request:
    usual = {"number": f"+9198{id:0>8}", "category": "fever", "place": asked, "expires_at": asked + RULES.lasts}
    return Request(id=id, requested_at=asked, **(usual | fields))  # type: ignore[arg-type]


def planned(*requests: Request, at: datetime = NOON, view: View = FREE, rules: AgendaRules = RULES) -> Plan:
    return plan(requests, at, rules, view)


# --- the order --------------------------------------------------------------------------------------------------------


def test_the_urgent_go_first_and_among_equals_the_oldest_place() -> None:
    late, early = request("1", place=NOON), request("2", place=NOON - minutes(5))
    child = request("3", priority="child", place=NOON + minutes(1))
    danger = request("4", priority=URGENT, place=NOON + minutes(2))
    assert [each.id for each in in_order([late, early, child, danger])] == ["4", "3", "2", "1"]


def test_a_place_kept_from_an_earlier_call_counts_not_when_the_request_was_stored() -> None:
    first = request("1", asked=NOON, place=NOON - minutes(20))
    assert [r.id for r in in_order([request("2", asked=NOON - minutes(10)), first])] == ["1", "2"]


# --- live callers and callbacks ---------------------------------------------------------------------------------------


def test_where_nobody_waits_callbacks_are_everybodys_turn() -> None:
    assert planned(request("1"), request("2")).search == {"1": IN_TURN, "2": IN_TURN}


def test_while_live_callers_wait_a_callback_gets_whom_nobody_else_wants() -> None:
    assert planned(request("1"), request("2"), view=BUSY).search == {"1": SPARE, "2": SPARE}


def test_when_it_is_their_turn_the_first_goes_before_live_callers_and_only_the_first() -> None:
    due = replace(BUSY, turns=Turns(3, 2))
    assert planned(request("1"), request("2"), view=due).search == {"1": IN_TURN, "2": SPARE}


def test_an_emergency_waits_for_nobodys_turn() -> None:
    assert planned(request("1", priority=URGENT), view=BUSY).search == {"1": URGENT}


def test_one_whom_nobody_can_serve_holds_up_only_those_who_want_the_same() -> None:
    hopeless = [request(str(n), category="skin", place=NOON - minutes(60)) for n in range(1, 40)]
    assert "99" in planned(*hopeless, request("99")).search


def test_patient_first_rings_as_many_as_doctors_are_free() -> None:
    rules = replace(RULES, order="patient_first")
    view = replace(FREE, free={("fever", ()): 2})
    many = [request(str(n)) for n in range(1, 6)]
    assert planned(*many, rules=rules, view=view).ring == ("1", "2")
    assert planned(*many, rules=rules, view=replace(view, rung=[("fever", ())])).ring == ("1",)
    assert planned(*many, rules=rules, view=replace(view, free={})).ring == ()  # nobody is on duty


def test_patient_first_rings_one_in_its_turn_while_live_callers_wait() -> None:
    rules = replace(RULES, order="patient_first")
    view = View(Turns(3, 2), live_waiting=9, free={("fever", ()): 0})
    assert planned(request("1"), request("2"), rules=rules, view=view).ring == ("1",)
    assert planned(request("1"), rules=rules, view=replace(view, turns=Turns(3, 1))).ring == ()
    assert planned(request("2"), rules=rules, view=replace(view, rung=[("fever", ())])).ring == ()


def test_a_barred_number_is_not_rung_and_its_request_comes_to_its_end() -> None:
    barred = replace(FREE, barred=frozenset({request("1").number}))
    for one in (request("1"), request("1", kind=MISSED_CALL)):
        assert [*planned(one).search, *planned(one).ring] == ["1"]
        assert (planned(one, view=barred).search, planned(one, view=barred).ring) == ({}, ())
    assert planned(request("1", expires_at=NOON), view=barred).expire == ("1",)


def test_a_missed_call_is_rung_at_once_whoever_waits() -> None:
    assert planned(request("1", kind=MISSED_CALL), view=BUSY).ring == ("1",)


# --- when -------------------------------------------------------------------------------------------------------------


def test_whoever_is_on_the_line_with_us_is_not_rung() -> None:
    asked = request("1")
    busy = replace(FREE, busy=frozenset({asked.number}))
    assert planned(asked, view=busy) == Plan({}, (), (), asked.expires_at)


def test_what_is_being_tried_is_not_planned_again() -> None:
    assert planned(request("1", attempt="call-1")).search == {}


def test_at_night_nobody_is_rung_but_who_asked_within_the_hour() -> None:
    asked = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 20:30 in Kolkata
    ten, one_at_night = asked + minutes(100), asked + minutes(270)
    morning = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)  # 07:00
    assert due_at(request("1", asked), ten, KOLKATA) == morning
    assert due_at(request("1", asked, next_try_at=one_at_night), asked, KOLKATA) == morning
    just_now = request("2", asked=ten - minutes(10))
    assert due_at(just_now, ten, KOLKATA) <= ten
    assert due_at(just_now, ten + minutes(55), KOLKATA) == morning


def test_a_callback_from_a_closed_line_waits_for_the_opening() -> None:
    opens = NOON + timedelta(hours=21)
    booked = request("1", next_try_at=opens, kind="closed", expires_at=opens + RULES.lasts)
    assert planned(booked).search == {}
    assert planned(booked).next_at == opens
    assert planned(booked, at=opens).search == {"1": IN_TURN}


def test_what_has_lasted_too_long_is_over() -> None:
    old = request("1")
    assert planned(old, at=NOON + RULES.lasts).expire == ("1",)
    assert planned(replace(old, attempt="call-1"), at=NOON + RULES.lasts).expire == ()


# --- what follows from an attempt -------------------------------------------------------------------------------------


def test_three_tries_are_spaced_and_then_the_place_is_kept_for_one_pause_more() -> None:
    asked, at, moments = request("1"), NOON, []
    for _ in range(3):
        then = after(asked, "no_answer", at, RULES)
        assert then.next_try_at is not None
        moments.append(then.next_try_at - at)
        asked = replace(asked, tries=then.tries, next_try_at=then.next_try_at, expires_at=then.expires_at)
        at = then.next_try_at
    assert (asked.tries, moments) == (3, [minutes(2), minutes(10), minutes(30)])
    assert planned(asked, at=at) == Plan({}, (), ("1",), None)


def test_an_attempt_that_rang_nowhere_is_no_try() -> None:
    for outcome in ("lost", "not_rung", "unreachable"):
        then = after(request("1"), outcome, NOON, RULES)
        assert (then.state, then.tries) == ("open", 0)
        assert then.next_try_at == max(then.next_try_at or NOON, NOON + timedelta(seconds=1))


def test_a_talk_ends_it_and_so_does_who_needs_it_no_more() -> None:
    assert after(request("1"), "talked", NOON, RULES).state == "done"
    assert after(request("1"), "not_needed", NOON, RULES).state == "withdrawn"


# --- days of requests -------------------------------------------------------------------------------------------------

_OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    ("no_answer", "busy", "unconfirmed", "left", "talked", "lost", "unreachable", "not_rung")
)
_ASKED = st.lists(
    st.tuples(st.integers(0, 600), st.sampled_from(["", "child", URGENT]), st.sampled_from(["fever", "skin"])),
    min_size=1,
    max_size=8,
)


@given(_ASKED, st.data(), st.sampled_from(["doctor_first", "patient_first"]), st.booleans())
def test_nobody_is_forgotten_tried_more_than_three_times_or_kept_beyond_the_end(
    asked: list[tuple[int, str, str]], data: st.DataObject, order: Order, live: bool
) -> None:
    rules = replace(KOLKATA, order=order)
    open_ = {str(n): request(str(n), NOON + minutes(m), priority=p, category=c) for n, (m, p, c) in enumerate(asked, 1)}
    rang: dict[str, int] = dict.fromkeys(open_, 0)
    turns = Turns(rules.share)
    at = NOON
    for _ in range(2000):
        if not open_:
            break
        free = {request.group: 1 for request in open_.values()}
        view = View(turns, int(live), free=free)
        arrived = [each for each in open_.values() if each.requested_at <= at]
        decided = plan(arrived, at, rules, view)
        for over in decided.expire:
            assert is_over(open_.pop(over), at)
        # A doctor becomes free: callbacks in their turn get them, else a live caller does.
        first = [id for id, p in decided.search.items() if p != SPARE or not live] + list(decided.ring)
        if first:
            chosen = first[0]
            outcome: Outcome = data.draw(_OUTCOMES)
            rang[chosen] += outcome in ("no_answer", "busy", "unconfirmed", "left", "talked")
            assert rang[chosen] <= len(rules.spacing)
            then = after(open_[chosen], outcome, at, rules)
            if then.state == "open":
                open_[chosen] = replace(
                    open_[chosen], tries=then.tries, next_try_at=then.next_try_at, expires_at=then.expires_at
                )
            else:
                del open_[chosen]
            if open_.get(chosen, request("0")).priority != URGENT:
                turns = turns.callback_served(beside_live=live)
        elif live:
            turns = turns.live_served()
        at += minutes(1)
    assert open_ == {}


@given(st.lists(st.booleans(), min_size=50, max_size=300))
def test_callbacks_neither_starve_live_callers_nor_are_starved_by_them(both_wait: list[bool]) -> None:
    """Wherever both wait for a stretch, a callback gets one doctor in three: not less, and not more."""
    turns, served = Turns(3), []
    for both in both_wait:
        if both:
            served.append("callback" if turns.due else "live")
            turns = turns.callback_served(True) if turns.due else turns.live_served()
        else:  # nobody but callbacks waits: whoever gets a doctor takes nothing from anybody
            turns = turns.callback_served(beside_live=False)
    for start in range(len(served) - 2):
        assert served[start : start + 3].count("callback") == 1
