"""PURE: percentiles, medians and spreads. Three runs make no distribution, so spread is the lowest and the highest."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of the runs, and the lowest and highest of them."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return short(self.median)
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def spread(values: Sequence[float]) -> Spread | None:
    """None where no run has the figure."""
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Nearest rank: a value that was measured, never one in between."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def short(value: float) -> str:
    """Three figures, which is more than a benchmark knows."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.{1 if abs(value) >= 10 else 2}f}"
