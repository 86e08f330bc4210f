"""PURE: how much is sent, for how long, and who calls meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DATABASES = ("sqlite", "postgresql")
GATEWAY_SECONDS = 0.02  # from a request to its answer: a provider's server in the same country


@dataclass(frozen=True)
class Plan:
    """`rate` messages a second for `seconds`; `callers` at once press keys all the time, before and meanwhile.

    `backlog` messages are then worked off as fast as it goes, beside as many straight through the gateway.
    """

    rate: int = 200
    seconds: float = 60.0
    callers: int = 4
    quiet_seconds: float = 40.0
    backlog: int = 4_000

    @classmethod
    def quick(cls) -> Plan:
        """Shows in three minutes that it works; too short for figures."""
        return cls(seconds=10.0, quiet_seconds=10.0, backlog=500)


@dataclass(frozen=True)
class Menu:
    """From a key's end to the first sound of the next sentence, in seconds, as callers' phones received it.

    By step, for they differ by themselves: a star may be the beginning of more, a digit in a menu never is.
    """

    delays: Mapping[str, Sequence[float]]
    problems: tuple[str, ...]

    @property
    def keys(self) -> int:
        """How many were measured."""
        return sum(map(len, self.delays.values()))


@dataclass(frozen=True)
class Sent:
    """What became of the messages: from promise to the operator's phone network, in seconds each."""

    promised: int
    taken: int
    twice: int
    recorded: int  # in the database as sent when all was over
    latencies: tuple[float, ...]
    seconds: float  # from the first promise to the last that was taken


@dataclass(frozen=True)
class Outcome:
    """One database's figures. `backlog` and `straight`: messages a second through the outbox and without it."""

    database: str
    quiet: Menu
    busy: Menu
    sent: Sent
    backlog: float
    straight: float
    cpu: dict[str, float]  # seconds of processor a thousand messages, by process, beyond those of the quiet time
