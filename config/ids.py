"""Our own ids for calls, legs and offers, beside Asterisk's: sortable by time, safe in AMI, URLs and file names."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads like something else


def new_id(prefix: str) -> str:
    """A fresh id such as `call-01jd3k2m5q-7w9x2k4c`: milliseconds since 1970, then 40 random bits."""
    return f"{prefix}-{_base32(time.time_ns() // 1_000_000, 10)}-{_base32(secrets.randbits(40), 8)}"


def _base32(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
