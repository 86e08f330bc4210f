"""G.711 A-law, the codec of Indian telephone trunks: a prompt stored in it is played without transcoding."""

import numpy as np
import numpy.typing as npt

# ITU-T G.711: the ends of the eight segments of the 13-bit magnitude, and the inversion of even bits.
_SEGMENT_ENDS = np.array([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF])
_POSITIVE_MASK = 0xD5
_NEGATIVE_MASK = 0x55


def encode_alaw(samples: npt.NDArray[np.int16]) -> bytes:
    """Return one A-law byte for each 16-bit sample."""
    linear = samples.astype(np.int32) >> 3
    positive = linear >= 0
    magnitude = np.where(positive, linear, -linear - 1)
    segment = np.searchsorted(_SEGMENT_ENDS, magnitude)
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (segment << 4) | mantissa
    encoded = code ^ np.where(positive, _POSITIVE_MASK, _NEGATIVE_MASK)
    return bytes(encoded.astype(np.uint8).tobytes())
