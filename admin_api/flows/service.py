"""What staff do with the menus: look, try, upload, activate, go back; audited, and the controller told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.flows.schemas import (
    Activated,
    FlowPage,
    FlowShown,
    Judgement,
    PartShown,
    VersionDetail,
    VersionPage,
    VersionShown,
    fault_shown,
)
from admin_api.problems import Problem
from admin_api.security import Principal
from config import commands
from config.clock import utc_now
from config.database import Database
from config.schema import FlowActivation, FlowVersion, Staff
from config.wakeup import WakeUp
from flows.definition import Flow
from flows.errors import Fault
from shelf import store
from shelf.editing import Editor
from shelf.errors import NothingBefore, Refused, ShelfError
from shelf.reading import Prompts, Readings


def listing(session: Session, prompts: Prompts, readings: Readings) -> FlowPage:
    """Every flow and part with its active version."""
    shelf = store.active(session)
    counts: dict[str, int] = dict(
        session.execute(select(FlowVersion.name, func.count()).group_by(FlowVersion.name)).all()
    )
    names = _names(session)
    shown = []
    for name, item in sorted(shelf.items()):
        reading = readings.read(item.version.name, item.version.text, item.version.parts, prompts)
        shipped = store.newest_shipped(session, name)
        newer = shipped.version if shipped is not None and shipped.id != item.version.id else None
        shown.append(
            FlowShown(
                name=name,
                title=dict(reading.flow.titles.get("", {})) if reading.flow else {},
                is_part=item.version.is_part,
                used_by=sorted(other for other, user in shelf.items() if name in user.version.parts),
                active=_shown(item.version, [item.activation], item.version.id, shipped, names),
                faults=len(reading.faults),
                versions=counts[name],
                newer_shipped=newer if item.activation.own else None,
            )
        )
    return FlowPage(flows=shown)


def versions(session: Session, name: str) -> VersionPage:
    """A flow's versions, newest first. Problem 404 for an unknown one."""
    rows = store.versions(session, name)
    if not rows:
        raise _unknown()
    return VersionPage(versions=_all_shown(session, name, rows))


def detail(session: Session, name: str, version: str, prompts: Prompts, readings: Readings) -> VersionDetail:
    """One version with its text, what is wrong with it today, and how it differs from the active one. Problem 404."""
    row = _found(session, name, version)
    shown = _all_shown(session, name, [row])[0]
    shelf = store.active(session)
    reading = readings.read(row.name, row.text, row.parts, prompts)
    current = {other: item.version.text for other, item in shelf.items()}
    return VersionDetail(
        **shown.model_dump(),
        text=row.text,
        parts=[PartShown(name=part, same_as_active=current.get(part) == text) for part, text in row.parts.items()],
        faults=[fault_shown(fault) for fault in reading.faults],
        changes=_changes(name, current.get(name, ""), row.text, shown.version),
    )


def flow_of(session: Session, name: str, version: str, readings: Readings) -> Flow:
    """The flow of a version, to be drawn. Problem 404 where there is none that can be."""
    row = _found(session, name, version)
    flow = readings.read(row.name, row.text, row.parts, {}).flow
    if flow is None:
        raise Problem(404, "not_found", "This version cannot be drawn.")
    return flow


def judge(session: Session, name: str, text: str, prompts: Prompts, readings: Readings) -> Judgement:
    """What is wrong with a text, in the flows that use it too. Nothing is stored."""
    trial = Editor(session, prompts, readings).try_text(name, text)
    active = store.active_of(session, name)
    version = trial.reading.flow.version if trial.reading.flow is not None and not trial.errors else None
    return Judgement(
        name=name,
        version=version,
        faults=[fault_shown(fault) for fault in trial.faults],
        changes=_changes(name, active.version.text if active else "", text, version or "?"),
    )


def upload(
    database: Database, who: Principal, name: str, text: str, note: str, prompts: Prompts
) -> tuple[VersionShown, bool]:
    """Keep a text as a version; False: it was there. Problem 422 with everything that is wrong."""
    readings = Readings()
    with database.reading() as session:  # the long work, before the database's one write lock is held
        Editor(session, prompts, readings).try_text(name, text)
    with database.writing() as session:
        try:
            row, is_new = Editor(session, prompts, readings).upload(name, text, note, who.staff_id, utc_now())
        except ShelfError as error:
            raise _problem(error) from None
        if is_new:
            audit.record(session, who, "flow.uploaded", "flow", name, version=row.version)
        return _all_shown(session, name, [row])[0], is_new


def activate(
    database: Database, who: Principal, name: str, version: str | None, prompts: Prompts, wake_up: WakeUp
) -> Activated:
    """New calls hear the version (None: the one active before). Problem 404, 409, 422."""
    readings = Readings()
    with database.reading() as session:
        row = store.find(session, name, version) if version else None
        if row is not None:
            Editor(session, prompts, readings).try_text(name, row.text)
    with database.writing() as session:
        editor, at = Editor(session, prompts, readings), utc_now()
        replaced = store.active_of(session, name)
        try:
            if version is None:
                done = editor.roll_back(name, who.staff_id, at)
            else:
                done = editor.activate(name, version, who.staff_id, at)
        except ShelfError as error:
            raise _problem(error) from None
        made_anew = [item.name for item in done[1:]]
        active = store.active_of(session, name)
        assert active is not None
        audit.record(
            session,
            who,
            "flow.activated" if version else "flow.rolled_back",
            "flow",
            name,
            version=active.version.version,
            before=replaced.version.version if replaced else None,
            made_anew=made_anew,
        )
        commands.send(session, "controller", "flows_changed", {"flows": [name, *made_anew]}, at, wake_up)
        return Activated(active=_all_shown(session, name, [active.version])[0], made_anew=made_anew)


def _all_shown(session: Session, name: str, rows: Sequence[FlowVersion]) -> list[VersionShown]:
    history = store.history(session, name)
    active_id = history[0].version.id if history else None
    shipped, names = store.newest_shipped(session, name), _names(session)
    of_version: dict[int, list[FlowActivation]] = {}
    for item in history:
        of_version.setdefault(item.version.id, []).append(item.activation)
    return [_shown(row, of_version.get(row.id, []), active_id, shipped, names) for row in rows]


def _shown(
    row: FlowVersion,
    activations: Sequence[FlowActivation],
    active_id: int | None,
    shipped: FlowVersion | None,
    names: Mapping[str, str],
) -> VersionShown:
    last = activations[0] if activations else None
    return VersionShown(
        name=row.name,
        version=row.version,
        is_part=row.is_part,
        origin=row.origin,  # type: ignore[arg-type]  # only these three are written
        author=names.get(row.staff_id or ""),
        note=row.note,
        created_at=row.created_at,
        shipped=shipped is not None and shipped.id == row.id,
        active=row.id == active_id,
        activated_at=last.at if last else None,
        activated_by=names.get(last.staff_id or "") if last else None,
        taken_up_at=last.taken_up_at if last else None,
        trouble=last.trouble if last else "",
    )


def _names(session: Session) -> dict[str, str]:
    return {row.id: row.username for row in session.execute(select(Staff.id, Staff.username))}


def _found(session: Session, name: str, version: str) -> FlowVersion:
    row = store.find(session, name, version)
    if row is None:
        raise _unknown()
    return row


def _unknown() -> Problem:
    return Problem(404, "not_found", "There is no such flow, or no such version of it.")


def _problem(error: ShelfError) -> Problem:
    if isinstance(error, Refused):
        return broken(error.faults)
    if isinstance(error, NothingBefore):
        return Problem(409, "conflict", "No other version was active before this one.")
    return _unknown()


def broken(faults: Iterable[Fault]) -> Problem:
    """The refusal of a text, with every fault by line."""
    errors = [
        {"field": "text", "kind": fault.severity, "detail": fault.what}
        | {"source": fault.source, "line": fault.line, "node": fault.node, "advice": fault.advice}
        for fault in faults
    ]
    return Problem(422, "broken_flow", "The menu has errors; nothing was changed.", field="text", errors=errors)


def _changes(name: str, before: str, after: str, version: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    return list(difflib.unified_diff(old, new, f"{name} (active)", f"{name} {version}", n=2, lineterm=""))
