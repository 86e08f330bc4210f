"""What staff enter about doctors, checked against what there is: numbers, hours, zones, places, levels.

Each check returns what is to be stored or raises a Problem (422) that names every wrong entry and says what is right.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api.problems import Problem
from config.numbers import NumberError, NumberKind, parse_number
from config.schema import Pincode
from directory.places import place_id
from routing.agreed_hours import faults, tidied
from routing.errors import ScheduleError
from routing.schedule import zone_named

Fault = Mapping[str, str]


def refused(errors: Sequence[Fault]) -> Problem:
    """The refusal of these; the first one's field is the problem's own."""
    return Problem(422, "invalid", errors[0]["detail"], field=errors[0]["field"], errors=errors)


def number(text: str, country: str) -> str:
    """The number of a doctor's phone as E.164. NumberError where it cannot be rung."""
    found = parse_number(text, country)
    if found.kind is NumberKind.SHORT_CODE:
        raise NumberError("a short code is not a doctor's phone")
    return found.e164


def numbers(phones: Sequence[str], country: str) -> list[str]:
    """The numbers as E.164, each once. The problem names each that cannot be rung, and why."""
    errors, found = [], []
    for position, text in enumerate(phones):
        try:
            found.append(number(text, country))
        except NumberError as error:
            errors.append({"field": f"phones.{position}", "kind": "invalid_number", "detail": str(error)})
    if errors:
        raise refused(errors)
    return list(dict.fromkeys(found))


def hours(schedule: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The schedule as it is stored; None where it says nothing."""
    if schedule is None:
        return None
    errors = [
        {"field": f"schedule.{fault.place}", "kind": "invalid_hours", "detail": fault.reason}
        for fault in faults(schedule)
    ]
    if errors:
        raise refused(errors)
    return tidied(schedule)


def zone(name: str, own: str) -> str:
    """The zone as it is stored: empty for the deployment's own."""
    name = name.strip()
    if name in ("", own):
        return ""
    try:
        zone_named(name)
    except ScheduleError as error:
        detail = f"{error}; write it as in the tz database, empty for {own}"
        raise refused([{"field": "time_zone", "kind": "unknown_zone", "detail": detail}]) from None
    return name


def places(session: Session, names: Sequence[str] | None) -> list[str] | None:
    """Ids of districts and states out of names or ids. Where no pincodes were imported, every place is believed."""
    if names is None:
        return None
    known = _known_places(session)
    errors, found = [], []
    for position, name in enumerate(names):
        id = place_id(name)
        if not id or (known and id not in known):
            detail = f"{name!r} is no district or state of the imported pincodes{_meant(id, known)}"
            errors.append({"field": f"serves.{position}", "kind": "unknown_place", "detail": detail})
        found.append(id)
    if errors:
        raise refused(errors)
    return list(dict.fromkeys(found))


def _known_places(session: Session) -> frozenset[str]:
    districts = session.scalars(select(Pincode.district).distinct())
    return frozenset(districts) | frozenset(session.scalars(select(Pincode.state).distinct()))


def _meant(id: str, known: Collection[str]) -> str:
    near = get_close_matches(id, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def levels(categories: Sequence[str], named: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The level of each category: as named now, else as before, else general."""
    strangers = [name for name in named if name not in categories]
    if strangers:
        detail = f"{strangers[0]} has a level but is none of the doctor's categories; add it to categories"
        raise refused([{"field": f"levels.{strangers[0]}", "kind": "invalid", "detail": detail}])
    return {name: named.get(name, before.get(name, "general")) for name in categories}
