"""Signing in, as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from admin_api.fields import Password, RequestBody, ResponseBody, Username
from admin_api.permissions import Role


class SignIn(RequestBody):
    username: Username
    password: Password


class SignedIn(ResponseBody):
    """Who is signed in. `token` is left out where the cookie carries it (the console): scripts must not see it."""

    token: str | None = Field(default=None, description="Send as `Authorization: Bearer …`")
    expires_at: datetime | None = None
    username: str
    role: Role
    doctor_id: str | None
    district: str | None
