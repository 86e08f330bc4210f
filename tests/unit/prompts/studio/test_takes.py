"""Whatever a studio exports as PCM is read to the sample; anything else is named."""

from pathlib import Path

import numpy as np
import pytest

from prompts.errors import RecordingError
from prompts.studio.takes import read_take
from tests.unit.prompts.studio.conftest import voice, wav


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("wide", [0, 1])
def test_every_usual_format_is_read_to_the_sample(
    tmp_path: Path, rate: int, bits: int, channels: int, wide: int
) -> None:
    said = voice(0.1, rate)
    take = read_take(wav(tmp_path / "a.wav", said, rate, bits, channels, wide=wide))
    assert (take.rate, take.bits, take.channels) == (rate, bits, channels)
    assert take.seconds == pytest.approx(0.1)
    assert np.abs(take.mono() - said).max() < 2**-15


@pytest.mark.parametrize(
    ("bits", "code", "complaint"),
    [(32, 3, "32-bit floating point: export it as 16- or 24-bit PCM"), (8, 6, "8-bit A-law"), (8, 1, "8-bit PCM")],
)
def test_another_encoding_is_named(tmp_path: Path, bits: int, code: int, complaint: str) -> None:
    with pytest.raises(RecordingError, match=complaint):
        read_take(wav(tmp_path / "a.wav", voice(0.1, 8000), 8000, bits, code=code))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"ID3\x04 an mp3", "not a WAV file"), (b"", "not a WAV file"), (b"RIFF\0\0\0\0WAVE", "damaged WAV")],
)
def test_what_is_no_wav_is_said_to_be_none(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(RecordingError, match=complaint):
        read_take(tmp_path / "a.wav")


def test_a_file_that_was_cut_off_in_its_header_is_damaged(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", voice(0.1, 8000))
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(RecordingError, match="damaged"):
        read_take(path)
