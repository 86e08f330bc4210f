"""PURE: from what a flow says to the prompts that are played: values become words of the listener's language."""

from __future__ import annotations

from prompts.phrases import speak


def spoken(prompts: tuple[str, ...], language: str) -> tuple[str, ...]:
    """Prompt ids only: a flow's `=kind:value` items (flows/wording.py) are said by prompts/phrases.py."""
    heard: list[str] = []
    for prompt in prompts:
        if prompt.startswith("="):
            kind, _, value = prompt[1:].partition(":")
            heard.extend(speak(language, kind, value))
        else:
            heard.append(prompt)
    return tuple(heard)
