"""AMI's bytes: whole messages however they are cut, and nothing sent that could inject a header."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.ami.wire import (
    AgiResult,
    Framer,
    WireError,
    agi_caller,
    check_headers,
    parse_agi_environment,
    parse_agi_result,
    parse_message,
    unawaited,
)

STREAM = (
    "Asterisk Call Manager/11.0.0\r\n"
    "Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    "Event: Newstate\r\nCallerIDName: आशा वर्मा — बुखार\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nNo header\r\n\r\n"
    "\r\nEvent: Hangup\r\nCause-txt: Normal Clearing: really\r\nEmpty:\r\n\r\n"
).encode()
MESSAGES = [
    {"Response": "Success", "ActionID": "1", "Message": "Authentication accepted"},
    {"Event": "Newstate", "CallerIDName": "आशा वर्मा — बुखार", "ChanVariable": "A=1\nB=2"},
    {"Event": "Hangup", "Cause-txt": "Normal Clearing: really", "Empty": ""},
]


def fed(*pieces: bytes) -> list[dict[str, str]]:
    framer = Framer()
    messages = [message for piece in pieces for message in framer.feed(piece)]
    assert framer.version == "11.0.0"
    return messages


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_messages_are_whole_however_the_bytes_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    assert fed(*(STREAM[start:end] for start, end in pairwise(places))) == MESSAGES


def test_one_cut_anywhere_even_inside_a_hindi_character_or_a_line_end_loses_nothing() -> None:
    for at in range(1, len(STREAM)):
        assert fed(STREAM[:at], STREAM[at:]) == MESSAGES, STREAM[at - 5 : at + 5]


def test_byte_by_byte_is_the_same() -> None:
    assert fed(*(bytes([byte]) for byte in STREAM)) == MESSAGES


def test_bytes_that_are_no_text_do_not_lose_the_message() -> None:
    assert parse_message(b"Event: X\r\nName: \xff\xfe") == {"Event": "X", "Name": "��"}


def test_a_message_without_end_is_refused_before_it_fills_the_memory() -> None:
    framer = Framer()
    framer.feed(b"x" * 1_000_000)
    with pytest.raises(WireError):
        framer.feed(b"x" * 100_000)


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything_else(first: bytes, second: bytes) -> None:
    framer = Framer()
    for message in framer.feed(first) + framer.feed(second):
        assert message


@pytest.mark.parametrize(
    "bad", ["a\rb", "a\nb", "a\r\nAction: Originate", "a\0b", "\n", "x" * 1100, "आ" * 400, "\udc80"]
)
def test_a_value_that_ends_the_line_or_overruns_it_is_refused(bad: str) -> None:
    for value in (bad, ["fine", bad]):
        with pytest.raises(WireError):
            check_headers({"Channel": value})


@pytest.mark.parametrize("bad", ["", "A B", "A:", "A\r\nB", "A\0", "आ", "-A", "A\n"])
def test_a_name_that_is_no_header_is_refused(bad: str) -> None:
    with pytest.raises(WireError):
        check_headers({bad: "1"})


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=200), st.integers())
def test_what_is_accepted_arrives_as_one_header(text: str, number: int) -> None:
    check_headers({"Name": text, "Number": number, "List": [text, text]})
    assert parse_message(f"Name: {text}\r\nNumber: {number}".encode()) == {"Name": text, "Number": str(number)}


def test_the_longest_line_that_asterisk_reads_is_accepted() -> None:
    check_headers({"Command": "x" * (1024 - len("Command: "))})
    with pytest.raises(WireError, match="longer than"):
        check_headers({"Command": "x" * (1025 - len("Command: "))})


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("200 result=1 (OK:45)\n", AgiResult(200, "1", "OK:45")),
        ("200 result=1 (TIMEOUT:)", AgiResult(200, "1", "TIMEOUT:")),
        ("200 result=1 (a (b) c)", AgiResult(200, "1", "a (b) c")),
        ("200 result=0", AgiResult(200, "0", "")),
        ("200 result=-1", AgiResult(200, "-1", "")),
        ("200 result= (timeout)", AgiResult(200, "", "timeout")),
        ("200 result=1 (दो\nतीन)", AgiResult(200, "1", "दो\nतीन")),
        ("510 Invalid or unknown command", AgiResult(510, "", "")),
        ("511 Command Not Permitted on a dead channel or intercept routine", AgiResult(511, "", "")),
        ("520-Invalid command syntax.  Proper usage follows:", AgiResult(520, "", "")),
        ("HANGUP", AgiResult(0, "", "HANGUP")),
        ("", AgiResult(0, "", "")),
    ],
)
def test_agi_results_are_read(line: str, result: AgiResult) -> None:
    assert parse_agi_result(quote(line)) == result


@given(st.text())
def test_no_agi_result_whatever_raises(line: str) -> None:
    parse_agi_result(line)
    parse_agi_environment(line)


def test_the_agi_environment_is_read() -> None:
    encoded = quote("agi_callerid: +919876543210\nagi_extension: 104\nagi_calleridname: आशा: वर्मा\nbroken\n\n")
    assert parse_agi_environment(encoded) == {
        "agi_callerid": "+919876543210",
        "agi_extension": "104",
        "agi_calleridname": "आशा: वर्मा",
    }


def test_an_action_nobody_waits_for_is_written_whole_and_its_answer_is_passed_over() -> None:
    sent = unawaited("AGI", 7, {"Channel": "1.1", "Command": "EXEC Wait 1", "Variable": ["A=1", "B=आ"]})
    assert sent.decode() == (
        "Action: AGI\r\nActionID: ~7\r\nChannel: 1.1\r\nCommand: EXEC Wait 1\r\nVariable: A=1\r\nVariable: B=आ\r\n\r\n"
    )
    answers = b"Response: Success\r\nActionID: ~7\r\n\r\nResponse: Error\r\nActionID: ~8\r\nMessage: No\r\n\r\n"
    awaited = b"Response: Success\r\nActionID: 7~\r\n\r\n"
    assert Framer().feed(answers + awaited) == [{"Response": "Success", "ActionID": "7~"}]


def test_an_action_nobody_waits_for_is_checked_all_the_same() -> None:
    with pytest.raises(WireError):
        unawaited("AGI", 7, {"Command": "NOOP\r\nAction: Originate"})


@given(st.dictionaries(st.sampled_from(["agi_callerid", "agi_calleridname", "agi_extension"]), st.text()))
def test_the_caller_alone_is_read_as_with_all_the_rest(environment: dict[str, str]) -> None:
    lines = [f"{name}: {value}" for name, value in environment.items() if value.splitlines() in ([], [value])]
    encoded = quote("\n".join(lines), safe="")
    assert agi_caller(encoded) == parse_agi_environment(encoded).get("agi_callerid", "")
