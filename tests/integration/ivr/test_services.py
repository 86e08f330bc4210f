"""Every service of flows/services.py is answered as it is declared there, and asking twice does no harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from cdr.events import JournalEntry, check
from config.database import Database
from config.schema import (
    Call,
    CallbackRequest,
    CallState,
    Centre,
    Doctor,
    DoctorCategory,
    DoctorPhone,
    Hub,
    Opd,
    Patient,
    PatientPhone,
    Pincode,
    ServiceLine,
    Slip,
    Spoke,
)
from config.settings import load_settings
from directory.errors import DirectoryError
from directory.spokes import hash_pin
from flows.events import Item
from flows.services import SERVICES
from ivr.services import IMPLEMENTED, Answer, Desk, Who
from ivr.state import Search
from ivr.store import save
from tests.unit.ivr.conftest import new_call

MONDAY_TEN = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)  # 10:00 in India
CALLER, DOCTOR, WORKER = "+919876543210", "+919810000001", "+919810000077"
TYPES = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"([01]\d|2[0-3]):[0-5]\d",
    "number": r"\d+",
    "flag": "yes|no",
    "digits": r"\d+",
    "choice": r"[a-z_]+",
    "text": ".+",
}
MORNINGS = {day: [["09:00", "14:00"]] for day in ("mon", "wed")}


class House:
    """A desk over a database with a little of everything, and a check of every answer against its declaration."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.desk = Desk(database, load_settings({}, **settings))
        self.who = Who("call-1", CALLER, "line-1", "104", "hi", MONDAY_TEN)

    def asks(self, service: str, who: Who | None = None, /, **arguments: str) -> Answer:
        asking = who or self.who
        answer = self.desk.serve(service, arguments, asking)
        check_declared(service, answer, asking)
        return answer

    def add(self, *rows: Any) -> None:
        with self.database.writing() as session:
            for row in rows:
                session.add(row)
                session.flush()


def check_declared(service: str, answer: Answer, who: Who) -> None:
    declared = SERVICES[service]
    assert answer.outcome in declared.outcomes
    for name, value in filter(itemgetter(1), answer.values.items()):
        assert re.fullmatch(TYPES[declared.gives[name]], value), (service, name, value)
    for name, items in answer.lists.items():
        assert declared.gives[name] == "list"
        assert all(item.value and item.phrase for item in items)
    for kind, data in answer.notes:
        check(JournalEntry(who.call_id, who.at, kind, data))


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    house = House(database, data_dir=tmp_path)
    house.add(
        ServiceLine(id="line-1", dialled_number="104", name="104", flow="line_104"),
        Pincode(pincode="462001", district="bhopal", state="madhya_pradesh"),
        Pincode(pincode="462030", district="bhopal", state="madhya_pradesh"),
        Centre(id="near", name_hi="पास", name_en="Near", pincode="462016", district="bhopal"),
        Centre(id="far", name_hi="दूर", name_en="Far", pincode="462046", district="bhopal"),
        Opd(
            id="opd-1",
            number=17,
            district="bhopal",
            specialty="heart",
            skill="opd:heart",
            calendar=MORNINGS,
            closed_dates=[],
            tokens_per_day=3,
        ),
        Hub(id="h01", name="Hamidia", skill="hub:h01", calendar=MORNINGS, closed_dates=["2026-11-25"]),
        Spoke(
            id="s1",
            number="1001",
            pin_hash=hash_pin("4711"),
            hub_id="h01",
            institution="prison",
            district="bhopal",
            phones=[WORKER],
        ),
        Doctor(id="doc-1", name="Dr Asha", registration_number="1", duty="off", created_at=MONDAY_TEN),
        DoctorPhone(id="phone-0", doctor_id="doc-1", number="+919810000009", position=0),
        DoctorPhone(id="phone-1", doctor_id="doc-1", number=DOCTOR, position=1),
        DoctorCategory(doctor_id="doc-1", category="fever"),
    )
    return house


def add_patient(house: House, id: str, days_ago: int = 1, number: str = CALLER, **changes: Any) -> None:
    created = MONDAY_TEN - timedelta(days=days_ago)
    values = {"gender": "female", "age_value": 50, "age_unit": "years", "age_recorded_on": created.date()}
    house.add(
        Patient(id=id, created_at=created, **(values | changes)),
        PatientPhone(patient_id=id, number=number),
    )


def test_every_declared_service_is_there_and_no_other() -> None:
    assert IMPLEMENTED.keys() == SERVICES.keys()


# --- who calls ---


def test_a_number_never_heard_is_new_and_its_language_is_remembered(house: House) -> None:
    first = house.asks("caller")
    assert (first.outcome, first.values, first.lists) == ("new", {"mobile": "yes"}, {"patients": ()})
    house.asks("remember_language", language="hi")
    house.asks("remember_language", language="en")
    then = house.asks("caller")
    assert (then.outcome, then.values["language"]) == ("known", "en")


def test_every_language_is_offered_in_itself_and_the_line_s_own_first(house: House) -> None:
    answer = house.asks("languages")
    assert answer.outcome == "several"
    assert answer.lists["languages"] == (
        Item("hi", ("=language_offer:hi:#",)),
        Item("en", ("=language_offer:en:#",)),
    )


def test_the_patients_of_a_number_are_offered_by_birth_and_gender_or_their_name_who_called_last_first(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "call-7-3.wav").touch()
    add_patient(house, "old", 400)
    add_patient(house, "named", 3)
    assert house.asks("name_patient", patient="named", name_recording="call-7-3.wav").outcome == "kept"
    add_patient(house, "file is gone", 4, name_recording="call-7-4.wav", age_value=30)
    add_patient(house, "baby", 2, age_value=8, age_unit="months", gender="male")
    add_patient(house, "nothing known", 1, age_value=None, gender=None)
    add_patient(house, "another number", 1, number="+919876500000")
    house.add(Call(id="call-0", patient_id="old", arrived_at=MONDAY_TEN - timedelta(hours=1)))
    items = house.asks("caller").lists["patients"]
    assert [(item.value, item.phrase) for item in items] == [
        ("old", ("=year:1975", "=gender:female")),
        ("baby", ("=year:2026", "=gender:male")),
        ("named", (f"recording:{tmp_path}/recordings/call-7-3",)),
        ("file is gone", ("=year:1996", "=gender:female")),
    ]


def test_at_most_five_patients_are_offered(house: House) -> None:
    for n in range(7):
        add_patient(house, f"patient-{n}", n)
    assert [item.value for item in house.asks("caller").lists["patients"]] == [f"patient-{n}" for n in range(5)]


def test_a_withheld_number_is_nobody_and_nothing_is_kept_under_it(house: House) -> None:
    unknown = replace(house.who, caller=None)
    assert house.asks("caller", unknown).values == {"mobile": "no"}
    assert house.asks("remember_language", unknown, language="hi").outcome == "done"
    assert house.asks("patient", unknown, patient="p").outcome == "gone"
    assert house.asks("last_prescription", unknown).outcome == "none"
    stored = house.asks("new_patient", unknown, age="30", age_unit="years", gender="male").values["patient"]
    with house.database.reading() as session:
        assert session.get(Patient, stored)
        assert session.scalars(select(PatientPhone)).all() == []


def test_a_landline_is_no_mobile(house: House) -> None:
    assert house.asks("caller", replace(house.who, caller="+917552540590")).values["mobile"] == "no"


def test_a_known_patient_is_as_old_as_today(house: House) -> None:
    add_patient(house, "p", 800)
    answer = house.asks("patient", patient="p")
    assert (answer.outcome, answer.values) == ("found", {"age": "52", "age_unit": "years", "gender": "female"})
    assert ("patient.identified", {"patient": "p"}) in answer.notes
    assert ("answer.given", {"name": "age", "value": 52, "unit": "years"}) in answer.notes


def test_what_is_not_known_of_a_patient_is_forgotten_of_the_one_before(house: House) -> None:
    add_patient(house, "p", age_value=None, gender=None)
    assert house.asks("patient", patient="p").values == {"age": "", "age_unit": "", "gender": ""}


def test_a_language_whose_catalogue_was_taken_away_is_asked_for_again(house: House) -> None:
    house.asks("remember_language", language="mr")
    answer = house.asks("caller")
    assert (answer.outcome, "language" in answer.values) == ("new", False)
    add_patient(house, "p")
    answer = house.asks("caller")
    assert (answer.outcome, "language" in answer.values) == ("known", False)


def test_a_patient_of_another_number_is_not_handed_out(house: House) -> None:
    add_patient(house, "p", number="+919876500000")
    assert house.asks("patient", patient="p").outcome == "gone"


def test_a_new_patient_is_stored_once_however_often_it_is_asked(house: House) -> None:
    told = {"age": "8", "age_unit": "months", "gender": "male"}
    first = house.asks("new_patient", **told)
    assert house.asks("new_patient", **told).values == first.values
    assert house.asks("new_patient", age="40", age_unit="years", gender="male").values != first.values
    assert house.asks("new_patient", replace(house.who, call_id="call-2"), **told).values != first.values
    with house.database.reading() as session:
        stored = session.get_one(Patient, first.values["patient"])
    assert (stored.age_value, stored.age_unit, stored.gender, stored.age_recorded_on) == (
        8,
        "months",
        "male",
        date(2026, 11, 23),
    )
    assert len(house.asks("caller").lists["patients"]) == 3


def test_the_newest_slip_of_the_numbers_patients_is_the_last_prescription(house: House) -> None:
    assert house.asks("last_prescription").outcome == "none"
    add_patient(house, "p")
    add_patient(house, "q", number="+919876500000")
    for id, patient, issued in (("1", "p", 20), ("2", "p", 21), ("3", "q", 22)):
        at = datetime(2026, 11, issued, 20, tzinfo=UTC)  # after midnight in India
        number = f"P-000{id}-22"
        house.add(Slip(id=id, number=number, call_id="c", doctor_id="d", patient_id=patient, issued_at=at, content={}))
    answer = house.asks("last_prescription")
    assert answer.values == {"issued_on": "2026-11-22", "slip_number": "P-0002-22"}
    house.add(Doctor(id="d", name="Dr Anita", registration_number="MP-7", duty="off", created_at=MONDAY_TEN))
    by_whom = {"slip_doctor": "Dr Anita", "slip_registration": "MP-7"}
    assert house.asks("last_prescription").values == {**answer.values, **by_whom}


LANDLINE, MOBILE = "+917552551234", "+919876500123"


def test_a_landlines_patient_who_gave_a_mobile_is_not_asked_again(house: House) -> None:
    landline = replace(house.who, caller=LANDLINE)
    add_patient(house, "p", number=LANDLINE)
    assert house.asks("known_mobile", landline, patient="p").outcome == "unknown", "the landline takes no messages"
    house.add(PatientPhone(patient_id="p", number=MOBILE))
    answer = house.asks("known_mobile", landline, patient="p")
    assert (answer.outcome, answer.values) == ("known", {"sms_to": MOBILE})


def test_the_mobile_of_another_numbers_patient_is_nobody_elses(house: House) -> None:
    landline = replace(house.who, caller=LANDLINE)
    add_patient(house, "q", number=MOBILE)
    assert house.asks("known_mobile", landline, patient="q").outcome == "unknown"
    assert house.asks("known_mobile", landline).outcome == "unknown"
    assert house.asks("known_mobile", replace(house.who, caller=None), patient="q").outcome == "unknown"


@pytest.mark.parametrize("caller", [CALLER, "+447911123456"])
def test_whoever_calls_from_a_mobile_needs_to_key_none(house: House, caller: str) -> None:
    answer = house.asks("known_mobile", replace(house.who, caller=caller))
    assert (answer.outcome, answer.values) == ("known", {"sms_to": caller})


@pytest.mark.parametrize(("caller", "number"), [(None, MOBILE), (LANDLINE, LANDLINE)])
def test_a_withheld_number_is_booked_on_the_mobile_that_was_keyed(
    house: House, caller: str | None, number: str
) -> None:
    who = replace(house.who, caller=caller, at=MONDAY_TEN + timedelta(hours=8))
    assert house.asks("book_opening", who, opd="opd-1", sms_to=MOBILE).outcome == "booked"
    with house.database.reading() as session:
        request = session.scalars(select(CallbackRequest)).one()
    assert request.number == number
    assert (request.details or {}).get("sms_to") == (MOBILE if caller else None)


# --- where ---


def test_a_pincode_gives_district_and_state_and_the_call_keeps_them(house: House) -> None:
    answer = house.asks("place", pincode="462001")
    assert answer.values == {"district": "bhopal", "state": "madhya_pradesh"}
    assert answer.notes == (("place.given", {"pincode": "462001", **answer.values}),)
    assert house.asks("place", pincode="999999").outcome == "unknown"


@pytest.mark.parametrize(("pincode", "centre"), [("462016", "near"), ("462030", "near"), ("462001", "near")])
def test_the_nearest_centre_is_of_the_pincode_or_the_nearest_number_of_the_district(
    house: House, pincode: str, centre: str
) -> None:
    assert house.asks("nearest_centre", pincode=pincode).values == {"centre": centre}


def test_no_centre_is_guessed_for_an_unknown_pincode(house: House) -> None:
    assert house.asks("nearest_centre", pincode="462002").outcome == "unknown"


def test_a_name_that_has_not_been_spoken_yet_is_never_played(house: House) -> None:
    house.desk = Desk(house.database, load_settings({}), speakable=lambda language, prompt: False)
    assert house.asks("nearest_centre", pincode="462016").outcome == "unknown"
    assert house.asks("opd_districts").outcome == "none"
    assert house.asks("opds", district="bhopal").lists == {"opds": ()}


def test_a_line_serves_its_districts_or_everybody(house: House) -> None:
    house.add(ServiceLine(id="line-2", dialled_number="1800", name="", flow="f", districts=["Bhopal", "indore"]))
    assert house.asks("district_served", district="jabalpur").outcome == "served"
    toll_free = replace(house.who, line_id="line-2")
    assert house.asks("district_served", toll_free, district="bhopal").outcome == "served"
    assert house.asks("district_served", toll_free, district="jabalpur").outcome == "elsewhere"


# --- the line and its queue ---


def test_a_closed_line_says_when_it_opens(house: House) -> None:
    house.add(
        ServiceLine(id="line-2", dialled_number="1800", name="", flow="f", hours=MORNINGS, closed_dates=["2026-11-25"])
    )
    assert house.asks("line").outcome == "open"
    morning = replace(house.who, line_id="line-2")
    assert house.asks("line", morning).outcome == "open"
    answer = house.asks("line", replace(morning, at=MONDAY_TEN + timedelta(hours=4)))
    assert (answer.outcome, answer.values) == ("closed", {"opens_on": "2026-11-30", "opens_at": "09:00"})


def on_duty(house: House, *doctors: str, claimed: bool = False, category: str = "fever", duty: str = "on") -> None:
    for id in doctors:
        house.add(
            Doctor(
                id=id,
                name=id,
                registration_number=id,
                duty=duty,
                claimed_by=f"offer-{id}" if claimed else None,
                created_at=MONDAY_TEN,
            ),
            DoctorPhone(id=f"phone-{id}", doctor_id=id, number="+919810000011"),
            DoctorCategory(doctor_id=id, category=category),
        )


def waits(house: House, id: str, category: str = "fever", active: bool = True, line: str = "line-1") -> None:
    call = replace(new_call(), id=id, line=line, search=Search(category, MONDAY_TEN, active=active))
    with house.database.writing() as session:
        save(session, [call], MONDAY_TEN)


def test_the_queue_of_a_category_whose_doctors_are_away_has_nobody(house: House) -> None:
    house.add(CallState(call_id="c", saved_at=MONDAY_TEN, state={"id": "c", "search": None}))
    answer = house.asks("queue", category="fever")
    assert (answer.outcome, answer.values) == ("nobody", {"waiting": "0"})


def test_a_free_doctor_means_no_wait(house: House) -> None:
    on_duty(house, "d1")
    assert house.asks("queue", category="fever").values == {"waiting": "0", "wait": "0"}
    assert house.asks("queue", category="fever").outcome == "free"


def test_the_wait_is_the_queues_length_times_a_talk_shared_by_the_doctors(house: House) -> None:
    on_duty(house, "d1", "d2", claimed=True)
    waits(house, "call-a")
    waits(house, "call-b")
    waits(house, "call-c", active=False)
    waits(house, "call-d", "heart")
    waits(house, house.who.call_id)
    answer = house.asks("queue", category="fever")
    # How long talks take is not known, and is not made up.
    assert (answer.outcome, answer.values) == ("busy", {"waiting": "2", "wait": ""})
    for n, minutes in enumerate((2, 3, 4)):
        at = MONDAY_TEN - timedelta(minutes=10 * (n + 1))
        house.add(Call(id=f"past-{n}", category="fever", arrived_at=at, bridged_at=at, talk_ms=minutes * 60_000))
    # Third in the queue: three talks of three minutes and half a minute's rest, by two doctors, are 5.25 minutes.
    assert house.asks("queue", category="fever").values["wait"] == "10"


def test_a_full_queue_is_full_for_everybody(database: Database) -> None:
    house = House(database, queue_limit=2)
    waits(house, "call-a", "heart")
    waits(house, house.who.call_id)
    assert house.asks("queue", category="fever").outcome == "nobody"
    waits(house, "call-b", "skin")
    assert house.asks("queue", category="fever").outcome == "full"


def test_a_line_may_have_a_shorter_queue_of_its_own(house: House) -> None:
    line_has(house, queue_limit=1)
    waits(house, "call-a", line="another")
    assert house.asks("queue", category="fever").outcome == "nobody"
    waits(house, "call-b", line="line-1")
    assert house.asks("queue", category="fever").outcome == "full"


def line_has(house: House, **columns: Any) -> None:
    with house.database.writing() as session:
        for name, value in columns.items():
            setattr(session.get_one(ServiceLine, "line-1"), name, value)


def scheduled(house: House, doctor: str, category: str, weekly: Mapping[str, Any], zone: str = "") -> None:
    on_duty(house, doctor, category=category, duty="off")
    with house.database.writing() as session:
        row = session.get_one(Doctor, doctor)
        row.schedule, row.time_zone = {"weekly": weekly}, zone


def test_nobody_on_duty_says_when_a_doctor_is_there_by_schedule(house: House) -> None:
    assert house.asks("next_opening", category="skin").outcome == "unknown"
    later = replace(house.who, at=MONDAY_TEN + timedelta(minutes=2))
    scheduled(house, "d1", "skin", {"tue": [["09:00", "12:00"]], "thu": [["08:00", "12:00"]]})
    scheduled(house, "d2", "heart", {"mon": [["11:00", "12:00"]]})
    answer = house.asks("next_opening", later, category="skin")
    assert (answer.outcome, answer.values) == ("found", {"opens_day": "tomorrow", "opens_on": "", "opens_at": "09:00"})
    # General doctors stand in where no doctor of the category has hours; nobody stands in for a skill.
    scheduled(house, "d3", "general", {"fri": [["09:00", "12:00"]]})
    answer = house.asks("next_opening", later, category="child")
    assert answer.values == {"opens_day": "", "opens_on": "2026-11-27", "opens_at": "09:00"}
    assert house.asks("next_opening", later, category="child", skill="hub:h01").outcome == "unknown"


def test_a_doctor_is_there_only_when_the_line_is_open_too(house: House) -> None:
    line_has(house, hours=MORNINGS)
    scheduled(house, "d1", "skin", {"tue": [["09:00", "12:00"]], "wed": [["08:00", "10:00"]]})
    answer = house.asks("next_opening", category="skin")
    assert answer.values == {"opens_day": "", "opens_on": "2026-11-25", "opens_at": "09:00"}
    # Of the line alone: it is open now, and after two o'clock again on Wednesday.
    assert house.asks("next_opening").outcome == "unknown"
    evening = replace(house.who, at=MONDAY_TEN + timedelta(hours=8))
    assert house.asks("next_opening", evening).values["opens_on"] == "2026-11-25"


# --- OPDs ---


def test_opds_are_found_by_district_and_specialty_or_by_the_number_on_the_poster(house: House) -> None:
    assert [(item.value, item.phrase) for item in house.asks("opd_districts").lists["districts"]] == [
        ("bhopal", ("district.bhopal",))
    ]
    [item] = house.asks("opds", district="bhopal").lists["opds"]
    assert (item.value, item.phrase) == ("opd-1", ("specialty.heart",))
    assert house.asks("opds", district="indore").outcome == "none"
    assert house.asks("opd_by_number", number="17").values == {
        "opd": "opd-1",
        "opd_district": "bhopal",
        "specialty": "heart",
    }
    assert house.asks("opd_by_number", number="18").outcome == "unknown"


def test_an_opd_is_open_until_it_closes_and_then_says_when_it_opens(house: House) -> None:
    heart = {"specialty": "heart", "skill": "opd:heart"}
    now = house.asks("opd", opd="opd-1")
    assert (now.outcome, now.values) == ("open", heart | {"opens_on": "", "opens_at": "", "closes_at": "14:00"})
    evening = replace(house.who, at=MONDAY_TEN + timedelta(hours=8))
    later = house.asks("opd", evening, opd="opd-1")
    assert (later.outcome, later.values) == ("closed", heart | {"opens_on": "2026-11-25", "opens_at": "09:00"})
    assert house.asks("issue_token", evening, opd="opd-1").outcome == "full"


def callers(house: House, count: int) -> list[Who]:
    return [replace(house.who, call_id=f"call-{n}", caller=f"+91987650{n:04}") for n in range(count)]


def test_an_opd_without_an_opening_in_sight_forgets_what_was_said_of_another(house: House) -> None:
    with house.database.writing() as session:
        session.get_one(Opd, "opd-1").calendar = {}
    answer = house.asks("opd", opd="opd-1")
    assert (answer.outcome, answer.values["opens_on"], answer.values["opens_at"]) == ("closed", "", "")
    with pytest.raises(DirectoryError, match="no opening in sight"):
        house.asks("book_opening", opd="opd-1")


def test_tokens_go_up_and_end_and_the_day_is_full(house: House) -> None:
    answers = [house.asks("issue_token", who, opd="opd-1") for who in callers(house, 4)]
    assert [(a.outcome, dict(a.values)) for a in answers] == [
        ("issued", {"token": "1", "ahead": "0"}),
        ("issued", {"token": "2", "ahead": "1"}),
        ("issued", {"token": "3", "ahead": "2"}),
        ("full", {}),
    ]
    full = house.asks("opd", opd="opd-1")
    assert (full.outcome, full.values["opens_on"]) == ("full", "2026-11-25")
    wednesday = replace(house.who, call_id="call-w", at=MONDAY_TEN + timedelta(days=2))
    assert house.asks("issue_token", wednesday, opd="opd-1").values["token"] == "1"


def test_a_call_asked_again_has_the_same_token_and_a_number_that_calls_again_too(house: House) -> None:
    first, second = callers(house, 2)
    house.asks("issue_token", first, opd="opd-1")
    mine = house.asks("issue_token", second, opd="opd-1")
    assert house.asks("issue_token", second, opd="opd-1") == replace(mine)
    again = house.asks("issue_token", replace(second, call_id="call-later"), opd="opd-1")
    assert (again.outcome, again.values) == ("already", mine.values)
    assert again.notes[0][1]["again"] is True


def test_withheld_callers_have_tokens_of_their_own(house: House) -> None:
    unknown = [replace(house.who, call_id=f"call-{n}", caller=None) for n in range(2)]
    assert [house.asks("issue_token", who, opd="opd-1").values["token"] for who in unknown] == ["1", "2"]


def test_whoever_has_talked_to_a_doctor_is_not_ahead_any_more(house: House) -> None:
    first, second, third = callers(house, 3)
    house.asks("issue_token", first, opd="opd-1")
    house.asks("issue_token", second, opd="opd-1")
    house.asks("issue_token", replace(second, call_id="call-later"), opd="opd-1")
    talked = MONDAY_TEN + timedelta(minutes=3)
    house.add(Call(id=first.call_id, arrived_at=MONDAY_TEN, bridged_at=talked))
    house.add(Call(id=second.call_id, arrived_at=MONDAY_TEN))
    assert house.asks("issue_token", third, opd="opd-1").values["ahead"] == "1"
    house.add(Call(id="call-later", arrived_at=MONDAY_TEN, bridged_at=talked))
    assert house.asks("issue_token", third, opd="opd-1").values["ahead"] == "0"


def test_a_callback_is_booked_for_the_next_opening_once_a_number(house: House) -> None:
    evening = replace(house.who, at=MONDAY_TEN + timedelta(hours=8))
    opening = {"opens_on": "2026-11-25", "opens_at": "09:00"}
    booked = house.asks("book_opening", evening, opd="opd-1")
    assert (booked.outcome, booked.values) == ("booked", opening)
    assert house.asks("book_opening", evening, opd="opd-1") == booked
    later = replace(evening, call_id="call-2", at=MONDAY_TEN + timedelta(days=3))
    again = house.asks("book_opening", later, opd="opd-1")
    assert (again.outcome, again.values) == ("already", opening)
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CallbackRequest)) == 1
        details = session.scalars(select(CallbackRequest)).one().details
    assert details == {"opens": "2026-11-25T09:00:00+05:30", "opd": "opd-1", "skill": "opd:heart", "line": "line-1"}


def test_a_callback_for_a_full_opd_is_for_another_day(house: House) -> None:
    for who in callers(house, 3):
        house.asks("issue_token", who, opd="opd-1")
    assert house.asks("book_opening", opd="opd-1").values["opens_on"] == "2026-11-25"


def test_without_an_opd_the_line_is_meant(house: House) -> None:
    house.add(ServiceLine(id="line-2", dialled_number="1800", name="", flow="f", hours=MORNINGS))
    evening = replace(house.who, line_id="line-2", at=MONDAY_TEN + timedelta(hours=8))
    assert house.asks("book_opening", evening).values == {"opens_on": "2026-11-25", "opens_at": "09:00"}
    assert house.asks("book_opening", replace(evening, caller=None)).outcome == "withheld"


# --- spokes ---


def signs_in(house: House, pin: str, number: str = "1001", minutes: float = 0, caller: str | None = WORKER) -> Answer:
    who = replace(house.who, caller=caller, at=MONDAY_TEN + timedelta(minutes=minutes))
    return house.asks("spoke_sign_in", who, spoke_number=number, pin=pin)


def test_a_health_worker_signs_in_with_number_and_pin(house: House) -> None:
    answer = signs_in(house, "4711")
    assert (answer.outcome, answer.values) == ("welcome", {"spoke": "s1", "institution": "prison"})
    assert answer.notes == (("spoke.signed_in", {"spoke": "s1"}),)


def test_a_wrong_pin_an_unknown_number_and_a_strange_phone_are_told_the_same(house: House) -> None:
    assert signs_in(house, "4712").outcome == "wrong"
    assert signs_in(house, "4711", number="1002").outcome == "wrong"
    assert signs_in(house, "4711", caller=CALLER).outcome == "wrong"
    assert signs_in(house, "4711", caller=None).outcome == "wrong"


def test_five_wrong_pins_lock_the_spoke_for_a_quarter_of_an_hour(house: House) -> None:
    assert [signs_in(house, "0000").outcome for _ in range(5)] == ["wrong"] * 4 + ["locked"]
    locked = signs_in(house, "4711", minutes=14.9)
    assert locked.outcome == "locked"
    assert locked.notes == (("spoke.refused", {"spoke": "s1", "reason": "locked"}),)
    assert signs_in(house, "4711", minutes=15).outcome == "welcome"


def test_a_right_pin_forgets_the_wrong_ones_and_strange_phones_lock_nobody_out(house: House) -> None:
    for _ in range(4):
        signs_in(house, "0000")
    assert signs_in(house, "4711").outcome == "welcome"
    for _ in range(9):
        signs_in(house, "0000", caller=CALLER)
    assert signs_in(house, "4711").outcome == "welcome"


def test_a_pin_is_nowhere_in_what_is_noted(house: House) -> None:
    for answer in (signs_in(house, "4711"), signs_in(house, "8642")):
        assert "4711" not in repr(answer)
        assert "8642" not in repr(answer)


def test_a_hub_has_days_of_its_own(house: House) -> None:
    assert house.asks("hub", spoke="s1").values == {"skill": "hub:h01"}
    answer = house.asks("hub", replace(house.who, at=MONDAY_TEN + timedelta(hours=5)), spoke="s1")
    # Wednesday is one of its closed dates.
    assert (answer.outcome, answer.values) == (
        "closed",
        {"skill": "hub:h01", "opens_on": "2026-11-30", "opens_at": "09:00"},
    )


# --- doctors ---


def test_a_doctor_is_known_by_any_number_and_hears_of_todays_work(house: House) -> None:
    midnight = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    for n, (begun, talked) in enumerate(((-1, 600), (1, 90), (2, 150), (3, None))):
        at = midnight + timedelta(minutes=begun)
        house.add(
            Call(
                id=f"c{n}",
                doctor_id="doc-1",
                arrived_at=at,
                bridged_at=at,
                talk_ms=talked * 1000 if talked else None,
            )
        )
    answer = house.asks("doctor", replace(house.who, caller=DOCTOR))
    assert (answer.outcome, answer.values) == (
        "known",
        {"duty": "off", "until": "", "calls_today": "3", "minutes_today": "4"},
    )
    assert house.asks("doctor").outcome == "unknown"
    assert house.asks("doctor", replace(house.who, caller=None)).outcome == "unknown"


def test_a_number_that_two_doctors_share_tells_neither(house: House) -> None:
    house.add(
        Doctor(id="doc-2", name="Dr B", registration_number="2", duty="off", created_at=MONDAY_TEN),
        DoctorPhone(id="phone-2", doctor_id="doc-2", number=DOCTOR),
    )
    assert house.asks("set_duty", replace(house.who, caller=DOCTOR), duty="on").outcome == "unknown"


def test_duty_is_changed_by_phone_for_some_hours_or_without_an_end(house: House) -> None:
    who = replace(house.who, caller=DOCTOR)
    answer = house.asks("set_duty", who, duty="on", hours="4")
    assert (answer.outcome, answer.values, answer.duty_changed) == ("done", {"duty": "on", "until": "14:00"}, True)
    assert house.asks("doctor", who).values["until"] == "14:00"
    over = replace(who, at=MONDAY_TEN + timedelta(hours=4))
    assert house.asks("doctor", over).values["duty"] == "off"
    assert house.asks("set_duty", who, duty="on").values == {"duty": "on", "until": ""}
    assert house.asks("set_duty", who, duty="paused", hours="4").values == {"duty": "paused", "until": ""}
    assert house.asks("doctor", who).values["duty"] == "paused"
    for wrong in ({"duty": "on", "hours": "25"}, {"duty": "asleep"}):
        with pytest.raises(Exception, match=r"25|asleep"):
            house.asks("set_duty", who, **wrong)


# --- all of them ---

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "remember_language": {"language": "hi"},
    "patient": {"patient": "nobody"},
    "name_patient": {"patient": "nobody", "name_recording": "call-1-7.wav"},
    "place": {"pincode": "462001"},
    "nearest_centre": {"pincode": "462001"},
    "district_served": {"district": "bhopal"},
    "queue": {"category": "fever"},
    "opds": {"district": "bhopal"},
    "opd_by_number": {"number": "17"},
    "opd": {"opd": "opd-1"},
    "issue_token": {"opd": "opd-1"},
    "book_opening": {"opd": "opd-1"},
    "spoke_sign_in": {"spoke_number": "1001", "pin": "4711"},
    "hub": {"spoke": "s1"},
    "set_duty": {"duty": "on", "hours": ""},
}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_asked_twice_answers_the_same_and_ignores_what_it_does_not_take(house: House, service: str) -> None:
    ask: Callable[[], Answer] = lambda: house.asks(service, **ARGUMENTS.get(service, {}), stranger="x")  # noqa: E731
    assert ask() == ask()
