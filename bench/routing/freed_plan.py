"""PURE: how the time from a doctor's last key to the next ringing phone is measured, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.plan import KEY_OF, LOAD_CATEGORY, LOAD_DOCTORS, Segment, Timing, doctor_number
from bench.routing.peer_queue import peer_queue
from bench.scenarios import caller, doctor

QUEUE = "104"
ENDS = "*9"  # ends the talk, on both sides
_KEYS = 1 + len(ENDS) + 1  # of a doctor in a call: takes it, ends the talk, the outcome


@dataclass(frozen=True)
class FreedPlan:
    """`waiting` callers come first; then `rate` a second for `seconds`, and as many are served.

    A doctor's call lasts about `turn` seconds from the ringing phone to the last key, so that `doctors` serve the rate.
    """

    waiting: int = 500
    rate: int = 20
    seconds: int = 65
    fill_rate: int = 50
    talk: float = 2.0
    outcome: float = 0.8
    turn: float = 3.9

    @classmethod
    def quick(cls) -> FreedPlan:
        return cls(waiting=200, seconds=20)

    @property
    def doctors(self) -> int:
        return round(self.rate * self.turn)

    @property
    def filling(self) -> Segment:
        """Who waits before the doctors come, and who is in talk afterwards."""
        return Segment(0, self.fill_rate, -(-(self.waiting + self.doctors) // self.fill_rate), 0)

    @property
    def loading(self) -> Segment:
        return Segment(1, self.rate, self.seconds + 10, 0)


@dataclass(frozen=True)
class Freed:
    """One side: seconds from each disposition key to the next INVITE; `waiting`: fewest and most at a time."""

    side: str
    delays: tuple[float, ...]
    waiting: tuple[int, int]
    problems: tuple[str, ...] = ()


def patient() -> str:
    """SIPp's scenario: menu, age, then until the helpline hangs up."""
    scenario = caller(Timing(call=10_000))
    head = scenario[: scenario.rindex("<pause")]
    end = '<recv request="BYE" timeout="600000"/>\n' + _OK
    return f"{head}{end}\n</scenario>\n"


def doctors_part(plan: FreedPlan) -> str:
    """SIPp's scenario: takes the call, talks, ends the talk by *9, keys the outcome."""
    scenario = doctor(Timing(outcome=0))
    steps = scenario.split("<pause")
    # ring, accept, and the outcome's pause: from there on it is our own.
    head = "<pause".join(steps[:3])
    template = steps[3]
    info = template[template.index("<send") : template.index("<recv request")]
    keys = [(plan.talk, ENDS[0]), *((0.15, key) for key in ENDS[1:]), (plan.outcome, "1")]
    pressed = [
        f'<pause milliseconds="{pause * 1000:.0f}"/>\n' + _numbered(info, key, number)
        for number, (pause, key) in enumerate(keys, start=2)
    ]
    return f'{head}{"".join(pressed)}<recv request="BYE" timeout="20000"/>\n{_OK}\n</scenario>\n'


def _numbered(info: str, key: str, number: int) -> str:
    return re.sub(r"CSeq: \d+", f"CSeq: {number}", info.replace("Signal=1", f"Signal={key}"))


_OK = """<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""


@dataclass(frozen=True)
class Seen:
    """What passed the switch: `what` is a doctor's number (an INVITE for it), or "" (the last key of a call)."""

    at: float
    call_id: str
    what: str


_CALL_ID = re.compile(rb"\r\nCall-ID: *(\S+)", re.IGNORECASE)
_CSEQ = re.compile(rb"\r\nCSeq: *(\d+) ", re.IGNORECASE)
_INVITE = re.compile(rb"INVITE sips?:([^@;>\s]*)@")


def seen(datagram: bytes, at: float) -> Seen | None:
    """What a datagram tells; None where it tells nothing that is counted."""
    call_id = _CALL_ID.search(datagram)
    if call_id is None:
        return None
    name = call_id[1].decode(errors="replace")
    if (dialled := _INVITE.match(datagram)) is not None:
        number = dialled[1].replace(b"%2B", b"+").decode(errors="replace")
        return Seen(at, name, number) if number.startswith(LOAD_DOCTORS) else None
    if datagram.startswith(b"INFO "):
        number_in_call = _CSEQ.search(datagram)
        if number_in_call is not None and int(number_in_call[1]) == _KEYS:
            return Seen(at, name, "")
    return None


def delays(events: Iterable[Seen], since: float = 0.0) -> list[float]:
    """From each last key that left a phone after `since` to the next INVITE for the same doctor, in seconds.

    What is sent again (UDP) counts as it came first. A key that no INVITE follows, because it was over, counts nothing.
    """
    number_of: dict[str, str] = {}
    pressed: dict[str, float] = {}
    known: set[tuple[str, str]] = set()
    found = []
    for event in sorted(events, key=lambda each: each.at):
        if (event.call_id, event.what) in known:
            continue
        known.add((event.call_id, event.what))
        if event.what:
            number_of[event.call_id] = event.what
            at = pressed.pop(event.what, None)
            if at is not None and at >= since:
                found.append(event.at - at)
        elif event.call_id in number_of:
            pressed[number_of[event.call_id]] = event.at
    return found


def extensions(offer: str) -> str:
    """Native dialplan: menu, age, app_queue; a member's own state is set by hand, as its phone is behind the trunk."""
    return f"""
[from-trunk]
exten => {QUEUE},1,Answer()
 same => n,Read(CHOICE,welcome,1,,1,5)
 same => n,GotoIf($["${{CHOICE}}" != "{KEY_OF[LOAD_CATEGORY]}"]?bye)
 same => n,Read(AGE,age-ask,3,,1,5)
 same => n,Queue({LOAD_CATEGORY},hF(outcome^s^1),,,600,,offer)
 same => n(bye),Hangup()

[offer]
exten => s,1,Set(DEVICE_STATE(Custom:${{MEMBERNAME}})=INUSE)
 same => n,Read(TAKEN,{offer},1,,1,4)
 same => n,GotoIf($["${{TAKEN}}" = "1"]?yes)
 same => n,Set(DEVICE_STATE(Custom:${{MEMBERNAME}})=NOT_INUSE)
 same => n,Hangup()
 same => n(yes),Return()

[outcome]
; What ended the talk may be heard once more, behind the bridge.
exten => s,1,Read(OUTCOME,disposition-ask,1,,1,5)
 same => n,GotoIf($["${{OUTCOME}}" != "1"]?s,1)
 same => n,Set(DEVICE_STATE(Custom:${{MEMBERNAME}})=NOT_INUSE)
 same => n,Hangup()
"""


def queue(plan: FreedPlan) -> str:
    """One queue, a member a doctor."""
    members = ((doctor_number(LOAD_DOCTORS, index), f"Custom:d{index}") for index in range(plan.doctors))
    return peer_queue("wrapuptime = 0\nsetinterfacevar = yes\n", members)


FEATURES = f"[general]\nfeaturedigittimeout = 1500\n[featuremap]\ndisconnect => {ENDS}\n"
