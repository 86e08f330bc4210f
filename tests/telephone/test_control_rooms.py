"""A control room's telephone on real lines: whoever lifts it hears first for whom it rings, in a helpline that runs."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import select

from config.clock import utc_now
from config.commands import send
from config.database import Database
from config.schema import CommandRow, ControlRoom
from config.wakeup import WakeUp
from prompts.names import DOCTORS, doctor_prompt
from prompts.recordings import file_name
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(90)

# Stands for the doctor's name, so that the phone can tell it from every other prompt.
SOUNDS_LIKE = "category.skin"


def test_a_doctor_who_comes_to_a_control_room_is_announced_by_name_without_a_restart(house: House) -> None:
    doctor, settings, database = house.doctor("fever"), house.settings, house.rehearsal.database
    prompt = doctor_prompt(house.doctor_id(doctor))
    files = []
    for language in ("hi", "en"):
        words = settings.catalogue_dir / language / f"{DOCTORS}.yaml"
        words.parent.mkdir(parents=True, exist_ok=True)
        files.append(words)
        words.write_text(f"prompts:\n  {prompt}: डॉक्टर राव के लिए।\n", "utf-8")
        for ending in ("wav", "alaw"):
            spoken = settings.prompts_dir / language / f"{file_name(SOUNDS_LIKE)}.{ending}"
            files.append(spoken.with_name(f"{file_name(prompt)}.{ending}"))
            shutil.copy(spoken, files[-1])
    try:
        with database.writing() as session:
            session.add(ControlRoom(id="room-1", name="Bhopal", number=doctor.number, lines=1))
            wake_up = WakeUp(database, settings.socket_dir)
            send(session, "controller", "prompts_changed", {"theme": DOCTORS}, utc_now(), wake_up)
        house.until(lambda: is_taken(database), 5, "the controller to take the names up")
        house.goes_on_duty(doctor)
        call = house.seeks(house.patient())
        ringing = doctor.rings(8)
        lifted = ringing.answers()
        name = lifted.hears(SOUNDS_LIKE)
        offer = lifted.hears("offer.intro")
        assert name < offer
        lifted.presses("1")
        house.until(lambda: "call.bridged" in house.kinds(call), 5, "the bridge")
        call.hangs_up()
        lifted.hears("disposition.ask")
        lifted.presses("1")
        lifted.ended(timeout=10)
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def is_taken(database: Database) -> bool:
    with database.reading() as session:
        open_ones = select(CommandRow.id).where(CommandRow.kind == "prompts_changed", CommandRow.taken_at.is_(None))
        return session.scalars(open_ones).first() is None
