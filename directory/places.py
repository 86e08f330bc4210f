"""Where a caller is, by pincode, and which health centre is near."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import Centre, Pincode


def place_id(name: str) -> str:
    """A place's id from its English name: "Agar Malwa" is agar_malwa. Empty where nothing of it can be one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def place_of(session: Session, pincode: str) -> Pincode | None:
    """The district and state of a pincode, if its row was imported."""
    return session.get(Pincode, pincode)


def nearest_centre(session: Session, pincode: str) -> Centre | None:
    """The centre to go to from a pincode: one of the same pincode, else of its district the numerically nearest.

    India Post numbers pincodes along its sorting routes, so that neighbours in number mostly are neighbours on the
    map; within one district that is near enough to name a centre, and beyond it nothing is guessed.
    """
    here = session.scalar(select(Centre).where(Centre.pincode == pincode).order_by(Centre.id).limit(1))
    if here is not None:
        return here
    place = place_of(session, pincode)
    if place is None:
        return None
    centres = session.scalars(select(Centre).where(Centre.district == place.district))
    return min(centres, key=lambda centre: (abs(int(centre.pincode) - int(pincode)), centre.id), default=None)
