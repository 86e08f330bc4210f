"""Which calls a person may reach: one rule, as a condition for queries and as a filter for cdr.reader."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, false, or_, select, true

from admin_api.permissions import Scope
from admin_api.security import Principal
from cdr.reader import CallFilter, of_doctors
from config.schema import Call, Doctor, Patient

# No doctor and no district has this name: somebody whose account lacks its doctor or district reaches nothing.
_NOBODY = "-"


def reachable(who: Principal) -> ColumnElement[bool]:
    """The condition on `Call`: every call, those of the officer's district (patient's or doctor's), or one's own."""
    if who.scope is Scope.ALL:
        return true()
    if who.scope is Scope.DISTRICT:
        return _of_district(who.district) if who.district else false()
    return of_doctors([who.doctor_id or _NOBODY])


def narrowed(which: CallFilter, who: Principal) -> CallFilter:
    """The filter, narrowed to what `who` may reach."""
    if who.scope is Scope.ALL:
        return which
    if who.scope is Scope.DISTRICT:
        return replace(which, district=who.district or _NOBODY)
    own = who.doctor_id or _NOBODY
    return replace(which, doctor_id=own if which.doctor_id in (None, own) else _NOBODY)


def _of_district(district: str) -> ColumnElement[bool]:
    return or_(
        Call.patient_id.in_(select(Patient.id).where(Patient.district == district)),
        of_doctors(select(Doctor.id).where(Doctor.district == district)),
    )
