"""What a patient hears on the smallest helpline, key by key."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Bridged, BridgeEnded, Keyed, NobodyFree, Placed, Played, Served, Silent, TransferEnded
from tests.unit.flows.conftest import Caller, Dials

MENU = ("menu.main", "menu.heart", "menu.neuro", "menu.skin", "menu.maternity", "menu.child", "menu.more")


def key(digits: str) -> Keyed:
    return Keyed(digits)


def waits_until_told(caller: Caller) -> Caller:
    """From the search's beginning to just after the announcement that nobody is free."""
    return caller.meets(Silent(), NobodyFree("all_busy"), Silent())


def test_the_call_begins_with_a_welcome_the_ambulance_and_the_menu(dials: Dials) -> None:
    assert dials().heard == ("welcome", "ambulance.hint", *MENU)


@pytest.mark.parametrize(
    ("pressed", "category"),
    [("1", "fever"), ("2", "heart"), ("3", "neuro"), ("4", "skin"), ("5", "maternity"), ("6", "child")],
)
def test_a_category_leads_over_the_age_to_its_doctors(dials: Dials, pressed: str, category: str) -> None:
    caller = dials().meets(key(pressed))
    assert caller.heard == ("age.ask",)
    assert caller.meets(key("45")).heard == ("seek.start",)
    assert caller.sought == [category]
    assert caller.notes("menu.choice") == [{"node": "main", "choice": category}]
    assert caller.notes("answer.given") == [{"name": "age", "value": 45, "unit": "years"}]


def test_the_welcome_is_said_once_a_call(dials: Dials) -> None:
    assert dials().meets(key("1"), key("*"), key("9")).heard == MENU


def test_a_wrong_key_twice_repeats_the_menu_and_the_third_leads_to_the_general_doctor(dials: Dials) -> None:
    caller = dials().meets(key("#"))
    assert caller.heard == ("menu.wrong", *MENU)
    assert caller.meets(key("*")).heard == MENU  # repeating is no mistake
    assert caller.meets(key("A")).heard == ("menu.wrong", *MENU)
    assert caller.meets(key("A")).heard == ("menu.to_general", "seek.start")
    assert caller.sought == ["general"]


def test_silence_twice_repeats_the_menu_and_the_third_leads_to_the_general_doctor(dials: Dials) -> None:
    caller = dials().meets(Silent())
    assert caller.heard == ("menu.silence", *MENU)
    assert caller.meets(Silent()).heard == ("menu.silence", *MENU)
    assert caller.meets(Silent()).heard == ("menu.to_general", "seek.start")
    assert caller.sought == ["general"]
    assert caller.notes("input.silent") == [{"node": "main"}] * 3


def test_silence_and_wrong_keys_count_together(dials: Dials) -> None:
    assert dials().meets(Silent(), key("A"), Silent()).heard == ("menu.to_general", "seek.start")


def test_a_lone_hash_at_the_menu_counts_as_silence(dials: Dials) -> None:
    assert dials().meets(key("")).heard == ("menu.silence", *MENU)


def test_zero_leads_to_a_helper_without_asking_the_age(dials: Dials) -> None:
    caller = dials().meets(key("0"))
    assert caller.heard == ("helper.connecting",)
    assert caller.meets(Played()).heard == ("seek.start",)
    assert caller.sought == ["general"]


@pytest.mark.parametrize(("keyed", "age"), [("0", 0), ("000", 0), ("7", 7), ("007", 7), ("120", 120)])
def test_an_age_from_0_to_120_is_taken(dials: Dials, keyed: str, age: int) -> None:
    caller = dials().meets(key("1"), key(keyed))
    assert caller.state.answers["age"] == str(age)
    assert caller.sought == ["fever"]


@pytest.mark.parametrize("keyed", ["121", "999", "0045", "9" * 5000, "४५", "4 5", "-1", "A"])
def test_what_is_no_age_is_asked_again_and_given_up_the_third_time(dials: Dials, keyed: str) -> None:
    caller = dials().meets(key("1"), key(keyed))
    assert caller.heard == ("age.wrong", "age.ask")
    assert caller.meets(key(keyed), key(keyed)).heard == ("age.skipped", "seek.start")
    assert "age" not in caller.state.answers
    assert caller.sought == ["fever"]


def test_silence_at_the_age_is_asked_again_and_given_up_the_third_time(dials: Dials) -> None:
    caller = dials().meets(key("1"), Silent())
    assert caller.heard == ("age.silence", "age.ask")
    assert caller.meets(key(""), Silent()).heard == ("age.skipped", "seek.start")


@pytest.mark.parametrize("keyed", ["*", "4*", "*45"])
def test_a_star_anywhere_in_the_age_leads_to_the_help_menu(dials: Dials, keyed: str) -> None:
    caller = dials().meets(key("1"), key(keyed))
    assert caller.heard == ("help.menu",)
    assert caller.meets(key("1")).heard == ("age.ask",)


@pytest.mark.parametrize(
    ("pressed", "heard"), [("8", "ambulance.confirm"), ("9", "menu.main"), ("0", "helper.connecting")]
)
def test_the_keys_that_count_everywhere_count_in_the_help_menu(dials: Dials, pressed: str, heard: str) -> None:
    assert dials().meets(key("1"), key("*"), key(pressed)).heard[:1] == (heard,)


@pytest.mark.parametrize("confirmation", [key("1"), key("8"), Silent()])
def test_the_ambulance_is_confirmed_once_by_one_eight_or_silence(dials: Dials, confirmation: Keyed | Silent) -> None:
    caller = dials().meets(key("8"))
    assert caller.heard == ("ambulance.confirm",)
    caller.meets(confirmation)
    assert caller.last[-1] == do.Transfer("ambulance", ("ambulance.connecting",))


@pytest.mark.parametrize("pressed", ["2", "9", "0", "A"])
def test_any_other_key_at_the_confirmation_costs_no_ambulance(dials: Dials, pressed: str) -> None:
    caller = dials().meets(key("8"), key(pressed))
    assert caller.heard == MENU
    assert not [command for command in caller.all if isinstance(command, do.Transfer)]


def test_after_the_ambulance_the_call_ends_with_a_goodbye(dials: Dials) -> None:
    caller = dials().meets(key("8"), key("1"), TransferEnded(True))
    assert caller.heard == ("goodbye.patient",)
    assert caller.meets(Played()).last == (do.HangUp(),)
    assert caller.state.ended


def test_an_ambulance_that_cannot_be_reached_leads_to_a_general_doctor(dials: Dials) -> None:
    caller = dials().meets(key("8"), key("1"), TransferEnded(False))
    assert caller.heard == ("ambulance.failed", "seek.start")
    assert caller.sought == ["general"]


def test_who_waits_hears_music_from_the_end_of_the_first_sentence(dials: Dials) -> None:
    caller = dials().meets(key("0"), Played(), Silent())
    assert caller.music
    assert caller.heard == ()


def test_nobody_free_is_told_at_the_end_of_the_stretch_of_music_and_then_the_music_goes_on(dials: Dials) -> None:
    caller = dials().meets(key("0"), Played(), Silent(), NobodyFree("all_busy"))
    assert caller.last == ()
    assert caller.meets(Silent()).heard == ("seek.busy", "wait.keys")
    assert caller.music


def test_place_and_wait_are_told_and_then_every_45_seconds_with_a_tip_between(dials: Dials) -> None:
    caller = dials().meets(key("0"), Played(), Silent(), NobodyFree(), Placed(3, "5"), Silent())
    assert caller.heard == ("seek.busy", *place("3", "wait.about", "=minutes:5"), "wait.keys")
    assert caller.notes("wait.told") == [{"position": 3, "wait": "5"}]
    seconds = of_the_wait(caller)
    assert caller.meets(Placed(2, "3"), Silent()).heard == ("tip.hands",)
    seconds += of_the_wait(caller)
    assert seconds == 45
    assert caller.meets(Silent()).heard == (*place("2", "wait.about", "=minutes:3"), "wait.keys")
    assert caller.meets(Silent()).heard == ("tip.ors",)
    assert len(caller.notes("wait.told")) == 1


@pytest.mark.parametrize(("wait", "said"), [("long", "wait.long"), ("", "wait.unknown")])
def test_a_wait_that_is_long_or_not_known_is_called_so(dials: Dials, wait: str, said: str) -> None:
    caller = dials().meets(key("0"), Played(), Silent(), NobodyFree(), Placed(1, wait), Silent())
    assert caller.heard == ("seek.busy", *place("1", said), "wait.keys")


def test_no_tip_is_told_twice_before_all_were_told(dials: Dials) -> None:
    caller = waits_until_told(dials().meets(key("0"), Played()))
    heard = [prompt for _ in range(24) for prompt in caller.meets(Silent()).heard if prompt.startswith("tip.")]
    assert len(set(heard[:6])) == 6
    assert heard[6:] == heard[:6]


def test_a_star_repeats_the_announcement(dials: Dials) -> None:
    caller = waits_until_told(dials().meets(key("0"), Played())).meets(key("*"))
    assert caller.heard == ("seek.busy", "wait.keys")


def test_what_is_heard_in_a_queue_needs_saving_now_and_then_only(dials: Dials) -> None:
    """Hundreds wait: a successor that begins with an earlier announcement loses nothing."""
    caller = waits_until_told(dials().meets(key("0"), Played()))
    saved = [not caller.last[-1].passing]  # type: ignore[union-attr]
    for _ in range(15):
        caller.meets(Silent())
        saved.append(not caller.last[-1].passing)  # type: ignore[union-attr]
        assert all(isinstance(command, do.Ask) for command in caller.last)
    assert saved == ([True] + [False] * 7) * 2


def test_nobody_on_duty_is_said_apart_with_the_next_opening(dials: Dials) -> None:
    """Endless ringing with nobody on duty."""
    caller = dials().meets(key("2"), key("45"), NobodyFree("nobody_on_duty"), Silent())
    assert caller.asked == [("next_opening", {"category": "heart", "skill": ""})]
    caller.meets(Served("found", {"opens_day": "today", "opens_on": "", "opens_at": "16:00"}))
    assert caller.heard[:5] == ("seek.nobody", "nobody.doctors", "when.today", "=time:16:00", "nobody.there")
    assert do.StopSeeking() not in caller.all
    caller.meets(Silent())
    assert caller.music
    assert caller.heard == ()
    assert caller.meets(Silent()).heard == ("tip.hands",)
    assert caller.meets(Silent()).heard == ("seek.nobody", "wait.keys")


def test_who_finds_the_queue_full_is_told_so_and_called_back(dials: Dials) -> None:
    caller = dials().meets(key("2"), key("45"), NobodyFree("queue_full"), NobodyFree("all_busy"), Silent())
    assert caller.heard == ("queue.full",)
    assert do.StopSeeking() in caller.last
    assert caller.meets(key("1")).heard == ("callback.stored",)


def place(position: str, *wait: str) -> tuple[str, ...]:
    return ("wait.position", f"=position:{position}", "wait.position_end", *wait)


def of_the_wait(caller: Caller) -> float:
    ask = caller.last[-1]
    assert isinstance(ask, do.Ask)
    return ask.seconds


def test_one_leaves_a_callback_request_once_it_was_offered(dials: Dials) -> None:
    caller = waits_until_told(dials().meets(key("2"), key("45")))
    caller.meets(key("1"))
    assert [command for command in caller.last if not isinstance(command, do.Note)] == [
        do.StopSeeking(),
        do.RequestCallback("heart"),
        do.Play(("callback.stored",)),
    ]
    assert caller.meets(Played()).last == (do.HangUp(),)


def test_one_means_nothing_before_the_callback_was_offered(dials: Dials) -> None:
    caller = dials().meets(key("2"), key("45"), key("1"))
    assert caller.music
    assert not [command for command in caller.all if isinstance(command, do.RequestCallback)]


def test_a_withheld_number_cannot_be_called_back_and_goes_on_waiting(dials: Dials) -> None:
    caller = waits_until_told(dials(withheld=True).meets(key("2"), key("45"))).meets(key("1"))
    assert caller.heard == ("callback.impossible", "seek.start")
    assert caller.sought == ["heart", "heart"]
    assert not [command for command in caller.all if isinstance(command, do.RequestCallback)]


@pytest.mark.parametrize(
    ("pressed", "heard"), [("8", "ambulance.confirm"), ("9", "menu.main"), ("0", "helper.connecting")]
)
def test_who_waits_can_always_leave_for_the_ambulance_the_menu_or_a_helper(
    dials: Dials, pressed: str, heard: str
) -> None:
    caller = dials().meets(key("2"), key("45"), Silent(), key(pressed))
    assert caller.heard[:1] == (heard,)
    assert do.StopSeeking() in caller.last


def test_a_key_without_meaning_leaves_the_waiting_caller_in_the_music(dials: Dials) -> None:
    assert dials().meets(key("2"), key("45"), Silent(), key("5")).music


def test_a_caller_for_whom_nobody_comes_in_half_an_hour_is_called_back(dials: Dials) -> None:
    caller = waits_until_told(dials().meets(key("2"), key("45")))
    seconds = 0.0
    while not isinstance(caller.last[-1], do.Play):
        seconds += of_the_wait(caller)
        caller.meets(Silent())
        assert seconds < 3600
    assert caller.heard == ("callback.stored",)
    assert 25 * 60 < seconds < 40 * 60


def test_after_the_talk_the_patient_hears_a_goodbye(dials: Dials) -> None:
    caller = dials().meets(key("2"), key("45"), Silent(), Bridged())
    assert caller.last == ()
    assert caller.meets(BridgeEnded()).heard == ("goodbye.doctor_left",)
    assert do.StopSeeking() not in caller.last
    assert caller.meets(Played()).last == (do.HangUp(),)
