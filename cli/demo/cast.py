"""The demonstration's four doctors, made through the API like any other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import httpx
from sqlalchemy import select

from cli.demo.errors import DemoFailed
from config.database import Database
from config.schema import Doctor, DoctorCategory


@dataclass(frozen=True)
class CastDoctor:
    """Who a doctor is; nobody is meant by these names and numbers.

    Among the categories are skills, so that every OPD and hub of the samples, and the specialist line, finds somebody.
    """

    name: str
    number: str
    registration: str
    categories: tuple[str, ...]


def _opds(*specialties: str) -> tuple[str, ...]:
    return tuple(f"opd:{specialty}" for specialty in specialties)


DOCTORS = (
    CastDoctor(
        "Dr Asha Verma",
        "+919810000001",
        "DEMO-1001",
        ("fever", "general", "medicines", *_opds("general_medicine", "chest", "ent"), "hub:h01"),
    ),
    CastDoctor(
        "Dr Imran Qureshi",
        "+919810000002",
        "DEMO-1002",
        ("heart", "neuro", "mental", *_opds("heart", "nerves", "mind", "bones"), "hub:h02"),
    ),
    CastDoctor(
        "Dr Lata Bhosale", "+919810000003", "DEMO-1003", ("maternity", "child", *_opds("women", "children"), "hub:h03")
    ),
    CastDoctor(
        "Dr Samuel Lakra",
        "+919810000004",
        "DEMO-1004",
        ("skin", "fever", "general", *_opds("skin", "eyes", "dental"), "hub:h03"),
    ),
)
COUNCIL = "Demonstration Medical Council"


def teach(database: Database) -> None:
    """Give the doctors of an earlier demonstration what they can do in this one."""
    categories = {doctor.registration: doctor.categories for doctor in DOCTORS}
    with database.writing() as session:
        for known in session.scalars(select(Doctor).where(Doctor.registration_number.in_(categories))):
            for category in categories[known.registration_number]:
                session.merge(DoctorCategory(doctor_id=known.id, category=category))


def bring_on(api: httpx.Client) -> None:
    """Create the four doctors (or find them from an earlier demonstration) and put them on duty."""
    known = {item["registration_number"]: item["id"] for item in _get_all(api)}
    for doctor in DOCTORS:
        doctor_id = known.get(doctor.registration) or _create(api, doctor)
        check(api.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}))


def check(response: httpx.Response) -> httpx.Response:
    """The response, or DemoFailed with what the API said."""
    if response.is_success:
        return response
    raise DemoFailed(
        f"{response.request.method} {response.request.url.path} answered {response.status_code}: {response.text}"
    )


def _get_all(api: httpx.Client) -> list[dict[str, str]]:
    doctors: list[dict[str, str]] = check(api.get("/doctors", params={"limit": 100})).json()["doctors"]
    return doctors


def _create(api: httpx.Client, doctor: CastDoctor) -> str:
    body = {
        "name": doctor.name,
        "qualification": "MBBS",
        "registration_number": doctor.registration,
        "council": COUNCIL,
        "categories": list(doctor.categories),
        "phones": [doctor.number],
        "district": "Bhopal",
        "state": "Madhya Pradesh",
        # The story signs in by a token of its own, so nobody needs the password.
        "account": {"username": doctor.registration.lower(), "password": secrets.token_urlsafe(9)},
    }
    return str(check(api.post("/doctors", json=body)).json()["id"])
