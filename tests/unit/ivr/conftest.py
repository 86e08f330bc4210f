"""A call as a table: on the left what happens, on the right what is to be done about it.

`P` is the patient's leg, `o1`, `o2` the offers and their doctors' legs. Answers belong to what the leg was asked last;
`P keys 1 @3` answers question 3, which may be an old one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from cdr.events import JournalEntry, check
from flows import engine
from flows.loader import load_flows
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import Rules, decide
from ivr.state import Call, Leg

_OTHER_CHOICES = {"menu.heart", "menu.neuro", "menu.skin", "menu.maternity", "menu.child", "menu.more"}
FLOWS = load_flows(Path(__file__).parents[3] / "flows" / "definitions")
RULES = Rules(
    flows={(flow.name, flow.version): flow for flow in FLOWS.values()},
    offer_flow=FLOWS["offer"],
    disposition_flow=FLOWS["disposition"],
    active=FLOWS,
    wrap_up=timedelta(seconds=30),
)
NOW = datetime(2021, 4, 30, 14, 30, tzinfo=UTC)
CALLS = TypeAdapter(Call)


def new_call(caller: str | None = "+919876543210") -> Call:
    flow = engine.begin(FLOWS["smallest"], callback_possible=caller is not None)
    return Call(
        id="call-1",
        linkedid="1619793000.1",
        line="line-104",
        dialled="104",
        caller=caller,
        ambulance_number="108",
        language="hi",
        arrived_at=NOW,
        patient=Leg("leg-p", "P", flow),
    )


@dataclass
class Story:
    """One call, told event by event; each state survives JSON, and each journal entry is fit for the journal."""

    call: Call = field(default_factory=new_call)
    at: datetime = NOW
    commands: list[do.Command] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)

    def take(self, event: ev.Event) -> list[do.Command]:
        self.call, commands = decide(self.call, event, RULES)
        assert CALLS.validate_json(CALLS.dump_json(self.call)) == self.call
        for command in commands:
            if isinstance(command, do.Write):
                entry = JournalEntry(self.call.id, event.at, command.kind, command.data)
                check(entry)
                self.journal.append(entry)
        self.commands.extend(commands)
        return commands

    def tell(self, table: str) -> Story:
        """Go through a table of `event | commands`; without `|` the commands are not looked at."""
        for line in table.strip().splitlines():
            happens, separator, wanted = line.partition("|")
            if not happens.strip():
                continue
            self.at += timedelta(seconds=1)
            commands = self.take(self.event(happens.split()))
            if separator:
                done = ", ".join(text for command in commands if (text := self.text(command)))
                assert done == wanted.strip(), f"{line.strip()!r} led to: {done}"
        return self

    def event(self, words: list[str]) -> ev.Event:
        match words:
            case ["arrives"]:
                return ev.PatientArrived(self.at)
            case ["claimed", offer, doctor]:
                return ev.DoctorClaimed(self.at, offer, doctor, f"{doctor}-phone", "+919800000001", offer)
            case ["nobody", reason]:
                return ev.NobodyFree(self.at, reason)
            case ["ambulance", "answers"]:
                return ev.DialAnswered(self.at)
            case ["begun"]:
                return ev.CallbackBegun(self.at)
            case ["called", "off"]:
                return ev.CalledOff(self.at)
            case ["taken", "back"]:
                return ev.TakenBack(self.at)
            case ["survey", *lists]:
                named = dict(item.split("=") for item in lists)
                ours, bridged = (frozenset(filter(None, named.get(k, "").split(","))) for k in ("ours", "bridged"))
                also, taken = (frozenset(filter(None, named.get(k, "").split(","))) for k in ("present", "taken"))
                room = frozenset(filter(None, named.get("room", "").split(",")))
                return ev.Surveyed(self.at, also | ours | bridged | taken | room, ours, bridged | room, taken, room)
            case [offer, "bridged"]:
                return ev.BridgeMade(self.at, offer)
            case [offer, "unbridgeable"]:
                return ev.BridgeFailed(self.at, offer, "no such channel")
            case [channel, *rest]:
                return self.leg_event(channel, rest)
        raise AssertionError(words)

    def leg_event(self, channel: str, words: list[str]) -> ev.Event:
        seq = int(words.pop()[1:]) if words[-1].startswith("@") else self.seq(channel)
        match words:
            case ["keys", digits]:
                return ev.KeysCollected(self.at, channel, seq, digits)
            case ["silent"]:
                return ev.KeysCollected(self.at, channel, seq, None)
            case ["played"]:
                return ev.PlaybackEnded(self.at, channel, seq)
            case ["dialled", status, seconds]:
                return ev.DialEnded(self.at, channel, seq, status, int(seconds))
            case ["lost"]:
                return ev.WaitLost(self.at, channel, seq)
            case ["rings"]:
                return ev.LegRinging(self.at, channel)
            case ["ready"]:
                return ev.LegReady(self.at, channel)
            case ["star", key]:
                return ev.DoctorKey(self.at, channel, key)
            case ["ends", cause]:
                return ev.LegEnded(self.at, channel, int(cause), "as told")
        raise AssertionError(words)

    def seq(self, channel: str) -> int:
        if channel in ("P", self.call.patient.channel):
            return self.call.patient.seq
        item = self.call.doctor_on(channel)
        return item.leg.seq if item is not None else 0

    def text(self, command: do.Command) -> str:
        match command:
            case do.Perform(channel, wait, start_music):
                # The menu is a prompt a choice; the stories name it by its first.
                prompts = tuple(prompt for prompt in wait.prompts if prompt not in _OTHER_CHOICES)
                said = "+".join(prompts) or ("♪" if wait.music else "nothing")
                verb = {"ask": "asks", "play": "hears", "dial": f"dials {wait.target}:"}[wait.kind]
                return f"{channel} {verb} {'(start) ' if start_music else ''}{said}"
            case do.Probe(channel, wait):
                return f"probe {channel}"
            case do.FindDoctor():
                return "find"
            case do.StopFinding():
                return "stop"
            case do.Ring(offer):
                return f"ring {offer}"
            case do.BridgeLegs(offer, patient, doctor):
                assert doctor == offer
                return f"bridge {offer}" + ("" if patient == "P" else f" with {patient}")
            case do.TakeOut(channel):
                return f"fetch {channel}"
            case do.Join(channel):
                return f"join {channel}"
            case do.RingThird(channel, number, caller):
                return f"dial {number} as {caller} on {channel}"
            case do.Signal(channel, keys):
                return f"beep {channel} {keys}"
            case do.RingPatient(channel):
                return f"ring the patient {channel}"
            case do.Strike(number, doctor):
                return f"strike {number} {doctor}"
            case do.HangUp(channel, polite):
                return f"{'farewell' if polite else 'hang up'} {channel}"
            case do.Release(offer, free_since):
                rest = round((free_since - self.at).total_seconds())
                return f"release {offer}" + (f" in {rest} s" if rest else "")
            case do.StoreCallback(number, category):
                return f"callback {number} {category}"
            case do.EndAttempt(request, outcome):
                return f"{request}: {outcome}"
            case do.TellMessage(message, outcome):
                return f"{message}: {outcome}"
            case do.WithdrawCallback(request):
                return f"withdraw {request}"
            case do.LetBe(channel):
                return f"let {channel} be"
            case do.Finish():
                return "finish"
        return ""

    def wrote(self, kind: str) -> list[dict[str, object]]:
        return [dict(entry.data) for entry in self.journal if entry.kind == kind]

    @property
    def kinds(self) -> list[str]:
        """What was written down, but for the edges walked, which test_nodes.py is about."""
        return [entry.kind for entry in self.journal if entry.kind != "flow.went"]


@pytest.fixture
def story() -> Story:
    """A call that has not arrived yet."""
    return Story()


@pytest.fixture
def waiting(story: Story) -> Story:
    """A caller of 45 with fever who hears music and waits."""
    return story.tell("arrives\n P keys 1\n P keys 45\n P silent")


@pytest.fixture
def offered(waiting: Story) -> Story:
    """… and doctor d1 hears the offer o1."""
    return waiting.tell("claimed o1 d1\n o1 rings\n o1 ready")


@pytest.fixture
def talking(offered: Story) -> Story:
    """… and has taken it."""
    return offered.tell("o1 keys 1\n o1 bridged")
