"""PURE: the patient is connected to another service (the ambulance, Tele-MANAS, …)."""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from ivr import events as ev
from ivr.consultation import ambulance_first, waits
from ivr.consultation.draft import Draft
from ivr.speaking import spoken
from ivr.state import Call, Wait


def begin(draft: Draft, wanted: wish.Transfer) -> None:
    """Dial the target's number, as the service line has it."""
    ambulance_first.dialled(draft)
    call = draft.call = replace(draft.call, transfer=wanted.target)
    number = call.ambulance_number if wanted.target == "ambulance" else call.numbers.get(wanted.target, "")
    _write(draft, "dialled", number=number)
    prompts = spoken(wanted.prompts, call.language, draft.rules.catalogues)
    draft.put_leg(waits.begin(draft, call.patient, Wait(0, "dial", prompts, target=number)))


def answered(draft: Draft) -> None:
    """The other end has answered. A dial that is none of ours says nothing."""
    wait = draft.call.patient.wait
    if wait is not None and wait.kind == "dial":
        _reached(draft)
        _write(draft, "answered")


def ended(draft: Draft, event: ev.DialEnded) -> bool:
    """The transfer is over; returns whether anybody was reached."""
    _write(draft, "ended", status=event.status, seconds=event.seconds)
    if event.status != "ANSWER":
        return False
    _reached(draft)
    return True


def _reached(draft: Draft) -> None:
    if _is_ambulance(draft.call):
        draft.call = replace(draft.call, ambulance_reached=True)
    else:
        draft.call = replace(draft.call, transferred=True)


def _write(draft: Draft, what: str, **data: object) -> None:
    """The ambulance has kinds of its own in the journal: it is what reports ask for."""
    if _is_ambulance(draft.call):
        draft.write(f"ambulance.{what}", **data)
    else:
        draft.write(f"transfer.{what}", target=draft.call.transfer, **data)


def _is_ambulance(call: Call) -> bool:
    return call.transfer in ("", "ambulance")
