"""PURE: walks a flow. `step` never raises for any event in any state, and never leaves somebody without a next sound.

The invariant, checked by tests with random events: after every step either the flow has ended, or exactly one wait is
outstanding (`FlowState.waiting`), and its command was issued in this step or an earlier one and not yet answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.frozen import replace
from flows import digits as forms
from flows import queueing
from flows.branching import taken
from flows.commands import (
    Ask,
    Conclude,
    FlowCommand,
    HangUp,
    Note,
    Play,
    RecordMessage,
    RequestCallback,
    Seek,
    Serve,
    Sms,
    StopSeeking,
    Transfer,
)
from flows.definition import (
    Branch,
    Choose,
    Collect,
    Flow,
    Go,
    Menu,
    Question,
    Record,
    Say,
    SeekDoctor,
    SendSms,
    StoreCallback,
    TransferCall,
    UseService,
)
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
    SoughtAgain,
    Started,
    TransferEnded,
)
from flows.paging import Page, page_of
from flows.services import SMS_TO
from flows.state import FlowState
from flows.wording import worded

# More than this in one call is a machine or a stuck key; the longest honest wait takes about 400.
MOST_STEPS = 1000
# Nodes that wait for nothing, in one step: the loader refuses circles of them, so a flow has far fewer.
_MOST_PASSED = 200
# Of so many announcements one is remembered for a successor: where somebody stands changes little in between.
_REMEMBERED = 4
# Seconds of silence between an announcement and the music, in which a late key still counts.
_AFTER_ANNOUNCEMENT = 0.4


@dataclass(frozen=True)
class Step:
    """The new state and what to do about it, in order."""

    state: FlowState
    commands: tuple[FlowCommand, ...] = ()


def begin(
    flow: Flow,
    phrases: dict[str, tuple[str, ...]] | None = None,
    *,
    callback_possible: bool = True,
    sms_possible: bool = True,
    answers: dict[str, str] | None = None,
) -> FlowState:
    """The state before Started. `phrases` are prompts composed by the caller, used in the flow as "$name".

    `answers` are the variables that are known from the start (flows/services.py: GIVEN).
    """
    return FlowState(
        flow=flow.name,
        version=flow.version,
        node=flow.start,
        phrases=phrases or {},
        callback_possible=callback_possible,
        sms_possible=sms_possible,
        answers=answers or {},
    )


def step(flow: Flow, state: FlowState, event: FlowEvent) -> Step:
    """One event; the new state and its commands. An event nobody waits for changes nothing.

    A state saved under another version of the flow may stand where this one has nothing to stand on: the next awaited
    event then leads to the start.
    """
    if state.ended or not _is_awaited(state, event):
        return Step(state)
    if isinstance(event, Placed):  # it answers nothing, and is no step
        return Step(replace(state, position=event.position, wait=event.wait))
    state = replace(state, steps=state.steps + 1)
    if state.steps > MOST_STEPS and not isinstance(event, Bridged):
        return _end(state)
    return _Walk(flow, state).take(event)


def _is_awaited(state: FlowState, event: FlowEvent) -> bool:
    match event:
        case Bridged() | NobodyFree() | Placed():
            return bool(state.seeking)
        case _:
            return state.waiting == _WAITED_AS[type(event)]


_WAITED_AS: dict[type, str] = {
    Started: "",
    Keyed: "input",
    Silent: "input",
    Played: "playback",
    Served: "service",
    Recorded: "recording",
    BridgeEnded: "bridge",
    SoughtAgain: "bridge",
    TransferEnded: "transfer",
}

# Which kinds of node can wait for what.
_STANDS_ON: dict[str, tuple[type, ...]] = {
    "input": (Menu, Collect, Choose, SeekDoctor),
    "playback": (Say,),
    "bridge": (SeekDoctor,),
    "transfer": (TransferCall,),
    "service": (UseService,),
    "recording": (Record,),
}


def _end(state: FlowState) -> Step:
    leaving: tuple[FlowCommand, ...] = (StopSeeking(),) if state.seeking else ()
    return Step(replace(state, waiting="ended", seeking=""), (*leaving, HangUp()))


class _Walk:
    """One step's work: collects commands and what is to be said first, until a wait or the end is reached."""

    def __init__(self, flow: Flow, state: FlowState) -> None:
        self.flow = flow
        self.state = state
        self.commands: list[FlowCommand] = []
        self.passed = 0

    def take(self, event: FlowEvent) -> Step:
        if isinstance(event, Bridged):
            self.state = replace(self.state, node=self.state.seeking, seeking="", waiting="bridge")
        elif isinstance(event, Started) or not self.stands():
            self.enter(self.flow.start)
        else:
            self.answer(event)
        return Step(self.state, tuple(self.commands))

    def stands(self) -> bool:
        kinds = _STANDS_ON[self.state.waiting]
        seeks = not self.state.seeking or isinstance(self.flow.nodes.get(self.state.seeking), SeekDoctor)
        return isinstance(self.flow.nodes.get(self.state.node), kinds) and seeks

    def answer(self, event: FlowEvent) -> None:
        node = self.flow.nodes[self.state.node]
        match node, event:
            case _, NobodyFree(reason):
                self.nobody_free(reason)
            case _, Keyed(digits):
                self.keyed(digits)
            case _, Silent():
                self.silent()
            case Say(), Played():
                self.leave_say(node)
            case SeekDoctor(), BridgeEnded():
                self.go("bridge_ended", node.after)
            case SeekDoctor(), SoughtAgain(prompts):
                self.wait_again(prompts)
            case TransferCall(), TransferEnded(answered):
                self.go("answered" if answered else "failed", node.done if answered else node.failed)
            case UseService(), Served():
                self.served(node, event)
            case Record(), Recorded(file):
                self.keep({node.name: file})
                self.go("recorded" if file else "nothing", node.go if file else node.nothing)

    def keep(self, answers: Mapping[str, str]) -> None:
        """Remember values; an empty one forgets, which the record must know where there was something."""
        for name, value in answers.items():
            if not value and self.state.answers.get(name):
                self.note("answer.forgotten", name=name)
        self.state = replace(self.state, answers={**self.state.answers, **answers})

    def note(self, kind: str, **data: str | int) -> None:
        self.commands.append(Note(kind, data))

    # --- entering a node ---------------------------------------------------------------------------------------

    def go(self, by: str, way: Go) -> None:
        """Leave the present node by one of its edges."""
        self.note("flow.went", flow=self.flow.name, node=self.state.node, by=by, to=way.to)
        for value in filter(None, way.assign.values()):
            self.note("menu.choice", node=self.state.node, choice=value)
        self.keep(way.assign)
        if way.result:
            self.commands.append(Conclude(way.result))
        self.state = replace(self.state, said=self.state.said + way.say)
        self.passed += 1
        if self.passed > _MOST_PASSED:
            ended = _end(self.state)
            self.state = ended.state
            self.commands += ended.commands
            return
        self.enter(way.to)

    def enter(self, name: str) -> None:
        if self.state.seeking and not self.keeps_place(name):
            self.commands.append(StopSeeking())
            self.state = replace(self.state, seeking="")
        self.forget_unconfirmed()
        self.state = replace(self.state, node=name, retries=0, page=0)
        match self.flow.nodes[name]:
            case Menu() | Collect() | Choose() as node:
                self.enter_question(node)
            case SeekDoctor() as node:
                self.enter_search(node)
            case Say(prompt=(), go=None) if not self.state.said:
                ended = _end(self.state)
                self.state = ended.state
                self.commands += ended.commands
            case Say() as node:
                self.commands.append(Play(self.prompts(node.prompt)))
                self.state = replace(self.state, waiting="playback")
            case TransferCall() as node:
                self.commands.append(Transfer(node.target, self.prompts(node.prompt)))
                self.state = replace(self.state, waiting="transfer")
            case UseService() as node:
                self.commands.append(Serve(node.service, self.values(node.arguments)))
                self.state = replace(self.state, waiting="service")
            case Record() as node:
                self.commands.append(RecordMessage(self.prompts(node.prompt), node.seconds))
                self.state = replace(self.state, waiting="recording")
            case Branch() as node:
                self.go(*taken(node, self.state.answers))
            case StoreCallback() as node:
                self.store_callback(node)
            case SendSms() as node:
                self.send_sms(node)

    def forget_unconfirmed(self) -> None:
        """Who leaves a read-back without confirming, over 9 or wrong keys, has not given the answer."""
        node = self.flow.nodes.get(self.state.node)
        if self.state.digits and isinstance(node, Collect):
            self.keep({node.name: ""})
        self.state = replace(self.state, digits="")

    def keeps_place(self, name: str) -> bool:
        """Whether who goes to `name` goes on waiting for a doctor."""
        node = self.flow.nodes.get(self.state.seeking)
        questions = node.meanwhile if isinstance(node, SeekDoctor) else ()
        # "who" also stands for the nodes of a part: who/age.
        return name == self.state.seeking or any(name == item or name.startswith(f"{item}/") for item in questions)

    def enter_question(self, node: Question) -> None:
        if isinstance(node, Choose) and not self.state.lists.get(node.source):
            self.go("empty", node.empty)
            return
        greeting = () if self.state.greeted else node.greeting
        self.state = replace(self.state, greeted=self.state.greeted or bool(node.greeting))
        self.put(node, greeting)

    def enter_search(self, node: SeekDoctor) -> None:
        if self.state.seeking:
            self.resume_search(node)
            return
        skills = tuple(skill for item in node.skills if (skill := self.text(item)))
        category, gender = self.text(node.category) or "general", self.text(node.gender)
        self.commands.append(Seek(category, self.text(node.priority), skills, gender))
        self.state = replace(self.state, seeking=self.state.node, position=0, wait="")
        self.state = replace(self.state, holds=0, announcements=0, nobody_free=False, led=False)
        if node.first:
            self.go("meanwhile", Go(node.first, say=node.prompt))
        else:
            self.announce(node.prompt)

    def wait_again(self, prompts: tuple[str, ...]) -> None:
        """Back to waiting, for another doctor; whoever has found out that one is wanted has begun the search."""
        self.state = replace(self.state, seeking=self.state.node, holds=0, announcements=0, nobody_free=False)
        self.announce(prompts)

    def resume_search(self, node: SeekDoctor) -> None:
        """The questions are over: back to the music."""
        if self.state.said:
            self.announce(())
        else:
            self.hold(node)

    def store_callback(self, node: StoreCallback) -> None:
        if self.state.callback_possible or self.state.answers.get(SMS_TO):
            self.commands.append(RequestCallback(self.text(node.category) or "general"))
            self.go("stored", node.go)
        else:
            self.go("impossible", node.impossible)

    def send_sms(self, node: SendSms) -> None:
        if self.state.sms_possible or self.state.answers.get(SMS_TO):
            self.commands.append(Sms(node.template, self.values(node.values)))
            self.go("sent", node.go)
        else:
            self.go("no_mobile", node.no_mobile)

    def leave_say(self, node: Say) -> None:
        if node.go is None:
            ended = _end(self.state)
            self.state = ended.state
            self.commands += ended.commands
        else:
            self.go("said", node.go)

    # --- what is said ------------------------------------------------------------------------------------------

    def prompts(self, prompts: tuple[str, ...]) -> tuple[str, ...]:
        """What is to be said first, then `prompts`."""
        heard = worded(self.state.said + prompts, self.state)
        self.state = replace(self.state, said=())
        return heard

    def text(self, item: str) -> str:
        """The text of a word or of `=variable`."""
        return self.state.answers.get(item[1:], "") if item.startswith("=") else item

    def values(self, arguments: object) -> dict[str, str]:
        """Arguments by name: a variable's value, or the text after an equals sign."""
        assert hasattr(arguments, "items")
        return {
            name: value[1:] if value.startswith("=") else self.state.answers.get(value, "")
            for name, value in arguments.items()
        }

    def put(self, node: Question, before: tuple[str, ...] = ()) -> None:
        """Ask a question, with something said before it."""
        self.state = replace(self.state, put_before=self.state.said + before if self.state.full else ())
        if self.state.digits and isinstance(node, Collect):
            self.ask(before + node.read_back, 1, node.seconds)
        elif isinstance(node, Collect):
            self.ask(before + node.prompt, forms.max_digits(node), node.seconds)
        elif isinstance(node, Choose):
            self.ask(before + (() if self.state.page else node.prompt), 1, node.seconds, listed=self.page(node).prompts)
        else:
            self.ask(before + node.prompt, 1, node.seconds)

    def ask(
        self,
        prompts: tuple[str, ...],
        max_digits: int,
        seconds: float,
        music: bool = False,
        listed: tuple[str, ...] = (),
        passing: bool = False,
    ) -> None:
        """`listed` are a list's items: a service has put their values in already (=year:1976)."""
        self.commands.append(Ask(self.prompts(prompts) + listed, max_digits, seconds, music, passing))
        self.state = replace(self.state, waiting="input")

    def page(self, node: Choose) -> Page:
        other = node.other and replace(node.other, say=worded(node.other.say, self.state))
        return page_of(self.state.lists.get(node.source, ()), other, self.state.page)

    # --- answers -----------------------------------------------------------------------------------------------

    def keyed(self, digits: str) -> None:
        node = self.flow.nodes[self.state.node]
        late_hash = self.state.full and digits == ""
        self.state = replace(self.state, full=False)
        if late_hash and isinstance(node, Question):
            # The # after as many digits as the question before takes: it ends them, and answers nothing. It has cut
            # off what was being said, such as that those digits were wrong.
            self.put(node, self.state.put_before)
            return
        dotted = isinstance(node, Collect) and node.dotted
        self.note("key.pressed", node=self.state.node, keys="•" * len(digits) if dotted else digits)
        match node:
            case SeekDoctor():
                self.keyed_while_waiting(node, digits)
            case Collect() if self.state.digits:
                self.keyed_at_read_back(node, digits)
            case Collect():
                self.keyed_at_collect(node, digits)
            case Menu() | Choose() if digits == "*":
                self.put(node)
            case Menu() | Choose():
                self.keyed_at_menu(node, digits)

    def keyed_at_menu(self, node: Menu | Choose, digits: str) -> None:
        if isinstance(node, Menu) and digits in node.keys:
            self.answer_menu(node, f"key:{digits}", node.keys[digits])
        elif isinstance(node, Choose) and self.chosen(node, digits):
            return
        elif node.everywhere and digits in self.flow.everywhere:
            self.go(f"everywhere:{digits}", self.flow.everywhere[digits])
        elif digits == "":
            self.missed(node, node.silent)
        elif node.on_wrong is not None:
            self.leave_question(node, "wrong", node.on_wrong)
        else:
            self.missed(node, node.wrong)

    def leave_question(self, node: Question, by: str, way: Go) -> None:
        if isinstance(node, Menu):
            self.answer_menu(node, by, way)
        else:
            self.go(by, way)

    def answer_menu(self, node: Menu, by: str, way: Go) -> None:
        if node.sort == "triage" and by in ("key:1", "key:2"):
            self.note("triage.answered", question=self.state.node, answer="yes" if by == "key:1" else "no")
        if node.sort == "consent":
            self.note("consent.answered", to=node.about, answer="granted" if by == "key:1" else "refused")
        self.go(by, way)

    def chosen(self, node: Choose, key: str) -> bool:
        page = self.page(node)
        if key == page.more_key:
            self.state = replace(self.state, page=page.next, retries=0)
            self.put(node)
            return True
        if (item := page.items.get(key)) is not None:
            self.keep({node.name: item.value})
            self.state = replace(self.state, phrases={**self.state.phrases, node.name: item.phrase})
            self.go("item", node.go)
            return True
        if node.other is not None and key == page.other_key:
            self.go("other", replace(node.other, say=()))
            return True
        return False

    def keyed_at_collect(self, node: Collect, digits: str) -> None:
        self.state = replace(self.state, full=len(digits) == forms.max_digits(node))
        if "*" in digits and node.star:
            self.go("star", Go(node.star))
        elif digits == "" and node.skip is not None:
            self.go("skip", node.skip)
        elif (value := forms.read(node, digits)) is not None:
            self.keep({node.name: value})
            if node.read_back:
                self.state = replace(self.state, digits=digits, retries=0)
                self.put(node)
            else:
                self.accept(node, value)
        elif digits and node.on_wrong is not None:
            self.go("wrong", node.on_wrong)
        else:
            self.missed(node, self.what_is_wrong(node, digits) if digits else node.silent)

    def what_is_wrong(self, node: Collect, digits: str) -> tuple[str, ...]:
        if node.form != "mobile":
            return node.wrong
        return node.wrong_mobile.get(forms.wrong_mobile(digits), node.wrong)

    def keyed_at_read_back(self, node: Collect, digits: str) -> None:
        if digits == "" and node.unconfirmed is not None:
            self.go("unconfirmed", node.unconfirmed)
        elif digits in ("1", ""):
            self.accept(node, self.state.answers[node.name])
        elif digits == "2":
            self.forget_unconfirmed()
            self.put(node)
        elif digits in self.flow.everywhere:
            self.go(f"everywhere:{digits}", self.flow.everywhere[digits])
        elif digits == "*":
            self.put(node)
        else:
            self.missed(node, node.wrong)

    def accept(self, node: Collect, value: str) -> None:
        self.state = replace(self.state, digits="")
        if node.form == "mobile":
            self.keep({SMS_TO: value})
        if not node.secret:
            name = "mobile" if node.form == "mobile" else node.name
            data: dict[str, str | int] = {"name": name, "value": int(value) if value.isdecimal() else value}
            self.note("answer.given", **(data | ({"unit": node.unit} if node.unit else {})))
        self.go("value", node.go)

    def silent(self) -> None:
        node = self.flow.nodes[self.state.node]
        if isinstance(node, SeekDoctor):
            self.hold(node)
            return
        assert isinstance(node, Question)
        self.note("input.silent", node=self.state.node)
        self.state = replace(self.state, full=False)
        if self.state.digits and isinstance(node, Collect):
            self.keyed_at_read_back(node, "")
        elif node.on_silence is not None:
            self.leave_question(node, "silence", node.on_silence)
        else:
            self.missed(node, node.silent)

    def missed(self, node: Question, why: tuple[str, ...]) -> None:
        """A wrong key or silence: say so and ask again, or give up asking."""
        if self.state.retries >= node.retries:
            self.leave_question(node, "exhausted", node.exhausted)
            return
        self.state = replace(self.state, retries=self.state.retries + 1)
        self.put(node, why)

    def served(self, node: UseService, event: Served) -> None:
        secrets = {item.name for item in self.flow.nodes.values() if isinstance(item, Collect) and item.secret}
        known = {name: value for name, value in self.state.answers.items() if name not in secrets}
        self.state = replace(self.state, answers=known, lists={**self.state.lists, **event.lists})
        self.keep(event.values)
        if event.outcome in node.outcomes:
            self.go(f"outcome:{event.outcome}", node.outcomes[event.outcome])
        else:
            self.go("failed", node.failed)

    # --- waiting for a doctor ------------------------------------------------------------------------------------

    def keyed_while_waiting(self, node: SeekDoctor, digits: str) -> None:
        if digits in node.keys and self.state.announcements:
            self.go(f"key:{digits}", node.keys[digits])
            return
        if digits in self.flow.everywhere and self.flow.everywhere[digits].to != self.state.node:
            self.go(f"everywhere:{digits}", self.flow.everywhere[digits])
            return
        if digits == "*" and self.state.announcements:
            self.state = replace(self.state, holds=queueing.turns(node))
        self.hold(node)

    def nobody_free(self, reason: str) -> None:
        """Remembered; the music's present stretch ends by itself within seconds, then it is said."""
        node = self.flow.nodes[self.state.seeking]
        assert isinstance(node, SeekDoctor)
        full = self.state.nobody_free and self.state.answers.get("nobody") == "queue_full"
        if full and node.on_full and not self.state.led:
            return  # who has no place in the queue is told that, and not how it stands with doctors
        new = not self.state.nobody_free or self.state.answers.get("nobody") != reason
        due = self.state.holds if self.state.nobody_free else queueing.turns(node)
        self.state = replace(self.state, nobody_free=True, holds=due, led=self.state.led and not new)
        self.keep({"nobody": reason})

    def announce(self, prompts: tuple[str, ...]) -> None:
        """Say something to somebody who waits; the music follows as soon as nothing is keyed."""
        self.ask(prompts, 1, _AFTER_ANNOUNCEMENT)

    def hold(self, node: SeekDoctor) -> None:
        """The next thing to hear: how it stands, a tip, or music alone."""
        if not self.state.nobody_free:
            self.ask((), 1, node.stretch, music=True, passing=True)
        elif self.led_on(node):
            return
        elif self.state.holds == 0:
            self.play_on(node, ())
        elif self.state.holds < queueing.turns(node):
            self.state = replace(self.state, tips=self.state.tips + 1)
            self.play_on(node, self.prompts((queueing.tip(node, self.text(node.category), self.state.tips),)))
        elif self.state.announcements < node.give_up:
            self.say_how_it_stands(node)
        else:
            self.go("gave_up", node.gave_up)

    def led_on(self, node: SeekDoctor) -> bool:
        """Whoever finds the queue full, or nobody on duty, is told so where the flow has a place for it, once."""
        reason = self.state.answers.get("nobody")
        way = {"nobody_on_duty": node.on_nobody, "queue_full": node.on_full}.get(reason or "")
        if way is None or self.state.led:
            return False
        by = "nobody" if reason == "nobody_on_duty" else "full"
        self.state = replace(self.state, led=True, holds=0, announcements=self.state.announcements + 1)
        self.go(by, way)
        return True

    def say_how_it_stands(self, node: SeekDoctor) -> None:
        """Nobody is free: the place in the queue, the wait, and what may be pressed."""
        first, place = self.state.announcements == 0, queueing.place(self.state.position, self.state.wait)
        if self.state.answers.get("nobody") == "nobody_on_duty":
            heard: tuple[str, ...] = node.nobody
            place = ()
        else:
            # Where `offer` is missing, `busy` names the keys itself.
            heard = node.busy if first or not place or not node.offer else ()
        if first and place:
            self.note("wait.told", position=self.state.position, wait=self.state.wait)
        self.state = replace(self.state, holds=0, announcements=self.state.announcements + 1)
        remembered = self.state.announcements % _REMEMBERED == 1
        self.play_on(node, self.prompts(heard) + place + self.prompts(node.offer), passing=not remembered)

    def play_on(self, node: SeekDoctor, heard: tuple[str, ...], *, passing: bool = True) -> None:
        """Something to hear, and music for the rest of its time."""
        self.state = replace(self.state, holds=self.state.holds + 1, waiting="input")
        self.commands.append(Ask(self.prompts(()) + heard, 1, node.every / queueing.turns(node), True, passing))
