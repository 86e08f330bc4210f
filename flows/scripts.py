"""PURE: a story about one call as a small YAML file, `<flow>.transcripts/<story>.script.yaml`, and its playing.

    # What is special about this call.
    story: A mother calls for her child
    services:                              # what the helpline answers; what is not here answers as usual
      caller: {outcome: known, values: {language: hi}}
      place: [{outcome: unknown}, {outcome: found}]   # first this, then that
    steps:
      - press: 45#
      - silence                            # or silence: 3
      - nobody: all_busy                   # no doctor is free: all_busy, all_declined, nobody_on_duty, queue_full
      - place: 3 5                         # third in the queue, about five minutes (or long, or nothing)
      - doctor                             # a doctor takes the call
      - doctor_leaves
      - transfer: failed                   # or answered
      - message: nothing                   # or said
      - hang_up

The caller hangs up after the last step, if the flow has not ended. A transfer is answered and a talk ends by itself
where the next step is another. Every value is a word: `press: 0101` is those four keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from flows.definition import Flow
from flows.errors import FlowError
from flows.events import Item, Served
from flows.player import Player, Words, bare
from flows.possible import REASONS, served
from flows.services import SERVICES


class ScriptError(FlowError):
    """A script cannot be read, or does not fit its flow; the message names the script, the step and the node."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Part):
    """A service's answer. What `values` and `lists` leave out is made up by type."""

    outcome: str
    values: dict[str, str] = Field(default_factory=dict)
    lists: dict[str, tuple[Item, ...]] = Field(default_factory=dict)


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _pair(step: Any) -> Any:
    """`silence` is ("silence", "") and `press: 1` is ("press", "1")."""
    if isinstance(step, dict) and len(step) == 1:
        return next(iter(step.items()))
    return (step, "") if isinstance(step, str) else step


Step = Annotated[tuple[str, str], BeforeValidator(_pair)]


class Script(_Part):
    """One story. `steps` are (verb, detail)."""

    story: str
    language: str = "hi"
    line: str = "104"
    withheld: bool = False
    mobile: bool = True
    phrases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    services: dict[str, Annotated[tuple[Answer, ...], BeforeValidator(_listed)]] = Field(default_factory=dict)
    steps: tuple[Step, ...]


def parse_script(text: str, source: str) -> Script:
    """A script from its YAML text. Raises ScriptError."""
    try:
        # Every scalar is a string: with YAML's own types the keys 0101 would be the number 65.
        script = Script.model_validate(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - it makes strings only
    except yaml.YAMLError as error:
        raise ScriptError(f"{source}: this is not YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the script"
        raise ScriptError(f"{source}: {where}: {first['msg']}") from None
    for name, answers in script.services.items():
        _check_answers(name, answers, source)
    return script


def _check_answers(name: str, answers: tuple[Answer, ...], source: str) -> None:
    if name not in SERVICES:
        raise ScriptError(f"{source}: services: there is no {name!r}; there are {', '.join(sorted(SERVICES))}")
    service = SERVICES[name]
    for answer in answers:
        if answer.outcome not in (*service.outcomes, "failed"):
            possible = ", ".join((*service.outcomes, "failed"))
            raise ScriptError(f"{source}: services: {name} never answers {answer.outcome!r}, only {possible}")
        if unknown := {*answer.values, *answer.lists} - set(service.gives):
            raise ScriptError(f"{source}: services: {name} gives no {min(unknown)!r}")


def play(flow: Flow, script: Script, source: str, words: Words = bare) -> Player:
    """The whole story. Raises ScriptError where a step does not fit what happens in the flow."""
    player = Player(
        flow,
        words,
        _Answering(flow, script.services),
        phrases=script.phrases,
        given={"language": script.language, "line": script.line, "withheld": "yes" if script.withheld else "no"},
        callback_possible=not script.withheld,
        sms_possible=script.mobile and not script.withheld,
    )
    player.carry_on()
    for number, (verb, detail) in enumerate(script.steps, 1):
        if verb not in _MOVES:
            raise ScriptError(f"{source}: step {number}: {verb!r} is none of {', '.join(_MOVES)}")
        _let_others_finish(player, verb)
        waiting, move = _MOVES[verb]
        if player.over or not _fits(player, waiting):
            raise ScriptError(f"{source}: step {number}, {verb}: {_where(player)}")
        try:
            move(player, detail)
        except ValueError as error:
            raise ScriptError(f"{source}: step {number}, {verb}: {error}") from None
        player.carry_on()
    _let_others_finish(player, "")
    if not player.over:
        player.hang_up()
    return player


class _Answering:
    """Answers services as the script says: the first time with the first answer, in the end always with the last."""

    def __init__(self, flow: Flow, table: Mapping[str, tuple[Answer, ...]]) -> None:
        self._flow, self._table = flow, table
        self._asked: dict[str, int] = {}

    def __call__(self, service: str, arguments: Mapping[str, str]) -> Served | None:
        answers = self._table.get(service)
        if not answers:
            return None
        times = self._asked[service] = self._asked.get(service, 0) + 1
        answer = answers[min(times, len(answers)) - 1]
        usual = served(self._flow, service, answer.outcome)
        return Served(answer.outcome, {**usual.values, **answer.values}, {**usual.lists, **answer.lists})


def _let_others_finish(player: Player, verb: str) -> None:
    if verb == "hang_up" or player.over:
        return
    if player.state.waiting == "transfer" and verb != "transfer":
        player.transfer_ends()
        player.carry_on()
    elif player.state.waiting == "bridge" and verb != "doctor_leaves":
        player.doctor_leaves()
        player.carry_on()


def _fits(player: Player, waiting: str) -> bool:
    return player.seeking if waiting == "search" else waiting in ("", player.state.waiting)


def _where(player: Player) -> str:
    if player.over:
        return "the call has ended"
    awaited = {"input": "keys or silence"}.get(player.state.waiting, player.state.waiting)
    return f"at {player.state.node} what is awaited is {awaited}"


def _press(player: Player, keys: str) -> None:
    if not keys or set(keys) - set("0123456789*#"):
        raise ValueError(f"{keys!r} are no keys (0-9, * and #)")
    player.press(keys)


def _silence(player: Player, times: str) -> None:
    for _ in range(int(times or "1")):
        if player.over or player.state.waiting != "input":
            raise ValueError(_where(player))
        player.silence()
        player.carry_on()


def _nobody(player: Player, reason: str) -> None:
    player.nobody_free(_one_of(reason, REASONS))


def _place(player: Player, where: str) -> None:
    position, _, wait = where.partition(" ")
    if not position.isdecimal():
        raise ValueError(f"{where!r} is no place: write it as `3 5`, the position and the minutes")
    player.placed(int(position), wait.strip())


def _transfer(player: Player, how: str) -> None:
    player.transfer_ends(_one_of(how, ("answered", "failed")) == "answered")


def _message(player: Player, how: str) -> None:
    player.record("message.wav" if _one_of(how, ("said", "nothing")) == "said" else "")


def _one_of(word: str, words: tuple[str, ...]) -> str:
    """The word, or the first where none is given."""
    if word and word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word or words[0]


# Each verb: what must be awaited ("search" while a doctor is sought, "" at any time), and what it does.
_MOVES: Mapping[str, tuple[str, Any]] = {
    "press": ("input", _press),
    "silence": ("input", _silence),
    "nobody": ("search", _nobody),
    "place": ("search", _place),
    "doctor": ("search", lambda player, _: player.doctor_comes()),
    "doctor_leaves": ("bridge", lambda player, _: player.doctor_leaves()),
    "transfer": ("transfer", _transfer),
    "message": ("recording", _message),
    "hang_up": ("", lambda player, _: player.hang_up()),
}
