"""Whom no SMS reaches hears the message by telephone: whole, again on a key, and no machine hears it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from admin_api.voicing import FOLDER, MessageSpeaker
from cli.prepare import _voice
from config.clock import utc_now
from config.ids import new_id
from config.schema import Message, MessageEvent
from config.wakeup import WakeUp
from phones import ears
from phones.call import PhoneCall
from phones.phone import Phone
from prompts.wav import RATE, Samples, read_telephone_wav
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(120)

_LANDLINES = itertools.count(2_660_001)
SHORT = "डॉक्टर आशा वर्मा की सलाह पर्ची का नंबर है पी, सात, के, तीन।"
LONG = f"{SHORT} दोबारा फ़ोन करें, तो यह नंबर बताएँ। हालत बिगड़े, तो एक सौ आठ पर फ़ोन करें। हालत सुधरे, तो भी दवा पूरी लें।"


class Messages:
    """What is promised, spoken and heard in one test."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in _voice().items():
            monkeypatch.setenv(name, value)
        self.house = house
        self.database = house.rehearsal.database
        self.folder = house.settings.data_dir / FOLDER
        self.wake_up = WakeUp(self.database, house.settings.socket_dir)
        self.speaker = MessageSpeaker(house.settings, self.database, self.wake_up)

    def landline(self) -> Phone:
        return self.house.net.patient(f"+91755{next(_LANDLINES)}")

    def promised(self, text: str, *phones: Phone) -> list[str]:
        """A message to each, as the outbox has it; they are turned into sound, and the controller is told."""
        ids = [new_id("sms") for _ in phones]
        with self.database.writing() as session:
            for message_id, phone in zip(ids, phones, strict=True):
                session.add(
                    Message(
                        id=message_id,
                        purpose="advice_slip",
                        recipient=phone.number,
                        key=message_id,
                        template="advice_slip",
                        language="hi",
                        text=text,
                        encoding="ucs2",
                        parts=1,
                        channel="voice",
                        spoken={"text": text},
                        created_at=utc_now(),
                    )
                )
        assert self.speaker.run_once() == len(phones)
        return ids

    def row(self, message_id: str) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message_id)

    def story(self, message_id: str) -> list[str]:
        with self.database.reading() as session:
            query = select(MessageEvent.kind).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)
            return list(session.scalars(query))

    def sound(self, message_id: str) -> Samples:
        return read_telephone_wav(self.folder / f"{message_id}.wav")

    def becomes(self, message_id: str, state: str, timeout: float = 10) -> None:
        self.house.until(lambda: self.row(message_id).state == state, timeout, f"{state} of {message_id}")

    def withdraw(self) -> None:
        with self.database.writing() as session:
            waiting = Message.channel == "voice", Message.state.in_(("queued", "sending", "sent"))
            session.execute(update(Message).where(*waiting).values(state="failed", claimed_by=""))


@pytest.fixture
def messages(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Messages]:
    messages = Messages(house, monkeypatch)
    yield messages
    messages.withdraw()


def times_heard(call: PhoneCall, sound: Samples) -> list[int]:
    """How often each part of the message was heard: two seconds at a time, for a late packet shifts what follows."""
    parts = [sound[begin : begin + 2 * RATE] for begin in range(0, len(sound) - 2 * RATE, 2 * RATE)]
    return [_times(call.heard(), part) for part in parts]


def _times(heard: Samples, part: Samples) -> int:
    times, begin = 0, 0
    while match := ears.find_prompt(heard[begin:], part) or ears.find_slipped(heard[begin:], part):
        times += 1
        begin += round(match.offset_s * RATE) + len(part)
    return times


def test_a_landline_hears_the_message_twice_a_machine_nothing_personal_and_who_is_not_there_is_tried_thrice(
    messages: Messages,
) -> None:
    house = messages.house
    hears, machine, absent, busy = (messages.landline() for _ in range(4))
    machine.behaves("voicemail")
    absent.behaves("unreachable")
    busy.behaves("busy")
    to_hears, to_machine, to_absent, to_busy = messages.promised(SHORT, hears, machine, absent, busy)
    ring = hears.rings(timeout=8)
    assert ring.caller_id.endswith("104")
    assert messages.row(to_hears).state == "sending"
    call = ring.answers()
    call.hears("message.private")
    assert messages.row(to_hears).state == "sending"
    call.presses("1")
    call.hears("message.begins")
    messages.becomes(to_hears, "sent", 2)
    call.hears("message.again", timeout=40)
    messages.becomes(to_hears, "delivered", 2)
    call.presses("1")
    call.hears("message.once_more")
    call.hears("message.again", timeout=40)
    call.presses("2")
    call.hears("message.goodbye")
    call.ended(timeout=10)
    assert set(times_heard(call, messages.sound(to_hears))) == {2}, call.recording()
    assert call.silence_longest(before=len(call.heard()) / RATE - 0.5) < 2.0
    assert messages.story(to_hears) == ["begun", "heard"]
    assert (hears.rang, messages.row(to_hears).receipt) == (1, "delivered")

    for phone, message_id, outcome in ((absent, to_absent, "no_answer"), (busy, to_busy, "busy")):
        messages.becomes(message_id, "failed", 20)
        row = messages.row(message_id)
        assert (phone.rang, row.receipt_reason, row.attempts) == (3, "not_answered", 3)
        assert messages.story(message_id) == [outcome] * 3

    recorded = machine.calls[0]
    recorded.hangs_up()
    house.until(lambda: "unconfirmed" in messages.story(to_machine), 5, "the machine's end")
    recorded.hears("message.private", after=0)
    assert set(times_heard(recorded, messages.sound(to_hears))) == {0}
    assert messages.row(to_machine).state in ("queued", "sending")
    messages.speaker.run_once()
    assert {path.stem for path in messages.folder.iterdir()} <= {to_machine, to_hears}


def test_a_killed_controller_speaks_on_where_it_was_and_rings_nobody_twice(messages: Messages) -> None:
    house = messages.house
    listening, ringing = messages.landline(), messages.landline()
    to_listening, to_ringing = messages.promised(LONG, listening, ringing)
    call = listening.rings(timeout=8).answers()
    call.hears("message.private")
    call.presses("1")
    call.hears("message.begins")
    other = ringing.rings(timeout=8)
    house.kills_controller()
    house.starts_controller()
    second = other.answers()
    second.hears("message.private", timeout=8)
    second.presses("1")
    call.hears("message.again", timeout=40)
    messages.becomes(to_listening, "delivered", 3)
    call.presses("2")
    second.hears("message.begins")
    second.hangs_up()
    call.ended(timeout=10)
    house.until(lambda: "broken_off" in messages.story(to_ringing), 5, "the broken call")
    assert (listening.rang, set(times_heard(call, messages.sound(to_listening)))) == (1, {1})
    again = ringing.rings(timeout=12)
    assert ringing.rang == 2
    again.rejects(480)
