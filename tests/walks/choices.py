"""PURE: what a planner may let happen next: every key that differs, and every answer that branches look for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows import digits as forms
from flows.commands import Serve
from flows.definition import Bounds, Branch, Choose, Collect, Condition, Flow, Menu, SeekDoctor
from flows.events import (
    Bridged,
    BridgeEnded,
    FlowEvent,
    Keyed,
    NobodyFree,
    Played,
    Recorded,
    Served,
    Silent,
    Started,
    TransferEnded,
)
from flows.paging import page_of
from flows.possible import digits_for, served
from flows.services import SERVICES, SMS_TO
from flows.state import FlowState

# What the rehearsed search answers: nobody has the skill that is asked for besides.
NOBODY = NobodyFree("nobody_on_duty")
# What a service may give that no branch has a case for, where a prompt's name ends with it.
_ELSE: Mapping[str, str] = {"specialty": "eyes"}
# Seconds, roughly, as the telephone makes them: a planner prefers what is quick.
_COST: Mapping[type, float] = {
    Started: 0,
    Played: 3,
    NobodyFree: 0.5,
    Bridged: 4,
    BridgeEnded: 2,
    TransferEnded: 6,
    Served: 0.2,
    Recorded: 4,
}
_KEY, _DIGIT, _QUESTION_RUNS_OUT, _STRETCH = 0.6, 0.15, 14.0, 3.0


@dataclass(frozen=True)
class Choices:
    """A flow and the variables that decide something in it, with the values that make a difference."""

    flow: Flow
    matter: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, flow: Flow) -> Choices:
        found: dict[str, list[str]] = {}
        for node in flow.nodes.values():
            for case in node.cases if isinstance(node, Branch) else ():
                for name, condition in case.when.items():
                    found.setdefault(name, []).extend(_deciding(condition))
        for name, values in found.items():
            # A service may also give what no branch has a case for.
            declared = flow.variables.get(name)
            values += declared.of if declared else ()
            values += [_ELSE[name]] if name in _ELSE else []
        return cls(flow, {name: tuple(dict.fromkeys(values)) for name, values in found.items()})

    def is_flag(self, name: str) -> bool:
        return name in self.flow.variables and self.flow.variables[name].type == "flag"

    def events(self, state: FlowState, asked: Serve | None) -> Iterator[FlowEvent]:
        """What may happen now, hanging up aside."""
        match state.waiting:
            case "":
                yield Started()
            case "input":
                yield from self._answers(state)
                yield Silent()
            case "playback":
                yield Played()
            case "bridge":
                yield BridgeEnded()
            case "transfer":
                yield from (TransferEnded(True), TransferEnded(False))
            case "recording":
                yield from (Recorded("message.wav"), Recorded(""))
            case "service" if asked is not None:
                yield from self._service(state, asked.service)
        if state.seeking and not state.nobody_free:
            yield from (NOBODY, Bridged())

    def _answers(self, state: FlowState) -> Iterator[FlowEvent]:
        node = self.flow.nodes[state.node]
        keys: list[str] = []
        match node:
            case Menu():
                keys = [*node.keys, *self._everywhere(state)]
                keys += [*[key for key in "123456789" if node.on_wrong and key not in keys][:1], ""]
            case Choose():
                page = page_of(state.lists.get(node.source, ()), node.other, state.page)
                keys = [*list(page.items)[:1], page.other_key, *self._everywhere(state), ""]
                keys = [key for number, key in enumerate(keys) if key or number == len(keys) - 1]
            case SeekDoctor():
                # A lone # only skips what is being said: the music after it goes on.
                keys = [*(node.keys if state.announcements else ()), *self._everywhere(state)]
            case Collect() if state.digits:
                keys = ["1", "2"]
            case Collect():
                keys = [*self._digits(node), *(["*"] if node.star else []), ""]
        yield from map(Keyed, dict.fromkeys(keys))

    def _everywhere(self, state: FlowState) -> list[str]:
        node = self.flow.nodes[state.node]
        counts = isinstance(node, SeekDoctor) or (isinstance(node, Menu | Choose) and node.everywhere)
        taken: Mapping[str, object] = node.keys if isinstance(node, Menu | SeekDoctor) else {}
        # A key that leads to the place where one is would be no edge.
        here = isinstance(node, SeekDoctor)
        ways = self.flow.everywhere.items()
        return [key for key, go in ways if counts and key not in taken and not (here and go.to == state.node)]

    def _digits(self, node: Collect) -> Iterator[str]:
        yield digits_for(node)
        yield from (value for value in self.matter.get(node.name, ()) if forms.read(node, value) is not None)
        longest = forms.max_digits(node)
        wrong = (str(node.most + 1), "0" * longest, "9" * longest, "1")
        yield from [keys for keys in wrong if len(keys) <= longest and forms.read(node, keys) is None][:1]

    def _service(self, state: FlowState, name: str) -> Iterator[Served]:
        withheld = state.answers.get("withheld") == "yes"
        for outcome in SERVICES[name].outcomes:
            # A withheld number is answered as one, and no other number is.
            if "withheld" in SERVICES[name].outcomes and withheld != (outcome == "withheld"):
                continue
            for answer in self._served(name, outcome):
                # No mobile is known of a withheld number: only who keys one can be called back.
                values = {key: value for key, value in answer.values.items() if not (withheld and key == SMS_TO)}
                yield replace(answer, values=values)
        yield Served("failed")

    def _served(self, name: str, outcome: str) -> Iterator[Served]:
        usual = served(self.flow, name, outcome)
        yield usual
        for variable in usual.values.keys() & self.matter.keys():
            for value in self._allowed(variable):
                if value != usual.values[variable]:
                    yield replace(usual, values={**usual.values, variable: value})
        if usual.lists:
            yield replace(usual, lists=dict.fromkeys(usual.lists, ()))

    def _allowed(self, variable: str) -> Sequence[str]:
        declared = self.flow.variables.get(variable)
        values = self.matter[variable]
        return [value for value in values if not declared or not declared.of or not value or value in declared.of]


def cost(flow: Flow, state: FlowState, event: FlowEvent) -> float:
    """About how many seconds it takes on a telephone."""
    match event:
        case Keyed(digits):
            return _KEY + _DIGIT * len(digits)
        case Silent():
            return _STRETCH if isinstance(flow.nodes[state.node], SeekDoctor) else _QUESTION_RUNS_OUT
        case _:
            return _COST[type(event)]


def _deciding(condition: Condition) -> list[str]:
    """The values of a condition, or some on both sides of its bounds."""
    return list(condition) if isinstance(condition, tuple) else _sides(condition)


def _sides(bounds: Bounds) -> list[str]:
    found: list[str] = [""] if bounds.known is not None else []
    for edge, step in ((bounds.under, -1), (bounds.least, -1), (bounds.over, 1), (bounds.most, 1)):
        if edge is not None:
            found += [str(int(edge)), str(max(0, int(edge) + step))]
    return found
