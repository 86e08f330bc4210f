"""The one place where the console has a flow drawn."""

from __future__ import annotations

import logging
import threading

from config.graphviz import LayoutFailed, find_dot
from config.settings import Settings
from flows.definition import Flow
from flows.picture import draw
from prompts.store import open_store

log = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()  # laying out a large flow keeps a core busy for a second


def drawn(flow: Flow, language: str, settings: Settings) -> str | None:
    """The flow as SVG with labels in `language`; None where the machine has no Graphviz, or it gave up."""
    dot = find_dot(settings.dot)
    if dot is None:
        return None
    prompts = open_store(settings).catalogues[language].prompts

    def words(prompt_id: str) -> str:
        return prompts[prompt_id].text if prompt_id in prompts else ""

    try:
        with _one_at_a_time:
            return draw(flow, language, words, dot.lay_out)
    except LayoutFailed as error:
        log.error("%s could not be drawn: %s", flow.name, error)
        return None
