"""The callers of `bench caller` in a hurry, so that a flow that keeps people waiting is noticed early."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.caller.robot import walk
from bench.caller.scripts import AMBULANCE, FIRST, OPD_OPEN, RETURNING, SPECIALIST, SPOKE_LINE, Trial
from bench.caller.town import Town, town
from tests.telephone.house import together

LIMIT = 8.0
HURRY = [Trial(script, "first_sound") for script in (FIRST, RETURNING, SPECIALIST, OPD_OPEN, SPOKE_LINE, AMBULANCE)]


@pytest.fixture
def open_town(tmp_path: Path, spoken_prompts: Path) -> Iterator[Town]:
    """Prompts of its own: the sample directory has names that other tests' helplines do not know."""
    prompts = shutil.copytree(spoken_prompts, tmp_path / "prompts")
    with town(tmp_path / "town", prompts) as there:
        yield there


@pytest.mark.alone
def test_who_is_in_a_hurry_is_soon_at_a_doctor_or_an_ambulance_on_every_line(open_town: Town) -> None:
    walks = together(*(lambda trial=trial: walk(open_town, trial) for trial in HURRY))
    assert {made.trial.name: made.seconds for made in walks if made.seconds > LIMIT} == {}
