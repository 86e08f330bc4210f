"""The studio's sheet: every sentence of a language with its file name, what to know of it, and whether it is done."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from prompts.catalogue import Catalogue, Prompt
from prompts.recordings import Recordings, file_name
from prompts.studio.importing import status_of

COLUMNS = ("file", "id", "text", "note", "seconds", "recorded")


@dataclass(frozen=True)
class Line:
    """One sentence to record. `state` is "missing", "done", or "stale": recorded for words that have changed."""

    file: str
    id: str
    text: str
    note: str
    seconds: float | None
    state: str


@cache
def words_for(language: str) -> Mapping[str, str]:
    """Return the sheet's headings in a language; English where there are none."""
    known = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    found: Mapping[str, str] = known.get(language, known["en"])
    return found


def sheet_of(catalogue: Catalogue, recordings: Recordings, seconds: Mapping[str, float]) -> list[Line]:
    """Return a line for each prompt its speaker records, whole sentences before fragments.

    `seconds` are the present lengths, synthesised or recorded.
    """
    status = status_of(catalogue, recordings)
    states = {
        **dict.fromkeys(status.recorded, "done"),
        **dict.fromkeys(status.missing, "missing"),
        **dict.fromkeys(status.stale, "stale"),
    }
    lines = [_line(catalogue, prompt_id, seconds.get(prompt_id), state) for prompt_id, state in states.items()]
    places = {prompt_id: place for place, prompt_id in enumerate(catalogue.prompts)}
    return sorted(lines, key=lambda line: (catalogue.prompts[line.id].generated, places[line.id]))


def _line(catalogue: Catalogue, prompt_id: str, seconds: float | None, state: str) -> Line:
    prompt = catalogue.prompts[prompt_id]
    return Line(f"{file_name(prompt_id)}.wav", prompt_id, prompt.text, _note(prompt, catalogue), seconds, state)


def _note(prompt: Prompt, catalogue: Catalogue) -> str:
    """A sentence in another language is marked with it: it may be another person's to speak."""
    strange = prompt.language not in ("", catalogue.language)
    return f"[{prompt.language}] {prompt.note}".strip() if strange else prompt.note


def sheet_csv(lines: list[Line], language: str) -> bytes:
    """Return the sheet as CSV in UTF-8 with the byte order mark by which Excel knows it."""
    words = words_for(language)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([words[column] for column in COLUMNS])
    for line in lines:
        length = "" if line.seconds is None else f"{line.seconds:.1f}"
        writer.writerow([line.file, line.id, line.text, line.note, length, words[line.state]])
    return text.getvalue().encode("utf-8-sig")
