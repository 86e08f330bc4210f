"""PURE: what a leg was asked is answered. An answer to an older question is dropped."""

from __future__ import annotations

from flows import events as heard
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import aside, doctor, patient, reaching, talk, transfer, waits
from ivr.consultation.draft import Draft


def answer(draft: Draft, channel: str, seq: int, event: heard.FlowEvent) -> None:
    """Tell the leg's flow, if `seq` is what the leg was asked last."""
    if not waits.is_asked(draft, channel, seq):
        return
    if not draft.is_patient(channel):
        item = draft.call.doctor_on(channel)
        assert item is not None
        if item.stage == "aside":
            aside.doctor_heard(draft, item, event)
        elif item.stage == "returning":
            aside.returning(draft, item)
        elif item.stage in ("reaching", "dismissed"):
            reaching.doctor_heard(draft, item)
        else:
            doctor.walk(draft, item, event)
    elif draft.call.abused:
        talk.notice_heard(draft)
    elif draft.call.aside is not None:
        aside.patient_heard(draft, event)
    elif not draft.is_being_bridged:
        patient.walk(draft, event)


def keys(draft: Draft, event: ev.KeysCollected) -> None:
    said = heard.Silent() if event.digits is None else heard.Keyed(event.digits)
    if event.place is not None and draft.is_patient(event.channel) and waits.is_asked(draft, event.channel, event.seq):
        patient.walk(draft, heard.Placed(event.place.position, event.place.wait))
    answer(draft, event.channel, event.seq, said)


def played(draft: Draft, event: ev.PlaybackEnded) -> None:
    answer(draft, event.channel, event.seq, heard.Played())


def recorded(draft: Draft, event: ev.MessageRecorded) -> None:
    """What was said is kept, even where nobody waits for it any more."""
    if event.file:
        draft.write("message.recorded", file=event.file, seconds=event.seconds)
    answer(draft, event.channel, event.seq, heard.Recorded(event.file or ""))


def served(draft: Draft, event: ev.ServiceAnswered) -> None:
    """A service has answered; had it failed already by the clock, what it did stays done."""
    if not waits.is_asked(draft, event.channel, event.seq):
        return
    for kind, data in event.notes:
        draft.order(do.Write(kind, data))
    answer(draft, event.channel, event.seq, heard.Served(event.outcome, event.values, event.lists))


def dialled(draft: Draft, event: ev.DialEnded) -> None:
    """A transfer is over; told twice, it is written once."""
    if draft.is_patient(event.channel) and waits.is_asked(draft, event.channel, event.seq):
        answer(draft, event.channel, event.seq, heard.TransferEnded(transfer.ended(draft, event)))
