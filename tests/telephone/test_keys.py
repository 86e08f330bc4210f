"""Keys, however they travel and however fast or slow they come: each counts once, and none is lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phones import ears
from phones.leg import KeyWay
from phones.voice import murmur, read_speech, write_wav
from tests.telephone.bare_line import BareLine, Caller
from tests.telephone.conftest import open_house
from tests.telephone.house import together

pytestmark = pytest.mark.timeout(90)

WAYS: tuple[KeyWay, ...] = ("rfc4733", "info", "inband")
_NUMBERS = itertools.count(10_000_001)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[BareLine]:
    folder = tmp_path_factory.mktemp("keys")
    with open_house(folder, spoken_prompts, services=("asterisk",)) as rehearsal:
        line = BareLine(rehearsal)
        yield line
        line.close()


def calls(line: BareLine, way: KeyWay = "rfc4733") -> Caller:
    return line.takes(line.net.patient(f"+9196{next(_NUMBERS)}").dials("104", keys_as=way))


def through_each_trunk(line: BareLine, test: Callable[[Caller], None]) -> None:
    """Three callers at once, each through an operator's trunk that carries keys in another way."""

    def one(way: KeyWay) -> None:
        caller = calls(line, way)
        test(caller)
        caller.phone.hangs_up()

    together(*(lambda way=way: one(way) for way in WAYS))


def now(caller: Caller) -> float:
    return len(caller.phone.heard()) / 8000


@pytest.fixture
def short(line: BareLine) -> str:
    return line.prompt(1.8)


@pytest.fixture
def long(line: BareLine) -> str:
    return line.prompt(5.0)


def test_a_menu_key_counts_once_also_when_it_is_held(line: BareLine, short: str, long: str) -> None:
    def holds(caller: Caller) -> None:
        caller.is_asked(long)
        caller.phone.hears_something()
        caller.phone.presses("5", seconds=2.0)
        assert caller.next_keys() == "5"
        caller.is_asked(short, seconds=0.4)
        assert caller.next_keys() is None

    through_each_trunk(line, holds)


def test_eight_fast_digits_arrive_as_they_were_pressed(line: BareLine, long: str) -> None:
    def types(caller: Caller) -> None:
        for keys in ("10429855", "88000011"):
            caller.is_asked(long, most=8)
            time.sleep(0.4)
            caller.phone.presses(keys, seconds=0.08, pause=0.06)
            assert caller.next_keys() == keys

    through_each_trunk(line, types)


def test_hash_ends_a_number_at_once_and_a_star_asks_for_help(line: BareLine, long: str) -> None:
    def presses(caller: Caller, keys: str, most: int) -> str | None:
        caller.is_asked(long, most=most)
        time.sleep(0.3)
        caller.phone.presses(keys)
        pressed_at = time.monotonic()
        answer = caller.next_keys()
        assert time.monotonic() - pressed_at < 0.5
        return answer

    def ends(caller: Caller) -> None:
        numbers = [presses(caller, keys, most=3) for keys in ("45#", "#", "*", "4*")]
        assert numbers == ["45", "", "*", "4*"]
        time.sleep(0.5)
        assert [presses(caller, keys, most=1) for keys in ("*", "#", "D")] == ["*", "", "D"]

    through_each_trunk(line, ends)


def test_keys_that_nobody_was_there_to_hear_are_found_by_the_next_controller(line: BareLine, long: str) -> None:
    def is_found(caller: Caller) -> None:
        for keys, most in (("7", 1), ("45#", 3), ("4", 3)):
            caller.is_asked(long, most=most)
            time.sleep(0.3)
            caller.phone.presses(keys)
            answer = caller.next_keys()
            caller.is_probed()
            assert caller.next_keys() == answer == keys.rstrip("#")

    through_each_trunk(line, is_found)


def test_a_hash_behind_a_star_does_not_answer_the_help(line: BareLine, short: str) -> None:
    caller = calls(line)
    caller.is_asked(short, most=3)
    caller.phone.hears_something()
    caller.phone.presses("*#")
    assert caller.next_keys() == "*"
    caller.is_asked(short, seconds=0.4)
    assert caller.next_keys() is None
    caller.phone.hangs_up()


def test_keys_faster_than_the_prompts_answer_one_question_after_the_other(line: BareLine, long: str) -> None:
    """As somebody dials who knows the menu by heart; the controller takes its time between two questions."""

    def knows_the_way(caller: Caller) -> None:
        caller.is_asked(long)
        caller.phone.hears_something()
        got = []

        def answers() -> None:
            for most in (1, 1, 3, 1):
                got.append(caller.next_keys())
                time.sleep(0.05)
                caller.is_asked(long, most=most)
            got.append(caller.next_keys())

        together(answers, lambda: caller.phone.presses("14245#7"))
        assert got == ["1", "4", "2", "45", "7"]

    through_each_trunk(line, knows_the_way)


def test_no_key_falls_between_two_questions(line: BareLine, short: str) -> None:
    """Keys at every distance from the seam, and a controller that thinks for 60 ms."""

    def two_keys(pause: float) -> tuple[str | None, str | None]:
        caller = calls(line)
        caller.is_asked(short)
        caller.phone.hears_something()
        got: list[str | None] = []

        def answers() -> None:
            got.append(caller.next_keys())
            time.sleep(0.06)
            caller.is_asked(short, seconds=1.0)
            got.append(caller.next_keys())

        together(answers, lambda: caller.phone.presses("12", seconds=0.06, pause=pause))
        caller.phone.hangs_up()
        return got[0], got[1]

    pauses = (0.05, 0.06, 0.07, 0.08, 0.09, 0.1)
    pairs = together(*(lambda pause=pause: two_keys(pause) for pause in pauses))
    assert pairs == [("1", "2")] * len(pauses)


def test_a_key_in_the_last_moment_of_a_prompt_counts(line: BareLine, short: str) -> None:
    def presses_late(caller: Caller) -> None:
        for before_the_end in (0.05, 0.0):
            caller.is_asked(short, seconds=0.4)
            time.sleep(line.lengths[short] - before_the_end - 0.1)
            caller.phone.presses("3")
            assert caller.next_keys() == "3"

    through_each_trunk(line, presses_late)


def test_who_takes_long_is_neither_cut_short_nor_left_in_silence(line: BareLine, short: str) -> None:
    def takes_four_seconds_between_two_keys() -> None:
        caller = calls(line)
        caller.is_asked(short, most=3)
        caller.phone.hears_something()
        for key in "45":
            caller.phone.presses(key)
            time.sleep(3.8)
        caller.phone.presses("#")
        assert caller.next_keys() == "45"
        assert caller.phone.silence_longest() < 2.0
        caller.phone.hangs_up()

    def keys_half_a_number() -> None:
        caller = calls(line)
        caller.is_asked(short, most=3)
        caller.phone.hears_something()
        caller.phone.presses("4")
        pressed_at = time.monotonic()
        assert caller.next_keys() == "4"
        assert 4.0 < time.monotonic() - pressed_at < 5.0
        assert caller.phone.silence_longest() < 2.0
        caller.phone.hangs_up()

    def keys_nothing_and_then_nobody_answers() -> None:
        """As when the controller dies: until the dialplan's apology there is ringing."""
        caller = calls(line)
        caller.is_asked(short, most=3, seconds=5)
        began = time.monotonic()
        assert caller.next_keys() is None
        assert 5.0 < time.monotonic() - began - line.lengths[short] < 6.0
        caller.phone.hears_tone(400, after=now(caller))
        time.sleep(3)
        assert caller.phone.silence_longest() < 2.0
        caller.phone.hangs_up()

    together(takes_four_seconds_between_two_keys, keys_half_a_number, keys_nothing_and_then_nobody_answers)


def test_the_next_prompt_is_in_the_language_that_was_chosen(line: BareLine, short: str) -> None:
    caller = calls(line)
    caller.is_asked(short, seconds=0.4)
    caller.hears_language("en")
    caller.is_asked(short, seconds=0.4)
    assert [caller.next_keys() for _ in range(2)] == [None, None]
    hindi = line.net.prompts.path(short)
    heard = caller.phone.heard()
    places = [
        ears.find_prompt(heard, read_speech(path)[1000:9000])
        for path in (hindi, hindi.parent.parent / "en" / hindi.name)
    ]
    caller.phone.hangs_up()
    assert places[0] is not None
    assert places[1] is not None
    assert places[0].offset_s < places[1].offset_s


def test_a_message_is_kept_as_it_was_spoken(line: BareLine, short: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "speech.wav", murmur(2.0))

    def speaks(end: str) -> None:
        caller = calls(line)
        caller.is_recorded(short, seconds=20)
        caller.phone.hears_tone(1400, timeout=line.lengths[short] + 2)
        time.sleep(0.3)
        caller.phone.speaks(tmp_path / "speech.wav")
        time.sleep(2.2)
        if end:
            caller.phone.presses(end)
        message = caller.next_message()
        assert message.file == f"{caller.call.id}-1.wav"
        kept = read_speech(line.recordings / message.file)
        assert abs(len(kept) / 8000 - message.seconds) < 0.02
        assert 1.8 < message.seconds < 3.5
        assert ears.loudness(kept) > -40
        caller.phone.hangs_up()

    def says_nothing() -> None:
        caller = calls(line)
        caller.is_recorded(short, seconds=20)
        assert caller.next_message().file is None
        caller.phone.hangs_up()

    def hangs_up_when_it_is_said() -> None:
        caller = calls(line)
        caller.is_recorded(seconds=20)
        caller.phone.hears_tone(1400)
        time.sleep(0.3)
        caller.phone.speaks(tmp_path / "speech.wav")
        time.sleep(2.0)
        caller.phone.hangs_up()
        time.sleep(0.5)
        assert len(read_speech(line.recordings / f"{caller.call.id}-1.wav")) / 8000 > 1.5

    together(lambda: speaks("7"), lambda: speaks(""), says_nothing, hangs_up_when_it_is_said)
