"""PURE: the patient begins and stops to look for a doctor."""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from ivr import commands as do
from ivr.consultation import offers, reaching
from ivr.consultation.draft import Draft
from ivr.state import Kept, Search
from routing.policy import PRIORITIES


def seek(draft: Draft, wanted: wish.Seek) -> None:
    """Search, or search again: a no is final for this call, and who comes back keeps the place in the queue."""
    before = draft.call.search
    search = Search(wanted.category, draft.at, wanted.priority, wanted.skills, gender=wanted.gender)
    if before is not None:
        since = before.since if before.category == wanted.category else draft.at
        search = replace(
            search,
            since=since,
            declined=before.declined,
            tried=before.tried,
            tried_phones=before.tried_phones,
            preferred=before.preferred,
            preferred_until=before.preferred_until,
        )
    if draft.call.reach == "asked":  # a person is there, who got here by another key
        draft.call = replace(draft.call, reach="", agreed=True)
    search = _with_kept_place(search, draft.call.kept)
    draft.call = replace(draft.call, search=search)
    place = {} if search.since == draft.at else {"since": search.since.isoformat()}
    asked = {"category": search.category, "priority": search.priority, "skills": list(search.skills)}
    draft.write("seek.started", **asked, **place)
    if (waiting := reaching.doctor_waiting(draft)) is not None:
        reaching.join(draft, waiting)
    else:
        draft.order(do.FindDoctor())


def _with_kept_place(search: Search, kept: Kept | None) -> Search:
    """Who calls again, or is called back, goes on waiting where the line broke or the phone was put down."""
    if kept is None:
        return search
    priority = min(search.priority, kept.priority, key=lambda each: PRIORITIES.get(each, PRIORITIES[""]))
    skills = tuple(dict.fromkeys((*search.skills, *kept.skills)))
    return replace(search, since=min(search.since, kept.since), priority=priority, skills=skills)


def end(draft: Draft) -> None:
    """The call looks for nobody any more; an offer that is open stays."""
    if draft.call.search is not None:
        draft.call = replace(draft.call, search=replace(draft.call.search, active=False))
    draft.order(do.StopFinding())


def stop(draft: Draft) -> None:
    """The patient does not wait any more: offers that are open are withdrawn, too."""
    end(draft)
    for offer in draft.call.offers:
        offers.withdraw(draft, offer)
