"""PURE: what was said and done in a played call, as lines that a person reads and a diff compares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from flows.commands import (
    Conclude,
    FlowCommand,
    HangUp,
    RecordMessage,
    RequestCallback,
    Seek,
    Serve,
    Sms,
    StopSeeking,
    Transfer,
)
from flows.events import Served

Sort = Literal["heard", "music", "event"]
_SIGNS: dict[Sort, str] = {"heard": "♪", "music": "♫", "event": "·"}


@dataclass(frozen=True)
class Moment:
    """At `at` seconds after the answer `text` is heard (or music, or something happens) while the person is at `node`.

    `answer` is what followed: keys, silence, a service's outcome; empty while that is open.
    """

    at: float
    node: str
    sort: Sort
    text: str
    answer: str = ""
    seconds: float = 0.0


def render(moments: Iterable[Moment]) -> str:
    """The transcript, a line for each moment: `  7 s [main] ♪ words   → 1`, and how long it all took.

    With lengths instead of times, a changed sentence changes its own line and the last one.
    """
    moments = list(moments)
    lines = [f"{_seconds(moment):>5} {_said(moment)}\n" for moment in _joined(moments)]
    return "".join(lines) + (f"{_clock(moments[-1].at)} in all\n" if moments else "")


def line(moment: Moment) -> str:
    """One moment as it comes: `0:07 [main] ♪ words   → 1`."""
    return f"{_clock(moment.at)} {_said(moment)}"


def _said(moment: Moment) -> str:
    said = f"[{moment.node}] {_SIGNS[moment.sort]} {moment.text}".rstrip()
    return f"{said}   → {moment.answer}" if moment.answer else said


def _seconds(moment: Moment) -> str:
    return f"{moment.seconds:.0f} s" if moment.seconds else ""


def told(command: FlowCommand, secret: Collection[str] = ()) -> str:
    """What a command does besides what it says; empty where that is nothing to tell.

    `secret` are arguments whose values are not told, such as a PIN.
    """
    match command:
        case Transfer(target):
            return f"connects to {target}"
        case RecordMessage(_, seconds):
            return f"records for at most {seconds} s"
        case Serve(service, arguments):
            return f"asks the helpline: {service}{_values(arguments, secret)}"
        case Seek(category, priority, skills):
            wishes = {"priority": priority, "skills": " ".join(skills)}
            return f"looks for a doctor: {category}{_values(wishes)}"
        case RequestCallback(category):
            return f"stores a callback: {category}"
        case Sms(template, values):
            return f"sends the message {template}{_values(values)}"
        case Conclude(result):
            return f"result: {result}"
        case StopSeeking():
            return "gives up the search for a doctor"
        case HangUp():
            return "the helpline hangs up"
        case _:
            return ""


def answered(answer: Served) -> str:
    """What a service answered."""
    lists = {name: f"{len(items)} items" for name, items in answer.lists.items()}
    return f"{answer.outcome}{_values({**answer.values, **lists})}"


def hidden(keys: str) -> str:
    """Keys that are not told, such as a PIN's: how many there were."""
    return "•" * len(keys)


def _values(values: Mapping[str, str], secret: Collection[str] = ()) -> str:
    shown = {name: hidden(value) if name in secret else value for name, value in values.items()}
    text = ", ".join(f"{name}={value}" for name, value in shown.items() if value)
    return f" ({text})" if text else ""


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _joined(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Stretches of music that nobody interrupts are one: a wait of half an hour has 400 of them."""
    held: Moment | None = None
    for moment in moments:
        if held and _goes_on(held, moment):
            held = replace(held, seconds=held.seconds + moment.seconds, answer=moment.answer)
            continue
        if held:
            yield held
        held = moment
    if held:
        yield held


def _goes_on(before: Moment, after: Moment) -> bool:
    return before.sort == after.sort == "music" and before.node == after.node and before.answer == ""
