"""The demonstration's four doctors, made through the API like any other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import httpx

from cli.demo.errors import DemoFailed


@dataclass(frozen=True)
class CastDoctor:
    """Who a doctor is; nobody is meant by these names and numbers."""

    name: str
    number: str
    registration: str
    categories: tuple[str, ...]


DOCTORS = (
    CastDoctor("Dr Asha Verma", "+919810000001", "DEMO-1001", ("fever", "general")),
    CastDoctor("Dr Imran Qureshi", "+919810000002", "DEMO-1002", ("heart", "neuro")),
    CastDoctor("Dr Lata Bhosale", "+919810000003", "DEMO-1003", ("maternity", "child")),
    CastDoctor("Dr Samuel Lakra", "+919810000004", "DEMO-1004", ("skin", "fever", "general")),
)
COUNCIL = "Demonstration Medical Council"


@dataclass(frozen=True)
class OnStage:
    """A doctor as the API knows it; `password` None: made in an earlier demonstration."""

    id: str
    doctor: CastDoctor
    username: str
    password: str


def bring_on(api: httpx.Client) -> list[OnStage]:
    """Create the four doctors (or find them from an earlier demonstration) and put them on duty."""
    known = {item["registration_number"]: item["id"] for item in _get_all(api)}
    stage = []
    for doctor in DOCTORS:
        username, password = doctor.registration.lower(), secrets.token_urlsafe(9)
        doctor_id = known.get(doctor.registration) or _create(api, doctor, username, password)
        check(api.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}))
        stage.append(OnStage(doctor_id, doctor, username, password))
    return stage


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


def _create(api: httpx.Client, doctor: CastDoctor, username: str, password: str) -> str:
    body = {
        "name": doctor.name,
        "qualification": "MBBS",
        "registration_number": doctor.registration,
        "council": COUNCIL,
        "categories": list(doctor.categories),
        "phones": [doctor.number],
        "district": "Bhopal",
        "state": "Madhya Pradesh",
        "account": {"username": username, "password": password},
    }
    return str(check(api.post("/doctors", json=body)).json()["id"])
