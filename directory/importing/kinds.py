"""What a row of each list means. One function a list; each says in one sentence what is wrong with a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from config.numbers import NumberError, parse_number
from config.schema import Base, Centre, Hub, Opd, Pincode, Spoke
from directory.calendar import DAYS, parse_calendar
from directory.errors import ImportFault
from directory.importing.names import NameBook
from directory.importing.table import Row
from directory.places import place_id
from directory.spokes import INSTITUTIONS, hash_pin

_PINCODE = re.compile(r"[1-9][0-9]{5}")
_SPOKE_NUMBER = re.compile(r"[0-9]{3,6}")
# Word processors write the long dash.
_SPAN = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*[-–]\s*([0-9]{1,2}:[0-9]{2})")
_LARGEST_OPD_NUMBER = 9999
_USUAL_TOKENS = 100
_ID = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Known:
    """What rows may refer to: the words there are, districts by pincode, hubs; and where the deployment is."""

    names: NameBook
    districts: Mapping[str, str]
    hubs: Collection[str]
    zone: ZoneInfo
    country: str


@dataclass(frozen=True)
class Entry:
    """A row of the database, by its primary key, and the names it brings: (theme, prompt id, words by language)."""

    key: str
    values: Mapping[str, Any]
    names: tuple[tuple[str, str, Mapping[str, str]], ...] = ()


@dataclass(frozen=True)
class Kind:
    """A list that can be imported: its table, the columns it must have, and what a row of it means."""

    table: type[Base]
    needed: tuple[str, ...]
    entry: Callable[[Row, Known], Entry]
    same: tuple[str, ...] = field(default=())  # a key may come again if these do not differ


def _pincode(row: Row, known: Known) -> Entry:
    pincode, district = _six_digits(row.need("pincode")), _id("district", row.need("district"))
    values = {"pincode": pincode, "district": district, "state": _id("state", row.need("state"))}
    names = _named(row, known, "district", district)
    if not names and not known.names.can_say(f"district.{district}"):
        names = _as_written(row.need("district"), district, known)
    return Entry(pincode, values, names)


def _centre(row: Row, known: Known) -> Entry:
    pincode = _six_digits(row.need("pincode"))
    district = place_id(row.get("district")) or known.districts.get(pincode)
    if not district:
        raise ImportFault(f"the district of pincode {pincode} is not known: name it, or import pincodes first")
    id = row.get("id") or f"{place_id(row.need('name_en'))}_{pincode}"
    if not _ID.fullmatch(id):
        raise ImportFault(f"{id!r} is not an id: small letters, digits and _")
    said = known.names.check({**_other_languages(row), "hi": row.need("name_hi"), "en": row.need("name_en")})
    values = {
        "id": id,
        "name_hi": row.need("name_hi"),
        "name_en": row.need("name_en"),
        "pincode": pincode,
        "district": district,
        "phone": _phone(row.get("phone"), known.country) if row.get("phone") else None,
    }
    return Entry(id, values, (("centres", f"centre.{id}", said),))


def _opd(row: Row, known: Known) -> Entry:
    number = _whole("number", row.need("number"), 1, _LARGEST_OPD_NUMBER)
    district, specialty = _id("district", row.need("district")), _id("specialty", row.need("specialty"))
    names = _named(row, known, "district", district) + _named(row, known, "specialty", specialty)
    for prompt in (f"district.{district}", f"specialty.{specialty}"):
        if not known.names.can_say(prompt) and prompt not in [added for _, added, _ in names]:
            what = prompt.partition(".")[0]
            raise ImportFault(f"nothing says {prompt}: fill columns {what}_hi and {what}_en")
    values = {
        "id": f"opd-{number}",
        "number": number,
        "district": district,
        "specialty": specialty,
        "skill": row.get("skill") or f"opd:{specialty}",
        "tokens_per_day": _whole("tokens_per_day", row.get("tokens_per_day") or str(_USUAL_TOKENS), 1, 9999),
        **_hours(row, known),
    }
    return Entry(f"opd-{number}", values, names)


def _hub(row: Row, known: Known) -> Entry:
    id = _id("id", row.need("id"))
    values = {"id": id, "name": row.need("name"), "skill": row.get("skill") or f"hub:{id}", **_hours(row, known)}
    return Entry(id, values)


def _spoke(row: Row, known: Known) -> Entry:
    number, hub = row.need("number"), place_id(row.need("hub"))
    if not _SPOKE_NUMBER.fullmatch(number):
        raise ImportFault(f"{number!r} is no spoke's number: three to six digits")
    if hub not in known.hubs:
        raise ImportFault(f"there is no hub {hub!r}; import hubs first")
    institution = place_id(row.need("institution"))
    if institution not in INSTITUTIONS:
        raise ImportFault(f"{institution!r} is not one of {', '.join(INSTITUTIONS)}")
    values = {
        "id": f"spoke-{number}",
        "number": number,
        "pin_hash": hash_pin(row.need("pin")),
        "hub_id": hub,
        "institution": institution,
        "district": _id("district", row.need("district")),
        "phones": [_phone(text, known.country) for text in re.split(r"[;|/]", row.get("phones")) if text.strip()],
        "active": True,
    }
    return Entry(f"spoke-{number}", values)


KINDS: Mapping[str, Kind] = {
    "pincodes": Kind(Pincode, ("pincode", "district", "state"), _pincode, same=("district", "state")),
    "centres": Kind(Centre, ("name_hi", "name_en", "pincode"), _centre),
    "opds": Kind(Opd, ("number", "district", "specialty", *DAYS), _opd),
    "hubs": Kind(Hub, ("id", "name", *DAYS), _hub),
    "spokes": Kind(Spoke, ("number", "pin", "hub", "institution", "district"), _spoke),
}


def _six_digits(text: str) -> str:
    if not _PINCODE.fullmatch(text):
        raise ImportFault(f"{text!r} is no pincode: six digits, the first not zero")
    return text


def _id(column: str, name: str) -> str:
    found = place_id(name)
    if not found:
        raise ImportFault(f"{column} {name!r} must be written in English letters")
    return found


def _whole(column: str, text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ImportFault(f"{column} {text!r} is not a whole number from {least} to {most}")
    return int(text)


def _phone(text: str, country: str) -> str:
    try:
        return parse_number(text.strip(), country).e164
    except NumberError as error:
        raise ImportFault(f"phone {text.strip()!r}: {error}") from None


def _hours(row: Row, known: Known) -> dict[str, Any]:
    hours = {day: spans for day in DAYS if (spans := _spans(day, row.get(day)))}
    closed_dates = re.split(r"[\s;|]+", row.get("closed_dates")) if row.get("closed_dates") else []
    parse_calendar(hours, known.zone, closed_dates)
    if not hours:
        raise ImportFault("it is never open: write hours such as 09:00-14:00 into the days' columns")
    return {"calendar": hours, "closed_dates": closed_dates}


def _spans(day: str, text: str) -> list[list[str]]:
    if _SPAN.sub("", text).strip(" ;|"):
        raise ImportFault(f"{day} {text!r}: write hours as 09:00-14:00, several with a space between")
    return [[begin.zfill(5), end.zfill(5)] for begin, end in _SPAN.findall(text)]


def _named(row: Row, known: Known, what: str, id: str) -> tuple[tuple[str, str, Mapping[str, str]], ...]:
    texts = {language: text for language in ("hi", "en") if (text := row.get(f"{what}_{language}"))}
    if not texts:
        return ()
    plural = {"district": "districts", "specialty": "specialties"}[what]
    return ((plural, f"{what}.{id}", known.names.check(texts | _other_languages(row, what))),)


def _as_written(name: str, district: str, known: Known) -> tuple[tuple[str, str, Mapping[str, str]], ...]:
    """India Post names districts in English capitals only: better said so than asked "is it this one?" of none."""
    try:
        return (("districts", f"district.{district}", known.names.check({"en": name.title()})),)
    except ImportFault:  # "24 Paraganas": nobody can say it as it stands, and the place counts all the same
        return ()


def _other_languages(row: Row, what: str = "name") -> dict[str, str]:
    return {
        column.removeprefix(f"{what}_"): text
        for column, text in row.cells.items()
        if column.startswith(f"{what}_") and text
    }
