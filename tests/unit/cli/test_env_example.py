"""config/env.example is the settings' documentation, so it may neither lack one nor invent one."""

import re
from itertools import pairwise

import pytest

from config.settings import CHECKOUT, Settings, load_settings

EXAMPLE = CHECKOUT / "config" / "env.example"
# In the file a path counts from the checkout, so that it reads the same on every machine.
PATHS = {
    "HELPLINE_DATA_DIR",
    "HELPLINE_FLOWS_DIR",
    "HELPLINE_PROMPT_CATALOGUE_DIR",
    "HELPLINE_RECORDED_PROMPTS_DIR",
    "HELPLINE_ROUTING_FILE",
}


def documented() -> dict[str, str]:
    return dict(re.findall(r"^(HELPLINE_\w+)=(.*)$", EXAMPLE.read_text("utf-8"), flags=re.M))


def test_the_file_names_every_setting_and_no_other() -> None:
    assert set(documented()) == {f"HELPLINE_{name.upper()}" for name in Settings.model_fields}


def test_the_file_names_each_setting_once() -> None:
    assert len(re.findall(r"^HELPLINE_\w+=", EXAMPLE.read_text("utf-8"), flags=re.M)) == len(documented())


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_file_gives_the_default(name: str) -> None:
    variable = f"HELPLINE_{name.upper()}"
    expected = Settings.model_fields[name].default
    value = documented()[variable]
    assert str(CHECKOUT / value if variable in PATHS else value) == str(expected)


def test_the_file_as_it_is_makes_the_default_settings() -> None:
    as_written = {k: str(CHECKOUT / v) if k in PATHS else v for k, v in documented().items()}
    assert load_settings(as_written) == load_settings({})


def test_every_setting_has_a_comment_above_its_group() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if line.startswith("HELPLINE_"):
            assert before.startswith(("#", "HELPLINE_")), f"{line} has no comment"
