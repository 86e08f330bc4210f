"""SAMPLES for demonstrations and tests, not a directory of anything: nobody may rely on an OPD, hub or PIN in here.

Districts and pincodes are real ones of Madhya Pradesh; OPDs, their numbers and days, hubs and spokes are made up.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
# In the order in which they refer to each other.
LISTS = ("pincodes", "centres", "opds", "hubs", "spokes")


def sample(kind: str) -> Path:
    """The sample list of a kind."""
    return FOLDER / f"{kind}.csv"
