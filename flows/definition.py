"""PURE: a flow as data. flows/loader.py reads it from YAML; flows/engine.py walks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Go:
    """Where an answer leads: remember `assign`, conclude with `result`, say `say`, then enter node `to`."""

    to: str
    assign: Mapping[str, str] = field(default_factory=dict)
    say: tuple[str, ...] = ()
    result: str = ""


@dataclass(frozen=True)
class Menu:
    """A question answered by one key. `greeting` is said once per call. `on_silence` may lead on at once."""

    prompt: tuple[str, ...]
    keys: Mapping[str, Go]
    exhausted: Go
    greeting: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    on_silence: Go | None = None
    on_wrong: Go | None = None
    retries: int = 2
    seconds: float = 5.0
    everywhere: bool = True


@dataclass(frozen=True)
class Collect:
    """A number between `least` and `most`, keyed in; `#` ends it, `*` leads to `star`."""

    name: str
    prompt: tuple[str, ...]
    least: int
    most: int
    go: Go
    exhausted: Go
    unit: str = ""
    wrong: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    star: str = ""
    retries: int = 2
    seconds: float = 6.0

    @property
    def max_digits(self) -> int:
        return len(str(self.most))


@dataclass(frozen=True)
class Say:
    """Something to hear, then on to `go`; without `go` the call ends."""

    prompt: tuple[str, ...]
    go: Go | None = None


@dataclass(frozen=True)
class SeekDoctor:
    """Wait, with music, for a doctor of the answered category.

    `busy` is announced when nobody is free (`nobody` when nobody is on duty at all) and every `every` stretches of
    music afterwards; from then on `keys` count. After `give_up` announcements the call goes to `gave_up`.
    """

    prompt: tuple[str, ...]
    busy: tuple[str, ...]
    nobody: tuple[str, ...]
    keys: Mapping[str, Go]
    after: Go
    gave_up: Go
    stretch: float = 5.0
    every: int = 9
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


Node = Menu | Collect | Say | SeekDoctor | TransferCall | StoreCallback


@dataclass(frozen=True)
class Flow:
    """A whole flow. `everywhere` are the keys that count at every menu and while waiting (8, 9, 0)."""

    name: str
    version: str
    start: str
    nodes: Mapping[str, Node]
    everywhere: Mapping[str, Go] = field(default_factory=dict)

    def prompts(self) -> set[str]:
        """Every prompt id the flow can say; phrases given at its start ("$offer") left out."""
        found: set[str] = set()
        for node in self.nodes.values():
            for value in vars(node).values():
                found.update(_prompts_in(value))
        for go in self.everywhere.values():
            found.update(go.say)
        return {prompt for prompt in found if not prompt.startswith("$")}


def targets(node: Node) -> list[Go]:
    """Every way out of a node."""
    ways = [value for value in vars(node).values() if isinstance(value, Go)]
    keys = getattr(node, "keys", {})
    return [*ways, *keys.values()]


def _prompts_in(value: object) -> set[str]:
    if isinstance(value, Go):
        return set(value.say)
    if isinstance(value, Mapping):
        return {prompt for go in value.values() if isinstance(go, Go) for prompt in go.say}
    if isinstance(value, tuple):
        return {item for item in value if isinstance(item, str)}
    return set()
