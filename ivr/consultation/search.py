"""PURE: the patient begins and stops to look for a doctor."""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from ivr import commands as do
from ivr.consultation import offers
from ivr.consultation.draft import Draft
from ivr.state import Search


def seek(draft: Draft, wanted: wish.Seek) -> None:
    """Search, or search again: a no is final for this call, and who comes back keeps the place in the queue."""
    before = draft.call.search
    search = Search(wanted.category, draft.at, wanted.priority, wanted.skills)
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
    draft.call = replace(draft.call, search=search)
    draft.write("seek.started", category=wanted.category, priority=wanted.priority, skills=list(wanted.skills))
    draft.order(do.FindDoctor())


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
