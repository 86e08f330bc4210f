"""PURE: what keyed digits mean, by the form a `collect` node asks for."""

from __future__ import annotations

from datetime import date

from flows.definition import Collect

_LONGEST = {"date": 8, "pincode": 6, "mobile": 10}
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
            # Indian mobile numbers have ten digits and begin with 6 to 9.
            return f"+91{digits}" if len(digits) == 10 and digits[0] in "6789" else None
        case form if form in _COUNTED:
            return digits if len(digits) >= node.least else None
    return str(int(digits)) if node.least <= int(digits) <= node.most else None


def _date(digits: str) -> str | None:
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[4:]), int(digits[2:4]), int(digits[:2])).isoformat()
    except ValueError:
        return None
