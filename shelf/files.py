"""Takes the menus of the files (flows/definitions/*.yaml) onto the shelf, at every start of the controller."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from config.database import Database
from config.schema import AuditEntry
from flows.errors import Fault, FlowError
from shelf import store
from shelf.reading import Prompts, Reading, read
from shelf.store import Active, Draft

log = logging.getLogger(__name__)


def take_in(database: Database, folder: Path, prompts: Prompts, at: datetime) -> None:
    """Put every file's version on the shelf, and activate it unless the department chose a version of its own.

    A broken file is named in the log and what is active stays. FlowError where nothing of its name is active.
    """
    texts, unreadable = _texts(folder)
    with database.writing() as session:
        store.lock(session)
        shelf = store.active(session)
        readings = _readings(texts, shelf, prompts)
        homeless = [fault for name, item in readings.items() if name not in shelf for fault in item.errors]
        homeless += [fault for fault in unreadable if Path(fault.source).stem not in shelf]
        if homeless:
            raise FlowError(homeless)
        for fault in unreadable:
            log.error("%s", fault)
        for name, reading in readings.items():
            if reading.errors:
                log.error("%s.yaml is broken, version %s stays:", name, shelf[name].version.version)
                for fault in reading.errors:
                    log.error("%s", fault)
            else:
                _take_in(session, reading, shelf.get(name), at)


def _take_in(session: Session, reading: Reading, current: Active | None, at: datetime) -> None:
    assert reading.flow is not None
    version = reading.flow.version
    draft = Draft(reading.name, version, reading.is_part, reading.text, reading.parts, "file")
    row = store.put(session, draft, at)
    row.shipped_at = at
    if current is not None and current.version.id == row.id:
        return
    if current is not None and current.activation.own:
        message = "%s: the shipped version is %s, but the department's own %s stays active"
        log.warning(message, reading.name, version, current.version.version)
        return
    before = current.activation.id if current else None
    store.activate(session, row, cause="file", own=False, at=at, before=before)
    detail = {"version": version, "before": current.version.version if current else None}
    session.add(
        AuditEntry(
            at=at,
            staff_id=None,
            action="flow.activated",
            subject_kind="flow",
            subject_id=reading.name,
            source="file",
            detail=detail,
        )
    )
    log.info("%s: version %s of the files is active", reading.name, version)


def _readings(texts: Mapping[str, str], shelf: Mapping[str, Active], prompts: Prompts) -> dict[str, Reading]:
    """Each file with the parts that count: the department's own where it has some, else the files'.

    Where a part's file is broken, the part that is active counts.
    """
    parts = {name: item.version.text for name, item in shelf.items() if item.version.is_part}
    ours = {name for name in parts if shelf[name].activation.own}
    counting = parts | {name: text for name, text in texts.items() if name not in ours}
    readings = {name: read(name, text, counting, prompts) for name, text in texts.items()}
    broken = {name for name in parts.keys() & readings.keys() if readings[name].errors}
    if broken:
        counting |= {name: parts[name] for name in broken}
        readings |= {name: read(name, text, counting, prompts) for name, text in texts.items() if name not in broken}
    return readings


def _texts(folder: Path) -> tuple[dict[str, str], list[Fault]]:
    """The files' texts by name, and a fault for each that is not text."""
    texts, faults = {}, []
    for path in sorted(folder.glob("*.yaml")):
        try:
            texts[path.stem] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(str(path), 0, "", f"this cannot be read: {error}", "save it as UTF-8"))
    if not texts and not faults:
        raise FlowError(f"{folder}: there are no flows (*.yaml)")
    return texts, faults
