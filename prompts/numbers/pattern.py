"""Sentences with gaps ("लगभग {number} मिनट"): word order is data, for whole sentences and fragments alike."""

import string
from collections.abc import Collection
from dataclasses import dataclass

from prompts.errors import CatalogueError


@dataclass(frozen=True)
class Pattern:
    """A sentence named `name`, as its words and gaps in order; a gap is written "{field}".

    Synthesised whole, its gaps are filled with words. Put together from recordings, the words between its gaps are
    prompts of their own: `<name>.1`, `<name>.2`, and each gap is said by the prompts of what is put in.
    """

    name: str
    sentence: str
    pieces: tuple[tuple[str, str], ...]  # ("words", text) or ("gap", field)

    def filled(self, **words: str) -> str:
        """Return the sentence with words in its gaps."""
        return " ".join(self.sentence.format(**words).split())

    def fragments(self) -> dict[str, str]:
        """Return the text of each prompt that stands between the gaps, by id."""
        texts = [piece for kind, piece in self.pieces if kind == "words"]
        return {f"{self.name}.{number}": text for number, text in enumerate(texts, start=1)}

    def ids(self, **prompts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the prompts that say the sentence when `prompts` say what is in its gaps."""
        said: list[str] = []
        between = 0
        for kind, piece in self.pieces:
            if kind == "gap":
                said += prompts[piece]
            else:
                between += 1
                said.append(f"{self.name}.{between}")
        return tuple(said)


def parse_pattern(name: str, text: str, needed: Collection[str], allowed: Collection[str] = ()) -> Pattern:
    """Read a sentence. Raises CatalogueError unless it has every gap of `needed` and no other than those `allowed`."""
    pieces: list[tuple[str, str]] = []
    try:
        for words, field, *_ in string.Formatter().parse(text):
            # A lone comma or danda shapes a written sentence; as a prompt of its own it would be silence.
            if any(character.isalpha() for character in words):
                pieces.append(("words", " ".join(words.split()).strip(" ,;.।")))
            if field is not None:
                pieces.append(("gap", field))
    except ValueError as error:
        raise CatalogueError(f"{name}: {error}") from error
    gaps = {piece for kind, piece in pieces if kind == "gap"}
    if not set(needed) <= gaps <= {*needed, *allowed}:
        known = " ".join(f"{{{field}}}" for field in (*needed, *allowed))
        raise CatalogueError(f"{name} must have the gaps {known} and no other" if known else f"{name} has no gaps")
    return Pattern(name, text, tuple(pieces))
