"""Services about health workers at a spoke and the hub that advises them."""

from __future__ import annotations

from cdr import events
from directory import spokes
from directory.calendar import next_opening, opening_at
from ivr.services.answer import Answer, Arguments, Office, Who


def spoke_sign_in(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.writing() as session:
        result = spokes.sign_in(session, arguments["spoke_number"], arguments["pin"], who.caller, who.at)
    if result.spoke is None or result.outcome != "welcome":
        known = result.spoke.id if result.spoke else None
        return Answer(result.outcome, notes=((events.SPOKE_REFUSED, {"spoke": known, "reason": result.outcome}),))
    return Answer(
        "welcome",
        {"spoke": result.spoke.id, "institution": result.spoke.institution},
        notes=((events.SPOKE_SIGNED_IN, {"spoke": result.spoke.id}),),
    )


def hub(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        found = spokes.hub_of(session, arguments["spoke"])
    calendar = spokes.calendar_of(found, office.zone)
    if opening_at(calendar, who.at) is not None:
        return Answer("open", {"skill": found.skill})
    opening = next_opening(calendar, who.at)
    return Answer("closed", {"skill": found.skill, **office.when(opening.opens if opening else None)})
