"""What Asterisk answers, read as events of a call, and how a wait is put to Asterisk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import translation
from ivr.causes import offer_result
from ivr.events import DialEnded, Event, KeysCollected, LegEnded, MessageRecorded, PlaybackEnded, WaitLost
from ivr.state import Wait
from ivr.survey import survey_of
from ivr.wire_names import CommandName, commands_of, longest_seconds, parse_command_name, probe_of, reading_of, skipping

Kind = Literal["ask", "play", "dial", "record"]
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
        ("recorded", "200 result=1 (DTMF:48044:/d/call-1-3)", MessageRecorded(AT, "1619.7", 3, "call-1-3.wav", 3.0)),
        ("recorded", "200 result=1 (SILENCE:44:/d/call-1-3)", MessageRecorded(AT, "1619.7", 3, None, 0.0)),
        ("recorded", "200 result=1 (SILENCE:17644:/d/call-1-3)", MessageRecorded(AT, "1619.7", 3, None, 0.0)),
        ("recorded", "200 result=1 (ERROR::)", MessageRecorded(AT, "1619.7", 3, None, 0.0)),
        ("recorded", "200 result=1 (DTMF:48044:/d/call-1-2)", MessageRecorded(AT, "1619.7", 3, None, 0.0)),
        ("step", "200 result=0", None),
        ("probe", "200 result=1 (OK:1)", KeysCollected(AT, "1619.7", 3, "1")),
        ("probe", "200 result=1 (TIMEOUT:)", WaitLost(AT, "1619.7", 3)),
        ("probe", "200 result=1 (OK:)", WaitLost(AT, "1619.7", 3)),
        ("probe", "200 result=1 (CHANUNAVAIL:)", DialEnded(AT, "1619.7", 3, "CHANUNAVAIL", 0)),
        ("probe", "200 result=1 (DTMF:16044:/d/call-1-3)", MessageRecorded(AT, "1619.7", 3, "call-1-3.wav", 1.0)),
        ("probe", "200 result=1 (DTMF:16044:/d/call-1-2)", WaitLost(AT, "1619.7", 3)),
        ("probe", "200 result=0", WaitLost(AT, "1619.7", 3)),
    ],
)
def test_an_agi_answer_is_read_as_an_event(part: str, result: str, event: Event | None) -> None:
    assert read(part, result) == event


@given(st.text(max_size=60), st.sampled_from(["keys", "played", "dialled", "recorded", "probe", "step"]))
def test_no_answer_whatever_raises(result: str, part: str) -> None:
    read(part, result)


@pytest.mark.parametrize("text", ["", "|", "1.2", "1.2|3", "1.2|x|keys", "|3|keys", "1.2|3|", "1.2|²|keys"])
def test_a_command_id_that_is_not_ours_is_nobody_s(text: str) -> None:
    assert parse_command_name(text) is None


@given(st.from_regex(r"[0-9a-z_.-]+", fullmatch=True), st.integers(0, 10**6), st.sampled_from(["keys", "played"]))
def test_a_command_id_is_read_back_by_the_next_controller(channel: str, seq: int, part: str) -> None:
    name = CommandName(channel, seq, part)
    assert parse_command_name(str(name)) == name


def lines(wait: Wait, recording: str = "") -> list[str]:
    return [f"{name.part}: {command}" for name, command in commands_of("P", wait, 45, recording)]


def test_a_question_goes_on_sounding_while_it_waits_and_its_key_stays_readable() -> None:
    wait = Wait(7, "ask", ("welcome", "menu.main"), 1, 5.0)
    listening = "listen&listen&listen&listen&listen"
    assert lines(wait) == [
        "step: EXEC ExecIf ${LEN(${HELPLINE_EARLY_6})}?Set(HELPLINE_KEYS_7_1=${HELPLINE_EARLY_6})"
        f":Read(HELPLINE_KEYS_7_1,welcome&menu-main&{listening},1,,1,0.3)",
        "keys: GET FULL VARIABLE ${READSTATUS}:${HELPLINE_KEYS_7_1}",
        "step: EXEC Read HELPLINE_EARLY_7,,1,,1,0.1",
        "step: EXEC PlayTones patience",
    ]
    assert probe_of("P", wait) == (CommandName("P", 7, "probe"), reading_of(wait))


def test_a_number_is_read_key_by_key_so_that_each_is_answered_by_a_sound() -> None:
    first, second, third, result, seam, _ = lines(Wait(1, "ask", ("age.ask",), 3, 6.0))
    assert first.endswith(":Read(HELPLINE_KEYS_1_1,age-ask&listen&listen&listen&listen&listen&listen,1,,1,0.3)")
    assert second == (
        "step: EXEC ExecIf ${LEN(${FILTER(0-9,${HELPLINE_KEYS_1_1})})}"
        "?Read(HELPLINE_KEYS_1_2,listen&listen&listen&listen,1,,1,0.3)"
    )
    assert third == second.replace("1_2", "1_3").replace("1_1", "1_2")
    assert result == (
        "keys: GET FULL VARIABLE ${READSTATUS}:${HELPLINE_KEYS_1_1}${HELPLINE_KEYS_1_2}${HELPLINE_KEYS_1_3}"
    )
    # A star ends the number, and a # right behind it is no answer to the help.
    keys = "${HELPLINE_KEYS_1_1}${HELPLINE_KEYS_1_2}${HELPLINE_KEYS_1_3}"
    assert seam == f"step: EXEC Read HELPLINE_EARLY_1,,1,,1,${{IF(${{LEN(${{FILTER(*,{keys})}})}}?0.4:0.1)}}"


def test_music_is_waited_with_as_it_is_and_nothing_rings_after_it() -> None:
    first, *rest = lines(Wait(3, "ask", (), 1, 5.0, music=True))
    assert first.endswith(":Read(HELPLINE_KEYS_MUSIC,,1,,1,5)")
    assert [line.split(":")[0] for line in rest] == ["keys", "step"]


def test_what_was_queued_before_a_talk_does_not_begin_after_it() -> None:
    for wait in (Wait(3, "ask", ("seek.busy",), 1, 20.0, music=True), Wait(3, "ask", ("age.ask",), 1, 5.0)):
        reads = [line for line in lines(wait) if ":Read(" in line]
        variable, value = skipping(wait.seq)
        assert value
        assert reads
        assert [line for line in reads if f"${{{variable}}}" not in line.split("?")[0]] == []


def test_after_an_announcement_the_music_plays_for_the_rest_unless_a_key_was_pressed() -> None:
    first, *rest = lines(Wait(3, "ask", ("seek.busy",), 1, 20.0, music=True))
    assert first.endswith(":Read(HELPLINE_KEYS_MUSIC,seek-busy,1,,1,0.3)")
    assert rest[:3] == [
        "step: SET MUSIC ON",
        "step: EXEC ExecIf ${LEN(${HELPLINE_KEYS_MUSIC}${HELPLINE_EARLY_2})}?NoOp():Read(HELPLINE_KEYS_MUSIC,,1,,1,20)",
        "keys: GET FULL VARIABLE ${READSTATUS}:${HELPLINE_KEYS_MUSIC}",
    ]


def test_a_part_of_a_second_is_waited_for_without_a_sound() -> None:
    first, *_ = lines(Wait(3, "ask", ("seek.busy",), 1, 0.4))
    assert first.endswith(":Read(HELPLINE_KEYS_3_1,seek-busy,1,,1,0.4)")


def test_a_message_is_recorded_after_a_beep_into_the_file_that_was_named() -> None:
    wait = Wait(4, "record", ("message.ask",), seconds=60)
    assert lines(wait, '/data,"new"/recordings/call-1-4') == [
        "step: EXEC Playback message-ask",
        "step: EXEC PlayTones !1400/250",
        "step: EXEC Wait 0.3",
        "step: EXEC PlayTones 0/1400,1400/40",
        'step: EXEC Record "/data\\\\,\\"new\\"/recordings/call-1-4.wav,3,60,kqy"',
        "recorded: GET FULL VARIABLE ${RECORD_STATUS}:${STAT(s,${RECORDED_FILE}.wav)}:${RECORDED_FILE}",
        "step: EXEC PlayTones patience",
    ]


@pytest.mark.parametrize("kind", ["ask", "play", "dial", "record"])
@pytest.mark.parametrize("music", [True, False])
def test_one_command_ends_a_wait_and_its_part_is_not_step(kind: Kind, music: bool) -> None:
    commands = commands_of("P", Wait(9, kind, ("a.b",), 4, 5.0, music=music, target="108"), recording="/r/c-9")
    assert len([name for name, _ in commands if name.part != "step"]) == 1
    assert all(len(command) < 1000 for _, command in commands), "Asterisk reads 1,024 bytes of a header"


def test_a_wait_is_given_all_the_time_that_its_keys_may_take() -> None:
    assert longest_seconds(Wait(1, "ask", (), 1, 5.0)) == pytest.approx(5.65)
    # Two more keys, each of which may come 4.5 s after the one before.
    assert longest_seconds(Wait(1, "ask", (), 3, 5.0)) == pytest.approx(5.65 + 2 * 4.5)
    assert longest_seconds(Wait(1, "record", (), seconds=60)) == 61
    assert longest_seconds(Wait(1, "play", ("long",))) == 0


def test_an_ambulance_is_rung_audibly_and_the_caller_stays_when_it_hangs_up() -> None:
    wait = Wait(2, "dial", ("ambulance.connecting",), target="108")
    assert [command for _, command in commands_of("P", wait, 45)] == [
        "EXEC Playback ambulance-connecting",
        "EXEC Dial PJSIP/108@trunk,45,gr",
        "GET FULL VARIABLE ${DIALSTATUS}:${ANSWEREDTIME}",
        "EXEC PlayTones patience",
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
    assert [arrival.channel for arrival in survey.strangers(frozenset())] == ["P"]
    assert survey.strangers(frozenset({"P"})) == []
