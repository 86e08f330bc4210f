"""Which prompts can be said in each language: what a flow may name. Read anew when a catalogue's file has changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from config.settings import Settings
from prompts.store import open_store
from shelf.reading import Prompts


def known_prompts(settings: Settings) -> Prompts:
    """The prompt ids by language. Raises PromptError where a catalogue is broken."""
    return _read(settings, _stamp(settings.prompt_catalogue_dir), _stamp(settings.catalogue_dir))


@lru_cache(maxsize=2)
def _read(settings: Settings, *_stamps: int) -> Prompts:
    return {language: frozenset(catalogue.prompts) for language, catalogue in open_store(settings).catalogues.items()}


def _stamp(folder: Path) -> int:
    """Another number as soon as a file of the folder is written, added or removed."""
    return hash(tuple((str(path), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*.yaml"))))
