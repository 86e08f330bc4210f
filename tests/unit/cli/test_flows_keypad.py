"""The terminal as a telephone: keys count at once, and a prompt that is played aloud stops when one is pressed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from cli.simulator.keypad import LineKeypad, TerminalKeypad, keypad
from cli.simulator.loudspeaker import Loudspeaker, player_program


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """A terminal's two ends: where a person types, and what the program reads."""
    person, program = os.openpty()
    with open(program, encoding="utf-8") as source:
        yield person, source
    os.close(person)


def test_a_menus_key_counts_without_enter(terminal: tuple[int, TextIO]) -> None:
    person, source = terminal
    keys = keypad(source)
    assert isinstance(keys, TerminalKeypad)
    os.write(person, b"x1")
    assert keys.press(1) == "1"


@pytest.mark.parametrize(
    ("typed", "longest", "words", "taken"),
    [
        (b"45#", 3, "", "45#"),
        (b"120", 3, "", "120"),
        (b"45\n", 3, "", "45"),
        (b"\n", 1, "", ""),
        (b"#", 1, "", "#"),
        (b"*", 1, "", "*"),
        (b"q", 6, "", "q"),
        (b"d", 1, "dn", "d"),
        (b"d4\n", 3, "", "4"),
    ],
)
def test_digits_end_with_hash_enter_or_when_there_are_enough(
    terminal: tuple[int, TextIO], typed: bytes, longest: int, words: str, taken: str
) -> None:
    person, source = terminal
    os.write(person, typed)
    assert keypad(source).press(longest, words) == taken


def test_a_key_that_waits_is_seen_and_still_taken(terminal: tuple[int, TextIO]) -> None:
    person, source = terminal
    keys = keypad(source)
    assert not keys.pressed(0.01)
    os.write(person, b"1")
    assert keys.pressed(1)
    assert keys.press(1) == "1"


def test_questions_that_are_not_the_callers_are_answered_by_lines(terminal: tuple[int, TextIO]) -> None:
    person, source = terminal
    os.write(person, b"found\n")
    assert keypad(source).line() == "found"


def test_from_a_pipe_answers_come_line_by_line_and_its_end_hangs_up(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("45#\n\n")
    with (tmp_path / "keys").open() as source:
        keys = keypad(source)
        assert isinstance(keys, LineKeypad)
        assert [keys.press(3), keys.press(1), keys.press(1)] == ["45#", "", "q"]
        assert not keys.pressed(0)


@pytest.fixture
def sounds(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for file in files:
        file.write_bytes(b"")
    return files


def program(tmp_path: Path, line: str) -> tuple[str, ...]:
    path = tmp_path / "player"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return (str(path),)


def test_files_are_played_one_after_the_other(tmp_path: Path, sounds: list[Path]) -> None:
    loudspeaker = Loudspeaker(program(tmp_path, f"echo $1 >> {tmp_path}/played"), lambda seconds: False)
    loudspeaker.play([*sounds, tmp_path / "none.wav"])
    assert (tmp_path / "played").read_text().split() == [str(file) for file in sounds]
    assert loudspeaker.missing == {tmp_path / "none.wav"}


def test_a_key_stops_what_is_played_and_what_would_follow(tmp_path: Path, sounds: list[Path]) -> None:
    started = time.monotonic()
    loudspeaker = Loudspeaker(
        program(tmp_path, f"echo $1 >> {tmp_path}/played; exec sleep 20"), lambda seconds: _later()
    )
    loudspeaker.play(sounds)
    assert time.monotonic() - started < 10
    assert (tmp_path / "played").read_text().split() == [str(sounds[0])]
    assert not loudspeaker.broken


def _later() -> bool:
    time.sleep(0.3)
    return True


def test_a_program_that_cannot_play_is_not_tried_again(tmp_path: Path, sounds: list[Path]) -> None:
    loudspeaker = Loudspeaker(program(tmp_path, f"echo $1 >> {tmp_path}/played; exit 1"), lambda seconds: False)
    loudspeaker.play(sounds)
    loudspeaker.play(sounds)
    assert loudspeaker.broken
    assert (tmp_path / "played").read_text().split() == [str(sounds[0])]


def test_the_first_player_program_on_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert player_program() is None
    (tmp_path / "aplay").write_text("")
    (tmp_path / "aplay").chmod(0o755)
    assert player_program() == ("aplay", "-q")
