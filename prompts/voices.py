"""Who speaks each language: the catalogue's own voice unless the deployment's settings choose another."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prompts.catalogue import Catalogue
from prompts.errors import SynthesisError

PYTTSX3 = "pyttsx3"
PIPER = "piper"
AUTO = "auto"
_MODEL = ".onnx"


@dataclass(frozen=True)
class PiperVoice:
    """Piper's program, its voice file (.onnx), and a text that tells how fast that voice speaks by itself."""

    program: str
    model: str
    sample: str


@dataclass(frozen=True)
class Voice:
    """A voice at a speed: espeak-ng's names (the first that exists is used), or Piper's."""

    names: tuple[str, ...]
    words_per_minute: int
    piper: PiperVoice | None = None

    def fingerprint(self) -> tuple[object, ...]:
        """Return what must be the same for the same text to sound the same."""
        if not self.piper:
            return (self.names, self.words_per_minute)
        model = Path(self.piper.model)
        # A voice file has tens of megabytes; its name and size tell it from another.
        return (PIPER, model.name, model.stat().st_size if model.exists() else 0, self.words_per_minute)


@dataclass(frozen=True)
class Casting:
    """The settings of speech: engine, voices by language, words a minute (0: the catalogue's), Piper's program."""

    engine: str = AUTO
    chosen: Mapping[str, str] = field(default_factory=dict)
    words_per_minute: int = 0
    program: str = ""

    def voice_of(self, catalogue: Catalogue) -> Voice:
        """Return who speaks a language.

        A chosen voice that ends in ".onnx" is Piper's, any other is espeak-ng's. "auto" uses Piper's where its file and
        program exist. Raises SynthesisError when the engine must be Piper and either is missing.
        """
        chosen = self.chosen.get(catalogue.language, "")
        rate = self.words_per_minute or catalogue.words_per_minute
        names = (chosen,) if chosen and not chosen.endswith(_MODEL) else catalogue.voices
        if self.engine == PYTTSX3:
            return Voice(names, rate)
        model = chosen if chosen.endswith(_MODEL) else ""
        program = shutil.which(self.program or "piper") or ""
        if model and program and Path(model).is_file():
            return Voice(names, rate, PiperVoice(program, model, sample_of(catalogue)))
        if self.engine == PIPER:
            raise SynthesisError(_what_piper_lacks(catalogue.language, model, program))
        return Voice(names, rate)


def sample_of(catalogue: Catalogue) -> str:
    """Return a text of some twenty words, the same at every build, by which a voice's own speed is measured."""
    words = catalogue.grammar.cardinals.below_hundred[10:30] if catalogue.grammar else ()
    return catalogue.respelt(" ".join(words)) if words else next(iter(catalogue.prompts.values())).text


def _what_piper_lacks(language: str, model: str, program: str) -> str:
    if not model:
        return f"Piper has no voice for {language!r}; add {language}=/path/to/voice.onnx to HELPLINE_PROMPT_VOICES"
    if not Path(model).is_file():
        return f"Piper's voice for {language!r} is not there: {model}"
    return "there is no program `piper`; install it, or set HELPLINE_PIPER to its path"
