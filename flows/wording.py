"""PURE: what a flow's prompts come to in a call: phrases put in, values ready to be said."""

from __future__ import annotations

from flows.state import FlowState


def worded(prompts: tuple[str, ...], state: FlowState) -> tuple[str, ...]:
    """Prompt ids and `=kind:value` items. What is not known yet is not said."""
    heard: list[str] = []
    for prompt in prompts:
        mark, rest = prompt[0], prompt[1:]
        if mark in "$&":
            heard.extend(state.phrases.get(rest, ()))
        elif mark in "=?":
            before, _, variable = rest.partition(":")
            value = state.answers.get(variable, "")
            if value:
                heard.append(f"={before}:{value}" if mark == "=" else f"{before}.{value}")
        else:
            heard.append(prompt)
    return tuple(heard)
