"""Services about where a caller is."""

from __future__ import annotations

import logging

from cdr import events
from config.schema import ServiceLine
from directory import places
from ivr.services.answer import Answer, Arguments, Office, Who

log = logging.getLogger(__name__)


def place(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        found = places.place_of(session, arguments["pincode"])
    if found is None:
        return Answer("unknown")
    values = {"district": found.district, "state": found.state}
    return Answer("found", values, notes=((events.PLACE_GIVEN, {"pincode": found.pincode, **values}),))


def nearest_centre(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        centre = places.nearest_centre(session, arguments["pincode"])
    if centre is None:
        return Answer("unknown")
    if not office.speakable(who.language, f"centre.{centre.id}"):
        log.warning("the name of health centre %s has not been spoken yet; restart the helpline", centre.id)
        return Answer("unknown")
    return Answer("found", {"centre": centre.id})


def district_served(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        line = session.get_one(ServiceLine, who.line_id)
    served = line.districts is None or places.place_id(arguments["district"]) in map(places.place_id, line.districts)
    return Answer("served" if served else "elsewhere")
