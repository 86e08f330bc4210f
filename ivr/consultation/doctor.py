"""PURE: a doctor hears the offer before the talk, keys the outcome after it, and is let go."""

from __future__ import annotations

from datetime import timedelta

from config.frozen import replace
from flows import commands as wish
from flows import engine
from flows import events as heard
from flows.definition import Flow
from ivr import commands as do
from ivr.consultation import dial_back, offers, wishes
from ivr.consultation.draft import Draft
from ivr.state import DoctorLeg
from prompts.names import doctor_prompt
from prompts.phrases import OFFER_BEGINS, offer_phrase

Phrases = dict[str, tuple[str, ...]]


def answered(draft: Draft, item: DoctorLeg) -> None:
    """The doctor has picked up and hears what is offered."""
    draft.write("leg.answered", leg=item.leg.id)
    draft.write("doctor.answered", offer=item.offer)
    _begin_flow(
        draft,
        replace(item, stage="offered"),
        draft.rules.offer_flow,
        {"offer": (*_announcement(draft, item), *_offer_phrase(draft))},
    )


def _announcement(draft: Draft, item: DoctorLeg) -> tuple[str, ...]:
    """For whom a control room's telephone rings; nothing where the name has no sound."""
    prompt, catalogues = doctor_prompt(item.doctor), draft.rules.catalogues or {}
    known = item.room and draft.rules.language in catalogues and prompt in catalogues[draft.rules.language].prompts
    return (prompt,) if known else ()


def _offer_phrase(draft: Draft) -> tuple[str, ...]:
    search, flow = draft.call.search, draft.call.patient.flow
    assert search is not None
    answers = flow.answers if flow is not None else {}
    age = answers.get("age", "")
    unit = answers.get("age_unit") or "years"
    begins = OFFER_BEGINS.get(search.kind, OFFER_BEGINS["call"])
    return offer_phrase(search.category, int(age) if age.isdecimal() else None, unit, begins)


def ask_outcome(draft: Draft, item: DoctorLeg) -> None:
    """After a talk."""
    phrases = {"how_it_ended": dial_back.how_it_ended(draft)}
    _begin_flow(draft, replace(item, back=False), draft.rules.disposition_flow, phrases)


def is_asked_outcome(draft: Draft, item: DoctorLeg) -> bool:
    return item.leg.flow is not None and item.leg.flow.flow == draft.rules.disposition_flow.name


def _begin_flow(draft: Draft, item: DoctorLeg, flow: Flow, phrases: Phrases) -> None:
    item = replace(item, leg=replace(item.leg, flow=engine.begin(flow, phrases), music_on=False))
    draft.put(item)
    walk(draft, item, heard.Started())


def walk(draft: Draft, item: DoctorLeg, event: heard.FlowEvent) -> None:
    """The doctor's flow goes one step on."""
    assert item.leg.flow is not None
    step = engine.step(draft.rules.flow_of(item.leg), item.leg.flow, event)
    draft.put(replace(item, leg=replace(item.leg, flow=step.state)))
    for wanted in step.commands:
        item = draft.doctor(item.offer)
        if not isinstance(wanted, wish.Conclude):
            draft.put_leg(wishes.grant(draft, item.leg, wanted, draft.rules.language))
        elif _concluded(draft, item, wanted.result):
            return


def _concluded(draft: Draft, item: DoctorLeg, result: str) -> bool:
    """The flow has its answer. True when the rest of the flow is not wanted."""
    match item.stage, result:
        case "offered", "accepted":
            if draft.call.patient_gone:
                return False
            offers.accepted(draft, item)
            return True
        case "offered", _:
            offers.failed(draft, item, result)
        case "wrap_up", dial_back.CALL_BACK:
            if dial_back.is_possible(draft):
                dial_back.begin(draft, item)
            else:
                ask_outcome(draft, item)  # a wrong key here: there is nobody to ring, and an outcome is owed
            return True
        case "wrap_up", _:
            draft.put(replace(item, outcome=result))
            draft.write("disposition", offer=item.offer, outcome=result)
    return False


def let_go(draft: Draft, item: DoctorLeg) -> None:
    """The doctor's phone is down. Free at once, but after a talk whose outcome was not keyed: after a rest."""
    owed = item.stage == "wrap_up" and item.outcome in ("", "none")
    if owed and not item.outcome:
        draft.write("disposition", offer=item.offer, outcome="none")
    draft.put(replace(item, stage="leaving"))
    draft.order(_release(draft, item, owed))


def _release(draft: Draft, item: DoctorLeg, owed: bool) -> do.Release:
    rest = draft.rules.wrap_up if item.wrap_up_seconds is None else timedelta(seconds=item.wrap_up_seconds)
    # What the doctor's telephone was needed for: the talk, and keying the outcome.
    talked = None if item.bridged_at is None else max(0, round((draft.at - item.bridged_at).total_seconds()))
    return do.Release(
        item.offer,
        draft.at + rest if owed else draft.at,
        keep_place=item.result in ("withdrawn", "lost") and talked is None,
        result=item.result,
        talked_seconds=talked,
    )
