"""PURE: one call's decisions. `decide(call, event, rules)` answers with the new call and the commands to perform.

The patient's menu, the doctor's "press 1" and the disposition keys are flows; this module is the glue between them:
whose leg an event belongs to, and what a flow's wish (Seek, Conclude, HangUp) means for the other leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows import commands as wish
from flows import engine
from flows import events as heard
from flows.definition import Flow
from ivr import commands as do
from ivr import events as ev
from ivr.causes import by_network, offer_result
from ivr.speaking import spoken
from ivr.state import Call, DoctorLeg, Leg, Search, Wait
from prompts.catalogue import Catalogue
from prompts.phrases import offer_phrase


@dataclass(frozen=True)
class Rules:
    """What decisions need besides the call: the flows by (name, version), and settings."""

    flows: Mapping[tuple[str, str], Flow]
    offer_flow: Flow
    disposition_flow: Flow
    wrap_up: timedelta = timedelta(seconds=30)
    language: str = "hi"  # what a leg speaks until it is told otherwise; doctors hear it always
    catalogues: Mapping[str, Catalogue] | None = None  # the deployment's words; None: the shipped ones

    def flow_of(self, leg: Leg) -> Flow:
        """The flow a leg is in, in the version it began with: ivr/flow_book.py keeps those that live calls are in."""
        assert leg.flow is not None
        return self.flows[(leg.flow.flow, leg.flow.version)]


Decision = tuple[Call, list[do.Command]]


def decide(call: Call, event: ev.Event, rules: Rules) -> Decision:
    """The next state of `call`, and what to do, in order."""
    desk = _Desk(call, event.at, rules)
    desk.take(event)
    return desk.call, desk.commands


class _Desk:
    """One decision's work: the call as it changes, and the commands gathered."""

    def __init__(self, call: Call, at: datetime, rules: Rules) -> None:
        self.call = call
        self.at = at
        self.rules = rules
        self.commands: list[do.Command] = []

    def take(self, event: ev.Event) -> None:
        match event:
            case ev.PatientArrived():
                self.arrived()
            case ev.KeysCollected(channel=channel, seq=seq, digits=digits):
                self.answer(channel, seq, heard.Silent() if digits is None else heard.Keyed(digits))
            case ev.PlaybackEnded(channel=channel, seq=seq):
                self.answer(channel, seq, heard.Played())
            case ev.DialAnswered():
                self.dial_answered()
            case ev.DialEnded():
                self.dial_ended(event)
            case ev.MessageRecorded():
                self.recorded(event)
            case ev.ServiceAnswered():
                self.service_answered(event)
            case ev.WaitLost(channel=channel, seq=seq):
                self.wait_lost(channel, seq)
            case ev.DoctorClaimed():
                self.doctor_claimed(event)
            case ev.NobodyFree(reason=reason):
                if self.call.wants_a_doctor:
                    self.write("seek.nobody_free", reason=reason)
                    self.walk_patient(heard.NobodyFree(reason))
            case ev.LegRinging(channel=channel):
                if (item := self.call.doctor_on(channel)) and item.stage == "ringing":
                    self.write("doctor.ringing", offer=item.offer)
            case ev.TakenBack():
                self.taken_back()
            case ev.LegReady(channel=channel):
                self.leg_ready(channel)
            case ev.LegEnded():
                self.leg_ended(event)
            case ev.BridgeMade(offer=offer):
                self.bridge_made(offer)
            case ev.BridgeFailed():
                self.bridge_failed(event)
            case ev.Surveyed():
                self.surveyed(event)
        self.finish_if_over()

    def write(self, kind: str, **data: object) -> None:
        self.commands.append(do.Write(kind, data))

    # --- flows -------------------------------------------------------------------------------------------------

    def arrived(self) -> None:
        call = self.call
        flow = call.patient.flow
        assert flow is not None
        self.write(
            "call.arrived",
            dialled=call.dialled,
            caller=call.caller,
            linkedid=call.linkedid,
            line=call.line,
            flow=flow.flow,
            flow_version=flow.version,
            language=call.language,
        )
        self.write("leg.started", leg=call.patient.id, role="patient", channel=call.patient.channel)
        self.write("leg.answered", leg=call.patient.id)
        if call.language != self.rules.language:
            self.commands.append(do.SetLanguage(call.patient.channel, call.language))
        self.walk_patient(heard.Started())

    def answer(self, channel: str, seq: int, event: heard.FlowEvent) -> None:
        """An answer to what a leg was asked; one to an older question is dropped."""
        if channel == self.call.patient.channel:
            if self.is_asked(seq) and not self.is_being_bridged:
                self.walk_patient(event)
            return
        item = self.call.doctor_on(channel)
        if item is not None and item.leg.wait is not None and item.leg.wait.seq == seq:
            self.walk_doctor(item, event)

    def is_asked(self, seq: int) -> bool:
        """Whether `seq` is what the patient was asked last."""
        wait = self.call.patient.wait
        return wait is not None and wait.seq == seq

    @property
    def is_being_bridged(self) -> bool:
        """A doctor has pressed 1: for these milliseconds the patient can neither leave nor choose anything else.

        Should the bridge fail, the patient is asked again.
        """
        return self.call.offer is not None and self.call.offer.stage == "accepted"

    def walk_patient(self, event: heard.FlowEvent) -> None:
        leg = self.call.patient
        if leg.flow is None or self.call.patient_gone:
            return
        step = engine.step(self.rules.flow_of(leg), leg.flow, event)
        self.call = replace(self.call, patient=replace(leg, flow=step.state))
        self.speak_as_chosen(step.state.answers.get("language", ""))
        for command in step.commands:
            self.grant_patient(command)

    def speak_as_chosen(self, language: str) -> None:
        """From the next prompt on, the patient hears the language that the flow has found out."""
        if language and language != self.call.language:
            self.call = replace(self.call, language=language)
            self.write("language.chosen", language=language)
            self.commands.append(do.SetLanguage(self.call.patient.channel, language))

    def grant_patient(self, command: wish.FlowCommand) -> None:
        match command:
            case wish.Seek():
                self.seek(command)
            case wish.StopSeeking():
                self.stop_seeking()
            case wish.RequestCallback(category):
                caller = self.call.caller
                if caller is not None:  # the flow does not offer it to a withheld number
                    self.call = replace(self.call, callback_requested=True)
                    self.commands.append(do.StoreCallback(caller, category))
            case wish.Sms(template, values):
                if self.call.caller is not None:
                    self.commands.append(do.SendSms(self.call.caller, template, self.call.language, values))
            case wish.Transfer(target, prompts):
                self.transfer(target, prompts)
            case wish.Conclude():
                pass
            case _:
                self.call = replace(self.call, patient=self.grant(self.call.patient, command, self.call.language))

    def transfer(self, target: str, prompts: tuple[str, ...]) -> None:
        number = self.call.ambulance_number if target == "ambulance" else self.call.numbers.get(target, "")
        self.call = replace(self.call, transfer=target)
        self.write_transfer("dialled", number=number)
        wait = Wait(0, "dial", self.spoken(prompts, self.call.language), target=number)
        leg, perform = _begin_wait(self.call.patient, wait)
        self.call = replace(self.call, patient=leg)
        self.commands.append(perform)

    def write_transfer(self, what: str, **data: object) -> None:
        """The ambulance has kinds of its own in the journal: it is what reports ask for."""
        if self.call.transfer in ("", "ambulance"):
            self.write(f"ambulance.{what}", **data)
        else:
            self.write(f"transfer.{what}", target=self.call.transfer, **data)

    def walk_doctor(self, item: DoctorLeg, event: heard.FlowEvent) -> None:
        assert item.leg.flow is not None
        step = engine.step(self.rules.flow_of(item.leg), item.leg.flow, event)
        self.put(replace(item, leg=replace(item.leg, flow=step.state)))
        for command in step.commands:
            item = self.doctor(item.offer)
            if isinstance(command, wish.Conclude):
                if self.concluded(item, command.result):
                    return
            else:
                self.put(replace(item, leg=self.grant(item.leg, command, self.rules.language)))

    def grant(self, leg: Leg, command: wish.FlowCommand, language: str) -> Leg:
        """What any leg may wish for; returns the leg with its new wait."""
        match command:
            case wish.Ask(prompts, max_digits, seconds, music):
                return self.begin(leg, Wait(0, "ask", self.spoken(prompts, language), max_digits, seconds, music))
            case wish.Play(prompts):
                return self.begin(leg, Wait(0, "play", self.spoken(prompts, language)))
            case wish.RecordMessage(prompts, seconds):
                return self.begin(leg, Wait(0, "record", self.spoken(prompts, language), seconds=seconds))
            case wish.Serve(service, arguments):
                return self.begin(leg, Wait(0, "service", service=service, arguments=dict(arguments)))
            case wish.Note(kind, data):
                self.commands.append(do.Write(kind, dict(data)))
            case wish.HangUp():
                leg = replace(leg, wait=None, hung_up_by_us=True)
                self.commands.append(do.HangUp(leg.channel))
        return leg

    def spoken(self, prompts: tuple[str, ...], language: str) -> tuple[str, ...]:
        return spoken(prompts, language, self.rules.catalogues)

    def begin(self, leg: Leg, wait: Wait) -> Leg:
        leg, perform = _begin_wait(leg, wait)
        self.commands.append(perform)
        return leg

    def recorded(self, event: ev.MessageRecorded) -> None:
        if event.file:
            self.write("message.recorded", file=event.file, seconds=event.seconds)
        self.answer(event.channel, event.seq, heard.Recorded(event.file or ""))

    def service_answered(self, event: ev.ServiceAnswered) -> None:
        leg = self.leg_on(event.channel)
        if leg is None or leg.wait is None or leg.wait.seq != event.seq:
            return  # it had failed already; what it did stays done
        for kind, data in event.notes:
            self.commands.append(do.Write(kind, data))
        self.answer(event.channel, event.seq, heard.Served(event.outcome, event.values, event.lists))

    def concluded(self, item: DoctorLeg, result: str) -> bool:
        """A doctor's flow has its answer. True when the rest of the flow is not wanted."""
        if item.stage == "offered" and result == "accepted":
            if self.call.patient_gone:
                return False
            self.put(replace(item, stage="accepted", leg=replace(item.leg, wait=None)))
            self.write("doctor.accepted", offer=item.offer)
            self.commands.append(do.BridgeLegs(item.offer, self.call.patient.channel, item.leg.channel))
            return True
        if item.stage == "offered":
            self.offer_failed(item, result)
        elif item.stage == "wrap_up":
            self.put(replace(item, outcome=result))
            self.write("disposition", offer=item.offer, outcome=result)
        return False

    # --- seeking and offering ------------------------------------------------------------------------------------

    def seek(self, wanted: wish.Seek) -> None:
        """Search, or search again: a no is final for this call, and who comes back keeps the place in the queue."""
        before = self.call.search
        search = Search(wanted.category, self.at, wanted.priority, wanted.skills)
        if before is not None:
            since = before.since if before.category == wanted.category else self.at
            search = replace(search, since=since, declined=before.declined, tried=before.tried)
        self.call = replace(self.call, search=search)
        self.write("seek.started", category=wanted.category, priority=wanted.priority, skills=list(wanted.skills))
        self.commands.append(do.FindDoctor())

    def stop_seeking(self) -> None:
        if self.call.search is not None:
            self.call = replace(self.call, search=replace(self.call.search, active=False))
        self.commands.append(do.StopFinding())
        offer = self.call.offer
        if offer is not None and offer.stage in ("ringing", "offered"):
            self.withdraw(offer)

    def withdraw(self, item: DoctorLeg) -> None:
        """The caller is not there any more: the phone stops ringing, or the doctor is told."""
        self.write("offer.ended", offer=item.offer, result="withdrawn")
        self.put(replace(item, stage="leaving", leg=replace(item.leg, wait=None, hung_up_by_us=True)))
        self.commands.append(do.HangUp(item.leg.channel, polite=item.stage != "ringing"))

    def doctor_claimed(self, event: ev.DoctorClaimed) -> None:
        if any(item.offer == event.offer for item in self.call.doctors):
            return
        if not self.call.wants_a_doctor:
            self.commands.append(do.Release(event.offer, self.at))
            return
        if self.call.search is not None and event.doctor in self.call.search.declined:
            # Claimed before the no was known.
            self.commands += [do.Release(event.offer, self.at), do.FindDoctor()]
            return
        leg = Leg(event.leg, event.leg)
        self.call = replace(
            self.call, doctors=(*self.call.doctors, DoctorLeg(event.offer, event.doctor, event.phone, leg))
        )
        self.write("doctor.offered", offer=event.offer, doctor=event.doctor, phone=event.phone, leg=event.leg)
        self.write("leg.started", leg=event.leg, role="doctor", channel=event.leg)
        self.commands.append(do.Ring(event.offer, event.leg, event.number))

    def offer_failed(self, item: DoctorLeg, result: str, cause: int | None = None) -> None:
        """Not this doctor: remember why, and look for the next."""
        data: dict[str, object] = {"offer": item.offer, "result": result}
        self.commands.append(do.Write("offer.ended", data if cause is None else {**data, "cause": cause}))
        self.put(replace(item, stage="leaving"))
        search = self.call.search
        if search is None:
            return
        if result == "declined":
            search = replace(search, declined=(*search.declined, item.doctor))
        else:
            search = replace(search, tried={**search.tried, item.doctor: self.at})
        self.call = replace(self.call, search=search)
        if self.call.wants_a_doctor:
            self.commands.append(do.FindDoctor())

    # --- legs ----------------------------------------------------------------------------------------------------

    def leg_ready(self, channel: str) -> None:
        if channel == self.call.patient.channel:
            self.patient_ready()
            return
        item = self.call.doctor_on(channel)
        if item is None or item.gone:
            return
        match item.stage:
            case "ringing":
                self.doctor_answered(item)
            case "bridged":
                self.unbridged(item)
                self.start_doctor_flow(self.doctor(item.offer), self.rules.disposition_flow, {})
            case "wrap_up" if item.leg.flow is None or item.leg.flow.flow != self.rules.disposition_flow.name:
                # The patient's Hangup may be told before the doctor's return from the bridge.
                self.start_doctor_flow(item, self.rules.disposition_flow, {})
            case "accepted":
                self.bridge_fell_apart(item)
            case "leaving":
                self.commands.append(do.HangUp(channel, polite=True))
            case _:
                self.repeat_wait(channel)

    def patient_ready(self) -> None:
        """The patient is back from a bridge (the doctor left first), or from one that never came to be."""
        leg = self.call.patient
        if leg.flow is not None and leg.flow.waiting == "bridge":
            if (offer := self.call.offer) is not None:
                self.write("call.unbridged", offer=offer.offer, by="doctor")
                self.put(replace(offer, stage="wrap_up"))
            self.walk_patient(heard.BridgeEnded())
        elif (offer := self.call.offer) is not None and offer.stage == "accepted":
            self.bridge_fell_apart(offer)
        else:
            self.repeat_wait(leg.channel)

    def doctor_answered(self, item: DoctorLeg) -> None:
        self.write("leg.answered", leg=item.leg.id)
        self.write("doctor.answered", offer=item.offer)
        item = replace(item, stage="offered")
        self.put(item)
        search, flow = self.call.search, self.call.patient.flow
        assert search is not None
        answers = flow.answers if flow is not None else {}
        age = answers.get("age", "")
        unit = answers.get("age_unit") or "years"
        phrase = offer_phrase(search.category, int(age) if age.isdecimal() else None, unit)
        self.start_doctor_flow(item, self.rules.offer_flow, {"offer": phrase})

    def start_doctor_flow(self, item: DoctorLeg, flow: Flow, phrases: dict[str, tuple[str, ...]]) -> None:
        item = replace(item, leg=replace(item.leg, flow=engine.begin(flow, phrases), music_on=False))
        self.put(item)
        self.walk_doctor(item, heard.Started())

    def unbridged(self, item: DoctorLeg) -> None:
        """The doctor is back from the bridge: the patient has left, or is leaving at this moment."""
        self.put(replace(item, stage="wrap_up"))
        self.write("call.unbridged", offer=item.offer, by="patient")

    def leg_ended(self, event: ev.LegEnded) -> None:
        if event.channel == self.call.patient.channel:
            self.patient_left(event)
            return
        item = self.call.doctor_on(event.channel)
        if item is None or item.gone:
            return
        self.write("leg.ended", leg=item.leg.id, cause=event.cause, cause_text=event.cause_text)
        item = replace(item, gone=True, leg=replace(item.leg, wait=None))
        self.put(item)
        match item.stage:
            case "ringing":
                self.offer_failed(item, offer_result(event.cause), event.cause)
            case "offered":
                # Heard the offer and hung up: that is a no, and a no is final for this call.
                self.offer_failed(item, "declined", event.cause)
            case "accepted":
                self.offer_failed(item, "lost", event.cause)
                self.repeat_wait(self.call.patient.channel)
            case "bridged":
                self.write("call.unbridged", offer=item.offer, by="doctor")
                self.put(replace(item, stage="wrap_up"))
        self.let_doctor_go(self.doctor(item.offer))

    def patient_left(self, event: ev.LegEnded) -> None:
        if self.call.patient_gone:
            return
        leg, result = self.call.patient, self.result(event)
        self.call = replace(self.call, patient_gone=True, patient=replace(leg, wait=None))
        offer = self.call.offer
        if offer is not None and offer.stage == "bridged":
            self.unbridged(offer)
        elif offer is not None and offer.stage == "accepted":
            self.withdraw(offer)
        elif self.call.search is not None and self.call.search.active:
            self.stop_seeking()
        self.write("leg.ended", leg=leg.id, cause=event.cause, cause_text=event.cause_text)
        self.write(
            "call.ended",
            by="system" if leg.hung_up_by_us else "network" if by_network(event.cause) else "patient",
            cause=event.cause,
            cause_text=event.cause_text,
            result=result,
        )

    def taken_back(self) -> None:
        """We were hung or away for too long; the duty doctor may have the patient by now. Nothing more is done here."""
        leg = self.call.patient
        if self.call.patient_gone or leg.flow is None:
            return
        self.call = replace(
            self.call, patient=replace(leg, wait=None, music_on=False, flow=replace(leg.flow, waiting="ended"))
        )
        self.stop_seeking()
        if (offer := self.call.offer) is not None and offer.stage == "accepted":
            self.withdraw(offer)
        self.commands.append(do.LetBe(leg.channel))

    def result(self, event: ev.LegEnded) -> str:
        if self.call.bridged_once:
            return "consulted"
        if self.call.ambulance_reached:
            return "ambulance"
        if self.call.transferred:
            return "transferred"
        if self.call.callback_requested:
            return "callback"
        flow, hung_up_by_us = self.call.patient.flow, self.call.patient.hung_up_by_us
        if event.cause_text == LOST or (flow is not None and flow.ended and not hung_up_by_us):
            return "lost"
        if hung_up_by_us:
            return "informed"  # the flow came to its own end
        searching = self.call.search is not None and self.call.search.active
        return "abandoned_queue" if searching else "abandoned_menu"

    def let_doctor_go(self, item: DoctorLeg) -> None:
        """The doctor's phone is down. Free at once, but after a talk whose outcome was not keyed: after a rest."""
        owed = item.stage == "wrap_up" and item.outcome in ("", "none")
        if owed and not item.outcome:
            self.write("disposition", offer=item.offer, outcome="none")
        self.put(replace(item, stage="leaving"))
        self.commands.append(do.Release(item.offer, self.at + self.rules.wrap_up if owed else self.at))

    def dial_answered(self) -> None:
        wait = self.call.patient.wait
        if wait is not None and wait.kind == "dial":
            self.transfer_reached()
            self.write_transfer("answered")

    def transfer_reached(self) -> None:
        if self.call.transfer in ("", "ambulance"):
            self.call = replace(self.call, ambulance_reached=True)
        else:
            self.call = replace(self.call, transferred=True)

    def dial_ended(self, event: ev.DialEnded) -> None:
        if event.channel != self.call.patient.channel or not self.is_asked(event.seq):
            return
        self.write_transfer("ended", status=event.status, seconds=event.seconds)
        answered = event.status == "ANSWER"
        if answered:
            self.transfer_reached()
        self.answer(event.channel, event.seq, heard.TransferEnded(answered))

    # --- the bridge ------------------------------------------------------------------------------------------------

    def bridge_made(self, offer: str) -> None:
        item = self.call.offer
        if item is None or item.offer != offer or item.stage != "accepted":
            return
        self.put(replace(item, stage="bridged", leg=replace(item.leg, wait=None)))
        assert self.call.search is not None
        self.call = replace(
            self.call,
            bridged_once=True,
            search=replace(self.call.search, active=False),
            patient=replace(self.call.patient, wait=None, music_on=False),
        )
        self.write("offer.ended", offer=offer, result="accepted")
        self.write("call.bridged", offer=offer, doctor=item.doctor)
        self.commands.append(do.StopFinding())
        self.walk_patient(heard.Bridged())

    def bridge_failed(self, event: ev.BridgeFailed) -> None:
        item = self.call.offer
        if item is not None and item.offer == event.offer and item.stage == "accepted":
            self.bridge_fell_apart(item)

    def bridge_fell_apart(self, item: DoctorLeg) -> None:
        """Never made, or over before we heard that it was made: the doctor is let go, the patient waits on."""
        self.put(replace(item, leg=replace(item.leg, hung_up_by_us=True)))
        self.offer_failed(self.doctor(item.offer), "lost")
        self.commands.append(do.HangUp(item.leg.channel, polite=True))
        self.repeat_wait(self.call.patient.channel)

    # --- after a restart or a broken line --------------------------------------------------------------------------

    def surveyed(self, event: ev.Surveyed) -> None:
        for item in self.call.doctors:
            if not item.gone and item.leg.channel not in event.present:
                self.leg_ended(ev.LegEnded(event.at, item.leg.channel, 0, LOST))
            elif not item.gone:
                self.survey_doctor(item, event)
        patient = self.call.patient
        if self.call.patient_gone:
            return
        if patient.channel not in event.present:
            self.leg_ended(ev.LegEnded(event.at, patient.channel, 0, LOST))
            return
        if patient.channel in event.taken:
            self.taken_back()
            return
        self.write("call.adopted")
        if patient.channel in event.ours:
            if patient.hung_up_by_us:
                self.commands.append(do.HangUp(patient.channel))
            elif patient.flow is not None and patient.flow.waiting == "bridge":
                self.patient_ready()
            elif patient.wait is not None:
                self.commands.append(do.Probe(patient.channel, patient.wait))
        if self.call.wants_a_doctor:
            self.commands.append(do.FindDoctor())

    def survey_doctor(self, item: DoctorLeg, event: ev.Surveyed) -> None:
        channel = item.leg.channel
        if item.stage == "accepted":
            if channel in event.bridged:
                self.bridge_made(item.offer)
            elif self.call.patient.channel in event.ours:
                self.commands.append(do.BridgeLegs(item.offer, self.call.patient.channel, channel))
        elif item.leg.hung_up_by_us:
            # Also a phone that still rings.
            if channel not in event.bridged:
                self.commands.append(do.HangUp(channel, polite=channel in event.ours))
        elif channel in event.ours:
            if item.leg.wait is not None:
                self.commands.append(do.Probe(channel, item.leg.wait))
            else:
                self.leg_ready(channel)

    def wait_lost(self, channel: str, seq: int) -> None:
        leg = self.leg_on(channel)
        if channel == self.call.patient.channel and self.is_being_bridged:
            return
        if leg is not None and leg.wait is not None and leg.wait.seq == seq:
            self.repeat_wait(channel)

    def repeat_wait(self, channel: str) -> None:
        """Ask again what was asked last: somebody stands there and hears nothing."""
        leg = self.leg_on(channel)
        if leg is None or leg.wait is None:
            return
        leg, perform = _begin_wait(replace(leg, music_on=False), leg.wait)
        self.commands.append(perform)
        if channel == self.call.patient.channel:
            self.call = replace(self.call, patient=leg)
        elif (item := self.call.doctor_on(channel)) is not None:
            self.put(replace(item, leg=leg))

    # --- small things ------------------------------------------------------------------------------------------------

    def leg_on(self, channel: str) -> Leg | None:
        if channel == self.call.patient.channel:
            return None if self.call.patient_gone else self.call.patient
        item = self.call.doctor_on(channel)
        return None if item is None or item.gone else item.leg

    def doctor(self, offer: str) -> DoctorLeg:
        return next(item for item in self.call.doctors if item.offer == offer)

    def put(self, item: DoctorLeg) -> None:
        self.call = replace(
            self.call, doctors=tuple(item if other.offer == item.offer else other for other in self.call.doctors)
        )

    def finish_if_over(self) -> None:
        if self.call.patient_gone and all(item.gone for item in self.call.doctors) and not self.call.over:
            self.call = replace(self.call, over=True)
            self.commands.append(do.Finish())


LOST = "lost while the controller was away"


def _begin_wait(leg: Leg, wait: Wait) -> tuple[Leg, do.Perform]:
    """Give `wait` the leg's next number, and switch the music where it must change."""
    wait = replace(wait, seq=leg.seq + 1)
    # Asterisk stops the music by itself when a prompt begins, so it only ever has to be started.
    start_music = wait.music and not leg.music_on
    return replace(leg, seq=wait.seq, wait=wait, music_on=wait.music), do.Perform(leg.channel, wait, start_music)
