"""Signing in: a right password becomes a token; a wrong one is counted and written down."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from admin_api import accounts, audit
from admin_api.permissions import Role
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.session.schemas import SignedIn
from admin_api.throttle import SignInThrottle
from config.clock import utc_now
from config.database import Database

LIFETIME = timedelta(hours=12)


def sign_in(database: Database, throttle: SignInThrottle, *, username: str, password: str, address: str) -> SignedIn:
    """Problem 401 for a wrong name or password (which of them is not told), 429 after too many failures."""
    wait = throttle.begin(username, address, time.monotonic())
    if wait is not None:
        detail = f"Too many wrong passwords; please wait {int(wait)} seconds."
        raise Problem(429, "too_many_attempts", detail, headers={"Retry-After": str(int(wait))})
    with database.reading() as session:
        staff = accounts.find_staff(session, username)
    # Outside any transaction: hashing takes long on purpose.
    right = accounts.password_matches(staff.password_hash if staff else None, password)
    if staff is None or not right or not staff.active:
        with database.writing() as session:
            audit.record_from(session, staff.id if staff else None, address, "session.refused")
        raise Problem(401, "wrong_password", "User name or password is wrong.")
    throttle.succeeded(username, address)
    expires = utc_now() + LIFETIME
    with database.writing() as session:
        token = accounts.issue_token(session, staff.id, "signed in", expires)
        audit.record_from(session, staff.id, address, "session.begun")
    return SignedIn(
        token=token,
        expires_at=expires,
        username=staff.username,
        role=Role(staff.role),
        doctor_id=staff.doctor_id,
        district=staff.district,
    )


def sign_out(session: Session, who: Principal) -> None:
    """End the token that `who` used."""
    accounts.revoke_token(session, who.token_id)
    audit.record(session, who, "session.ended")
