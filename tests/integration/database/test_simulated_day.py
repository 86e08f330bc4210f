"""A small day through the real pool, store and journal: nobody is rung who must not be, and everybody has an end."""

from __future__ import annotations

from sqlalchemy import func, select

from bench.routing.crowd import draw
from bench.routing.day import Day
from bench.routing.helpline_day import HelplineDay
from config.database import Database
from config.schema import Call, Doctor, Offer


def test_a_day_of_calls_breaks_no_rule_and_forgets_nobody(database: Database) -> None:
    # So many calls a doctor that people wait, give up and ask to be called back.
    day = Day(calls=400, doctors=45, cut_off=0.1)
    tally = HelplineDay(day, draw(day, 11), database).run()
    assert tally.problems == []
    assert sorted(tally.ends) == list(range(400))
    assert {"talk", "callback", "left"} == set(tally.ends.values())
    with database.reading() as session:
        results = dict(session.execute(select(Call.result, func.count()).group_by(Call.result)).all())
        talks = session.scalar(select(func.count()).where(Offer.result == "accepted"))
        held = session.scalar(select(func.count()).where(Doctor.claimed_by.is_not(None)))
    assert sum(results.values()) == 400
    assert results["callback"] == list(tally.ends.values()).count("callback")
    assert (talks, held) == (tally.talks, 0)
