"""What Asterisk answers, read as events of a call, and how a wait is put to Asterisk."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import translation
from ivr.causes import offer_result
from ivr.events import DialEnded, Event, KeysCollected, LegEnded, PlaybackEnded, WaitLost
from ivr.state import Wait
from ivr.survey import survey_of
from ivr.wire_names import CommandName, commands_of, parse_command_name, probe_of, reading_of

AT = datetime(2021, 4, 30, 14, 30, tzinfo=UTC)


def read(part: str, result: str) -> Event | None:
    return translation.answer_of(CommandName("1619.7", 3, part), quote(result), AT)


@pytest.mark.parametrize(
    ("part", "result", "event"),
    [
        ("keys", "200 result=1 (OK:45)", KeysCollected(AT, "1619.7", 3, "45")),
        ("keys", "200 result=1 (TIMEOUT:4)", KeysCollected(AT, "1619.7", 3, "4")),
        ("keys", "200 result=1 (OK:)", KeysCollected(AT, "1619.7", 3, "")),
        ("keys", "200 result=1 (TIMEOUT:)", KeysCollected(AT, "1619.7", 3, None)),
        ("keys", "200 result=1 (:)", KeysCollected(AT, "1619.7", 3, None)),
        ("keys", "511 Command Not Permitted on a dead channel", None),
        ("keys", "HANGUP", None),
        ("played", "200 result=0", PlaybackEnded(AT, "1619.7", 3)),
        ("played", "200 result=-1", None),
        ("dialled", "200 result=1 (ANSWER:42)", DialEnded(AT, "1619.7", 3, "ANSWER", 42)),
        ("dialled", "200 result=1 (BUSY:)", DialEnded(AT, "1619.7", 3, "BUSY", 0)),
        ("dialled", "200 result=1 (:)", DialEnded(AT, "1619.7", 3, "UNKNOWN", 0)),
        ("step", "200 result=0", None),
        ("probe", "200 result=1 (OK:1)", KeysCollected(AT, "1619.7", 3, "1")),
        ("probe", "200 result=1 (TIMEOUT:)", WaitLost(AT, "1619.7", 3)),
        ("probe", "200 result=1 (OK:)", WaitLost(AT, "1619.7", 3)),
        ("probe", "200 result=1 (CHANUNAVAIL:)", DialEnded(AT, "1619.7", 3, "CHANUNAVAIL", 0)),
        ("probe", "200 result=0", WaitLost(AT, "1619.7", 3)),
    ],
)
def test_an_agi_answer_is_read_as_an_event(part: str, result: str, event: Event | None) -> None:
    assert read(part, result) == event


@given(st.text(max_size=60), st.sampled_from(["keys", "played", "dialled", "probe", "step"]))
def test_no_answer_whatever_raises(result: str, part: str) -> None:
    read(part, result)


@pytest.mark.parametrize("text", ["", "|", "1.2", "1.2|3", "1.2|x|keys", "|3|keys", "1.2|3|", "1.2|²|keys"])
def test_a_command_id_that_is_not_ours_is_nobody_s(text: str) -> None:
    assert parse_command_name(text) is None


@given(st.from_regex(r"[0-9a-z_.-]+", fullmatch=True), st.integers(0, 10**6), st.sampled_from(["keys", "played"]))
def test_a_command_id_is_read_back_by_the_next_controller(channel: str, seq: int, part: str) -> None:
    name = CommandName(channel, seq, part)
    assert parse_command_name(str(name)) == name


def test_a_question_is_a_read_whose_keys_stay_readable_and_its_name_is_on_the_last_command() -> None:
    wait = Wait(7, "ask", ("welcome", "menu.main"), 1, 5.0)
    assert [(str(name), command) for name, command in commands_of("P", wait)] == [
        ("P|7|step", "EXEC Read HELPLINE_KEYS_7,welcome&menu-main,1,,1,5"),
        ("P|7|keys", "GET FULL VARIABLE ${READSTATUS}:${HELPLINE_KEYS_7}"),
    ]
    assert probe_of("P", wait) == (CommandName("P", 7, "probe"), reading_of(wait))


def test_a_number_of_several_digits_waits_less_between_keys_than_for_the_first() -> None:
    ((_, command), _) = commands_of("P", Wait(1, "ask", ("age.ask",), 3, 6.0))
    assert command == "EXEC Read HELPLINE_KEYS_1,age-ask,3,,1,0"


def test_an_ambulance_is_rung_audibly_and_the_caller_stays_when_it_hangs_up() -> None:
    wait = Wait(2, "dial", ("ambulance.connecting",), target="108")
    assert [command for _, command in commands_of("P", wait, 45)] == [
        "EXEC Playback ambulance-connecting",
        "EXEC Dial PJSIP/108@trunk,45,gr",
        "GET FULL VARIABLE ${DIALSTATUS}:${ANSWEREDTIME}",
    ]


@pytest.mark.parametrize(("cause", "number"), [("16", 16), ("", 0), ("x", 0), ("²", 0)])
def test_a_hang_up_cause_that_is_no_number_is_unknown(cause: str, number: int) -> None:
    event = {"Cause": cause, "Cause-txt": "words"}
    assert translation.ended("P", event, AT) == LegEnded(AT, "P", number, "words")


@given(st.integers(0, 255))
def test_every_hang_up_cause_says_something_the_journal_knows(cause: int) -> None:
    assert offer_result(cause) in {"busy", "declined", "no_answer", "unreachable"}


def row(id: str, context: str, state: str = "6", bridge: str = "") -> dict[str, str]:
    return {"Uniqueid": id, "Context": context, "Exten": "104", "ChannelState": state, "BridgeId": bridge}


def test_a_channel_listing_tells_who_stands_where() -> None:
    survey = survey_of(
        [
            row("P", "caller"),
            row("Q", "caller", bridge="b"),
            row("R", "caller", state="4"),
            row("o1", "doctor"),
            row("o2", "doctor", state="5"),
            row("x", "down"),
        ]
    )
    assert survey.present == {"P", "Q", "R", "o1", "o2", "x"}
    assert survey.ours == {"P", "o1"}
    assert survey.bridged == {"Q"}
    assert [arrival.channel for arrival in survey.strangers(set())] == ["P"]
    assert survey.strangers({"P"}) == []
