"""What is made of the measurements."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from bench.outcome import Outcome
from bench.plan import Plan, Segment
from bench.report import as_json, ratios, rows, show, verdicts


def test_a_call_counts_as_served_only_when_the_callers_and_the_records_agree() -> None:
    assert _outcome(successful=219, recorded=220).failed == 1
    assert _outcome(successful=220, recorded=217).failed == 3


def test_a_row_gathers_the_runs_of_one_side_at_one_rate() -> None:
    [ours, native] = rows([_outcome(cpu=4.4), _outcome("native", cpu=2.2), _outcome(cpu=6.6, recorded=219)])
    assert (ours.side, ours.attempted, ours.failed) == ("helpline", 440, 1)
    assert (ours.cpu_total.low, ours.cpu_total.median, ours.cpu_total.high) == (20, 25, 30)
    assert native.cpu_total.median == 10


def test_the_ratio_is_the_helplines_cpu_over_natives() -> None:
    assert ratios(rows([_outcome(cpu=4.4), _outcome("native", cpu=2.2)])) == {20: 2.0}


def test_the_targets_are_reached_when_nothing_failed_and_the_figures_are_low_enough() -> None:
    assert all(item.reached for item in verdicts(rows([_outcome(cpu=4.4), _outcome("native", cpu=2.2)])))


def test_each_target_is_missed_on_its_own() -> None:
    for ours in (_outcome(recorded=219), _outcome(cpu=4.5), _outcome(delays=(0.05,) * 9 + (0.25,))):
        found = verdicts(rows([ours, _outcome("native", cpu=2.2)]))
        assert [item.reached for item in found].count(False) == 1


def test_no_measured_delay_is_no_short_delay() -> None:
    found = verdicts(rows([_outcome(delays=()), _outcome("native", cpu=2.2)]))
    assert [item.found for item in found if not item.reached] == ["none measured"]


def test_the_json_has_every_run_and_the_targets() -> None:
    plan = Plan(rates=(20,), seconds=10, runs=1)
    found = json.loads(json.dumps(as_json([_outcome(), _outcome("native", cpu=2.2)], plan)))
    assert [run["side"] for run in found["runs"]] == ["helpline", "native"]
    assert found["ratio"] == {"20": 2.0}
    assert len(found["targets"]) == 3


def test_the_table_names_both_sides_and_the_first_problem() -> None:
    screen = StringIO()
    show([_outcome(problems=("doctor: no tone [x]",)), _outcome("native", cpu=2.2)], Console(file=screen, width=200))
    text = screen.getvalue()
    assert "helpline" in text
    assert "native" in text
    assert "doctor: no tone [x]" in text


def _outcome(
    side: str = "helpline",
    successful: int = 220,
    recorded: int = 220,
    cpu: float = 4.4,
    delays: tuple[float, ...] = (0.01, 0.02),
    problems: tuple[str, ...] = (),
) -> Outcome:
    segment = Segment(number=0, rate=20, seconds=10, run=0)
    return Outcome(side, segment, 220, successful, recorded, {"asterisk": cpu}, delays, problems)
