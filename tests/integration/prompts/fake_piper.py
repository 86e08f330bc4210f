"""What Piper's program does as far as we see it: lines in, WAVs of 22,050 Hz out, named by the clock."""

import argparse
import sys
import time
import wave
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--output_dir", required=True)
parser.add_argument("--length_scale", type=float, default=1.0)
arguments = parser.parse_args()
if not Path(arguments.model).is_file():
    sys.exit("Failed to load voice")
for line in sys.stdin:
    text = line.strip()
    if text == "crash":
        sys.exit("terminate called after throwing an instance of std::runtime_error")
    if text:
        # Two hundred words a minute by itself, with the voice's usual silence at the end.
        moments = np.arange(int(len(text.split()) * 0.3 * arguments.length_scale * 22050)) / 22050
        voice = 9000 * np.sin(2 * np.pi * 500 * moments) * (1 + 0.3 * np.sin(2 * np.pi * 4 * moments))
        if text == "silence":
            voice *= 0
        with wave.open(str(Path(arguments.output_dir) / f"{time.monotonic_ns()}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(22050)
            file.writeframes(np.concatenate((voice, np.zeros(4410))).astype("<i2").tobytes())
