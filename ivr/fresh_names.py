"""Names that were spoken since the start: a doctor who has come to a control room is announced at the next call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from config.settings import Settings
from prompts.catalogue import Catalogue
from prompts.names import DOCTORS, doctor_prompt, load_theme

_ANNOUNCED = doctor_prompt("")


def take_up(settings: Settings, catalogues: Mapping[str, Catalogue]) -> tuple[dict[str, Catalogue], dict[str, float]]:
    """The catalogues with the doctors' names as they are now, and the seconds of each. Raises PromptError, OSError."""
    fresh, seconds = {}, dict[str, float]()
    for language, catalogue in catalogues.items():
        theme = load_theme(settings.catalogue_dir, settings.prompts_dir, language, DOCTORS)
        others = {id: prompt for id, prompt in catalogue.prompts.items() if not id.startswith(_ANNOUNCED)}
        fresh[language] = replace(catalogue, prompts=others | dict(theme.prompts))
        for id, length in theme.seconds.items():
            seconds[id] = max(length, seconds.get(id, 0.0))
    return fresh, seconds
