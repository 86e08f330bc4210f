"""What a dialled number means here: its service line, and the 104 that every deployment starts with."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import ServiceLine

DEFAULT_NUMBER = "104"
DEFAULT_FLOW = "line_104"


def service_line(session: Session, dialled: str) -> ServiceLine | None:
    """The line in service under this number; None where there is none, and the call is to be refused."""
    return session.scalar(select(ServiceLine).where(ServiceLine.dialled_number == dialled, ServiceLine.active))


def ensure_default_line(session: Session) -> ServiceLine:
    """The line 104, made where it is missing; one that an administrator switched off or changed stays as it is."""
    query = select(ServiceLine).where(ServiceLine.dialled_number == DEFAULT_NUMBER)
    line = session.scalar(query)
    if line is not None:
        return line
    line = ServiceLine(id=new_id("line"), dialled_number=DEFAULT_NUMBER, name="104", flow=DEFAULT_FLOW)
    try:
        with session.begin_nested():
            session.add(line)
    except IntegrityError:  # the other process was quicker
        return session.scalars(query).one()
    return line
