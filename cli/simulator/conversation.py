"""A call at the terminal: what is heard is printed (and played aloud if wanted), the keyboard is the keypad.

Whoever else takes part is asked for too: what a service answers, whether a doctor comes, whether an ambulance answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from cli.simulator.keypad import HANG_UP, Keypad
from flows.commands import Ask, Play, RecordMessage, Serve, Transfer
from flows.player import Player
from flows.possible import REASONS, served
from flows.services import SERVICES
from flows.transcript import line

Speak = Callable[[str, tuple[str, ...]], None]  # (language, what is said)

HELP = (
    "0-9 * # are the keys, Enter is silence (or ends digits), q hangs up; "
    "while a doctor is sought, d = one comes, n = none is free."
)


def converse(player: Player, keypad: Keypad, speak: Speak | None = None, out: TextIO | None = None) -> None:
    """Play until the call is over."""
    _Conversation(player, keypad, speak, out or sys.stdout).run()


class _Conversation:
    def __init__(self, player: Player, keypad: Keypad, speak: Speak | None, out: TextIO) -> None:
        self.player, self.keypad, self.speak, self.out = player, keypad, speak, out
        self._shown = 0
        self._spoken: object = None

    def run(self) -> None:
        turns = {
            "input": self.keys,
            "playback": self.player.played,
            "service": self.service,
            "transfer": self.transfer,
            "bridge": self.talk,
            "recording": self.recording,
        }
        self.show()
        while not self.player.over:
            turns[self.player.state.waiting]()
            self.show()

    def show(self) -> None:
        """Print what is new, and say it aloud."""
        for moment in self.player.moments[self._shown :]:
            print(line(moment), file=self.out, flush=True)
        self._shown = len(self.player.moments)
        command = self.player.outstanding
        if self.speak and command is not self._spoken and isinstance(command, Ask | Play | Transfer | RecordMessage):
            self.speak(self.player.language, command.prompts)
        self._spoken = command

    def ask(self, question: str) -> None:
        print(f"     {question} > ", end="", file=self.out, flush=True)

    def keys(self) -> None:
        seeking = self.player.seeking
        self.ask("keys, d = a doctor comes, n = none is free" if seeking else "keys")
        keys = self.keypad.press(self.player.longest, "dn" if seeking else "")
        if keys == HANG_UP:
            self.player.hang_up()
        elif keys == "d" and seeking:
            self.player.doctor_comes()
        elif keys == "n" and seeking:
            self.nobody()
        elif keys == "":
            self.player.silence()
        elif set(keys) <= set("0123456789*#"):
            self.player.press(keys, carry_on=False)
        else:
            print(f"     {HELP}", file=self.out)

    def nobody(self) -> None:
        if (reason := self.choose("why", REASONS)) is not None:
            self.player.nobody_free(reason)
            self._shown += 1
            print(line(self.player.moments[-2]), file=self.out)

    def service(self) -> None:
        asked = self.player.outstanding
        assert isinstance(asked, Serve)
        outcome = self.choose("the helpline answers", (*SERVICES[asked.service].outcomes, "failed"))
        if outcome is not None:
            self.player.serve(served(self.player.flow, asked.service, outcome))

    def transfer(self) -> None:
        answer = self.choose("the other side", ("answered", "failed"))
        if answer is not None:
            self.player.transfer_ends(answer == "answered")

    def talk(self) -> None:
        if self.choose("the talk", ("the doctor hangs up",)) is not None:
            self.player.doctor_leaves()

    def recording(self) -> None:
        answer = self.choose("the caller", ("says something", "says nothing"))
        if answer is not None:
            self.player.record("message.wav" if answer == "says something" else "")

    def choose(self, question: str, among: tuple[str, ...]) -> str | None:
        """One of `among`, by number or word; the first if nothing is typed; None when the caller hangs up."""
        numbered = {str(number): word for number, word in enumerate(among, 1)}
        while True:
            self.ask(f"{question}: " + ", ".join(f"{number} {word}" for number, word in numbered.items()) + " [1]")
            typed = self.keypad.line()
            if typed == HANG_UP:
                self.player.hang_up()
                return None
            chosen = numbered.get(typed or "1", typed)
            if chosen in among:
                return chosen
