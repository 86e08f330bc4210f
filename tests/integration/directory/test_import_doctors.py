"""A list of doctors: good rows are taken on as the API does it, bad ones are named, a second time changes nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cli.doctor_list import NEEDED, import_doctors
from config.database import Database
from config.schema import AuditEntry, ControlRoom, Doctor, DoctorCategory, DoctorPhone
from config.settings import Settings, load_settings
from directory.errors import ImportFault
from directory.importing.importer import Report
from directory.samples import sample

HEADER = "name,registration_number,council,categories,phones,time_zone,mon,sun,serves,night,calls_per_day\n"
GOOD = "डॉ. मीना,MP-1,MP,fever; heart (specialist),98930 12345;0755 2661234,,09:00-13:00 17:00-20:00,,,no,12\n"


class Lists:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self._folder = database, folder
        self.settings: Settings = load_settings({}, data_dir=folder / "data")

    def take(self, text: str, **options: Any) -> Report:
        path = self._folder / "doctors.csv"
        path.write_text(text, "utf-8")
        return import_doctors(path, self.database, self.settings, **options)

    def doctors(self) -> list[Doctor]:
        with self.database.reading() as session:
            return list(session.scalars(select(Doctor).order_by(Doctor.registration_number)))


@pytest.fixture
def lists(database: Database, tmp_path: Path) -> Lists:
    return Lists(database, tmp_path)


def test_a_row_is_a_doctor_with_levels_phones_and_hours(lists: Lists, database: Database) -> None:
    report = lists.take(HEADER + GOOD)
    assert (report.imported, report.names, report.faults) == (1, 1, ())
    [doctor] = lists.doctors()
    assert (doctor.duty, doctor.night, doctor.calls_per_day) == ("off", False, 12)
    assert doctor.schedule == {"weekly": {"mon": [["09:00", "13:00"], ["17:00", "20:00"]]}}
    with database.reading() as session:
        levels = {row.category: row.level for row in session.scalars(select(DoctorCategory))}
        numbers = [row.number for row in session.scalars(select(DoctorPhone).order_by(DoctorPhone.position))]
    assert levels == {"fever": "general", "heart": "specialist"}
    assert numbers == ["+919893012345", "+917552661234"]


def test_broken_rows_are_named_by_line_and_reason_and_the_good_ones_kept(lists: Lists) -> None:
    report = lists.take(
        HEADER
        + GOOD
        + "Nobody,MP-2,MP,astrology,9893012346,,,,,,\n"
        + "Nobody,MP-3,MP,fever,12,,,,,,\n"
        + "Nobody,MP-4,MP,fever,9893012346,Europe/Nowhere,,,,,\n"
        + "Nobody,MP-5,MP,fever,9893012346,,09:00-13:00 12:00-14:00,,,,\n"
        + "Nobody,MP-6,MP,fever,9893012346,,nine,,,,\n"
        + "Nobody,mp-1,mp,fever,9893012346,,,,,,\n"
        + ",MP-8,MP,fever,9893012346,,,,,,\n"
        + "Last,MP-9,MP,fever,9893012349,,,,,,\n"
    )
    assert report.imported == 2
    reasons = {fault.line: fault.reason for fault in report.faults}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8, 9]
    assert reasons[3].startswith("categories: 'astrology' is not right; write fever, heart")
    assert reasons[4].startswith("phones.0: A telephone number")
    assert "Europe/Nowhere" in reasons[5]
    assert "overlaps" in reasons[6]
    assert "write hours as 09:00-14:00" in reasons[7]
    assert reasons[8] == "line 2 has this registration already"
    assert reasons[9].startswith("name")
    assert [doctor.registration_number for doctor in lists.doctors()] == ["MP-1", "MP-9"]


def test_a_second_time_changes_nobody_and_a_mended_row_only_its_doctor(lists: Lists, database: Database) -> None:
    rows = HEADER + GOOD + "Last,MP-9,MP,fever,9893012349,,,,,,\n"
    lists.take(rows)
    before = [(doctor.id, doctor.changed_at) for doctor in lists.doctors()]
    again = lists.take(rows)
    assert (again.imported, again.names) == (2, 0)
    assert [(doctor.id, doctor.changed_at) for doctor in lists.doctors()] == before
    lists.take(rows.replace("Last", "The last"))
    assert [doctor.name for doctor in lists.doctors()] == ["डॉ. मीना", "The last"]
    with database.reading() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions == ["doctor.created", "doctor.created", "doctor.changed"]


def test_who_sits_in_a_control_room_stays_there(lists: Lists, database: Database) -> None:
    lists.take(HEADER + GOOD)
    with database.writing() as session:
        session.add(ControlRoom(id="room-1", name="Bhopal", number="+917552660000", lines=2))
        doctor_id = session.scalars(select(Doctor.id)).one()
        session.add(DoctorPhone(id="phone-room", doctor_id=doctor_id, number="+917552660000", position=7))
    lists.take(HEADER + GOOD.replace("98930 12345;", "98930 99999;"))
    with database.reading() as session:
        numbers = [row.number for row in session.scalars(select(DoctorPhone).order_by(DoctorPhone.position))]
    assert numbers == ["+919893099999", "+917552661234", "+917552660000"]


def test_a_dry_run_says_the_same_and_writes_nothing(lists: Lists) -> None:
    report = lists.take(HEADER + GOOD + "Nobody,MP-2,MP,astrology,1,,,,,,\n", dry_run=True)
    assert (report.imported, [fault.line for fault in report.faults]) == (1, [3])
    assert lists.doctors() == []


def test_a_misspelt_column_is_refused_before_anything_is_read(lists: Lists) -> None:
    with pytest.raises(ImportFault, match="no column monday"):
        lists.take(",".join((*NEEDED, "monday")) + "\nA,MP-1,fever,9893012345,\n")


def test_the_sample_is_whole(lists: Lists) -> None:
    report = import_doctors(sample("doctors"), lists.database, lists.settings)
    assert (report.imported, report.faults) == (3, ())
    assert lists.doctors()[2].time_zone == "Europe/London"
