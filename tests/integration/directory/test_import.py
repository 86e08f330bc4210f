"""A department's lists: good rows are in the database, bad ones are named, and a second time changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from config.database import Database
from config.schema import Centre, Hub, Opd, Pincode, Spoke
from directory.calendar import next_opening
from directory.errors import ImportFault
from directory.importing.importer import Report, import_list
from directory.importing.kinds import KINDS
from directory.importing.names import NameBook
from directory.opds import calendar_of
from directory.samples import LISTS, sample
from directory.spokes import hash_pin, sign_in
from prompts.catalogue import FOLDER, load_catalogues

Import = Callable[..., Report]


@pytest.fixture
def imports(database: Database, tmp_path: Path) -> Import:
    """Imports a list given as text, with the names of `district.bhopal` and `specialty.heart` worded already."""

    def imports(kind: str, text: str, **options: Any) -> Report:
        path = tmp_path / f"{kind}.csv"
        path.write_text(text, "utf-8")
        names = NameBook(tmp_path / "catalogue", ["hi", "en"], {"district.bhopal", "specialty.heart"})
        return import_list(kind, path, database, names, time_zone="Asia/Kolkata", country="IN", **options)

    return imports


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def reasons(report: Report) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in report.faults]


PINCODES = """pincode,district,state,officename
462001,BHOPAL,Madhya Pradesh,Bhopal GPO
46200,Bhopal,Madhya Pradesh,
462001,Bhopal,Madhya Pradesh,Another office
462001,Sehore,Madhya Pradesh,A third one
452001,इंदौर,Madhya Pradesh,
452002,,Madhya Pradesh,
454001,Agar Malwa,Madhya Pradesh,
"""


def test_the_good_rows_are_imported_and_the_bad_ones_named_by_line(database: Database, imports: Import) -> None:
    report = imports("pincodes", PINCODES)
    assert report.imported == 2
    assert reasons(report) == [
        (3, "'46200' is no pincode: six digits, the first not zero"),
        (5, "line 2 has 462001 already, with district bhopal"),
        (6, "district 'इंदौर' must be written in English letters"),
        (7, "district is empty"),
    ]
    with database.reading() as session:
        assert session.get_one(Pincode, "454001").district == "agar_malwa"
        assert session.get_one(Pincode, "462001").state == "madhya_pradesh"


def test_a_district_that_nothing_says_is_said_as_it_is_written(imports: Import, tmp_path: Path) -> None:
    rows = "411001,PUNE,MH\n743503,24 PARAGANAS,WB\n462001,BHOPAL,MP\n411002,Pune,MH\n"
    report = imports("pincodes", "pincode,district,state\n" + rows)
    assert (report.imported, report.faults, report.names) == (4, (), 1)
    for language in ("hi", "en"):
        assert "district.pune: Pune" in (tmp_path / "catalogue" / language / "districts.yaml").read_text("utf-8")


def test_importing_again_changes_nothing_and_a_new_list_replaces_rows(database: Database, imports: Import) -> None:
    imports("pincodes", PINCODES)
    assert imports("pincodes", PINCODES).imported == 2
    imports("pincodes", "pincode,district,state\n462001,Sehore,Madhya Pradesh\n")
    assert count(database, Pincode) == 2
    with database.reading() as session:
        assert session.get_one(Pincode, "462001").district == "sehore"


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, imports: Import, tmp_path: Path) -> None:
    rows = "id,name_hi,name_en,pincode,district\nnear,पास,Near,462001,Bhopal\nfar,दूर २,Far,462002,Bhopal\n"
    tried = imports("centres", rows, dry_run=True)
    assert (tried.imported, len(tried.faults), tried.names) == (1, 1, 0)
    assert count(database, Centre) == 0
    assert not (tmp_path / "catalogue").exists()
    assert imports("centres", rows).names == 1


def test_progress_goes_from_nothing_to_all(imports: Import) -> None:
    heard: list[tuple[int, int]] = []
    rows = "".join(f"{462001 + n},Bhopal,MP\n" for n in range(250))
    imports("pincodes", "pincode,district,state\n" + rows, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 250), (100, 250), (200, 250), (250, 250)]


def test_a_centre_has_the_district_of_its_pincode_and_a_name_to_be_spoken(
    database: Database, imports: Import, tmp_path: Path
) -> None:
    imports("pincodes", PINCODES)
    rows = "name_hi,name_en,pincode,phone\nपास,Near PHC,462001,0755 2540590\nदूर,Far,999999,\nदूर,Far,454001,1234567\n"
    report = imports("centres", rows)
    assert reasons(report) == [
        (3, "the district of pincode 999999 is not known: name it, or import pincodes first"),
        (4, "phone '1234567': This is not a telephone number of any known numbering plan."),
    ]
    with database.reading() as session:
        centre = session.scalars(select(Centre)).one()
    assert (centre.id, centre.district, centre.phone) == ("near_phc_462001", "bhopal", "+917552540590")
    assert "centre.near_phc_462001: पास" in (tmp_path / "catalogue" / "hi" / "centres.yaml").read_text("utf-8")


OPDS = """number,district,specialty,mon,tue,wed,thu,fri,sat,sun,closed_dates,tokens_per_day,specialty_hi,specialty_en
1,Bhopal,heart,09:00-14:00,,9:00-12:00 16:00 – 19:00,,,,,2027-01-26 2027-08-15,40,,
2,Bhopal,yoga,,20:00-08:00,,,,,,,,योग,Yoga
3,Bhopal,yoga,,,,,,,09:00-10:00,,,,
4,Sehore,heart,09:00-14:00,,,,,,,,,,
5,Bhopal,heart,,,,,,,,,,,
6,Bhopal,heart,morning,,,,,,,,,,
7,Bhopal,heart,09:00-25:00,,,,,,,,,,
8,Bhopal,heart,09:00-14:00,,,,,,,26.01.2027,,,
0,Bhopal,heart,09:00-14:00,,,,,,,,,,
9,Bhopal,heart,09:00-14:00,,,,,,,,none,,
1,Bhopal,skin,09:00-14:00,,,,,,,,,त्वचा,Skin
"""


def test_opds_have_hours_tokens_a_skill_and_names_that_can_be_said(database: Database, imports: Import) -> None:
    report = imports("opds", OPDS)
    assert reasons(report) == [
        (5, "nothing says district.sehore: fill columns district_hi and district_en"),
        (6, "it is never open: write hours such as 09:00-14:00 into the days' columns"),
        (7, "mon 'morning': write hours as 09:00-14:00, several with a space between"),
        (8, "mon: '25:00' is no time of day such as 09:00"),
        (9, "'26.01.2027' is no date such as 2026-01-26"),
        (10, "number '0' is not a whole number from 1 to 9999"),
        (11, "tokens_per_day 'none' is not a whole number from 1 to 9999"),
        (12, "line 2 has opd-1 already"),
    ]
    with database.reading() as session:
        first, night = session.get_one(Opd, "opd-1"), session.get_one(Opd, "opd-2")
    assert first.calendar == {"mon": [["09:00", "14:00"]], "wed": [["09:00", "12:00"], ["16:00", "19:00"]]}
    assert (first.closed_dates, first.tokens_per_day) == (["2027-01-26", "2027-08-15"], 40)
    assert (first.skill, night.skill, night.tokens_per_day) == ("opd:heart", "opd:yoga", 100)


HUBS = "id,name,mon,tue,wed,thu,fri,sat,sun\nH01,Hamidia,09:00-14:00,,,,,,\n"
SPOKES = """number,pin,hub,institution,district,phones
1001,4711,h01,health centre,Bhopal,98100 00077;9810000078
1002,47,h01,prison,Bhopal,
1003,4711,h02,prison,Bhopal,
1004,4711,h01,school,Bhopal,
10-5,4711,h01,prison,Bhopal,
1006,4711,h01,prison,Bhopal,1234567
"""


def test_spokes_belong_to_hubs_and_their_pins_are_hashed(database: Database, imports: Import, now: Any) -> None:
    assert imports("hubs", HUBS).faults == ()
    report = imports("spokes", SPOKES)
    assert reasons(report) == [
        (3, "a PIN has four to six digits"),
        (4, "there is no hub 'h02'; import hubs first"),
        (5, "'school' is not one of health_centre, old_age_home, prison"),
        (6, "'10-5' is no spoke's number: three to six digits"),
        (7, "phone '1234567': This is not a telephone number of any known numbering plan."),
    ]
    with database.writing() as session:
        spoke = session.scalars(select(Spoke)).one()
        assert spoke.phones == ["+919810000077", "+919810000078"]
        assert "4711" not in spoke.pin_hash
        assert sign_in(session, "1001", "4711", "+919810000078", now).outcome == "welcome"
        assert session.get_one(Hub, "h01").skill == "hub:h01"


def test_a_list_imported_again_does_not_unlock_a_spoke(database: Database, imports: Import, now: Any) -> None:
    imports("hubs", HUBS)
    imports("spokes", SPOKES)
    with database.writing() as session:
        session.scalars(select(Spoke)).one().locked_until = now
    imports("spokes", SPOKES)
    with database.reading() as session:
        assert session.scalars(select(Spoke)).one().locked_until == now


def test_a_pin_stays_out_of_every_complaint() -> None:
    with pytest.raises(Exception, match="four to six") as refused:
        hash_pin("47110815")
    assert "4711" not in str(refused.value)


def test_a_list_without_its_columns_is_refused_as_a_whole(imports: Import) -> None:
    for kind in KINDS:
        with pytest.raises(ImportFault, match="the header lacks"):
            imports(kind, "a,b\n1,2\n")


def test_the_samples_are_whole_and_can_be_spoken(database: Database, tmp_path: Path, now: Any) -> None:
    shipped = load_catalogues()
    worded = {prompt_id for catalogue in shipped.values() for prompt_id in catalogue.prompts}
    for kind in LISTS:
        names = NameBook(tmp_path / "catalogue", list(shipped), worded)
        report = import_list(kind, sample(kind), database, names, time_zone="Asia/Kolkata", country="IN")
        assert reasons(report) == []
    with database.reading() as session:
        opds = session.scalars(select(Opd)).all()
        districts = set(session.scalars(select(Pincode.district)))
    assert sorted(opd.number for opd in opds) == list(range(1, 218))
    assert all(next_opening(calendar_of(opd, ZoneInfo("Asia/Kolkata")), now, days=7) for opd in opds)
    assert {f"district.{district}" for district in districts} <= worded
    more = load_catalogues(FOLDER, tmp_path / "catalogue")
    assert "भोपाल" in more["hi"].text("centre.sample_bhopal")
