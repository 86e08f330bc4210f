"""The one place where the console has a flow drawn."""

from __future__ import annotations

from config.settings import Settings
from flows.definition import Flow


def drawn(flow: Flow, language: str, settings: Settings) -> str | None:
    """The flow as SVG with labels in `language`; None where the machine has no Graphviz."""
    return None
