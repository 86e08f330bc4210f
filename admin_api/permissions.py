"""Who may do what: the one table from route to role and scope. A route that is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    DISTRICT = "district"
    DOCTOR = "doctor"


class Scope(StrEnum):
    """How much of what the route shows or changes is meant."""

    ALL = "all"
    DISTRICT = "district"  # calls and doctors of the officer's own district (the patient's or the doctor's)
    OWN = "own"  # the doctor's own record, calls in which this doctor talked; anybody's own session


Rule = Mapping[Role, Scope]

# A public route needs no signing in. Each is here by name.
PUBLIC: Final[Rule] = MappingProxyType({})

_EVERYBODY_OWN = dict.fromkeys(Role, Scope.OWN)
_BY_ROLE = {
    Role.ADMIN: Scope.ALL,
    Role.SUPERVISOR: Scope.ALL,
    Role.DISTRICT: Scope.DISTRICT,
    Role.DOCTOR: Scope.OWN,
}
_WRITERS = {Role.ADMIN: Scope.ALL, Role.SUPERVISOR: Scope.ALL, Role.DOCTOR: Scope.OWN}
# Who keeps the list of doctors: a district officer that of the own district.
_DOCTORS_STAFF = {Role.ADMIN: Scope.ALL, Role.SUPERVISOR: Scope.ALL, Role.DISTRICT: Scope.DISTRICT}
# What callers hear is seen by supervisors and changed by administrators.
_LOOKERS = {Role.ADMIN: Scope.ALL, Role.SUPERVISOR: Scope.ALL}

TABLE: Final[Mapping[tuple[str, str], Rule]] = MappingProxyType(
    {
        ("GET", "/"): PUBLIC,
        ("GET", "/static/{name}"): PUBLIC,
        ("GET", "/favicon.ico"): PUBLIC,
        ("GET", "/api/v1/openapi.json"): PUBLIC,
        ("GET", "/api/v1/healthz"): PUBLIC,
        ("GET", "/api/v1/readyz"): PUBLIC,
        ("POST", "/api/v1/session"): PUBLIC,
        # Providers sign, or know the secret in the address.
        ("GET", "/webhooks/sms/{gateway}/{secret}"): PUBLIC,
        ("HEAD", "/webhooks/sms/{gateway}/{secret}"): PUBLIC,
        ("POST", "/webhooks/sms/{gateway}/{secret}"): PUBLIC,
        ("GET", "/api/v1/session"): _EVERYBODY_OWN,
        ("DELETE", "/api/v1/session"): _EVERYBODY_OWN,
        ("POST", "/api/v1/doctors"): _LOOKERS,
        ("GET", "/api/v1/doctors"): _BY_ROLE,
        ("GET", "/api/v1/doctors/{doctor_id}"): _BY_ROLE,
        ("PATCH", "/api/v1/doctors/{doctor_id}"): _BY_ROLE,
        ("PATCH", "/api/v1/doctors/{doctor_id}/duty"): _BY_ROLE,
        ("POST", "/api/v1/doctors/{doctor_id}/phones/{phone_id}/release"): _DOCTORS_STAFF,
        ("GET", "/api/v1/control-rooms"): _DOCTORS_STAFF,
        ("POST", "/api/v1/control-rooms"): _LOOKERS,
        ("PATCH", "/api/v1/control-rooms/{room_id}"): _LOOKERS,
        ("GET", "/api/v1/callbacks"): _LOOKERS,
        ("POST", "/api/v1/callbacks/{request_id}/withdraw"): _LOOKERS,
        ("GET", "/api/v1/strikes"): _LOOKERS,
        ("POST", "/api/v1/strikes/{strike_id}/lift"): _LOOKERS,
        ("GET", "/api/v1/reports/unanswered"): _DOCTORS_STAFF,
        ("GET", "/api/v1/calls"): _BY_ROLE,
        ("GET", "/api/v1/calls/{call_id}"): _BY_ROLE,
        ("PATCH", "/api/v1/calls/{call_id}/patient"): _WRITERS,
        ("POST", "/api/v1/calls/{call_id}/slip"): {Role.DOCTOR: Scope.OWN},
        ("GET", "/api/v1/messages"): _BY_ROLE,
        ("GET", "/api/v1/messages/costs"): _LOOKERS,
        ("GET", "/api/v1/messages/costs/sheet"): _LOOKERS,
        ("GET", "/api/v1/messages/{message_id}"): _BY_ROLE,
        ("POST", "/api/v1/messages/{message_id}/resend"): _LOOKERS,
        ("POST", "/api/v1/messages/{message_id}/leave"): _LOOKERS,
        ("GET", "/api/v1/inbound"): _DOCTORS_STAFF,
        ("GET", "/api/v1/templates"): _LOOKERS,
        ("GET", "/api/v1/templates/sheet"): _LOOKERS,
        ("POST", "/api/v1/templates/sheet"): {Role.ADMIN: Scope.ALL},
        ("POST", "/api/v1/templates/{template_id}/preview"): _LOOKERS,
        ("PUT", "/api/v1/templates/{template_id}/registrations/{language}/{version}"): {Role.ADMIN: Scope.ALL},
        ("DELETE", "/api/v1/templates/{template_id}/registrations/{language}/{version}"): {Role.ADMIN: Scope.ALL},
        ("POST", "/api/v1/templates/{template_id}/test"): {Role.ADMIN: Scope.ALL},
        ("GET", "/api/v1/live"): _BY_ROLE,
        ("GET", "/api/v1/flows"): _LOOKERS,
        ("POST", "/api/v1/flows/validate"): _LOOKERS,
        ("GET", "/api/v1/flows/{name}/versions"): _LOOKERS,
        ("GET", "/api/v1/flows/{name}/versions/{version}"): _LOOKERS,
        ("GET", "/api/v1/flows/{name}/versions/{version}/drawing"): _LOOKERS,
        ("POST", "/api/v1/flows/{name}/versions"): {Role.ADMIN: Scope.ALL},
        ("POST", "/api/v1/flows/{name}/versions/{version}/activate"): {Role.ADMIN: Scope.ALL},
        ("POST", "/api/v1/flows/{name}/rollback"): {Role.ADMIN: Scope.ALL},
        ("GET", "/api/v1/audit"): {Role.ADMIN: Scope.ALL},
    }
)


def is_public(method: str, path: str) -> bool:
    """Whether the route is in the table and needs no signing in."""
    return TABLE.get((method, path)) is PUBLIC


def scope_of(role: Role, method: str, path: str) -> Scope | None:
    """What `role` may reach through the route, or None: refused. An unknown route is refused."""
    return TABLE.get((method, path), {}).get(role)
