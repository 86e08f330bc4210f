"""What a dialled number means here: its service line, and the lines that a deployment starts with."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import ServiceLine

# What every deployment starts with: the flow of each dialled number.
FIRST_LINES: Mapping[str, str] = {"104": "line_104"}


def service_line(session: Session, dialled: str) -> ServiceLine | None:
    """The line in service under this number; None where there is none, and the call is to be refused."""
    return session.scalar(select(ServiceLine).where(ServiceLine.dialled_number == dialled, ServiceLine.active))


def ensure_line(session: Session, number: str, flow: str) -> ServiceLine:
    """The line of a number, made where it is missing; one that an administrator switched off or changed stays."""
    query = select(ServiceLine).where(ServiceLine.dialled_number == number)
    line = session.scalar(query)
    if line is not None:
        return line
    line = ServiceLine(id=new_id("line"), dialled_number=number, name=number, flow=flow)
    try:
        with session.begin_nested():
            session.add(line)
    except IntegrityError:  # the other process was quicker
        return session.scalars(query).one()
    return line
