"""PURE: plays a flow without a telephone, in virtual time: the simulator, golden transcripts and random callers.

A move (`press`, `silence`, `doctor_comes`, …) is an event that somebody outside the flow causes. `carry_on` does what
happens by itself: prompts end and services answer. What was heard is kept as `moments`, the edges walked as `walked`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flows import engine
from flows.commands import (
    Ask,
    Conclude,
    FlowCommand,
    Note,
    Play,
    RecordMessage,
    Seek,
    Serve,
    StopSeeking,
    Transfer,
)
from flows.definition import Collect, Flow, SeekDoctor
from flows.events import (
    Bridged,
    BridgeEnded,
    FlowEvent,
    Keyed,
    NobodyFree,
    Placed,
    Played,
    Recorded,
    Served,
    Silent,
    Started,
    TransferEnded,
)
from flows.possible import possible, served
from flows.state import FlowState
from flows.transcript import Moment, Sort, answered, hidden, render, told

# The words of a prompt in a language: (language, prompt id or "=kind:value") -> text.
Words = Callable[[str, str], str]
# What the helpline answers, by service and its arguments; None leaves it to `flows.possible.served`.
Answers = Callable[[str, Mapping[str, str]], Served | None]

WORDS_PER_MINUTE = 140  # the rate prompts are spoken at
# How long things take that a flow does not decide, in seconds.
PRESSING, TALKING, TRANSFERRED, RINGING = 1.0, 120.0, 60.0, 30.0
# Music after an announcement that takes all of its time.
SHORTEST_MUSIC = 2.0


def bare(language: str, item: str) -> str:
    """Prompt ids instead of words, for tests and planners."""
    return item


def plausible(service: str, arguments: Mapping[str, str]) -> Served | None:
    """Every service answers with the first of its outcomes."""
    return None


@dataclass(frozen=True)
class Went:
    """An edge of the flow that was walked: see flows.definition.Edge."""

    node: str
    by: str
    to: str


class Player:
    """One person in one flow. `at` is in seconds from the answer; `over` once either side has hung up."""

    def __init__(
        self,
        flow: Flow,
        words: Words = bare,
        answers: Answers = plausible,
        *,
        phrases: Mapping[str, tuple[str, ...]] | None = None,
        given: Mapping[str, str] | None = None,
        callback_possible: bool = True,
        sms_possible: bool = True,
    ) -> None:
        self.flow, self.words, self.answers = flow, words, answers
        self.state: FlowState = engine.begin(
            flow,
            dict(phrases or {}),
            callback_possible=callback_possible,
            sms_possible=sms_possible,
            answers={"language": "hi", **(given or {})},
        )
        self.at = 0.0
        self.last: tuple[FlowCommand, ...] = ()
        self.outstanding: FlowCommand | None = None
        self.moments: list[Moment] = []
        self.walked: list[Went] = []
        self.results: list[str] = []
        self._secret = {node.name for node in flow.nodes.values() if isinstance(node, Collect) and node.secret}
        self.seeking = False
        self.hung_up = False
        self._node = self.state.node  # where the command that is being told was given
        self._hearing = 0.0  # how long what is being said takes
        self._rest = 0.0  # how long the music after it does
        self._meet(Started())

    def fork(self) -> Player:
        """Another player who stands where this one stands, to try another way from here."""
        other = object.__new__(Player)
        other.__dict__.update(self.__dict__)
        other.moments, other.walked, other.results = list(self.moments), list(self.walked), list(self.results)
        return other

    @property
    def over(self) -> bool:
        return self.hung_up or self.state.ended

    @property
    def language(self) -> str:
        return self.state.answers.get("language") or "hi"

    @property
    def longest(self) -> int:
        """How many keys the present question takes."""
        return self.outstanding.max_digits if isinstance(self.outstanding, Ask) else 0

    def events(self) -> list[FlowEvent]:
        """Everything that may happen now, the person's hanging up aside."""
        service = self.outstanding.service if isinstance(self.outstanding, Serve) else ""
        return [] if self.over else possible(self.flow, self.state, service, seeking=self.seeking)

    def transcript(self) -> str:
        return render(self.moments)

    # --- what the person does ------------------------------------------------------------------------------------

    def press(self, keys: str, *, carry_on: bool = True) -> None:
        """Keys as on the keypad. # ends digits; what one question does not take is keyed ahead for the next."""
        after = self._hearing + PRESSING
        while keys and self.state.waiting == "input" and not self.over:
            taken, ended, keys = _first_answer(keys, self.longest)
            self._key(taken, taken + ended, after)
            if carry_on:
                self.carry_on()
            after = 0.0

    def key(self, digits: str) -> None:
        """The digits that answer the present question, as the event has them."""
        self._key(digits, digits or "#", self._hearing + PRESSING)

    def _key(self, digits: str, shown: str, after: float) -> None:
        node = self.flow.nodes[self.state.node]
        if isinstance(node, Collect) and node.secret and not self.state.digits:
            shown = hidden(shown)
        self._answered(shown, after)
        self._meet(Keyed(digits))

    def silence(self) -> None:
        """Nothing is pressed until the question's time, or the stretch of music, is over."""
        ask = self.outstanding
        assert isinstance(ask, Ask)
        waits = isinstance(self.flow.nodes[self.state.node], SeekDoctor)
        # What of a wait with music is not told is heard already.
        self._answered("" if waits else "silence", self._rest if ask.music else self._hearing + ask.seconds)
        self._meet(Silent())

    def hang_up(self) -> None:
        self.hung_up = True
        self._tell("event", "the caller hangs up")

    # --- what others do ------------------------------------------------------------------------------------------

    def carry_on(self) -> None:
        """Prompts end and services answer until somebody has to do something."""
        while not self.over:
            if self.state.waiting == "playback":
                self.played()
            elif isinstance(self.outstanding, Serve) and self.state.waiting == "service":
                asked = self.outstanding
                self.serve(self.answers(asked.service, asked.arguments) or served(self.flow, asked.service))
            else:
                return

    def played(self) -> None:
        self.at += self._hearing
        self._meet(Played())

    def serve(self, answer: Served) -> None:
        self._answered(answered(answer))
        self._meet(answer)

    def nobody_free(self, reason: str = "all_busy") -> None:
        self._aside(f"no doctor: {reason}")
        self._meet(NobodyFree(reason))

    def placed(self, position: int, wait: str = "") -> None:
        """Where the person stands in the queue is known from now on; it is heard at the next announcement."""
        self._meet(Placed(position, wait))

    def doctor_comes(self) -> None:
        self.at += self._rest if isinstance(self.outstanding, Ask) and self.outstanding.music else self._hearing
        self._meet(Bridged())
        self.seeking = False
        self._tell("event", "talks to a doctor")

    def doctor_leaves(self) -> None:
        self._answered("the doctor hangs up", TALKING)
        self._meet(BridgeEnded())

    def transfer_ends(self, answered: bool = True) -> None:
        self._answered(
            "answered" if answered else "not answered", self._hearing + (TRANSFERRED if answered else RINGING)
        )
        self._meet(TransferEnded(answered))

    def record(self, file: str = "message.wav") -> None:
        record = self.outstanding
        assert isinstance(record, RecordMessage)
        self._answered("says something" if file else "says nothing", self._hearing + (record.seconds if file else 3))
        self._meet(Recorded(file))

    def meet(self, event: FlowEvent) -> None:
        """Any event, such as one of `events()`; the named moves above tell more in the transcript."""
        match event:
            case Keyed(digits):
                self.key(digits)
            case Silent():
                self.silence()
            case Played():
                self.played()
            case Served():
                self.serve(event)
            case NobodyFree(reason):
                self.nobody_free(reason)
            case Placed(position, wait):
                self.placed(position, wait)
            case Bridged():
                self.doctor_comes()
            case BridgeEnded():
                self.doctor_leaves()
            case TransferEnded(answered):
                self.transfer_ends(answered)
            case Recorded(file):
                self.record(file)
            case Started():
                self._meet(event)

    # --- what the flow does --------------------------------------------------------------------------------------

    def _meet(self, event: FlowEvent) -> None:
        step = engine.step(self.flow, self.state, event)
        self.state, self.last = step.state, step.commands
        for command in step.commands:
            self._take(command)
        self._node = self.state.node

    def _take(self, command: FlowCommand) -> None:
        match command:
            case Note(kind="flow.went", data=data):
                self.walked.append(Went(str(data["node"]), str(data["by"]), str(data["to"])))
                self._node = self.walked[-1].to
            case Seek():
                self.seeking = True
            case StopSeeking():
                self.seeking = False
            case Conclude(result):
                self.results.append(result)
            case Ask() | Play() | Transfer() | RecordMessage() | Serve():
                self.outstanding = command
        if isinstance(command, Ask | Play | Transfer | RecordMessage) and command.prompts:
            self._say(command.prompts)
        if isinstance(command, Ask) and command.music:
            self._play_music(command)
        if text := told(command, self._secret):
            self._tell("event", text)

    def _say(self, prompts: tuple[str, ...]) -> None:
        text = " ".join(self.words(self.language, item) for item in prompts)
        self._tell("heard", text, len(text.split()) * 60 / WORDS_PER_MINUTE)

    def _play_music(self, ask: Ask) -> None:
        """What is left of an announcement's time."""
        said = self._hearing if ask.prompts else 0.0
        self.at += said
        self._rest = max(SHORTEST_MUSIC, ask.seconds - said)
        self._tell("music", "music", self._rest)

    def _tell(self, sort: Sort, text: str, seconds: float = 0.0) -> None:
        self.moments.append(Moment(self.at, self._node, sort, text, seconds=seconds))
        if sort == "heard":
            self._hearing = seconds
        elif sort == "music":
            self._hearing = 0.0

    def _aside(self, text: str) -> None:
        """Something that happens while a question stands: told before it, because its answer is still to come."""
        self.moments.insert(len(self.moments) - 1, Moment(self.at, self._node, "event", text))

    def _answered(self, answer: str, seconds: float = 0.0) -> None:
        self.moments[-1] = replace(self.moments[-1], answer=answer)
        self.at += seconds


def _first_answer(keys: str, longest: int) -> tuple[str, str, str]:
    """The keys that answer a question of at most `longest` digits, the # that ended it, and what is keyed ahead."""
    digits = keys.split("#", 1)[0][:longest]
    rest = keys[len(digits) :]
    ended = "#" if len(digits) < longest and rest.startswith("#") else ""
    return digits, ended, rest[len(ended) :]
