"""PURE: a flow as the engine walks it. flows/lowering.py makes it from what is written (flows/document.py).

A prompt is an id of the catalogue, or one of: `$name` a phrase given by whoever began the flow, `=kind:variable` a
value to be said, `?begin:variable` the prompt whose name the value ends, `&variable` what the chosen item was called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Sort = Literal["menu", "yes_no", "triage", "consent"]


@dataclass(frozen=True)
class Go:
    """Where an answer leads: remember `assign`, conclude with `result`, say `say`, then enter node `to`."""

    to: str
    assign: Mapping[str, str] = field(default_factory=dict)
    say: tuple[str, ...] = ()
    result: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions have in common. `greeting` is said once per call. `on_silence` may lead on at once.

    After `retries` repetitions the caller goes where `exhausted` leads; `seconds` is the wait for the first key.
    """

    prompt: tuple[str, ...]
    exhausted: Go
    greeting: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    on_silence: Go | None = None
    on_wrong: Go | None = None
    retries: int = 2
    seconds: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Menu(Question):
    """A question answered by one key.

    A triage question or a consent is a menu whose answer is put on record as `about`.
    """

    keys: Mapping[str, Go]
    everywhere: bool = True
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = "menu"
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Collect(Question):
    """Digits keyed in; `#` ends them, `*` leads to `star`. `form` says what they must be (flows/digits.py).

    `wrong_mobile` is said instead of `wrong`, by what is wrong with a mobile number.
    """

    name: str
    least: int
    most: int
    go: Go
    form: str = "number"
    unit: str = ""
    skip: Go | None = None
    star: str = ""
    read_back: tuple[str, ...] = ()
    unconfirmed: Go | None = None
    wrong_mobile: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def secret(self) -> bool:
        """Whether the digits stay off the record."""
        return self.form == "pin"

    @property
    def dotted(self) -> bool:
        """Whether the keys are noted as dots: a PIN, and a person's number, which stands in the answer alone."""
        return self.form in ("pin", "mobile")


@dataclass(frozen=True, kw_only=True)
class Choose(Question):
    """A list given by a service, six items at a time: 1-6 choose, 7 says more. `other` comes after its last item."""

    source: str
    name: str
    go: Go
    empty: Go
    other: Go | None = None
    everywhere: bool = True


@dataclass(frozen=True)
class Say:
    """Something to hear, then on to `go`; without `go` the call ends."""

    prompt: tuple[str, ...]
    go: Go | None = None


@dataclass(frozen=True)
class Bounds:
    """A number's limits, or whether there is a value at all; None does not limit."""

    under: float | None = None
    over: float | None = None
    least: float | None = None
    most: float | None = None
    known: bool | None = None


Condition = tuple[str, ...] | Bounds  # one of these values, or within bounds


@dataclass(frozen=True)
class Case:
    """A way of a branch, taken where every variable meets its condition."""

    when: Mapping[str, Condition]
    go: Go


@dataclass(frozen=True)
class Branch:
    """Goes on at once by what is known: the first case that holds, else `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: Go


@dataclass(frozen=True)
class UseService:
    """Asks the helpline for something (flows/services.py) and goes on by the outcome.

    `arguments` name variables, or are text after an equals sign.
    """

    service: str
    arguments: Mapping[str, str]
    outcomes: Mapping[str, Go]
    failed: Go


@dataclass(frozen=True)
class SeekDoctor:
    """Wait, with music, for a doctor of `category`; `meanwhile` are questions asked during the search, from `first` on.

    When nobody is free, `busy` is announced (`nobody` when nobody is on duty at all), then the place in the queue, then
    `offer`, and all but `busy` again every `every` seconds, with a tip between; from then on `keys` count. After
    `give_up` announcements the call goes to `gave_up`. `on_nobody` and `on_full` may lead on when nobody is on duty or
    the queue is full. Until it is known that nobody is free, music comes in stretches of `stretch` seconds. Category,
    priority, skills and gender are words, or `=variable`; `own_tips` are a category's, told before the others.
    """

    prompt: tuple[str, ...]
    busy: tuple[str, ...]
    nobody: tuple[str, ...]
    keys: Mapping[str, Go]
    after: Go
    gave_up: Go
    category: str = "=category"
    priority: str = ""
    skills: tuple[str, ...] = ()
    first: str = ""
    meanwhile: tuple[str, ...] = ()
    gender: str = ""
    offer: tuple[str, ...] = ()
    on_nobody: Go | None = None
    on_full: Go | None = None
    tips: tuple[str, ...] = ()
    own_tips: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stretch: float = 5.0
    every: float = 45.0
    give_up: int = 40


@dataclass(frozen=True)
class TransferCall:
    """Connect to `target`, then on by how it went."""

    target: str
    prompt: tuple[str, ...]
    done: Go
    failed: Go


@dataclass(frozen=True)
class StoreCallback:
    """Store a callback request, then on. A withheld number cannot be called back: `impossible`."""

    go: Go
    impossible: Go
    category: str = "=category"


@dataclass(frozen=True)
class Record:
    """Record what the caller says, at most `seconds`; `name` remembers the recording's file."""

    name: str
    prompt: tuple[str, ...]
    go: Go
    nothing: Go
    seconds: int = 30


@dataclass(frozen=True)
class SendSms:
    """Send a message to the caller's mobile phone, then on at once."""

    template: str
    values: Mapping[str, str]
    go: Go
    no_mobile: Go


Node = (
    Menu | Collect | Choose | Say | Branch | UseService | SeekDoctor | TransferCall | StoreCallback | Record | SendSms
)


@dataclass(frozen=True)
class VariableType:
    """What a variable may hold: see flows/document.py."""

    type: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where something is written: the file, and the line from 1 (0: not known)."""

    source: str
    line: int = 0


@dataclass(frozen=True)
class Flow:
    """A whole flow with its parts put in ("part/node"). `everywhere` are the keys that count at every menu (8, 9, 0).

    `places` says where each node is written ("" is the flow itself), for what is said about it; `parts` are the flows
    put in; `titles` what drawings call a node ({"hi": …}; "" is the flow itself).
    """

    name: str
    version: str
    start: str
    nodes: Mapping[str, Node]
    everywhere: Mapping[str, Go] = field(default_factory=dict)
    variables: Mapping[str, VariableType] = field(default_factory=dict)
    audience: str = "patient"
    exits: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    parts: tuple[str, ...] = ()

    def prompts(self) -> set[str]:
        """Every prompt id the flow can say by its own name; phrases and values left out."""
        found: set[str] = set()
        for node in self.nodes.values():
            found.update(said_by(node))
        for go in self.everywhere.values():
            found.update(go.say)
        return {prompt for prompt in found if prompt[0] not in "$=?&"}


@dataclass(frozen=True)
class Edge:
    """One way out of a node. `by` is how it is taken: key:1, silence, wrong, exhausted, value, outcome:found, case:1, …

    `everywhere` keys are edges of every question that lets them count.
    """

    node: str
    by: str
    go: Go


def edges(flow: Flow) -> Iterator[Edge]:
    """Every edge of a flow, node by node, in the order of the file."""
    for name, node in flow.nodes.items():
        for by, go in ways(node):
            yield Edge(name, by, go)
        for key, go in flow.everywhere.items():
            if everywhere_counts(node, key) and go.to != name:
                yield Edge(name, f"everywhere:{key}", go)


def everywhere_counts(node: Node, key: str) -> bool:
    """Whether an `everywhere` key has its own meaning at this node."""
    if isinstance(node, SeekDoctor):
        return key not in node.keys
    return isinstance(node, Menu | Choose) and node.everywhere and not (isinstance(node, Menu) and key in node.keys)


def ways(node: Node) -> list[tuple[str, Go]]:
    """Every way out of a node that it names itself, as (by, where)."""
    match node:
        case Menu():
            own = [(f"key:{key}", go) for key, go in node.keys.items()]
        case Collect():
            own = [("value", node.go)]
            own += [("skip", node.skip)] if node.skip else []
            own += [("star", Go(node.star))] if node.star else []
            own += [("unconfirmed", node.unconfirmed)] if node.unconfirmed else []
        case Choose():
            own = [("item", node.go), ("empty", node.empty)]
            own += [("other", node.other)] if node.other else []
        case Say():
            return [("said", node.go)] if node.go else []
        case Branch():
            own = [(f"case:{number}", case.go) for number, case in enumerate(node.cases, 1)]
            return [*own, ("otherwise", node.otherwise)]
        case UseService():
            return [*((f"outcome:{name}", go) for name, go in node.outcomes.items()), ("failed", node.failed)]
        case SeekDoctor():
            own = [(f"key:{key}", go) for key, go in node.keys.items()]
            own += [("meanwhile", Go(node.first))] if node.first else []
            own += [("nobody", node.on_nobody)] if node.on_nobody else []
            own += [("full", node.on_full)] if node.on_full else []
            return [*own, ("bridge_ended", node.after), ("gave_up", node.gave_up)]
        case TransferCall():
            return [("answered", node.done), ("failed", node.failed)]
        case StoreCallback():
            return [("stored", node.go), ("impossible", node.impossible)]
        case Record():
            return [("recorded", node.go), ("nothing", node.nothing)]
        case SendSms():
            return [("sent", node.go), ("no_mobile", node.no_mobile)]
    # What questions have in common. Silence or a wrong key that repeats the question is no edge.
    own += [("silence", node.on_silence)] if node.on_silence else []
    own += [("wrong", node.on_wrong)] if node.on_wrong else []
    # A lone # always repeats the question: it may be the end of the digits before, so it never counts as an answer.
    return [*own, ("exhausted", node.exhausted)]


def said_by(node: Node) -> set[str]:
    """Every prompt a node can say itself or on a way out of it."""
    own = {
        item
        for name in ("prompt", "greeting", "wrong", "silent", "busy", "nobody", "offer", "tips", "read_back")
        for item in getattr(node, name, ())
    }
    if isinstance(node, SeekDoctor):
        own |= {item for tips in node.own_tips.values() for item in tips}
    if isinstance(node, Collect):
        own |= {item for words in node.wrong_mobile.values() for item in words}
    return own | {item for _, go in ways(node) for item in go.say}
