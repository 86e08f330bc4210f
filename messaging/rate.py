"""No gateway is given more messages a second than it takes: a bucket of tokens. Pure.

In any span of s seconds at most `burst + per_second × s` are given out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_BURST_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` were left at the moment `at`, in seconds of a clock that is never set."""

    per_second: float
    tokens: float
    at: float

    @property
    def burst(self) -> float:
        """As many may go at once after a pause."""
        return max(1.0, self.per_second * _BURST_SECONDS)


def full(per_second: float, at: float) -> Bucket:
    """The bucket a gateway begins with."""
    bucket = Bucket(per_second, 0.0, at)
    return replace(bucket, tokens=bucket.burst)


def take(bucket: Bucket, wanted: int, at: float) -> tuple[int, Bucket]:
    """How many of `wanted` may go now, and what is left."""
    filled = _filled(bucket, at)
    granted = max(0, min(wanted, int(filled.tokens)))
    return granted, replace(filled, tokens=filled.tokens - granted)


def give_back(bucket: Bucket, unused: int) -> Bucket:
    """Tokens that were taken and not needed."""
    return replace(bucket, tokens=min(bucket.burst, bucket.tokens + unused))


def seconds_to_next(bucket: Bucket, at: float) -> float:
    """Until one may go; 0.0 where one may now."""
    return max(0.0, (1.0 - _filled(bucket, at).tokens) / bucket.per_second)


def _filled(bucket: Bucket, at: float) -> Bucket:
    passed = max(0.0, at - bucket.at)
    tokens = min(bucket.burst, bucket.tokens + passed * bucket.per_second)
    return Bucket(bucket.per_second, tokens, max(at, bucket.at))
