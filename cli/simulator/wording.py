"""What a simulated call says in words: the catalogues behind the ids that a flow plays."""

from __future__ import annotations

from collections.abc import Mapping

from flows.player import Words
from ivr.speaking import RECORDING
from prompts.catalogue import Catalogue, Prompt
from prompts.numbers.speaking import PAUSE
from prompts.phrases import offer_phrase, speak

# What stands for the phrases that the controller puts together (flows use them as "$offer").
PHRASES: Mapping[str, tuple[str, ...]] = {"offer": offer_phrase("fever", 45)}


def prompt_ids(catalogues: Mapping[str, Catalogue], language: str, item: str) -> tuple[str, ...]:
    """The prompts that say an item of a flow: itself, or what `=kind:value` comes to."""
    if not item.startswith("="):
        return (item,)
    kind, _, value = item[1:].partition(":")
    return speak(language, kind, value, catalogues)


def words_of(catalogues: Mapping[str, Catalogue]) -> Words:
    """The words of an item in a language; a prompt that has none is shown by its id."""

    def words(language: str, item: str) -> str:
        if item.startswith(RECORDING):
            return "(a recorded name)"
        catalogue = catalogues.get(language)
        known = catalogue.prompts if catalogue else {}
        ids = prompt_ids(catalogues, language, item)
        return " ".join(shown(known, prompt_id) for prompt_id in ids)

    return words


def shown(known: Mapping[str, Prompt], prompt_id: str) -> str:
    """A prompt's words, or its id where it has none."""
    if prompt_id == PAUSE:
        return "…"
    return known[prompt_id].text if prompt_id in known else f"<{prompt_id}>"
