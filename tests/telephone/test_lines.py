"""The service lines, each dialled: what is heard on it, and what is on record afterwards.

The talks go on all at once, one beside the other, because each is mostly listening; the tests below read what came of
them. The helpline stands on PostgreSQL, which can be stopped while people talk.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url

from admin_api.calls.schemas import PatientChange
from admin_api.calls.service import complete_patient
from admin_api.permissions import Role, Scope
from admin_api.security import Principal
from admin_api.slips.schemas import NewSlip
from admin_api.slips.service import issue_slip
from cdr.journal import Journal
from cli.importing import import_file
from cli.lines.command import add, change, show, switch
from cli.lines.wishes import Wish
from cli.prepare import environment
from config.clock import utc_now
from config.database import Database
from config.schema import (
    AuditEntry,
    Base,
    CallbackRequest,
    Doctor,
    Hub,
    Message,
    Opd,
    OpdToken,
    Patient,
    PatientPhone,
    Pincode,
    Spoke,
)
from directory.calendar import DAYS
from directory.callers import remember_language
from directory.spokes import hash_pin
from phones.call import PhoneCall
from phones.prompt_shelf import PromptShelf
from prompts.phrases import speak
from tests.conftest import _fresh_database
from tests.telephone.conftest import open_house
from tests.telephone.house import House
from tests.telephone.other_languages import hears_in

pytestmark = pytest.mark.timeout(120)

SPECIALISTS, OPDS, SPOKES, DOCTORS = "10401", "10402", "10403", "10404"
QUICK = "18001040405"  # as its operator delivers it
TOLL_FREE = "+9118001037378"
DAY_AND_NIGHT = {day: [["00:00", "00:00"]] for day in DAYS}
ZONE = ZoneInfo("Asia/Kolkata")
# Six digits that stand in no date, number or id of these talks.
PIN, WRONG_PIN = "730519", "730518"

# More at once, on two processors, and the phones' ears would miss what is said.
_AT_ONCE = 6

TALKS: list[Callable[[House], None]] = []


def talk(work: Callable[[House], None]) -> Callable[[dict[str, Future[None]]], None]:
    """Hold the talk beside the others; the test that this makes of it waits for its end."""

    @functools.wraps(work)
    def test(talks: dict[str, Future[None]]) -> None:
        talks[work.__name__].result(90)

    del test.__wrapped__  # pytest would ask for the talk's own arguments
    TALKS.append(work)
    return test


# --- the helpline -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(postgresql_server: str, migrated_postgresql: str) -> Iterator[str]:
    with _fresh_database(postgresql_server, template=migrated_postgresql) as url:
        yield url


@pytest.fixture(scope="module")
def house(address: str, tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[House]:
    """A helpline that begins with two numbers; the other lines come while it runs, by `./helpline line add`."""
    folder = tmp_path_factory.mktemp("lines")
    options = {"lines": {"104": "line_104", f"+91{QUICK}": "smallest"}, "database_url": address}
    with open_house(folder, spoken_prompts, **options) as rehearsal, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(rehearsal.settings).items():
            if name.startswith("HELPLINE_"):
                patch.setenv(name, value)
        house = House(rehearsal)
        fill(rehearsal.database)
        assert add(SPECIALISTS, Wish("specialist_line", name="Specialists", districts="Bhopal, Indore")) == 0
        for number, flow in {OPDS: "opd_line", SPOKES: "spoke_line", DOCTORS: "doctor_line"}.items():
            assert add(number, Wish(flow)) == 0
        yield house
        house.closes()


def fill(database: Database) -> None:
    """What the lines look up; hours are such that the tests may run at any time of any day."""
    today = utc_now().astimezone(ZONE).date()
    later = {DAYS[(today.weekday() + 3) % 7]: [["09:30", "14:00"]]}
    opd = {"district": "bhopal", "specialty": "heart", "skill": "opd:heart", "tokens_per_day": 9000, "closed_dates": []}
    with database.writing() as session:
        session.add_all(
            [
                Pincode(pincode="462001", district="bhopal", state="madhya_pradesh"),
                Pincode(pincode="452001", district="indore", state="madhya_pradesh"),
                Pincode(pincode="482001", district="jabalpur", state="madhya_pradesh"),
                Opd(id="opd-901", number=901, calendar=DAY_AND_NIGHT, **opd),
                Opd(id="opd-902", number=902, calendar=later, **opd),
                Hub(id="h01", name="A hub", skill="hub:h01", calendar=DAY_AND_NIGHT, closed_dates=[]),
            ]
        )
        session.flush()
        for day in (today, today + timedelta(days=1)):  # one token before the caller's, whichever day it will be
            held = {"caller": None, "call_id": f"before-{day}", "last_call_id": f"before-{day}"}
            session.add(
                OpdToken(id=f"token-{day}", opd_id="opd-901", day=day, number=4212, issued_at=utc_now(), **held)
            )
        session.add(
            Spoke(
                id="spoke-4711",
                number="4711",
                pin_hash=hash_pin(PIN),
                hub_id="h01",
                institution="prison",
                district="bhopal",
                phones=[],
            )
        )


@pytest.fixture(scope="module")
def talks(house: House) -> Iterator[dict[str, Future[None]]]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {work.__name__: pool.submit(work, house) for work in TALKS}


# --- short ways -------------------------------------------------------------------------------------------------------


def dials(house: House, number: str) -> PhoneCall:
    call = house.patient().dials(number)
    call.answered()
    return call


def goes(call: PhoneCall, *steps: tuple[str, str]) -> None:
    """Listen for a prompt and press keys, again and again; no key: only listen."""
    for prompt, keys in steps:
        call.hears(prompt, timeout=15)
        if keys:
            call.presses(keys)


def hears_value(call: PhoneCall, kind: str, value: str) -> None:
    for prompt in speak("hi", kind, value):
        if prompt != "pause":  # between the groups of a number: no sound to hear
            call.hears(prompt)


def rows(house: House, query: Any) -> list[Any]:
    with house.rehearsal.database.reading() as session:
        return list(session.scalars(query))


HINDI = ("language.offer.hi.1", "1")


# --- a line comes and goes while calls go on --------------------------------------------------------------------------


@talk
def test_a_number_becomes_a_line_and_is_none_any_more_while_a_call_goes_on(house: House) -> None:
    going_on = dials(house, "104")
    going_on.hears_something()
    before = house.patient().dials("18001037378")
    before.ended()
    assert before.answered_at is None
    assert add("1800 103 7378", Wish("doctor_line")) == 0
    # As operators write it: national, with the country's code, with a plus.
    for spelling in ("18001037378", "9118001037378", TOLL_FREE):
        call = dials(house, spelling)
        enters(house, call, "doctor_line")
        call.hangs_up()
        assert house.record(call).dialled == TOLL_FREE
    assert change(TOLL_FREE, Wish("opd_line")) == 0
    house.until(lambda: controller_knows(house), 3, "the controller's taking up")
    changed = dials(house, TOLL_FREE)
    enters(house, changed, "opd_line")
    assert switch(TOLL_FREE, on=False) == 0
    refused = house.patient().dials(TOLL_FREE)
    refused.ended()
    assert refused.answered_at is None
    for call in (going_on, changed):
        assert call.is_up
        call.hangs_up()
    assert switch("18001037378", on=True) == 0
    again = dials(house, TOLL_FREE)
    enters(house, again, "opd_line")
    again.hangs_up()
    query = select(AuditEntry).where(AuditEntry.subject_kind == "line").order_by(AuditEntry.id)
    entries = [entry for entry in rows(house, query) if entry.detail["number"] == TOLL_FREE]
    actions = ["line.added", "line.changed", "line.switched_off", "line.switched_on"]
    assert [(entry.action, entry.staff_id) for entry in entries] == [(action, None) for action in actions]


def enters(house: House, call: PhoneCall, flow: str) -> None:
    """The call is heard to be answered, and its first steps are the flow's."""
    call.hears_something()
    house.until(lambda: "flow.went" in house.kinds(call), 3, "the first step")
    assert house.entries(call, "flow.went")[0]["flow"] == flow


def controller_knows(house: House) -> bool:
    with house.rehearsal.database.reading() as session:
        query = "select count(*) from command where kind = 'lines_changed' and taken_at is null"
        return not session.scalar(text(query))


# --- the OPD line -----------------------------------------------------------------------------------------------------


@talk
def test_an_open_opd_gives_a_token_that_is_spoken_digit_by_digit(house: House) -> None:
    call = dials(house, OPDS)
    goes(call, HINDI, ("opd.which", "1"), ("opd.number", "901#"), ("district.bhopal", ""), ("specialty.heart", ""))
    goes(call, ("opd.is_open", ""), ("age.ask", "45#"), ("gender.male_key", "1"), ("red_flags.heart", "2"))
    goes(call, ("opd.one_ahead", ""), ("opd.token_is", ""))
    for digit in "4213":
        call.hears(f"digit.{digit}")
    goes(call, ("opd.wish", "2"), ("callback.stored", ""))
    call.hangs_up()
    held = rows(house, select(OpdToken).where(OpdToken.caller == call.number))
    assert [(token.opd_id, token.number) for token in held] == [("opd-901", 4213)]
    assert len(house.callbacks(call.number)) == 1


@talk
def test_a_closed_opd_says_when_it_opens_and_promises_to_call_then(house: House) -> None:
    call = dials(house, OPDS)
    goes(call, HINDI, ("opd.which", "1"), ("opd.number", "902#"), ("opd.is_closed", ""), ("opd.opens", ""))
    opens = (utc_now().astimezone(ZONE) + timedelta(days=3)).date()
    hears_value(call, "date", opens.isoformat())
    hears_value(call, "time", "09:30")
    goes(call, ("opd.book", "1"), ("lines.booked", ""))
    call.hangs_up()
    (request,) = house.callbacks(call.number)
    assert request.details is not None
    assert request.details["opens"].startswith(f"{opens}T09:30")
    assert request.details["skill"] == "opd:heart"


@talk
def test_a_district_that_was_imported_but_not_spoken_is_left_out_and_its_opds_are_found(house: House) -> None:
    folder = house.rehearsal.folder
    (folder / "pincodes.csv").write_text(
        "pincode,district,state,district_hi,district_en\n497001,Naya Zila,Madhya Pradesh,नया ज़िला,Naya Zila\n", "utf-8"
    )
    week = ",".join(["00:00-00:00"] * 7)
    (folder / "opds.csv").write_text(
        f"number,district,specialty,{','.join(DAYS)},district_hi,district_en\n"
        f"903,Naya Zila,skin,{week},नया ज़िला,Naya Zila\n",
        "utf-8",
    )
    assert import_file("pincodes", folder / "pincodes.csv", dry_run=False) == 0
    assert import_file("opds", folder / "opds.csv", dry_run=False) == 0
    call = dials(house, OPDS)
    goes(call, HINDI, ("opd.which", "2"), ("opd.pincode", "497001"), ("opd.choose_specialty", ""))
    goes(call, ("specialty.skin", "1"), ("opd.is_open", ""), ("age.ask", ""))
    call.hangs_up()


# --- the spoke line ---------------------------------------------------------------------------------------------------


@talk
def test_a_spoke_signs_in_with_its_pin_and_goes_before_a_caller_who_came_earlier(house: House) -> None:
    doctor = house.doctor("child", "hub:h01", duty="off")  # no other talk's caller wants a child's doctor
    earlier = house.seeks(house.patient(), "6", dialled=QUICK)
    earlier.hears("seek.start")
    call = dials(house, SPOKES)
    goes(call, ("spoke.number", "4711#"), ("spoke.pin", f"{WRONG_PIN}#"), ("spoke.wrong", ""))
    goes(call, ("spoke.number", "4711#"), ("spoke.pin", f"{PIN}#"), ("institution.prison", ""), ("spoke.danger", "2"))
    goes(call, ("spoke.general", "4"), ("age.ask", "45#"), ("gender.male_key", "1"), ("spoke.seek", ""))
    house.goes_on_duty(doctor)
    house.accepts(doctor, timeout=10)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the spoke's bridge")
    assert "call.bridged" not in house.kinds(earlier)
    for each in (call, earlier):
        each.hangs_up()
    signed = [kind for kind in house.kinds(call) if kind.startswith("spoke.")]
    assert signed == ["spoke.refused", "spoke.signed_in"]
    house.record(call)
    assert found_anywhere(house, PIN, WRONG_PIN) == []


def found_anywhere(house: House, *secrets: str) -> list[str]:
    """Where one of these digits stands alone: in any table, any log, any file of Asterisk's."""
    secret = re.compile(rf"(?<![0-9A-Za-z.])({'|'.join(secrets)})(?![0-9A-Za-z])")
    found = []
    with house.rehearsal.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            found += [table.name for row in session.execute(table.select()) if secret.search(str(tuple(row)))]
    logs = [*(house.rehearsal.folder / "log").glob("*"), *(house.settings.run_dir / "log").rglob("*")]
    assert any(path.stat().st_size for path in logs)
    return found + [str(path) for path in logs if path.is_file() and secret.search(path.read_text("utf-8", "replace"))]


# --- the specialist line ----------------------------------------------------------------------------------------------


@talk
def test_the_specialist_line_sends_another_districts_caller_to_104(house: House) -> None:
    call = dials(house, SPECIALISTS)
    goes(call, HINDI, ("specialist.welcome", ""), ("specialist.pincode", "482001"), ("specialist.elsewhere", "1"))
    goes(call, ("specialist.pincode", "462001"), ("specialist.general", ""))
    call.hangs_up()
    with_words = house.rehearsal.settings.prompt_catalogue_dir / "hi" / "specialist.yaml"
    assert "एक सौ चार पर फ़ोन करें" in with_words.read_text("utf-8")


@talk
def test_a_landline_keys_a_mobile_and_the_prescriptions_sms_goes_there(house: House) -> None:
    doctor = house.doctor("opd:eyes", duty="off")
    call = house.net.patient("+917552551234").dials(SPECIALISTS)
    call.answered()
    goes(call, HINDI, ("specialist.pincode", "462001"), ("specialist.general", "7"), ("specialist.mind", "2"))
    goes(call, ("age.ask", "45#"), ("gender.male_key", "1"), ("red_flags.general", "2"), ("consent.recording", "2"))
    goes(call, ("mobile.ask", "7552551234#"), ("mobile.landline", ""), ("mobile.ask", "09876500123#"))
    call.hears("lines.keyed")
    hears_value(call, "phone", "+919876500123")
    goes(call, ("mobile.confirm", "1"))
    house.goes_on_duty(doctor)
    talking = house.accepts(doctor, timeout=10)
    house.until(lambda: house.detail(call).call.bridged_at is not None, 3, "the bridge")  # the record, for the page
    assert {"name": "mobile", "value": "+919876500123"} in house.entries(call, "answer.given")
    sms = slip_of(house, call, house.doctor_id(doctor))
    assert (sms.recipient, sms.purpose, sms.state, sms.channel) == ("+919876500123", "slip", "queued", "sms")
    for each in (call, talking):
        each.hangs_up()


def slip_of(house: House, call: PhoneCall, doctor_id: str) -> Message:
    """What the doctor's page does: who the patient is, then a slip; the SMS that was promised with it."""
    database, call_id = house.rehearsal.database, house.detail(call).call.id
    who = Principal("staff", "doctor", Role.DOCTOR, doctor_id, None, "token", Scope.OWN, "")
    asha = PatientChange(name="Asha", age_value=45, age_unit="years")
    with database.writing() as session:
        complete_patient(session, who, Journal(database), call_id, asha, "IN")
    with database.writing() as session:
        advice = NewSlip(advice=["Rest."], drugs=[])
        issue_slip(session, who, Journal(database), house.settings, call_id, advice, "en")
        return session.scalars(select(Message).where(Message.call_id == call_id)).one()


# --- the doctor's line ------------------------------------------------------------------------------------------------


@talk
def test_a_doctor_goes_on_duty_for_two_hours_and_off_again_by_keys(house: House) -> None:
    doctor = house.doctor("maternity", duty="off")
    call = doctor.dials(DOCTORS)
    goes(call, ("duty.off", ""), ("doctor_line.menu", "1"), ("doctor_line.until", "1"), ("doctor_line.done", ""))
    goes(call, ("doctor_line.on_until", ""))
    call.hangs_up()
    (row,) = rows(house, select(Doctor).where(Doctor.id == house.doctor_id(doctor)))
    assert row.duty == "on"
    assert row.duty_until is not None
    assert timedelta(minutes=118) < row.duty_until - utc_now() <= timedelta(hours=2)

    mother = house.seeks(house.patient(), "5", dialled=QUICK)
    ring = doctor.rings(timeout=10)
    mother.hangs_up()
    ring.stopped_ringing(within=3)

    call = doctor.dials(DOCTORS)
    goes(call, ("doctor_line.menu", "2"), ("doctor_line.done", ""), ("duty.off", ""))
    call.hangs_up()
    next_mother = house.seeks(house.patient(), "5", dialled=QUICK)
    next_mother.hears("seek.nobody", timeout=15)
    next_mother.hangs_up()
    assert house.offers(next_mother) == {}


@talk
def test_a_doctor_has_the_last_caller_rung_again_by_one_key(house: House) -> None:
    patient, doctor = house.patient(), house.doctor("neuro")
    call, doctors_side = house.talks(patient, doctor, category="3", dialled=QUICK)
    call.hangs_up()
    doctors_side.hangs_up()
    line = doctor.dials(DOCTORS)
    goes(line, ("doctor_line.menu", "5"), ("doctor_line.dialling_back", ""))
    line.ended(12)
    doctors_side = doctor.rings(timeout=12).answers()
    doctors_side.hears("offer.was_cut_off")
    doctors_side.presses("1")
    again = patient.rings(timeout=5).answers()
    again.hears("callback.asked")
    again.presses("1")
    house.until(lambda: "call.bridged" in house.kinds(again), 5, "the talk again")
    again.hangs_up()
    doctors_side.hangs_up()


@talk
def test_a_number_that_is_no_doctors_is_told_so(house: House) -> None:
    call = dials(house, DOCTORS)
    call.hears("doctor_line.unknown")
    call.ended(15)


# --- who calls again --------------------------------------------------------------------------------------------------


@talk
def test_who_calls_again_is_not_asked_the_language_and_is_offered_the_known_patient(house: House) -> None:
    phone = house.patient()
    with house.rehearsal.database.writing() as session:
        remember_language(session, phone.number, "hi", utc_now())
        known = {"gender": "female", "age_value": 40, "age_unit": "years"}
        session.add(Patient(id="patient-1", age_recorded_on=utc_now().date(), created_at=utc_now(), **known))
        session.flush()
        session.add(PatientPhone(patient_id="patient-1", number=phone.number))
    call = phone.dials("104")
    call.answered()
    goes(call, ("menu.main", "1"), ("who.ask", ""))
    hears_value(call, "year", str(utc_now().year - 40))
    goes(call, ("gender.female", "1"), ("red_flags.fever", ""))
    asked = {prompt for _, prompt in house.net.prompts.recognise(call.heard())}
    assert "language.offer.hi.1" not in asked
    assert "age.ask" not in asked
    call.hangs_up()
    assert house.entries(call, "patient.identified")[0]["patient"] == "patient-1"


@talk
def test_who_chose_english_hears_english_and_the_next_call_begins_in_it(house: House) -> None:
    english = PromptShelf(house.settings.prompts_dir, "en")
    phone = house.patient()
    call = phone.dials("104")
    call.answered()
    goes(call, ("language.offer.en.2", "2"))
    hears_in(english, call, "menu.main", timeout=12)
    call.hangs_up()
    house.record(call)
    call = phone.dials("104")
    call.answered()
    hears_in(english, call, "ambulance.short", timeout=6)
    hears_in(english, call, "menu.main", timeout=6)
    call.hangs_up()
    assert house.record(call).language == "en"


# --- the database is away ---------------------------------------------------------------------------------------------


def test_while_the_database_is_stopped_the_lines_say_so_and_lead_to_a_person(
    talks: dict[str, Future[None]], house: House, address: str
) -> None:
    for future in talks.values():
        future.exception(90)
    with house.rehearsal.database.writing() as session:  # or the doctor would be rung for one of the talks' callbacks
        session.execute(update(CallbackRequest).values(state="withdrawn"))
    doctor = house.doctor("general")
    before = dials(house, OPDS)
    goes(before, HINDI, ("opd.which", "1"), ("opd.number", ""))
    with _Stopped(address):
        before.presses("901#")
        goes(before, ("lines.trouble", ""), ("helper.connecting", ""))
        new = doctor.dials(DOCTORS)
        goes(new, ("doctor_line.broken", ""))
        assert max(call.silence_longest() for call in (before, new)) <= 2.5
    house.accepts(doctor, timeout=15)
    house.until(lambda: "call.bridged" in house.kinds(before), 10, "the bridge")
    before.hangs_up()
    record = house.record(before, 10)
    assert (record.dialled, record.result) == (OPDS, "consulted")


class _Stopped:
    """PostgreSQL lets nobody into this database, and throws out who is in."""

    def __init__(self, address: str) -> None:
        url = make_url(address)
        assert url.database is not None
        self._database = url.database
        plain = url.set(drivername="postgresql", database="postgres")
        self._administrator = plain.render_as_string(hide_password=False)

    def __enter__(self) -> None:
        self._allow(False)

    def __exit__(self, *_: object) -> None:
        self._allow(True)

    def _allow(self, allowed: bool) -> None:
        with psycopg.connect(self._administrator, autocommit=True) as connection:
            change = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            connection.execute(change.format(sql.Identifier(self._database), sql.SQL(str(allowed).lower())))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._database]
            )


def test_the_list_of_lines_names_them_all(
    talks: dict[str, Future[None]], house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show() == 0
    listed = capsys.readouterr().out
    assert re.search(
        rf"^{SPECIALISTS} +Specialists +specialist_line +hi +yes +always +bhopal,indore", listed, re.MULTILINE
    )
    assert all(number in listed for number in ("104", OPDS, SPOKES, DOCTORS, QUICK))
