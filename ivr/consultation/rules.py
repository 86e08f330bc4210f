"""PURE: what decisions need besides the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flows.definition import Flow
from ivr.state import Leg
from prompts.catalogue import Catalogue


@dataclass(frozen=True)
class Rules:
    """The flows by (name, version), and settings."""

    flows: Mapping[tuple[str, str], Flow]
    offer_flow: Flow
    disposition_flow: Flow
    wrap_up: timedelta = timedelta(seconds=30)
    active: Mapping[str, Flow] = field(default_factory=dict)  # by name, as new legs hear them
    call_back_cut_off: str = "network"  # off | network | all: who is called back when the line broke while waiting
    language: str = "hi"  # what a leg speaks until it is told otherwise; doctors hear it always
    catalogues: Mapping[str, Catalogue] | None = None  # the deployment's words; None: the shipped ones

    def flow_of(self, leg: Leg) -> Flow:
        """The flow a leg is in, in the version it began with: ivr/flow_book.py keeps those that live calls are in."""
        assert leg.flow is not None
        return self.flows[(leg.flow.flow, leg.flow.version)]
