"""PURE: how waiting is measured, and the dialplan and queue of its peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import AGE, KEY_OF, LOAD_CATEGORY, Segment, Timing
from bench.routing.peer_queue import peer_queue
from bench.scenarios import caller
from prompts.store import file_name

EVERY_SECONDS = 45  # from one announcement to the next, as in the flows
QUEUE, BASELINE = "104", "105"  # what is dialled
BUSY = "Custom:busy"


@dataclass(frozen=True)
class WaitingPlan:
    """`callers` come at `rate` a second; `seconds` are measured when all of them wait and have `settle`d."""

    callers: int = 500
    rate: int = 50
    settle: int = 5
    seconds: int = 2 * EVERY_SECONDS
    runs: int = 3
    doctors: int = 5_000  # on duty, all of them busy

    @classmethod
    def quick(cls) -> WaitingPlan:
        return cls(callers=200, seconds=EVERY_SECONDS, runs=1)

    @property
    def ramp(self) -> float:
        """Seconds until the last caller waits: the menus take three."""
        return self.callers / self.rate + 4

    @property
    def stay(self) -> float:
        """Seconds from a caller's answer to the hang-up: the first are still there when the window ends."""
        return self.ramp + self.settle + self.seconds + 5

    def segment(self, number: int) -> Segment:
        return Segment(number, self.rate, self.callers // self.rate, 0)


def patient(plan: WaitingPlan, dialled: str) -> str:
    """SIPp's scenario: menu, age, then waiting until it is over."""
    return caller(Timing(call=round(plan.stay * 1000))).replace("sip:104@", f"sip:{dialled}@")


def extensions(announcement: Sequence[str], tip: str, announcement_seconds: float, tip_seconds: float) -> str:
    """Native dialplan: the same two questions, then app_queue, or (the baseline) the same sounds without a queue.

    `announcement` are prompt ids of what is said every 45 s, `tip` of what is said half-way.
    """
    half, state = EVERY_SECONDS / 2, f"DEVICE_STATE({BUSY})"
    said = "&".join(file_name(prompt) for prompt in announcement)
    told = f" same => n,Playback({file_name(tip)})\n" if tip else ""
    questions = f"""exten => {{line}},1,Answer()
 same => n,Read(CHOICE,welcome,1,,1,5)
 same => n,GotoIf($["${{{{CHOICE}}}}" != "{KEY_OF[LOAD_CATEGORY]}"]?bye)
 same => n,Read(AGE,age-ask,{len(AGE) + 1},,1,5)
"""
    return f"""
[from-trunk]
{questions.format(line=QUEUE)} same => n,ExecIf($["${{{state}}}" != "INUSE"]?Set({state}=INUSE))
 same => n,Queue({LOAD_CATEGORY},,,,600)
 same => n(bye),Hangup()
{questions.format(line=BASELINE)} same => n(loop),Playback({said})
 same => n,MusicOnHold(wait,{max(1.0, half - announcement_seconds):.1f})
{told} same => n,MusicOnHold(wait,{max(1.0, half - (tip_seconds if tip else 0)):.1f})
 same => n,Goto(loop)
 same => n(bye),Hangup()
"""


def queue(plan: WaitingPlan, announcement: Sequence[str], tip: str, members: Sequence[str]) -> str:
    """app_queue's: the place every 45 s in its own way (prompts before and after a number), the tip as often."""
    numbers = [index for index, prompt in enumerate(announcement) if prompt.startswith("number.")]
    before = announcement[: numbers[0]] if numbers else announcement
    after = announcement[numbers[-1] + 1 :] if numbers else ()
    periodic = f"periodic-announce = {file_name(tip)}\nperiodic-announce-frequency = {EVERY_SECONDS}\n" if tip else ""
    said = f"""announce-frequency = {EVERY_SECONDS}
announce-position = yes
announce-holdtime = no
queue-youarenext = {file_name(before[0])}
queue-thereare = {file_name(before[0])}
queue-callswaiting = {file_name(after[0]) if after else ""}
queue-thankyou = {file_name(after[-1]) if len(after) > 1 else ""}
{periodic}"""
    return peer_queue(said, ((number, BUSY) for number in members))


def counting_sounds() -> dict[str, str]:
    """What Asterisk's own number grammar says up to 999 in a language that it does not know, and our prompt for it."""
    plain = [*range(21), *range(30, 100, 10)]
    return {f"digits/{number}": f"number-{number}" for number in plain} | {"digits/hundred": "number-100"}


@dataclass(frozen=True)
class Window:
    """What one side used while everybody waited: seconds of CPU by process, in `seconds`; `callers` were there."""

    side: str
    run: int
    callers: int
    seconds: float
    cpu: dict[str, float]
    problems: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Of a core, 0-1."""
        return sum(self.cpu.values()) / self.seconds
