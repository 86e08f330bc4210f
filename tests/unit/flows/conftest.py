"""A caller without a telephone: says what happens, reads what is heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows import commands as do
from flows import engine
from flows.commands import FlowCommand
from flows.definition import Flow
from flows.events import FlowEvent, Started
from flows.loader import load_flows
from flows.state import FlowState

FLOWS = load_flows(Path(__file__).parents[3] / "flows" / "definitions")


@dataclass
class Caller:
    """Walks one flow and keeps what came of the last event."""

    flow: Flow
    state: FlowState
    last: tuple[FlowCommand, ...] = ()
    all: list[FlowCommand] = field(default_factory=list)

    def meets(self, *events: FlowEvent) -> Caller:
        for event in events:
            step = engine.step(self.flow, self.state, event)
            self.state, self.last = step.state, step.commands
            self.all.extend(step.commands)
        return self

    @property
    def heard(self) -> tuple[str, ...]:
        """The prompts of the last event's commands."""
        speaking = [c for c in self.last if isinstance(c, do.Ask | do.Play | do.Transfer | do.RecordMessage)]
        return tuple(prompt for command in speaking for prompt in command.prompts)

    @property
    def music(self) -> bool:
        return any(isinstance(command, do.Ask) and command.music for command in self.last)

    @property
    def sought(self) -> list[str]:
        return [command.category for command in self.all if isinstance(command, do.Seek)]

    @property
    def asked(self) -> list[tuple[str, dict[str, str]]]:
        """The services asked so far, with their arguments."""
        return [(command.service, dict(command.arguments)) for command in self.all if isinstance(command, do.Serve)]

    @property
    def concluded(self) -> list[str]:
        return [command.result for command in self.all if isinstance(command, do.Conclude)]

    def notes(self, kind: str) -> list[dict[str, str | int]]:
        return [dict(c.data) for c in self.all if isinstance(c, do.Note) and c.kind == kind]

    @property
    def way(self) -> list[str]:
        """The edges walked: node:by."""
        return [f"{note['node']}:{note['by']}" for note in self.notes("flow.went")]


Dials = Callable[..., Caller]


def calls(flow: Flow, *, withheld: bool = False, **phrases: tuple[str, ...]) -> Caller:
    """Somebody who has just been connected to a flow."""
    state = engine.begin(flow, dict(phrases), callback_possible=not withheld, sms_possible=not withheld)
    return Caller(flow, state).meets(Started())


@pytest.fixture
def dials() -> Dials:
    """A caller who has just been connected to a flow that is delivered (smallest unless named otherwise)."""

    def dials(name: str = "smallest", **how: object) -> Caller:
        return calls(FLOWS[name], **how)  # type: ignore[arg-type]

    return dials
