"""PURE: from a flow to its SVG: what is shown, where Graphviz puts it, how it is painted."""

from __future__ import annotations

from collections.abc import Callable

from flows.definition import Flow
from flows.picture.digraph import as_dot
from flows.picture.placing import placed
from flows.picture.sketch import sketch
from flows.picture.svg import paint
from flows.picture.vocabulary import vocabulary
from flows.picture.wording import Wording, Words


def draw(flow: Flow, language: str, words: Words, lay_out: Callable[[str], str]) -> str:
    """The SVG of a flow, the same bytes for the same flow and the same Graphviz.

    `words` gives the text of a prompt id, "" for one it does not know. `lay_out` turns DOT into Graphviz's json0
    (config.graphviz.Dot.lay_out); what it raises passes through.
    """
    wording = Wording(flow, language, words, vocabulary(language))
    shown = sketch(flow, wording)
    return paint(shown, placed(lay_out(as_dot(shown))))


__all__ = ["Words", "draw"]
