"""Speech made by Piper's own program, for a voice that sounds like a person: one process for all texts of a voice.

Both Pipers are spoken to alike, the one in C++ (rhasspy/piper) and the one in Python (OHF-Voice/piper1-gpl): a line on
stdin is a text, and each becomes a WAV in the output folder, named by a growing clock.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from prompts.audio import telephone_speech
from prompts.errors import PromptError, SynthesisError
from prompts.voices import PiperVoice
from prompts.wav import RATE, Samples, read_wav, write_telephone_pair

_PATIENCE_SECONDS = 120
_LOOK_SECONDS = 0.1
# Piper's own limits are wider, but beyond these a voice is hard to follow.
_LEAST_SCALE, _MOST_SCALE = 0.5, 2.0


def speak_with_piper(texts: Sequence[tuple[str, Path]], voice: PiperVoice, words_per_minute: int) -> Iterator[int]:
    """Say each text into the telephone pair of its target; yields the index of each that is finished.

    Raises SynthesisError with Piper's last words.
    """
    with tempfile.TemporaryDirectory() as folder:
        scale = _length_scale(voice, words_per_minute, Path(folder) / "sample")
        for index, wav in enumerate(_said(voice, [text for text, _ in texts], scale, Path(folder) / "said")):
            target = texts[index][1]
            try:
                write_telephone_pair(target, _speech(wav))
            except PromptError as error:
                raise SynthesisError(f"{target.name} could not be said: {error}") from error
            yield index


def _length_scale(voice: PiperVoice, words_per_minute: int, folder: Path) -> float:
    """Return how much slower than by itself the voice must speak. Every Piper voice has a speed of its own."""
    seconds = sum(len(_speech(wav)) / RATE for wav in _said(voice, [voice.sample], 1.0, folder))
    own = len(voice.sample.split()) * 60 / seconds
    return min(_MOST_SCALE, max(_LEAST_SCALE, own / words_per_minute))


def _said(voice: PiperVoice, texts: Sequence[str], scale: float, folder: Path) -> Iterator[Path]:
    """Yield the file of each text, in order, as Piper finishes it."""
    folder.mkdir()
    command = [voice.program, "--model", voice.model, "--output_dir", str(folder), "--length_scale", f"{scale:.3f}"]
    with tempfile.TemporaryFile() as lines, tempfile.TemporaryFile() as complaints:
        lines.write("".join(f"{' '.join(text.split())}\n" for text in texts).encode())
        lines.seek(0)
        try:
            process = subprocess.Popen(command, stdin=lines, stdout=subprocess.DEVNULL, stderr=complaints)
        except OSError as error:
            raise SynthesisError(f"Piper cannot be started: {error}") from error
        count = 0
        try:
            for wav in _appearing(process, folder):
                count += 1
                yield wav
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0 or count != len(texts):
            complaints.seek(0)
            words = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise SynthesisError(f"Piper said {count} of {len(texts)} texts: {' '.join(words) or 'no reason given'}")


def _appearing(process: "subprocess.Popen[bytes]", folder: Path) -> Iterator[Path]:
    """Yield the files as they are finished, the last one when Piper has ended."""
    taken = 0
    last_news = time.monotonic()
    while True:
        over = process.poll() is not None
        files = sorted(folder.glob("*.wav"), key=lambda path: int(path.stem))
        for wav in files[taken : len(files) if over else max(0, len(files) - 1)]:
            taken += 1
            last_news = time.monotonic()
            yield wav
        if over:
            return
        if time.monotonic() - last_news > _PATIENCE_SECONDS:
            raise SynthesisError(f"Piper has said nothing for {_PATIENCE_SECONDS} s")
        time.sleep(_LOOK_SECONDS)


def _speech(wav: Path) -> Samples:
    speech = telephone_speech(*read_wav(wav))
    if not len(speech):
        raise SynthesisError("Piper wrote only silence")
    return speech
