"""A-law against ITU-T G.711 itself: known codes, and an expander written from its table."""

import numpy as np
import pytest

from prompts.g711 import encode_alaw


def expand(code: int) -> int:
    """Return the 16-bit output value of an A-law code, by the formula of ITU-T G.711 table 1."""
    code ^= 0x55
    segment, step = (code >> 4) & 0x07, code & 0x0F
    magnitude = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (0, 0xD5),
        (-1, 0x55),
        (8, 0xD5),
        (16, 0xD4),
        (-17, 0x54),
        (1000, 0xFA),
        (-1000, 0x7A),
        (32767, 0xAA),
        (-32768, 0x2A),
    ],
)
def test_known_samples_have_their_published_codes(sample: int, code: int) -> None:
    assert encode_alaw(np.array([sample], dtype=np.int16)) == bytes([code])


def test_every_code_is_what_its_own_output_value_is_encoded_to() -> None:
    values = np.array([expand(code) for code in range(256)], dtype=np.int16)
    assert encode_alaw(values) == bytes(range(256))


def test_no_sample_is_wrong_by_more_than_half_a_step() -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    heard = np.array([expand(code) for code in encode_alaw(samples)])
    error = np.abs(heard - samples)
    # Steps are 16 up to 512, then double with each octave: an error of at most 1/32 of the magnitude.
    assert (error <= np.maximum(8, np.abs(samples.astype(int)) / 32)).all()
