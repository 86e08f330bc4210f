"""What moments of the future mean for doctors when a clock has been set back: rest is short, so they are none."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, or_, update
from sqlalchemy.orm import Session

from config.schema import Doctor

# Longer than any wrap-up or rest (config/settings.py allows ten minutes): what is later was written by another clock.
_LONGEST_REST = timedelta(minutes=15)


def forget_the_future(session: Session, at: datetime) -> None:
    """Doctors who would rest until a moment that no rest reaches are free now."""
    late = at + _LONGEST_REST
    wrong = or_(Doctor.free_since > late, Doctor.cool_down_until > late, Doctor.changed_at > late)
    repair = update(Doctor).where(wrong).execution_options(synchronize_session=False)
    session.execute(
        repair.values(
            free_since=case((Doctor.free_since > late, at), else_=Doctor.free_since),
            cool_down_until=case((Doctor.cool_down_until > late, None), else_=Doctor.cool_down_until),
            changed_at=at,
        )
    )
