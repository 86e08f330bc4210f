"""`./helpline why CALL`: why this caller got that doctor, or none, in sentences that a supervisor can read."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cdr.journal import lines_of
from cli.runtime.progress import say
from config.clock import utc_now
from config.database import Database
from config.errors import ConfigError
from config.numbers import mask, parse_caller
from config.schema import Call, Doctor, Leg, Offer
from config.settings import Settings, load_settings
from routing.errors import RoutingError
from routing.explain import Deed, Explanation, OfferTold, Stint, explain
from routing.rules import load_rules
from routing.store import RoutingStore

# Who had a call earlier than this before the decision counts as idle since the doctor's own record says.
_LOOK_BACK = timedelta(days=2)
_SHORTEST_BEGINNING = 4


class CallNotFound(Exception):
    """There is no such call, or several; the message says which."""


@dataclass(frozen=True)
class Why:
    """What is told of a call."""

    call: Call
    explanation: Explanation
    doctors: Mapping[str, str]  # names by id
    zone: ZoneInfo


def why(which: str, json: bool) -> int:
    """Explain the call; the exit status: 1 where there is none such."""
    try:
        settings = load_settings()
        database = Database(settings.effective_database_url)
        with closing(database), database.reading() as session:
            found = _found(session, database, settings, which, utc_now())
    except (CallNotFound, ConfigError, RoutingError, SQLAlchemyError) as problem:
        say(str(problem).splitlines()[0])
        return 1
    if json:
        print(json_text.dumps(as_json(found), ensure_ascii=False))
    else:
        print("\n".join(sentences(found)))
    return 0


def find_call(session: Session, which: str, country: str) -> Call:
    """By id, by its beginning (call- may be left out), or the newest of a caller's number. CallNotFound else."""
    newest = select(Call).order_by(Call.arrived_at.desc(), Call.id.desc())
    if (number := parse_caller(which, country)) is not None:
        call = session.scalar(newest.where(Call.caller_number == number).limit(1))
        if call is None:
            raise CallNotFound(f"{mask(number)} has not called")
        return call
    beginning = which if which.startswith("call-") else f"call-{which}"
    if len(beginning.removeprefix("call-")) < _SHORTEST_BEGINNING:
        raise CallNotFound(f"give at least {_SHORTEST_BEGINNING} letters of the call's id, or the caller's number")
    calls = list(session.scalars(newest.where(Call.id.startswith(beginning, autoescape=True)).limit(2)))
    if not calls:
        raise CallNotFound(f"there is no call {which}")
    if len(calls) > 1:
        raise CallNotFound(f"several calls begin with {which}; give more of the id")
    return calls[0]


def _found(session: Session, database: Database, settings: Settings, which: str, now: datetime) -> Why:
    call = find_call(session, which, settings.country)
    deeds = [Deed(line.entry.at, line.entry.kind, line.entry.data) for line in lines_of(session, call.id)]
    rules = load_rules(settings.routing_file, settings.time_zone)
    store = RoutingStore(database, settings.time_zone)
    doctors = store.snapshot(now, session, everybody=True).doctors
    explanation = explain(call.id, deeds, doctors, _stints(session, call.arrived_at, now), rules, now)
    names = {row.id: row.name for row in session.execute(select(Doctor.id, Doctor.name))}
    return Why(call, explanation, names, ZoneInfo(settings.time_zone))


def _stints(session: Session, arrived: datetime, now: datetime) -> Iterator[Stint]:
    """Who was held by which offer, from two days before the call on."""
    query = (
        select(Offer.doctor_id, Offer.offered_at, Leg.ended_at, Offer.ended_at, Offer.result)
        .join(Leg, Leg.id == Offer.leg_id, isouter=True)
        .where(Offer.offered_at.between(arrived - _LOOK_BACK, now))
        .order_by(Offer.offered_at)
    )
    for doctor, began, down, decided, result in session.execute(query):
        talked = None
        if result == "accepted" and down is not None and decided is not None:
            talked = max(0, round((down - decided).total_seconds()))
        yield Stint(doctor, began, down, result or "", talked)


# --- in sentences -------------------------------------------------------------------------------------------------

_RULES = {
    "wrong_category": "do not take such calls",
    "wrong_level": "take them at another level only",
    "lacks_skill": "are not of the team that is asked for",
    "off_duty": "are off duty",
    "paused": "have paused",
    "duty_over": "had taken on duty that is over",
    "on_leave": "are on leave",
    "off_schedule": "are outside their hours",
    "night": "are not to be rung at night",
    "over_calls": "have had their calls of the day",
    "over_minutes": "have had their minutes of the day",
    "no_phone": "have no phone that can be rung",
    "busy": "are on the telephone: in a call, being rung, or hearing the last of an offer",
    "wrap_up": "are finishing their notes",
    "cool_down": "did not answer a moment ago",
    "declined": "have said no to this call",
    "rests": "did not answer this call a moment ago",
    "number_in_use": "share a telephone that is in use",
}
_RESULTS = {
    "accepted": "took the call",
    "declined": "said no",
    "no_answer": "did not answer",
    "busy": "was busy on the phone",
    "unreachable": "could not be reached",
    "unconfirmed": "answered, but did not press 1",
    "withdrawn": "was still being rung when the caller left",
    "lost": "was lost",
    "": "still rings",
}
_TOLD = {
    "nobody_on_duty": "nobody is on duty for it",
    "all_busy": "everybody for it is busy",
    "all_declined": "everybody on duty has said no",
    "queue_full": "the queue is full",
}


def sentences(found: Why) -> Iterator[str]:
    """The explanation, line by line."""
    call, explained = found.call, found.explanation
    yield f"{call.id}: {mask(call.caller_number)} called {call.dialled}, {_clock(found, call.arrived_at, day=True)}."
    if explained.call is None:
        yield "No doctor was sought in this call."
        return
    yield _sought(found, explained)
    if explained.told:
        yield f"The caller was told last: {_TOLD.get(explained.told, explained.told)}."
    yield from _offers(found, explained)
    yield from _ranking(found, explained)


def _sought(found: Why, explained: Explanation) -> str:
    wanted = explained.call
    assert wanted is not None
    what = f"A {wanted.level} doctor for {wanted.category}" if wanted.level != "general" else f"For {wanted.category}"
    marks = [f"priority {wanted.priority}"] if wanted.priority else []
    marks += [f"only who has {', '.join(wanted.skills)}"] if wanted.skills else []
    marks += [f"speaking {wanted.language}"]
    marks += [f"from {wanted.district}"] if wanted.district else []
    marks += [f"rather with {_name(found, wanted.preferred)}, as before"] if wanted.preferred else []
    since = _clock(found, wanted.waiting_since)
    return f"{what} ({', '.join(marks)}), waiting since {since}."


def _offers(found: Why, explained: Explanation) -> Iterator[str]:
    if not explained.offers:
        yield "No phone has been rung for it."
    for offer in explained.offers:
        rung = f"{_clock(found, offer.at)}  {_name(found, offer.doctor)} was rung"
        yield f"{rung}{_reasons(offer)}: {_outcome(offer)}."


def _reasons(offer: OfferTold) -> str:
    if not offer.points:
        return ""
    total = sum(offer.points.values())
    return f" with {total:.1f} points ({_parts(offer.points)})"


def _outcome(offer: OfferTold) -> str:
    if offer.reason == "taken":
        return "let go, as another doctor was quicker"
    seconds = "" if offer.ended_at is None else f" after {(offer.ended_at - offer.at).total_seconds():.0f} s"
    return _RESULTS.get(offer.result, offer.result) + seconds


def _ranking(found: Why, explained: Explanation) -> Iterator[str]:
    ranking = explained.ranking
    assert ranking is not None
    moment = "now" if explained.is_now else f"at {_clock(found, explained.at)}"
    everybody = sum(ranking.excluded.values()) + ranking.ready
    yield ""
    yield f"Of {everybody} doctors, as things stood {moment}:"
    for rule, count in sorted(ranking.excluded.items(), key=lambda item: -item[1]):
        yield f"  {count:>6} {_RULES[rule]}"
    yield f"  {ranking.ready:>6} could be rung" + (", after who is preferred" if ranking.held else "")
    if ranking.best:
        yield f"The best {len(ranking.best)}:" if len(ranking.best) > 1 else "That is:"
    for place, scored in enumerate(ranking.best, 1):
        yield f"  {place:>2}. {scored.total:>7.1f}  {_name(found, scored.doctor_id)}: {_parts(scored.parts)}"
    if not explained.is_now:
        yield "Found out again: who was in a call is as it was then; duty, hours and categories are as they are now."


def _parts(parts: Mapping[str, float]) -> str:
    told = [f"{name.replace('_', ' ')} {value:+.1f}" for name, value in parts.items() if round(value, 1)]
    return ", ".join(told) or "nothing speaks for or against"


def _name(found: Why, doctor_id: str) -> str:
    return found.doctors.get(doctor_id, doctor_id)


def _clock(found: Why, at: datetime, day: bool = False) -> str:
    return at.astimezone(found.zone).strftime("%d.%m.%Y %H:%M:%S" if day else "%H:%M:%S")


def as_json(found: Why) -> dict[str, Any]:
    """The explanation as data; moments are ISO 8601 in UTC."""
    explained = found.explanation
    names = {offer.doctor for offer in explained.offers}
    names |= {scored.doctor_id for scored in explained.ranking.best} if explained.ranking else set()
    names_told = {id: found.doctors.get(id, "") for id in sorted(names)}
    data: dict[str, Any] = _plain({"call_id": found.call.id, **asdict(explained), "doctors": names_told})
    return data


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted(_plain(item) for item in value)
        case tuple() | list():
            return [_plain(item) for item in value]
    return value
