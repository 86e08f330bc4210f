"""Messages are turned into sound once, kept as long as they are wanted, and one that cannot be said harms no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from admin_api import voicing
from admin_api.voicing import FOLDER, MessageSpeaker
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import Message
from config.settings import load_settings
from config.wakeup import WakeUp
from messaging import spoken
from prompts.errors import SynthesisError
from prompts.synthesis import SpeechJob
from prompts.wav import write_telephone_pair

UNSPEAKABLE = "…"


class Voice:
    """Speaks everything in a second, but what it cannot; then it stops at once, as the real one does."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, jobs: Sequence[SpeechJob], env: Mapping[str, str], done: Callable[[SpeechJob], None]) -> None:
        for job in jobs:
            if job.text == UNSPEAKABLE:
                raise SynthesisError("nothing in it can be said")
            write_telephone_pair(Path(job.target), np.full(8000, 900, dtype=np.int16))
            self.said.append(job.text)
            done(job)


class Office:
    def __init__(self, database: Database, data_dir: Path) -> None:
        self.settings = load_settings({}, data_dir=data_dir)
        self.database, self.voice, self.folder = database, Voice(), data_dir / FOLDER
        self.now = utc_now().timestamp()
        wake_up = WakeUp(database, self.settings.socket_dir)
        self.speaker = MessageSpeaker(self.settings, database, wake_up, self.voice, lambda: self.now)

    def promised(self, message_id: str, text: str = "नमस्ते", at: datetime | None = None, language: str = "hi") -> None:
        with self.database.writing() as session:
            session.add(
                Message(
                    id=message_id,
                    purpose="advice_slip",
                    recipient="+917552661234",
                    key=message_id,
                    template="advice_slip",
                    language=language,
                    text=text,
                    encoding="ucs2",
                    parts=1,
                    channel="voice",
                    spoken={"text": text},
                    created_at=at or utc_now(),
                )
            )

    def becomes(self, message_id: str, state: str, at: datetime | None = None) -> None:
        with self.database.writing() as session:
            row = session.get_one(Message, message_id)
            row.state, row.receipt_at = state, at

    def row(self, message_id: str) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message_id)

    def sounds(self) -> set[str]:
        return {path.stem for path in self.folder.iterdir()}

    def told(self) -> list[str]:
        return [command.kind for command in take(self.database, "controller", utc_now())]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def test_a_message_is_spoken_once_and_the_controller_is_told(office: Office) -> None:
    office.promised("m1")
    assert (office.speaker.run_once(), office.speaker.run_once()) == (1, 0)
    assert office.voice.said == ["नमस्ते"]
    assert office.row("m1").spoken == {"text": "नमस्ते", "file": "m1", "ready": True, "seconds": 1.0}
    assert office.told() == ["messages_to_speak"]
    assert office.folder.stat().st_mode & 0o077 == 0


def test_one_that_cannot_be_said_fails_with_the_reason_and_keeps_nobody_waiting(office: Office) -> None:
    office.promised("bad", UNSPEAKABLE, utc_now() - timedelta(minutes=1))
    office.promised("good")
    office.promised("foreign", language="fr")
    assert office.speaker.run_once() == 1
    assert (office.row("bad").state, office.row("foreign").receipt_reason) == ("queued", "not_speakable")
    office.speaker.run_once()
    office.speaker.run_once()
    assert (office.row("bad").state, office.row("bad").receipt_reason) == ("failed", "not_speakable")
    assert office.voice.said == ["नमस्ते"]


def test_a_sound_goes_with_its_message_but_not_before_whoever_heard_it_could_hear_it_again(office: Office) -> None:
    for name in ("heard", "long_ago", "failed", "being_spoken", "waiting"):
        office.promised(name)
    office.speaker.run_once()
    office.becomes("heard", "delivered", utc_now())
    office.becomes("long_ago", "delivered", utc_now() - timedelta(hours=1))
    office.becomes("failed", "failed", utc_now())
    office.becomes("being_spoken", "sent")
    (office.folder / ".waiting.wav.4711").touch()  # left by somebody who was killed
    (office.folder / ".gone.wav.4711").touch()
    office.speaker.run_once()
    assert {name.lstrip(".").partition(".")[0] for name in office.sounds()} == {"heard", "being_spoken", "waiting"}


def test_a_sound_that_is_too_old_is_deleted_whatever_the_database_says_and_made_anew_if_it_is_wanted(
    office: Office,
) -> None:
    office.promised("stuck")
    office.promised("wanted")
    office.speaker.run_once()
    office.becomes("stuck", "sent")
    office.now += 3 * 24 * 3600
    assert office.speaker.run_once() == 0
    assert office.sounds() == set()
    assert office.speaker.run_once() == 1
    assert office.sounds() == {"wanted"}


def test_of_many_only_the_next_have_a_sound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicing, "MOST_SOUNDS", 3)
    start = utc_now() - timedelta(hours=1)
    for number in range(6):
        office.promised(f"m{number}", at=start + timedelta(minutes=number))
    office.speaker.run_once()
    assert office.sounds() == {"m0", "m1", "m2"}
    with office.database.writing() as session:
        row = session.get_one(Message, "m0")
        row.next_try_at = utc_now() + timedelta(minutes=10)  # nobody was there: others first
    office.speaker.run_once()
    assert office.sounds() == {"m1", "m2", "m3"}
    assert office.row("m0").spoken == {"text": "नमस्ते"}
    with office.database.reading() as session:
        assert [each.id for each in spoken.waiting(session) if each.sound] == ["m1", "m2", "m3"]


def test_a_sound_that_somebody_deleted_is_made_anew(office: Office) -> None:
    office.promised("m1")
    office.speaker.run_once()
    for path in office.folder.iterdir():
        os.unlink(path)
    with office.database.writing() as session:
        spoken.without_sound(session, "m1")  # as the controller does that misses it
    assert office.speaker.run_once() == 1
    assert office.sounds() == {"m1"}
