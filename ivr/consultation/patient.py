"""PURE: the patient's menu goes on, and what it wishes is granted."""

from __future__ import annotations

from config.frozen import replace
from flows import commands as wish
from flows import engine
from flows import events as heard
from flows.services import GIVEN, SMS_TO
from ivr import commands as do
from ivr.consultation import aside, message, reaching, requests, search, transfer, wishes
from ivr.consultation.draft import Draft
from ivr.consultation.requests import AGREED, NOT_NEEDED


def arrived(draft: Draft) -> None:
    """The call begins."""
    write_arrival(draft)
    call = draft.call
    draft.write("leg.started", leg=call.patient.id, role="patient", channel=call.patient.channel)
    draft.write("leg.answered", leg=call.patient.id)
    if call.language != draft.rules.language:
        draft.order(do.SetLanguage(call.patient.channel, call.language))
    walk(draft, heard.Started())


def write_arrival(draft: Draft) -> None:
    """The call goes on record."""
    call = draft.call
    flow = call.patient.flow
    assert flow is not None
    draft.write(
        "call.arrived",
        dialled=call.dialled,
        caller=call.caller,
        linkedid=call.linkedid,
        line=call.line,
        flow=flow.flow,
        flow_version=flow.version,
        language=call.language,
        **({"callback": call.callback or call.message} if call.callback or call.message else {}),
    )
    if mobile := requests.mobile_keyed(call):  # in the call that asked to be called back
        draft.write("answer.given", name="mobile", value=mobile)


def nobody_free(draft: Draft, reason: str) -> None:
    """The search found nobody for now."""
    if draft.call.offers:
        return
    if draft.call.wants_a_doctor:
        draft.write("seek.nobody_free", reason=reason)
    if draft.call.aside is not None:
        aside.nobody_free(draft, reason)
    elif draft.call.wants_a_doctor:
        walk(draft, heard.NobodyFree(reason))


def walk(draft: Draft, event: heard.FlowEvent) -> None:
    """The patient's flow goes one step on."""
    leg = draft.call.patient
    if leg.flow is None or draft.call.patient_gone:
        return
    step = engine.step(draft.rules.flow_of(leg), leg.flow, event)
    draft.put_leg(replace(leg, flow=step.state))
    _speak_as_chosen(draft, step.state.answers.get("language", ""))
    for wanted in step.commands:
        if isinstance(wanted, wish.Conclude):
            if _goes_on_elsewhere(draft, wanted.result):
                return
        else:
            _grant(draft, wanted)


def _goes_on_elsewhere(draft: Draft, result: str) -> bool:
    """Whoever was called back has said what for. True where another flow begins: that of the line, for its caller."""
    message.concluded(draft, result)
    if draft.call.reach != "asked":
        return False
    if result != AGREED:
        # A voicemail, or somebody who needs nothing: the doctor does not wait for the goodbye.
        draft.call = replace(draft.call, unneeded=result == NOT_NEEDED)
        if (waiting := reaching.doctor_waiting(draft)) is not None:
            search.end(draft)
            reaching.not_reached(draft, waiting)
        return False
    draft.call = replace(draft.call, reach="", agreed=True)
    flow, before = draft.rules.active.get(draft.call.then), draft.call.patient.flow
    if flow is None or before is None:
        return False
    given = {name: before.answers[name] for name in (*GIVEN, SMS_TO) if name in before.answers}
    begun = engine.begin(flow, before.phrases, sms_possible=before.sms_possible, answers=given)
    draft.put_leg(replace(draft.call.patient, flow=begun))
    message.begun(draft)
    walk(draft, heard.Started())
    return True


def _speak_as_chosen(draft: Draft, language: str) -> None:
    """From the next prompt on, the patient hears the language that the flow has found out."""
    if language and language != draft.call.language:
        draft.call = replace(draft.call, language=language)
        draft.write("language.chosen", language=language)
        draft.order(do.SetLanguage(draft.call.patient.channel, language))


def _grant(draft: Draft, wanted: wish.FlowCommand) -> None:
    match wanted:
        case wish.Seek():
            search.seek(draft, wanted)
        case wish.StopSeeking():
            search.stop(draft)
        case wish.Transfer():
            transfer.begin(draft, wanted)
        case wish.RequestCallback(category):
            requests.store(draft, category)
        case wish.Sms():
            _send_sms(draft, wanted)
        case _:
            draft.put_leg(wishes.grant(draft, draft.call.patient, wanted, draft.call.language))


def _send_sms(draft: Draft, wanted: wish.Sms) -> None:
    number = requests.mobile_keyed(draft.call) or draft.call.caller
    if number is not None:
        draft.order(do.SendSms(number, wanted.template, draft.call.language, wanted.values))
