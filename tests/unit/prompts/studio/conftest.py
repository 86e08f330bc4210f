"""A studio that delivers whatever a test needs: tones at a speaker's pace, in any of the formats studios export."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prompts.audio import Signal
from prompts.catalogue import Catalogue, Prompt

Deliver = Callable[..., Path]


def voice(seconds: float, rate: int, gain: float = 0.2) -> Signal:
    """Something as uneven as speech: a tone that swells four times a second."""
    moments = np.arange(int(seconds * rate)) / rate
    return np.asarray(gain * np.sin(2 * np.pi * 500 * moments) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * moments)))


def wav(
    path: Path, signal: Signal, rate: int = 48000, bits: int = 24, channels: int = 1, *, code: int = 1, wide: int = 0
) -> Path:
    """Write a WAV by hand: `wide` makes the extensible header that 24-bit recorders write."""
    width = bits // 8
    whole = np.clip(np.round(signal * 2 ** (bits - 1)), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1).astype("<i8")
    frames = np.repeat(whole, channels).view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    head = struct.pack("<HHIIHH", 0xFFFE if wide else code, channels, rate, rate * width * channels, width, bits)
    if wide:
        guid = struct.pack("<H", code) + bytes.fromhex("000000001000800000aa00389b71")
        head += struct.pack("<HHI", 22, bits, 0) + guid
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk, and its padding
    chunks += b"data" + struct.pack("<I", len(frames)) + frames
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


@pytest.fixture
def catalogue() -> Catalogue:
    texts = {
        "welcome": "नमस्ते स्वास्थ्य हेल्पलाइन में आपका स्वागत है",
        "menu.main": "एम्बुलेंस के लिए आठ दबाएँ",
        "number.8": "आठ",
    }
    prompts = {key: Prompt(key, text, generated=key == "number.8") for key, text in texts.items()}
    prompts["menu.main"] = Prompt("menu.main", texts["menu.main"], note="धीरे, साफ़")
    prompts["language.en"] = Prompt("language.en", "English", generated=True, language="en")
    return Catalogue("hi", ("hi",), 140, (), prompts)
