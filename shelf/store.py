"""Versions and activations in the database. Whoever changes something holds the shelf's lock until the commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from config.schema import FlowActivation, FlowVersion

# Any number, the same in every process: PostgreSQL's advisory lock of whoever changes the shelf.
_LOCK = 104_0003


@dataclass(frozen=True)
class Active:
    """What new calls of a name hear, and since when."""

    activation: FlowActivation
    version: FlowVersion


@dataclass(frozen=True)
class Draft:
    """A version to be kept."""

    name: str
    version: str
    is_part: bool
    text: str
    parts: Mapping[str, str]
    origin: str
    staff_id: str | None = None
    note: str = ""


def lock(session: Session) -> None:
    """One change at a time: two people's activations follow each other. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def active(session: Session) -> dict[str, Active]:
    """The active version of every name."""
    newest = select(func.max(FlowActivation.id)).group_by(FlowActivation.name)
    return {
        item.activation.name: item for item in _activations(session, _joined().where(FlowActivation.id.in_(newest)))
    }


def active_of(session: Session, name: str) -> Active | None:
    """The active version of one name."""
    newest = select(func.max(FlowActivation.id)).where(FlowActivation.name == name).scalar_subquery()
    return next(iter(_activations(session, _joined().where(FlowActivation.id == newest))), None)


def activation(session: Session, activation_id: int) -> Active | None:
    """An activation of any time."""
    return next(iter(_activations(session, _joined().where(FlowActivation.id == activation_id))), None)


def find(session: Session, name: str, version: str) -> FlowVersion | None:
    """A version by name and hash."""
    return session.scalar(select(FlowVersion).where(FlowVersion.name == name, FlowVersion.version == version))


def versions(session: Session, name: str) -> Sequence[FlowVersion]:
    """Every version of a name, newest first."""
    return session.scalars(select(FlowVersion).where(FlowVersion.name == name).order_by(FlowVersion.id.desc())).all()


def history(session: Session, name: str) -> list[Active]:
    """Every activation of a name, newest first."""
    return _activations(session, _joined().where(FlowActivation.name == name).order_by(FlowActivation.id.desc()))


def newest_shipped(session: Session, name: str) -> FlowVersion | None:
    """The version that stands in the helpline's files, as far as a controller has seen them."""
    found = select(FlowVersion).where(FlowVersion.name == name, FlowVersion.shipped_at.is_not(None))
    return session.scalar(found.order_by(FlowVersion.shipped_at.desc(), FlowVersion.id.desc()).limit(1))


def put(session: Session, draft: Draft, at: datetime) -> FlowVersion:
    """Keep a version; the one that is there already, if these very texts are."""
    there = find(session, draft.name, draft.version)
    if there is not None:
        return there
    row = FlowVersion(
        name=draft.name,
        version=draft.version,
        is_part=draft.is_part,
        text=draft.text,
        parts=dict(draft.parts),
        origin=draft.origin,
        staff_id=draft.staff_id,
        note=draft.note,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def activate(
    session: Session,
    version: FlowVersion,
    *,
    cause: str,
    own: bool,
    at: datetime,
    staff_id: str | None = None,
    before: int | None = None,
) -> FlowActivation:
    """New calls hear this version. `before` is the activation that a roll-back returns to."""
    row = FlowActivation(
        name=version.name,
        version_id=version.id,
        at=at,
        staff_id=staff_id,
        cause=cause,
        own=own,
        before_id=before,
        trouble="",
    )
    session.add(row)
    session.flush()
    return row


def note_taken_up(session: Session, activation_ids: Iterable[int], at: datetime) -> None:
    """The controller uses them now."""
    _settle(session, activation_ids, taken_up_at=at, trouble="")


def note_trouble(session: Session, activation_id: int, trouble: str) -> None:
    """The controller cannot use it, and goes on with the one before."""
    _settle(session, [activation_id], trouble=trouble, taken_up_at=None)


def _settle(session: Session, activation_ids: Iterable[int], **values: object) -> None:
    session.execute(update(FlowActivation).where(FlowActivation.id.in_(list(activation_ids))).values(**values))


def _joined() -> Select[FlowActivation, FlowVersion]:
    return select(FlowActivation, FlowVersion).join(FlowVersion, FlowVersion.id == FlowActivation.version_id)


def _activations(session: Session, query: Select[FlowActivation, FlowVersion]) -> list[Active]:
    return [Active(activation, version) for activation, version in session.execute(query)]
