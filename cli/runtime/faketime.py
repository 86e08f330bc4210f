"""libfaketime, for the test of a clock that jumps: the machine's own release's, unpacked here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable

# Loaded into our own Python, so it must be built against this machine's own C library: its own release.
RECIPE = Recipe(name="faketime", title="libfaketime (for tests)", roots=("libfaketime",))


@dataclass(frozen=True)
class FaketimeInstall:
    library: Path

    def env(self, offset_file: Path) -> dict[str, str]:
        """What a process needs so that the clock on the wall shows what `offset_file` says (`+0`, `+3600`).

        The monotonic clock stays: that is what a clock that is set does to a process.
        """
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(offset_file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; Asterisk asks what time it is thousands of times a second
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }


def faketime() -> FaketimeInstall:
    """The library. Raises RuntimeUnavailable."""
    found = sorted(fetch(RECIPE).tree.rglob("libfaketimeMT.so.1"))
    if not found:
        raise RuntimeUnavailable("the fetched libfaketime has no libfaketimeMT.so.1")
    return FaketimeInstall(found[0])
