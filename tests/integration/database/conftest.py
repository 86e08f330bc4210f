"""Rows that the storage tests start from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.database import Database
from config.schema import Doctor, DoctorCategory, DoctorPhone

AddDoctor = Callable[..., str]


@pytest.fixture
def add_doctor(database: Database, now: datetime) -> AddDoctor:
    """Stores a doctor on duty for fever with one phone, changed as asked; answers the id."""

    def add(id: str = "doc-1", *, categories: tuple[str, ...] = ("fever",), phones: int = 1, **changes: Any) -> str:
        values: dict[str, Any] = {"name": "Dr. Asha Verma", "duty": "on", "created_at": now}
        with database.writing() as session:
            session.add(Doctor(id=id, registration_number=f"MP-{id}", council="MPMC", **{**values, **changes}))
            session.flush()
            session.add_all(DoctorCategory(doctor_id=id, category=category) for category in categories)
            for n in range(phones):
                number = f"+9198{abs(hash((id, n))) % 10**8:08}"
                session.add(DoctorPhone(id=f"{id}-phone-{n}", doctor_id=id, number=number, position=n))
        return id

    return add
