"""What can be wrong with a flow, and the one exception base of this room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Fault:
    """Something wrong with a flow: where (file, line from 1 or 0, node or ""), what, and what to do about it."""

    source: str
    line: int
    node: str
    what: str
    advice: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        node = f"node {self.node}: " if self.node else ""
        advice = f" -> {self.advice}" if self.advice else ""
        return f"{place}: {self.severity}: {node}{self.what}{advice}"


Found = tuple[str, str, str, Severity]  # node, what, advice, severity: a fault whose line is still to be looked up


def error(node: str, what: str, advice: str) -> Found:
    """Something that keeps the flow from being used."""
    return node, what, advice, "error"


def warning(node: str, what: str, advice: str) -> Found:
    """Something that callers would not like."""
    return node, what, advice, "warning"


class FlowError(Exception):
    """A flow's definition cannot be used; the message has every fault with file, line, node and what to do."""

    def __init__(self, faults: Iterable[Fault] | str) -> None:
        self.faults = [Fault("", 0, "", faults)] if isinstance(faults, str) else list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults) if not isinstance(faults, str) else faults)
