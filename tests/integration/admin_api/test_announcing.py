"""A doctor who comes to a control room is spoken in the background, and a running controller takes the name up."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin_api.announcing import Announcer, speech_environment
from cli.prepare import _voice
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import ControlRoom, Doctor, DoctorPhone
from config.settings import load_settings
from config.wakeup import WakeUp
from ivr.fresh_names import take_up
from prompts.catalogue import load_catalogues

NUMBER = "+917552661234"
PROMPT = "doctor.doctor_1"


def test_a_name_is_spoken_taken_up_changed_and_forgotten_while_everything_runs(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _voice().items():  # as the web process is started
        monkeypatch.setenv(name, value)
    assert set(speech_environment()) <= {"LD_LIBRARY_PATH"}
    settings = load_settings({}, data_dir=tmp_path)
    announcer = Announcer(settings, database, WakeUp(database, settings.socket_dir))
    catalogues = load_catalogues()

    def announced(name: str, active: bool = True) -> dict[str, float]:
        """What the controller knows once the doctor is called this."""
        with database.writing() as session:
            session.get_one(Doctor, "doctor-1").name = name
            session.get_one(ControlRoom, "room-1").active = active
            announcer.after_commit(session)
        assert announcer.wait(60)
        assert [command.kind for command in take(database, "controller", utc_now())] == ["prompts_changed"]
        fresh, seconds = take_up(settings, catalogues)
        for language in ("hi", "en"):
            assert (PROMPT in fresh[language].prompts) == bool(seconds)
            assert len(fresh[language].prompts) == len(catalogues[language].prompts) + len(seconds)
        return seconds

    with database.writing() as session:
        session.add(Doctor(id="doctor-1", name="", registration_number="1", created_at=utc_now()))
        session.add(ControlRoom(id="room-1", name="Bhopal", number=NUMBER, lines=1))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doctor-1", number=NUMBER))
    short = announced("डॉ. राव")
    long = announced("डॉ. सत्यनारायण वेंकटरमण राव")
    assert 0.5 < short[PROMPT] < long[PROMPT] < 8
    assert announced("Doctor 007") == {}
    assert announced("डॉ. राव")
    assert announced("डॉ. राव", active=False) == {}
    announcer.close()
