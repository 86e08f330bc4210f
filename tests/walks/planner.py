"""PURE: plans few walks that together come by every edge of a flow, and end with a hang-up in every node once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, pairwise

from flows import engine
from flows.commands import Note, Serve
from flows.definition import Flow, SeekDoctor, edges
from flows.events import FlowEvent, Started
from flows.queueing import turns
from flows.state import FlowState
from tests.walks.choices import Choices, cost
from tests.walks.possible_edges import impossible

# A walk goes on until it has taken about this long, and a next edge is looked for among this many places.
_LONGEST, _NEXT, _PLACES = 40.0, 9.0, 80
# The whole flow is known when so many places have brought no new edge.
_PATIENCE = 20000

PHRASES: dict[str, tuple[str, ...]] = {"offer": ("offer.intro", "offer.keys")}


@dataclass(frozen=True)
class Went:
    """An edge as the journal notes it (kind flow.went)."""

    node: str
    by: str
    to: str


@dataclass(frozen=True)
class Moment:
    """What is to happen at a node, and the edges that it leads over; `event` None: the caller hangs up."""

    node: str
    waiting: str
    event: FlowEvent | None
    edges: tuple[Went, ...] = ()


@dataclass(frozen=True)
class Walk:
    """One call. `first` are the edges walked as it begins; the last moment hangs up, unless the flow itself has ended.

    `seconds` is about how long it takes.
    """

    flow: str
    withheld: bool
    first: tuple[Went, ...]
    moments: tuple[Moment, ...]
    seconds: float

    @property
    def edges(self) -> list[Went]:
        """What the journal must hold of the call, in order."""
        return [*self.first, *(edge for moment in self.moments for edge in moment.edges)]

    @property
    def hangs_up_in(self) -> str:
        last = self.moments[-1]
        return last.node if last.event is None else ""

    def until(self, wanted: type[FlowEvent]) -> Walk | None:
        """The same walk, left right after the first event of a kind."""
        for number, moment in enumerate(self.moments):
            if isinstance(moment.event, wanted):
                end = Moment(moment.node, "", None)
                return replace(self, moments=(*self.moments[: number + 1], end))
        return None


@dataclass(frozen=True)
class _Place:
    """Where somebody stands and how they came there."""

    state: FlowState
    asked: Serve | None = None
    before: _Place | None = field(default=None, repr=False)
    event: FlowEvent = field(default_factory=Started)
    went: tuple[Went, ...] = ()
    seconds: float = 0.0

    def way(self) -> Iterator[_Place]:
        """From the start to here."""
        if self.before is not None:
            yield from self.before.way()
        yield self

    @property
    def ended(self) -> bool:
        return self.state.ended


def plan(flow: Flow) -> list[Walk]:
    """Walks over every edge that can be taken; ValueError names one that no walk was found for."""
    return list(_Plan(flow).walks())


class _Plan:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.choices = Choices.of(flow)
        self.edges = {Went(edge.node, edge.by, edge.go.to) for edge in edges(flow)}
        self.first: dict[Went, _Place] = {}
        self.stood: dict[str, _Place] = {}
        for withheld in (False, True):
            self.explore(withheld)
        for edge in impossible(flow):
            self.edges.discard(Went(edge.node, edge.by, edge.go.to))
        if missing := self.edges - self.first.keys():
            raise ValueError(f"{flow.name}: no caller comes by {sorted(map(str, missing))}")

    def walks(self) -> Iterator[Walk]:
        left, standing = set(self.edges), set(self.stood)
        while left:
            # The farthest first: its way covers near ones.
            place = self.first[max(left, key=lambda edge: (self.first[edge].seconds, str(edge)))]
            left -= _walked(place)
            while place.seconds < _LONGEST and not place.ended:
                further = self.nearest(place, partial(_comes_by, left), _NEXT)
                if further is None:
                    break
                place = further
                left -= _walked(place)
            place = self.to_hang_up(place, standing)
            standing.discard(place.state.node)
            yield self.walk(place)
        for node in sorted(standing):
            yield self.walk(self.stood[node])

    def to_hang_up(self, place: _Place, standing: set[str]) -> _Place:
        """A place where nobody has hung up yet, if one is near."""
        if place.ended and place.before is not None and not place.went:
            place = place.before  # the goodbye's end is no edge; who hangs up in it has heard it
        return self.nearest(place, lambda item: item.state.node in standing and not item.ended, _NEXT) or place

    def walk(self, place: _Place) -> Walk:
        way = list(place.way())
        moments = [Moment(at.state.node, at.state.waiting, then.event, then.went) for at, then in pairwise(way)]
        last = way[-1].state
        end = [] if last.ended else [Moment(last.node, last.waiting, None)]
        return Walk(self.flow.name, not last.callback_possible, way[0].went, (*moments, *end), place.seconds)

    # --- searching -----------------------------------------------------------------------------------------------

    def explore(self, withheld: bool) -> None:
        """The quickest way to each edge and each node, unless they are known already."""
        in_vain = 0
        for place in self.spread(self.begin(withheld), everything=True):
            new = [edge for edge in place.went if edge not in self.first]
            self.first.update(dict.fromkeys(new, place))
            if not place.ended:
                self.stood.setdefault(place.state.node, place)
            in_vain = 0 if new else in_vain + 1
            if in_vain > _PATIENCE or self.first.keys() >= self.edges:
                return

    def begin(self, withheld: bool) -> _Place:
        given = {"language": "hi", "withheld": "yes" if withheld else "no", "line": "104"}
        possible = not withheld
        state = engine.begin(self.flow, PHRASES, callback_possible=possible, sms_possible=possible, answers=given)
        return self.step(_Place(state), Started(), first=True)

    def nearest(self, start: _Place, wanted: Callable[[_Place], bool], within: float) -> _Place | None:
        if start.ended:
            return None
        for number, place in enumerate(self.spread(start)):
            if wanted(place):
                return place
            if number > _PLACES or place.seconds > start.seconds + within:
                return None
        return None

    def spread(self, start: _Place, everything: bool = False) -> Iterator[_Place]:
        """Every place that differs, the quickest first; with `everything` also where other things are known."""
        order = count()
        queue = [(start.seconds, next(order), start)]
        seen: set[object] = set()
        while queue:
            _, _, place = heapq.heappop(queue)
            yield place
            if place.ended or seen.issuperset(news := self.news(place.state, everything)):
                continue
            seen.update(news)
            for event in self.choices.events(place.state, place.asked):
                further = self.step(place, event)
                heapq.heappush(queue, (further.seconds, next(order), further))

    def step(self, place: _Place, event: FlowEvent, first: bool = False) -> _Place:
        taken = engine.step(self.flow, place.state, event)
        asked = next((item for item in taken.commands if isinstance(item, Serve)), None)
        went = tuple(
            Went(str(item.data["node"]), str(item.data["by"]), str(item.data["to"]))
            for item in taken.commands
            if isinstance(item, Note) and item.kind == "flow.went"
        )
        seconds = place.seconds + cost(self.flow, place.state, event)
        if taken.state.waiting == "service" and asked is None:
            asked = place.asked
        return _Place(taken.state, asked, None if first else place, event, went, seconds)

    def news(self, state: FlowState, everything: bool) -> list[object]:
        """A place is worth going on from if one of these was not seen before.

        A place with each value of each variable that decides something: all their combinations would be too many.
        """
        node = self.flow.nodes.get(state.seeking or state.node)
        every = turns(node) if isinstance(node, SeekDoctor) else 0
        place = (
            state.node,
            state.waiting,
            state.retries,
            bool(state.digits),
            state.full,
            state.seeking,
            state.nobody_free,
            state.announcements,
            min(state.holds, every),
        )
        if not everything or state.retries:
            return [place]
        values = [(name, state.answers.get(name, "")) for name in self.choices.matter]
        lists = [(name, bool(items)) for name, items in state.lists.items()]
        # Who is pregnant goes first whatever the complaint: a flag that is set is news with each complaint.
        flags = [name for name, value in values if value == "yes" and self.choices.is_flag(name)]
        pairs = [(flag, state.answers.get("category", "")) for flag in flags if not state.seeking]
        return [place, *((place, item) for item in (*values, *lists, *pairs))]


def _comes_by(wanted: set[Went], place: _Place) -> bool:
    return not wanted.isdisjoint(place.went)


def _walked(place: _Place) -> set[Went]:
    return {edge for item in place.way() for edge in item.went}
