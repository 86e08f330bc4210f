"""PURE: what came of a call, in the journal's words."""

from __future__ import annotations

from ivr import events as ev
from ivr.state import Call

# The cause's text of a leg that ended while nobody listened.
LOST = "lost while the controller was away"


def result_of(call: Call, end: ev.LegEnded) -> str:
    """The result of a call that ends with the patient's leg: the most that was reached in it."""
    if call.bridged_once:
        return "consulted"
    if call.ambulance_reached:
        return "ambulance"
    if call.transferred:
        return "transferred"
    if call.callback_requested:
        return "callback"
    flow, hung_up_by_us = call.patient.flow, call.patient.hung_up_by_us
    if end.cause_text == LOST or (flow is not None and flow.ended and not hung_up_by_us):
        return "lost"
    if call.reach:
        return {"to_ring": "withdrawn", "ringing": "no_answer", "asked": "unconfirmed"}[call.reach]
    if hung_up_by_us:
        return "informed"  # the flow came to its own end
    return "abandoned_queue" if call.is_searching else "abandoned_menu"
