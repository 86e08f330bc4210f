"""What docs/messaging.md tells an officer is what the product says, asks for and understands."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from config.errors import ConfigError
from config.settings import load_settings
from messaging.catalogue import shipped
from messaging.keywords import NotUnderstood, On, Span, Wish, parse, span
from messaging.reasons import reasons, words
from messaging.wording.sheet import COLUMNS

ROOT = Path(__file__).parents[2]
GATEWAYS = ("cdac", "exotel", "twilio", "http", "smpp")
NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
INDIA = ZoneInfo("Asia/Kolkata")


@cache
def page() -> str:
    return (ROOT / "docs/messaging.md").read_text("utf-8")


@cache
def console() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((ROOT / "admin_api/texts/en.yaml").read_text("utf-8"))
    return found


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    section = re.split(r"^#+ ", page().split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_all_that_a_gateway_needs_stands_in_its_row(gateway: str) -> None:
    (row,) = [row for row in rows("5. The gateway") if row[0].startswith(f"`{gateway}`")]
    with pytest.raises(ConfigError) as refused:
        load_settings({"HELPLINE_SMS_GATEWAY": gateway})
    needed = re.findall(r"HELPLINE_\w+", str(refused.value).split("also needs")[1])
    short = {name: f"`_{name.removeprefix(f'HELPLINE_{gateway.upper()}_')}`" for name in needed}
    assert [name for name in needed if name not in row[1] and short[name] not in row[1]] == []


def test_every_state_bears_the_consoles_word() -> None:
    told = {state: row[0] for row in rows("States") for state in re.findall(r"`(\w+)`", row[1])}
    states = ("queued", "sending", "doubt", "sent", "delivered", "failed", "unknown", "refused", "expired")
    assert set(told) == set(states)
    assert [state for state in states if console()[f"sms.{state}"].split(",")[0] not in told[state]] == []


def test_what_went_wrong_is_called_as_the_console_calls_it() -> None:
    known = " | ".join(words(key, "en") for key in reasons())
    said = [part.strip() for row in rows("What went wrong")[:-1] for part in row[0].split(";")]
    assert [part for part in said if part not in known] == []


def test_the_sheets_rows_and_columns_are_counted_right() -> None:
    sent = [one for one in shipped() if one.sent == "now"]
    assert (len(sent), len(list(shipped()))) == (20, 26), "the page says twenty of 26"
    asked = re.findall(r"`(\w+)`", " ".join(row[1] for row in rows("3. Register the rows")))
    assert {name for name in asked if not name.startswith("HELPLINE_")} <= set(COLUMNS)


def meant(wish: Wish) -> tuple[str, Span]:
    return type(wish).__name__, span(wish, NOON, INDIA) if isinstance(wish, On) else Span()


@pytest.mark.parametrize("row", rows("Doctors who write"), ids=lambda row: row[3].split(",")[0])
def test_what_doctors_are_told_to_write_is_understood_alike_in_both_languages(row: list[str]) -> None:
    hindi, english = ([text.strip() for text in cell.split("·")] for cell in row[1:3])
    kinds = {meant(parse(text))[0] for text in (*hindi, *english)}
    assert len(kinds) == 1
    assert kinds != {NotUnderstood.__name__}
    assert meant(parse(hindi[0])) == meant(parse(english[0]))
