"""PURE: what somebody in the queue hears besides music: place, wait, and health tips."""

from __future__ import annotations

from flows.definition import SeekDoctor

# The words around a place in the queue and a wait, in every language's catalogue; the values are said by its grammar.
PROMPTS = ("wait.position", "wait.position_end", "wait.about", "wait.long", "wait.unknown")
LONG = "long"


def place(position: int, wait: str) -> tuple[str, ...]:
    """The prompts for the `position` (from 1) and the `wait` as flows.events.Placed has them; none for no position."""
    if position < 1:
        return ()
    known = ("wait.about", f"=minutes:{wait}") if wait else ("wait.unknown",)
    return ("wait.position", f"=position:{position}", "wait.position_end", *(("wait.long",) if wait == LONG else known))


def turns(node: SeekDoctor) -> int:
    """How many things are heard from one announcement to the next, itself included."""
    return 2 if node.tips else 1


def tip(node: SeekDoctor, category: str, number: int) -> str:
    """The `number`th tip (from 1) that a caller hears: the category's own, then the others, then from the beginning."""
    tips = tuple(dict.fromkeys((*node.own_tips.get(category, ()), *node.tips)))
    return tips[(number - 1) % len(tips)]
