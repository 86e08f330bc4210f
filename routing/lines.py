"""What a dialled number means here: its service line, how lines come and change, and which a deployment starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import ServiceLine
from routing.errors import RoutingError

# What every deployment starts with: the flow of each dialled number.
FIRST_LINES: Mapping[str, str] = {"104": "line_104"}


def service_line(session: Session, dialled: str) -> ServiceLine | None:
    """The line in service under this number; None where there is none, and the call is to be refused."""
    return session.scalar(select(ServiceLine).where(ServiceLine.dialled_number == dialled, ServiceLine.active))


def lines(session: Session) -> list[ServiceLine]:
    """Every line by its number, those that are switched off too."""
    return list(session.scalars(select(ServiceLine).order_by(ServiceLine.dialled_number)))


def line_of(session: Session, number: str) -> ServiceLine:
    """The line of a number, in service or not. RoutingError where there is none."""
    line = session.scalar(select(ServiceLine).where(ServiceLine.dialled_number == number))
    if line is None:
        raise RoutingError(f"{number} is no service line")
    return line


def add_line(session: Session, number: str, flow: str, fields: Mapping[str, Any]) -> ServiceLine:
    """A new line; `fields` are further columns, checked before. RoutingError where the number is a line already."""
    query = select(ServiceLine.id).where(ServiceLine.dialled_number == number)
    if session.scalar(query) is not None:
        raise RoutingError(f"{number} is a service line already")
    line = ServiceLine(id=new_id("line"), **({"dialled_number": number, "name": number, "flow": flow} | dict(fields)))
    session.add(line)
    session.flush()
    return line


def change_line(line: ServiceLine, fields: Mapping[str, Any]) -> list[str]:
    """Give the line these columns; the names of those that were different."""
    changed = [name for name, value in fields.items() if getattr(line, name) != value]
    for name in changed:
        setattr(line, name, fields[name])
    return changed


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
