"""A thousand random callers in every flow: whatever they, the doctors and the services do, the call ends properly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

import pytest

from flows import engine
from flows.definition import Branch, Flow, SeekDoctor, edges
from flows.engine import MOST_STEPS, Step
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
from flows.player import Player
from flows.state import FlowState
from tests.unit.flows.conftest import FLOWS
from tests.unit.flows.promises import ANSWERED_BY, check_round_trip, check_step

CALLERS = 1000
# They come by at least this share of a flow's edges, so that a promise kept is a promise tried.
MOST_OF = 0.7
PHRASES = {"offer": ("offer.intro", "offer.keys")}
# Whoever goes silent has been waited for this long at most: 40 announcements and as many tips, twice (the ambulance
# does not answer, and a doctor is sought again), and a few questions.
MOST_SILENT_STEPS = 300
# Thousands go silent in waits that are cut short, so that this takes seconds.
ANNOUNCEMENTS = 4
MOST_SILENT_STEPS_CUT_SHORT = 150
ANY_EVENT: tuple[FlowEvent, ...] = (
    Started(),
    Keyed("1"),
    Keyed("A%"),
    Silent(),
    Played(),
    Bridged(),
    BridgeEnded(),
    NobodyFree(),
    Placed(2, "5"),
    TransferEnded(True),
    Served("no such outcome"),
    Recorded(""),
)


def impatient(flow: Flow) -> Flow:
    """The flow with searches that give up sooner."""
    nodes = {
        name: replace(node, give_up=min(node.give_up, ANNOUNCEMENTS)) if isinstance(node, SeekDoctor) else node
        for name, node in flow.nodes.items()
    }
    return replace(flow, nodes=nodes)


IMPATIENT = {name: impatient(flow) for name, flow in FLOWS.items()}


def caller(name: str, draw: Random) -> Player:
    """Somebody of a number that may be withheld, in either language."""
    withheld = draw.random() < 0.2
    given = {"language": draw.choice(["hi", "en"]), "line": "104", "withheld": "yes" if withheld else "no"}
    mobile = not withheld and draw.random() < 0.8
    return Player(IMPATIENT[name], phrases=PHRASES, given=given, callback_possible=not withheld, sms_possible=mobile)


class Chance:
    """Draws what happens next, of two possible events the one that has happened less often at the place."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.looked_for: dict[str, list[str]] = looked_for(FLOWS[name])
        self.times: Counter[tuple[str, str]] = Counter()
        self.left: Counter[str] = Counter()
        self.draw = Random()

    def begin(self, seed: int) -> None:
        self.draw.seed(f"{self.name} {seed}")

    def event(self, player: Player) -> FlowEvent:
        events = player.events()
        # Of a doctor who comes or not there are four events among perhaps 16: what one does should be no rarer.
        answers = [event for event in events if not isinstance(event, Bridged | NobodyFree | Placed)]
        among = answers if self.draw.random() < 0.6 else events
        place = player.state.node
        chosen = min(self.draw.choices(among, k=2), key=lambda event: self.times[place, repr(event)])
        self.times[place, repr(chosen)] += 1
        return self.vary(player, chosen)

    def vary(self, player: Player, event: FlowEvent) -> FlowEvent:
        """Other digits than the usual ones, other values that a service may give."""
        if isinstance(event, Keyed) and self.draw.random() < 0.2:
            return Keyed("".join(self.draw.choices("0123456789*", k=self.draw.randint(0, 12))))
        if isinstance(event, Keyed) and player.longest > 1 and event.digits.isdigit():
            return Keyed(str(self.draw.randint(0, 10 ** min(player.longest, 2))))
        if isinstance(event, Served):
            values = {name: self.value(player.flow, name, value) for name, value in event.values.items()}
            lists = {name: (items * 4)[: self.draw.choice([0, 1, 2, 8])] for name, items in event.lists.items()}
            return replace(event, values=values, lists=lists)
        return event

    def value(self, flow: Flow, name: str, usual: str) -> str:
        """A value that a service may give: one that is declared, or that some branch looks for."""
        declared = flow.variables.get(name)
        if declared and declared.type == "number":
            return str(self.draw.choice([0, 1, 2, 4, 10, 20, 40, 100]))
        words: list[str] = [*(declared.of if declared else ()), *self.looked_for.get(name, ()), usual]
        return self.draw.choice(words)

    def place(self, places: dict[str, list[Player]]) -> Player:
        """Where somebody was before: of three nodes the one from which others went on least often."""
        node = min(self.draw.choices(list(places), k=3), key=lambda name: self.left[name])
        self.left[node] += 1
        return self.draw.choice(places[node])


def looked_for(flow: Flow) -> dict[str, list[str]]:
    """The words that branches test variables for."""
    found: dict[str, list[str]] = {}
    for node in flow.nodes.values():
        for case in node.cases if isinstance(node, Branch) else ():
            for name, condition in case.when.items():
                found.setdefault(name, []).extend(condition if isinstance(condition, tuple) else ())
    return found


def meets(player: Player, event: FlowEvent) -> None:
    before = player.state
    player.meet(event)
    check_step(player.flow, before, event, Step(player.state, player.last))
    assert player.seeking == bool(player.state.seeking)


def walk(player: Player, chance: Chance) -> Iterator[Player]:
    """A random call, step by step, until it ends or the caller hangs up."""
    for _ in range(chance.draw.randint(1, 80)):
        if player.over:
            return
        meets(player, chance.event(player))
        yield player
    player.hang_up()


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_a_thousand_random_callers_are_served_and_none_is_left_without_a_sound(name: str) -> None:
    places: dict[str, list[Player]] = {}
    seen: set[tuple[object, ...]] = set()
    silenced: set[tuple[object, ...]] = set()
    walked: set[tuple[str, str]] = set()
    chance = Chance(name)
    for seed in range(CALLERS):
        chance.begin(seed)
        player = caller(name, chance.draw)
        if seed % 2 and places:  # goes to where somebody was before, and on from there in another way
            player = chance.place(places).fork()
        for _ in walk(player, chance):
            place = place_of(player.state)
            if (known := (place, branches_see(player, chance.looked_for))) not in seen:
                seen.add(known)
                places.setdefault(player.state.node, []).append(player.fork())
            if place not in silenced:
                silenced.add(place)
                check_round_trip(player.state)
                unawaited_events_change_nothing(player)
                walked |= edges_of(falls_silent(player.fork(), chance.draw.random() < 0.5, MOST_SILENT_STEPS_CUT_SHORT))
        walked |= edges_of(player)
    every = {(edge.node, edge.by) for edge in edges(FLOWS[name])}
    assert walked <= every
    assert len(walked) >= MOST_OF * len(every), sorted(every - walked)


def place_of(state: FlowState) -> tuple[object, ...]:
    """States in which the same may happen."""
    return (state.node, state.waiting, state.seeking, state.nobody_free, state.retries, state.page, bool(state.digits))


def branches_see(player: Player, variables: Iterable[str]) -> tuple[str, ...]:
    """What the branches to come may go by."""
    return tuple(player.state.answers.get(name, "") for name in variables)


def edges_of(player: Player) -> set[tuple[str, str]]:
    """What was walked; a key that leads to the node it is pressed at only repeats it, and is no edge."""
    return {(went.node, went.by) for went in player.walked if went.node != went.to}


def unawaited_events_change_nothing(player: Player) -> None:
    state = player.state
    awaited = {name: kind for kind, name in ANSWERED_BY.items()}
    for event in ANY_EVENT:
        step = engine.step(player.flow, state, event)
        check_step(player.flow, state, event, step)
        assert state.ended is False or step == Step(state)
    assert state.waiting in {*awaited, "bridge", "ended"}


def falls_silent(player: Player, answered: bool, most: int) -> Player:
    """From here on nobody presses anything, no doctor is free, services answer in their first way."""
    steps = 0
    while not player.over:
        steps += 1
        assert steps < most, f"{player.state.node} never ends"
        if player.seeking and not player.state.nobody_free:
            meets(player, NobodyFree("all_busy"))
            continue
        answers: dict[str, FlowEvent] = {
            "input": Silent(),
            "playback": Played(),
            "bridge": BridgeEnded(),
            "transfer": TransferEnded(answered),
            "recording": Recorded(""),
        }
        event = answers.get(player.state.waiting) or next(e for e in player.events() if isinstance(e, Served))
        meets(player, event)
    return player


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("name", sorted(FLOWS))
def test_who_is_silent_from_the_first_second_is_let_go_in_the_end(name: str, answered: bool) -> None:
    player = falls_silent(Player(FLOWS[name], phrases=PHRASES), answered, MOST_SILENT_STEPS)
    assert player.state.steps < MOST_STEPS  # not by the engine's emergency brake
    assert not player.hung_up
