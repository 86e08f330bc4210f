"""Whose telephone number may be seen by whom: numbers are masked both ways, also for staff (DOMAIN.md, privacy)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from admin_api.permissions import Role

# Keys of a journal entry's data that hold a person's number (cdr/events.py).
_NUMBER_KEYS = frozenset({"caller", "number", "mobile", "recipient"})
# What a caller has keyed stands under `value`, whatever it is.
_KEYED_NUMBER = re.compile(r"\+[0-9]{7,15}")


def masked(number: str) -> str:
    """`+919876543210` as `+91 98•••••210`: enough to recognise, too little to call. Short codes stay as they are."""
    if len(number) <= 5:
        return number
    if number.startswith("+91") and len(number) == 13:
        return f"+91 {number[3:5]}•••••{number[-3:]}"
    return f"{number[:3]}•••••{number[-3:]}" if len(number) > 8 else "•••••"


def patient_number(number: str | None, role: Role) -> str | None:
    """A patient's number as `role` may see it: in full only for an administrator, never for a doctor."""
    if number is None or role is Role.DOCTOR:
        return None
    return number if role is Role.ADMIN else masked(number)


def doctor_number(number: str, role: Role, *, own: bool = False) -> str:
    """A doctor's private number: in full for an administrator and for the doctor."""
    return number if own or role is Role.ADMIN else masked(number)


def journal_data(data: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """A journal entry's data with each number in it masked for `role`; the ambulance's short code stays."""
    return {key: _shown(key, value, role) for key, value in data.items()}


def _shown(key: str, value: Any, role: Role) -> Any:
    if not isinstance(value, str) or (key not in _NUMBER_KEYS and not _KEYED_NUMBER.fullmatch(value)):
        return value
    return value if len(value) <= 5 else patient_number(value, role)
