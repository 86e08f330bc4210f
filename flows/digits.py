"""PURE: what keyed digits mean, by the form a `collect` node asks for."""

from __future__ import annotations

from datetime import date

from config.numbers import NumberError, NumberKind, parse_number
from flows.definition import Collect

_COUNTRY = "IN"
_BEFORE_NATIONAL = ("0", "91", "091", "0091")

# A mobile may be keyed with 0, 91, 0091 before it, and a foreign number is to be heard to its end.
_LONGEST = {"date": 8, "pincode": 6, "mobile": 16}
_COUNTED = frozenset({"digits", "pin"})  # here least and most are numbers of digits


def max_digits(node: Collect) -> int:
    """After how many digits the question ends without a #."""
    if node.form in _COUNTED:
        return node.most
    return _LONGEST.get(node.form, len(str(node.most)))


def read(node: Collect, digits: str) -> str | None:
    """The answer in the form its variable keeps it (dates ISO, mobiles E.164), or None for one that is not valid."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= max_digits(node)):
        return None
    match node.form:
        case "date":
            return _date(digits)
        case "pincode":
            # No Indian postal zone begins with 0.
            return digits if len(digits) == 6 and digits[0] != "0" else None
        case "mobile":
            return _mobile(digits)[0] or None
        case form if form in _COUNTED:
            return digits if len(digits) >= node.least else None
    return str(int(digits)) if node.least <= int(digits) <= node.most else None


def wrong_mobile(digits: str) -> str:
    """What is wrong with keyed digits that are no Indian mobile: length, landline, foreign, other or unknown."""
    return _mobile(digits)[1]


def _mobile(digits: str) -> tuple[str, str]:
    """The mobile as E.164, or what is wrong. Some landlines have ten digits from 7 on: Bhopal's are 755 and seven."""
    try:
        number = parse_number(digits, _COUNTRY)
    except NumberError:
        if digits.startswith("00") and not digits.startswith("0091"):
            return "", "foreign"
        return "", "unknown" if _is_long_enough(digits) else "length"
    if number.country != _COUNTRY:
        return "", "foreign"
    if number.kind is NumberKind.MOBILE:
        return number.e164, ""
    if number.kind is NumberKind.SHORT_CODE:
        return "", "length"
    return "", "landline" if number.kind is NumberKind.LANDLINE else "other"


def _is_long_enough(digits: str) -> bool:
    """Whether ten digits are left without what may stand before them."""
    if len(digits) == 10:
        return digits[0] != "0"
    return any(len(digits) == 10 + len(before) and digits.startswith(before) for before in _BEFORE_NATIONAL)


def _date(digits: str) -> str | None:
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[4:]), int(digits[2:4]), int(digits[:2])).isoformat()
    except ValueError:
        return None
