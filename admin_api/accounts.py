"""Staff accounts: passwords (Argon2) and tokens (kept as SHA-256 only)."""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_api.permissions import Role
from admin_api.problems import AdminApiError
from config.clock import utc_now
from config.ids import new_id
from config.schema import ApiToken, Staff

SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()  # argon2id with the library's defaults (RFC 9106, low-memory profile)
_hashing = threading.BoundedSemaphore(2)  # each hash takes 64 MiB: a flood of sign-ins must not take them all
_hash_of_nobody = _hasher.hash(secrets.token_urlsafe(16))


class AccountError(AdminApiError):
    """The account cannot be made as asked."""


def normal_username(username: str) -> str:
    """User names differ by more than their case."""
    return username.strip().casefold()


def hash_password(password: str) -> str:
    """The Argon2 hash to store. AccountError when the password is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(f"a password has at least {SHORTEST_PASSWORD} characters")
    with _hashing:
        return _hasher.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. An unknown user (None) costs the same time as a known one, and is never right."""
    with _hashing:
        try:
            _hasher.verify(password_hash or _hash_of_nobody, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def create_staff(
    session: Session,
    *,
    username: str,
    password: str,
    role: Role,
    doctor_id: str | None = None,
    district: str | None = None,
) -> Staff:
    """A new account. AccountError when the name is taken, the password too short, or the role lacks its scope."""
    name = normal_username(username)
    if not name:
        raise AccountError("an account needs a user name")
    if find_staff(session, name) is not None:
        raise AccountError(f"the user name {name} is taken")
    if role is Role.DOCTOR and not doctor_id:
        raise AccountError("a doctor's account belongs to a doctor")
    if role is Role.DISTRICT and not district:
        raise AccountError("a district officer's account needs a district")
    staff = Staff(
        id=new_id("staff"),
        username=name,
        password_hash=hash_password(password),
        role=role.value,
        doctor_id=doctor_id,
        district=district,
        created_at=utc_now(),
    )
    session.add(staff)
    session.flush()
    return staff


def ensure_admin(session: Session, username: str, password: str) -> Staff:
    """The administrator of that name, made or brought to this password; a changed password ends open sessions."""
    staff = find_staff(session, normal_username(username))
    if staff is None:
        return create_staff(session, username=username, password=password, role=Role.ADMIN)
    staff.role, staff.active = Role.ADMIN.value, True
    if not password_matches(staff.password_hash, password):
        staff.password_hash = hash_password(password)
        revoke_tokens_of(session, staff.id)
    session.flush()
    return staff


def find_staff(session: Session, username: str) -> Staff | None:
    """The account of a normalised user name."""
    return session.scalar(select(Staff).where(Staff.username == username))


def issue_token(session: Session, staff_id: str, label: str, expires: datetime | None) -> str:
    """A new bearer token. Only this return value ever holds it; the database keeps its hash. None: until revoked."""
    token = secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            id=new_id("token"),
            staff_id=staff_id,
            token_hash=token_hash(token),
            label=label,
            created_at=utc_now(),
            expires_at=expires,
        )
    )
    session.flush()
    return token


def token_hash(token: str) -> str:
    """What the database knows a token by. A token has 256 random bits, so an unsalted hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def staff_of_token(session: Session, token: str, now: datetime) -> tuple[Staff, str] | None:
    """The active account behind a valid token, and the token's id."""
    row = session.execute(
        select(Staff, ApiToken)
        .join(ApiToken, ApiToken.staff_id == Staff.id)
        .where(ApiToken.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    staff, stored = row
    if not staff.active or stored.revoked_at is not None or (stored.expires_at and stored.expires_at <= now):
        return None
    return staff, stored.id


def revoke_token(session: Session, token_id: str) -> None:
    """End one token."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(revoked_at=utc_now()))


def revoke_tokens_of(session: Session, staff_id: str) -> None:
    """End every token of an account."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.staff_id == staff_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=utc_now())
    )
