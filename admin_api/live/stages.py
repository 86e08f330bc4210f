"""PURE: what a call and a doctor are doing, from their rows."""

from __future__ import annotations

from datetime import datetime

from admin_api.live.schemas import CallStage, DoctorWork
from config.schema import Call, Doctor, Offer


def stage_of(call: Call, open_offer: Offer | None) -> tuple[CallStage, datetime]:
    """The stage of a call that has not ended, and since when."""
    if call.bridged_at is not None:
        return CallStage.TALKING, call.bridged_at
    if open_offer is not None:
        return CallStage.RINGING, call.sought_at or open_offer.offered_at
    if call.sought_at is not None:
        return CallStage.WAITING, call.sought_at
    return CallStage.MENU, call.arrived_at


def work_of(
    doctor: Doctor, open_offer: Offer | None, talking: bool, now: datetime, kept_away: bool = False
) -> DoctorWork:
    """What a doctor is doing. `open_offer` is the offer that holds the doctor, while its phone rings.

    `kept_away`: on duty, and yet a rule of routing's keeps the doctor from being rung now.
    """
    if talking:
        return DoctorWork.TALKING
    if doctor.claimed_by is not None:
        return DoctorWork.RINGING if open_offer is not None else DoctorWork.WRAP_UP
    if doctor.duty != "on":
        return DoctorWork.PAUSED if doctor.duty == "paused" else DoctorWork.OFF
    if doctor.free_since is not None and doctor.free_since > now:
        return DoctorWork.WRAP_UP
    return DoctorWork.NOT_NOW if kept_away else DoctorWork.FREE
