"""The one call: a patient dials 104, talks to a doctor, and gets a message. Every step is checked as it is told."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx

from admin_api.accounts import issue_token
from cdr.journal import Journal, JournalLine
from cli.demo.cast import DOCTORS, check
from cli.demo.errors import DemoFailed
from cli.demo.mobile_network import MobileNetwork
from cli.demo.teller import Teller
from cli.rehearsal import Rehearsal
from config.schema import Doctor, Message, Staff
from phones.call import PhoneCall
from phones.operators.base import TakenSms

TONE_SECONDS = 2.4
# What she waits to hear, and presses: Hindi, fever, 45 years, a woman, not pregnant, no red flag, no oximeter, 2 days.
_KEYS = (
    ("language.offer.hi.1", "1"),
    ("menu.main", "1"),
    ("age.ask", "45#"),
    ("gender.female_key", "2"),
    ("pregnant.ask", "2"),
    ("red_flags.fever", "2"),
    ("spo2.ask", "#"),
    ("days.ask", "2#"),
)
_HEARD_AT_LEAST = 2.0
_ADVICE = "पानी और ओआरएस पीते रहें, आराम करें। साँस फूले या बुख़ार तीन दिन से ज़्यादा रहे तो अस्पताल जाएँ।"


class Story:
    """One call through a running rehearsal."""

    def __init__(self, helpline: Rehearsal, api: httpx.Client, teller: Teller, mobiles: MobileNetwork) -> None:
        self._helpline = helpline
        self._mobiles = mobiles
        self._api = api
        self._teller = teller
        self._journal = Journal(helpline.database)
        self._read_up_to = self._journal.last_id()
        self._lines: list[JournalLine] = []
        self._call_id = ""

    def play(self) -> None:
        """Tell the call from dialling to the record. Raises DemoFailed, PhoneError."""
        patient = self._arrive()
        for prompt, keys in _KEYS:
            self._choose(patient, prompt, keys)
        doctor = self._accept()
        self._talk(patient, doctor)
        patient.hangs_up()
        ended = self._await("call.ended")
        unbridged = self._await("call.unbridged")
        talked = (unbridged.entry.at - self._bridged_at).total_seconds()
        self._teller.tell(
            "call.ended", ended.entry.at, call=self._call_id, talk_seconds=round(talked, 1), **ended.entry.data
        )
        doctor.hears("disposition.ask")
        doctor.presses("2")
        keyed = self._await("disposition")
        self._teller.tell("disposition", keyed.entry.at, call=self._call_id, **keyed.entry.data)
        doctor.ended(8)
        self._follow_sms(self._write_slip())
        self._show_record()

    def _arrive(self) -> PhoneCall:
        # A number that never called before, also where an earlier demonstration left its data.
        number = f"+9198765{secrets.randbelow(100_000):05}"
        call = self._helpline.net.patient(number).dials("104")
        call.answered(3)
        arrived = self._await("call.arrived")
        self._call_id = arrived.entry.call_id
        to_answer = round(((call.answered_at or call.dialled_at) - call.dialled_at) * 1000)
        facts = {"dialled": "104", "caller": number, "ms_to_answer": to_answer}
        self._teller.tell("call.arrived", arrived.entry.at, call=self._call_id, **facts)
        return call

    def _choose(self, patient: PhoneCall, prompt: str, keys: str) -> None:
        """As somebody does who listens until the own choice was said, and presses then."""
        patient.hears(prompt, timeout=30, whole=True)
        patient.presses(keys)
        line = self._await("key.pressed")
        node = line.entry.data["node"]
        went = self._await_line(
            lambda item: item.entry.kind == "flow.went" and item.entry.data["node"] == node,
            f"the way on from {node}",
            10,
        )
        facts = {"node": node, "keys": keys, "choice": went.entry.data["to"]}
        self._teller.tell("menu.choice", line.entry.at, call=self._call_id, **facts)

    def _accept(self) -> PhoneCall:
        offered = self._await("doctor.offered")
        with self._helpline.database.reading() as session:
            doctor = session.get_one(Doctor, offered.entry.data["doctor"])
        cast = next((item for item in DOCTORS if item.registration == doctor.registration_number), None)
        if cast is None:
            raise DemoFailed(f"the call was offered to {doctor.name}, who is not of this demonstration")
        ring = self._helpline.net.doctor(cast.number).rings(10)
        facts = {"doctor": doctor.id, "doctor_name": doctor.name, "shown": ring.caller_id}
        self._teller.tell("doctor.offered", offered.entry.at, call=self._call_id, **facts)
        call = ring.answers()
        for prompt in ("offer.intro", "category.fever", "age.45", "offer.keys"):
            call.hears(prompt)
        call.presses("1")
        accepted = self._await("doctor.accepted")
        heard = "104 हेल्पलाइन: बुख़ार, उम्र पैंतालीस वर्ष। कॉल लेने के लिए एक दबाएँ…"
        self._teller.tell("doctor.accepted", accepted.entry.at, call=self._call_id, doctor=doctor.id, heard=heard)
        bridged = self._await("call.bridged")
        self._bridged_at = bridged.entry.at
        ms = round((bridged.entry.at - accepted.entry.at).total_seconds() * 1000, 1)
        self._teller.tell(
            "call.bridged",
            bridged.entry.at,
            call=self._call_id,
            doctor=doctor.id,
            ms_from_accept=ms,
            shown=ring.caller_id,
        )
        return call

    def _talk(self, patient: PhoneCall, doctor: PhoneCall) -> None:
        """Each phone plays a tone drawn for this run; each must hear the other's, and must not have before."""
        low, high = random.sample(range(620, 1780, 40), 2)
        before = {"patient": len(patient.heard()) / 8000, "doctor": len(doctor.heard()) / 8000}
        patient.plays_tone(low, TONE_SECONDS)
        doctor.plays_tone(high, TONE_SECONDS)
        patient.hears_tone(high, timeout=8, seconds=_HEARD_AT_LEAST)
        doctor.hears_tone(low, timeout=8, seconds=_HEARD_AT_LEAST)
        time.sleep(TONE_SECONDS - _HEARD_AT_LEAST + 0.2)
        early = patient.tone_seconds(high, before=before["patient"]), doctor.tone_seconds(low, before=before["doctor"])
        if max(early) > 0.1:
            raise DemoFailed("a tone was found before the two were connected, so the proof of sound proves nothing")
        recordings = [str(patient.recording()), str(doctor.recording())]
        self._teller.tell(
            "audio.verified",
            call=self._call_id,
            patient_heard_doctor=True,
            doctor_heard_patient=True,
            patient_tone_hz=low,
            doctor_tone_hz=high,
            patient_heard_seconds=round(patient.tone_seconds(high), 2),
            doctor_heard_seconds=round(doctor.tone_seconds(low), 2),
            heard_before_bridge_seconds=round(max(early), 2),
            recordings=recordings,
        )

    def _write_slip(self) -> str:
        """As the doctor who took the call: first a drug that is not allowed, then the slip; its message's id."""
        record = check(self._api.get(f"/calls/{self._call_id}")).json()
        doctor_id = record["call"]["doctor"]["id"]
        with httpx.Client(
            base_url=self._api.base_url, headers=_bearer(self._doctor_token(doctor_id)), trust_env=False
        ) as api:
            patient = {"name": "सीता देवी", "age_value": 45, "age_unit": "years", "gender": "female"}
            place = {"address": "ग्राम पिपलिया", "district": "Sehore", "state": "Madhya Pradesh"}
            check(api.patch(f"/calls/{self._call_id}/patient", json=patient | place))
            amoxicillin = _drug("amoxicillin", "capsule", "500 mg", "1-1-1", 5)
            refused = api.post(f"/calls/{self._call_id}/slip", json={"advice": [_ADVICE], "drugs": [amoxicillin]})
            if refused.is_success:
                raise DemoFailed("a drug outside the rules was prescribed")
            drugs = [_drug("paracetamol", "tablet", "500 mg", "1-1-1", 3)]
            slip = {"complaints": "बुख़ार, दो दिन से", "diagnosis": "Viral fever", "advice": [_ADVICE], "drugs": drugs}
            issued = check(api.post(f"/calls/{self._call_id}/slip", json=slip)).json()
        refusal = refused.json().get("detail", refused.json().get("title", ""))
        self._teller.tell("slip.issued", call=self._call_id, number=issued["number"], refusal=refusal)
        return str(issued["sms"]["id"])

    def _follow_sms(self, message_id: str) -> None:
        """From the promise in the slip's own transaction to the receipt that the operator tells."""
        promised = self._message(message_id)
        facts: dict[str, Any] = {"message": message_id, "recipient": promised.recipient, "text": promised.text}
        facts |= {"encoding": promised.encoding, "parts": promised.parts, "characters": len(promised.text)}
        self._teller.tell("sms.promised", promised.created_at, call=self._call_id, **facts)
        self._show_taken(message_id)

    def _show_taken(self, message_id: str) -> None:
        sent = self._await("sms.sent", 10)
        message, sms = self._message(message_id), self._mobiles.taken(message_id)
        if sms is None or (sms.recipient, sms.text) != (message.recipient, message.text):
            raise DemoFailed(f"the operator has not got the message as it was promised: {sms}")
        facts: dict[str, Any] = {"parts": message.parts, "encoding": message.encoding, "recipient": message.recipient}
        facts |= {"text": message.text, "gateway": message.gateway, "provider_id": sms.provider_id}
        facts |= {"entity": sms.entity_id, "header": sms.header, "template": sms.template_id}
        self._teller.tell("sms.sent", sent.entry.at, call=self._call_id, **facts)
        self._show_delivered(message, sms)

    def _show_delivered(self, message: Message, sms: TakenSms) -> None:
        shown = self._mobiles.shown(sms, 10)
        if shown is None:
            raise DemoFailed("the message did not come to the handset within 10 s")
        facts: dict[str, Any] = {"text": shown.sms.text, "sender": sms.header, "recipient": sms.recipient}
        self._teller.tell("sms.shown", call=self._call_id, **facts)
        settled = self._await("sms.settled", 10)
        result, seconds = settled.entry.data["result"], (settled.entry.at - message.created_at).total_seconds()
        facts = {"result": result, "answer": str(shown.answer), "seconds": f"{seconds:.1f}"}
        self._teller.tell("sms.settled", settled.entry.at, call=self._call_id, **facts)
        if result != "delivered" or self._message(message.id).state != "delivered":
            raise DemoFailed(f"the receipt did not settle the message: {result}")

    def _message(self, message_id: str) -> Message:
        with self._helpline.database.reading() as session:
            return session.get_one(Message, message_id)

    def _show_record(self) -> None:
        call = check(self._api.get(f"/calls/{self._call_id}")).json()["call"]
        facts = ("wait_ms", "talk_ms", "disposition", "result", "ended_by", "category", "age_value", "age_unit")
        self._teller.tell("cdr.written", call=self._call_id, **{name: call[name] for name in facts})
        if call["result"] != "consulted" or call["disposition"] != "prescription" or not call["talk_ms"]:
            raise DemoFailed(f"the record does not say what happened: {call}")

    def _doctor_token(self, doctor_id: str) -> str:
        with self._helpline.database.writing() as session:
            staff = session.query(Staff).filter_by(doctor_id=doctor_id).first()
            if staff is None:
                raise DemoFailed("the doctor has no account to prescribe with")
            return issue_token(session, staff.id, "demonstration", None)

    def _await(self, kind: str, timeout: float = 10.0) -> JournalLine:
        """The journal's (next) line of this kind in this call."""
        return self._await_line(lambda line: line.entry.kind == kind, kind, timeout)

    def _await_line(self, wanted: Callable[[JournalLine], bool], what: str, timeout: float) -> JournalLine:
        deadline = time.monotonic() + timeout
        while True:
            for line in self._journal.since(self._read_up_to, 500):
                self._read_up_to = line.id
                if not self._call_id or line.entry.call_id == self._call_id:
                    self._lines.append(line)
            for line in self._lines:
                if wanted(line):
                    self._lines.remove(line)
                    return line
            if time.monotonic() > deadline:
                raise DemoFailed(f"{what} did not happen within {timeout:g} s")
            time.sleep(0.02)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _drug(generic: str, form: str, strength: str, frequency: str, days: int) -> dict[str, Any]:
    return {"generic": generic, "form": form, "strength": strength, "frequency": frequency, "days": days}
