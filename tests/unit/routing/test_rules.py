"""The table of preferences: what is shipped is what is written here, and a fault is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
from routing.errors import RulesError
from routing.rules import DEFAULT_RULES, Ring, load_rules

SHIPPED = Settings().routing_file


def test_the_shipped_table_says_what_holds_without_one() -> None:
    assert load_rules(SHIPPED, "Asia/Kolkata") == DEFAULT_RULES


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("points:\n  skill: 30\n  charm: 5\n", 3, "charm"),
        ("rest_after_no_answer: -1\n", 1, "rest_after_no_answer"),
        ("\nring:\n  usual: five\n", 3, "ring.usual"),
        ("relax:\n  - {after: 5}\n", 1, "after: 0"),
        ("relax:\n  - {after: 0}\n  - {after: 0}\n", 1, "later"),
        ("points: {skill: 1}\npoints: {skill: 2}\n", 2, "twice"),
        ("night: [22]\n", 1, "night"),
        ("zone: Asia/Kolkata\n", 1, "HELPLINE_TIME_ZONE"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text(text)
    with pytest.raises(RulesError, match=told) as caught:
        load_rules(file, "Asia/Kolkata")
    assert str(caught.value).startswith(f"{file}:{line}:")


def test_a_missing_or_empty_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"nowhere\.yaml"):
        load_rules(tmp_path / "nowhere.yaml", "Asia/Kolkata")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(RulesError, match="no table"):
        load_rules(tmp_path / "empty.yaml", "Asia/Kolkata")


def test_the_widest_strategy_that_is_named_for_a_call_counts() -> None:
    ring = Ring(lines={"108": "two"}, categories={"heart": "three"}, priorities={"red_flag": "all"})
    assert ring.parallel("104", ["fever"], "") == 1
    assert ring.parallel("108", ["fever"], "child") == 2
    assert ring.parallel("108", ["heart"], "") == 3
    assert ring.parallel("104", ["hub:h01", "heart"], "red_flag") > 100
