"""PURE: what a call's end means for a request to be called back: its own attempt's, or one that it makes."""

from __future__ import annotations

from config.frozen import replace
from flows.services import SMS_TO
from ivr import commands as do
from ivr import events as ev
from ivr.causes import by_network, offer_result
from ivr.consultation.draft import Draft
from ivr.consultation.result import LOST
from ivr.state import Call
from routing.agenda import MISSED_CALL, Outcome

# What the flow of the question concludes about whoever has answered.
AGREED, NOT_NEEDED = "agreed", "not_needed"

# Q.850: no circuit, network out of order, temporary failure, congestion, no resource. The operator's fault, no try.
_OPERATORS_FAULT = frozenset({0, 34, 38, 41, 42, 44, 47})


def store(draft: Draft, category: str, kind: str = "asked") -> None:
    """The caller is to be called back, with the place of the search that was under way."""
    call = draft.call
    number, mobile = _reached_at(call), mobile_keyed(call)
    if not number:  # the flow does not offer it to a withheld number
        return
    search, answers = call.search, call.patient.flow.answers if call.patient.flow is not None else {}
    seeking = search is not None and (search.category == category or call.is_searching)
    details: dict[str, object] = {name: answers[name] for name in ("age", "age_unit") if answers.get(name)}
    if seeking and search is not None and search.skills:
        details["skills"] = list(search.skills)
    if mobile and mobile != number:
        details[SMS_TO] = mobile
    wish = do.StoreCallback(
        number,
        search.category if seeking and search is not None else category,
        kind,
        line_id=call.line,
        language=call.language,
        priority=(search.priority if seeking and search is not None else answers.get("urgency", "")),
        waiting_since=search.since if seeking and search is not None else None,
        details=details,
    )
    draft.call = replace(call, callback_requested=call.callback_requested or kind == "asked")
    draft.order(wish)


def mobile_keyed(call: Call) -> str:
    """The mobile that the caller keyed and confirmed for messages, or ""."""
    return call.patient.flow.answers.get(SMS_TO, "") if call.patient.flow is not None else ""


def _reached_at(call: Call) -> str:
    """Where the caller is called back: the number of the call, else the one that was keyed."""
    return call.caller or mobile_keyed(call)


def ended(draft: Draft, before: Call, end: ev.LegEnded) -> None:
    """The patient's leg has ended; `before` is the call as it was until then."""
    if before.callback and before.direction == "out":
        draft.order(do.EndAttempt(before.callback, outcome_of(before, end)))
    elif _was_cut_off(draft, before, end):
        assert before.search is not None
        lost = end.cause_text == LOST
        was, draft.call = draft.call, replace(draft.call, search=before.search)
        store(draft, before.search.category, "lost" if lost else "cut_off")
        draft.call = was


def talk_begins(draft: Draft) -> None:
    """Whoever has called again, and talks now, is not called back for it any more."""
    kept = draft.call.kept
    if kept is not None and draft.call.direction == "in":
        draft.order(do.WithdrawCallback(kept.request))
        draft.call = replace(draft.call, kept=None)


def _was_cut_off(draft: Draft, before: Call, end: ev.LegEnded) -> bool:
    if not before.is_searching or before.bridged_once or before.callback_requested or not _reached_at(before):
        return False
    if before.patient.hung_up_by_us or draft.rules.call_back_cut_off == "off":
        return False
    return draft.rules.call_back_cut_off == "all" or by_network(end.cause)


def outcome_of(call: Call, end: ev.LegEnded) -> Outcome:
    """What came of an attempt that ends with the patient's leg. `call` is as it was before."""
    if call.bridged_once:
        return "talked"
    if call.ambulance_reached or call.transferred:
        return "served"
    if call.callback_requested:
        return "again"
    if call.unneeded:
        return "not_needed"
    if call.reach == "ringing":
        return _unanswered(call, end)
    if end.cause_text == LOST:
        return "lost" if call.agreed else "unconfirmed"
    if not call.agreed:
        return "unconfirmed"
    if call.callback_kind == MISSED_CALL and not call.is_searching:
        return "served"
    return "left"


def _unanswered(call: Call, end: ev.LegEnded) -> Outcome:
    if end.cause_text == LOST:
        return "no_answer" if call.rang else "lost"
    result = offer_result(end.cause)
    if result == "unreachable" or (end.cause == 0 and not call.rang):
        return "unreachable" if end.cause in _OPERATORS_FAULT and not call.rang else "no_answer"
    return "busy" if result == "busy" else "no_answer"
