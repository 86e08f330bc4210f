"""PURE but for `load_theme`: how the prompts are called that name people, and reading them while the helpline runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prompts.catalogue import Prompt, load_prompts
from prompts.recordings import file_name
from prompts.wav import RATE

DOCTORS = "doctors"  # the file of the deployment's own catalogue that holds them


def doctor_prompt(doctor_id: str) -> str:
    """The prompt that announces a doctor of a control room by name."""
    return "doctor." + doctor_id.lower().replace("-", "_")


@dataclass(frozen=True)
class Theme:
    """The prompts of one file that have a sound, by id, and the seconds of each."""

    prompts: Mapping[str, Prompt]
    seconds: Mapping[str, float]


def load_theme(catalogue_dir: Path, prompts_dir: Path, language: str, theme: str) -> Theme:
    """A file of a deployment's own catalogue as it is now; empty where there is none. Raises CatalogueError."""
    path = catalogue_dir / language / f"{theme}.yaml"
    prompts = {prompt.id: prompt for prompt in load_prompts(path)} if path.exists() else {}
    sounds = {id: prompts_dir / language / f"{file_name(id)}.alaw" for id in prompts}
    seconds = {id: sound.stat().st_size / RATE for id, sound in sounds.items() if sound.exists()}
    return Theme({id: prompt for id, prompt in prompts.items() if id in seconds}, seconds)
