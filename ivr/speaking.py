"""PURE: from what a flow says to the prompts that are played: values become words of the listener's language."""

from __future__ import annotations

from collections.abc import Mapping

from prompts.catalogue import Catalogue
from prompts.phrases import speak

# A name that a caller spoke: what follows is its sound file, without .wav.
RECORDING = "recording:"


def spoken(
    prompts: tuple[str, ...], language: str, catalogues: Mapping[str, Catalogue] | None = None
) -> tuple[str, ...]:
    """Prompt ids and recordings only: a flow's `=kind:value` items (flows/wording.py) are said by prompts/phrases.py.

    What the language has no words for is left out: a district that was imported since the start, say. `catalogues`
    are the deployment's; without them the shipped ones speak, and nothing is left out.
    """
    heard: list[str] = []
    for prompt in prompts:
        if prompt.startswith("="):
            kind, _, value = prompt[1:].partition(":")
            heard.extend(speak(language, kind, value, catalogues))
        else:
            heard.append(prompt)
    if catalogues is None or language not in catalogues:
        return tuple(heard)
    known = catalogues[language].prompts
    return tuple(prompt for prompt in heard if prompt in known or prompt.startswith(RECORDING))
