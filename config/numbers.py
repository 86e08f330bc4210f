"""One telephone number has many spellings; everything stored or dialled goes through here first.

Numbers are kept as E.164 (`+919876543210`), short codes (104, 108, 1098, 14416) as they are dialled. Whatever holds
anything but digits and the usual separators is refused, because numbers end up in dial strings, AMI headers and URLs.
The numbering plans are libphonenumber's (the `phonenumbers` package).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from config.errors import ConfigError

_SPELLING = re.compile(r"\+?[0-9 ().\-]{3,24}")
_SHORT_CODE = re.compile(r"[1-9][0-9]{2,4}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SIP_ADDRESS = re.compile(r"(?:sips?|tel):([^@;>]{1,32})(?:[@;][^\s<>]*)?", re.IGNORECASE)
# What exchanges, Asterisk and RFC 3323/3325 put where the caller withholds the number.
_WITHHELD = frozenset(
    {"", "anonymous", "unavailable", "restricted", "unknown", "private", "withheld", "asterisk", "s", "<unknown>"}
)
# A foreign number without its plus sign is at least this long with its country code; anything shorter is national.
_SHORTEST_BARE_INTERNATIONAL = 11


class NumberError(ConfigError, ValueError):
    """A text is no telephone number that could be stored or dialled; the message says why in one sentence."""


class NumberKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    OTHER = "other"


# Some plans (North America's) do not tell mobile from landline: such a number may well be a mobile.
_KINDS = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.LANDLINE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
}


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in its one spelling. `e164` holds a short code as dialled; `country` is its ISO 3166 region."""

    e164: str
    kind: NumberKind
    country: str

    def __str__(self) -> str:
        return self.e164


def parse_number(text: str, country: str = "IN") -> PhoneNumber:
    """The number that `text` spells, as somebody in `country` would write it; NumberError when it is none.

    `9876543210`, `09876543210`, `919876543210`, `00919876543210`, `+919876543210` and `0919876543210` are one number.
    The last one, trunk prefix before country code, is what libphonenumber alone gets wrong.
    """
    if not _SPELLING.fullmatch(text):
        raise NumberError("A telephone number may hold only digits, spaces, hyphens, dots, brackets and a first plus.")
    digits = re.sub(r"[^0-9]", "", text)
    international = text.startswith("+")
    if not international and _SHORT_CODE.fullmatch(digits):
        return PhoneNumber(digits, NumberKind.SHORT_CODE, country)
    if not international and digits.startswith(f"0{_country_code(country)}"):
        found = _valid(f"+{digits[1:]}", country)
        if found:
            return found
    found = _valid(f"+{digits}" if international else digits, country)
    if not found:
        raise NumberError("This is not a telephone number of any known numbering plan.")
    return found


def parse_caller(text: str | None, country: str = "IN") -> str | None:
    """Who calls, as a trunk tells it: E.164 or a short code; None when withheld or not to be made out.

    Never raises: a patient with an odd caller number is still a patient. Beyond `parse_number` it takes SIP and tel
    addresses, a plus before a trunk prefix, and foreign numbers without plus, all of which trunks send.
    """
    name = (text or "").strip()
    if name.lower() in _WITHHELD:
        return None
    address = _SIP_ADDRESS.fullmatch(name.removeprefix("<").removesuffix(">"))
    if address:
        name = address[1]
    if name.startswith("+0"):
        name = name[1:]
    try:
        return parse_number(name, country).e164
    except NumberError:
        return _bare_international(name, country)


def dialable(number: str) -> bool:
    """Whether this, exactly as it stands, may be put into a dial string: E.164 or a short code of 3 to 5 digits."""
    return bool(_E164.fullmatch(number) or _SHORT_CODE.fullmatch(number))


def may_be_called_back(number: str, country: str = "IN") -> bool:
    """Whether a stored number may be rung when nobody is on the line: a mobile or landline of `country` only."""
    if not _E164.fullmatch(number):
        return False
    found = _valid(number, country)
    return found is not None and found.country == country and found.kind in (NumberKind.MOBILE, NumberKind.LANDLINE)


def spellings(number: str) -> tuple[str, ...]:
    """How an operator may write a stored number that was dialled: with and without plus, trunk prefix, country code."""
    if not _E164.fullmatch(number):
        return (number,)
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    return (number, number[1:], national, f"0{national}")


def mask(number: str | None) -> str:
    """For screens and logs: the last four digits only, short codes as they are, a dash where there is no number."""
    if not number:
        return "-"
    if _SHORT_CODE.fullmatch(number):
        return number
    return f"••••{number[-4:]}" if _E164.fullmatch(number) else "••••"


def _bare_international(text: str, country: str) -> str | None:
    if not _SPELLING.fullmatch(text) or text.startswith("+"):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) < _SHORTEST_BARE_INTERNATIONAL or digits.startswith("0"):
        return None
    found = _valid(f"+{digits}", country)
    return found.e164 if found else None


@lru_cache(4096)  # a caller's number is looked at again and again while the call arrives
def _valid(text: str, country: str) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not dialable(e164):
        return None
    kind = _KINDS.get(phonenumbers.number_type(parsed), NumberKind.OTHER)
    return PhoneNumber(e164, kind, phonenumbers.region_code_for_number(parsed) or "")


def _country_code(country: str) -> int:
    code = phonenumbers.country_code_for_region(country)
    if not code:
        raise ConfigError(f"HELPLINE_COUNTRY={country}: this is no country known to the numbering plans")
    return int(code)
