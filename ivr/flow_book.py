"""The flows of live calls: each in the version it began with, and of each name the one that new calls hear."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import FlowVersion
from flows.definition import Flow
from flows.errors import FlowError
from flows.state import FlowState
from ivr.state import Call
from shelf import store
from shelf.reading import Prompts, read
from shelf.store import Active

log = logging.getLogger(__name__)

NEEDED = ("offer", "disposition")
# Heard at a turn of a call, never by dialling a number.
INNER = (
    *NEEDED,
    "abuse_notice",
    "blocked_caller",
    "called_back",
    "missed_call",
    "private_message",
    "voice_message",
)

FlowId = tuple[str, str]  # name and version


class FlowBook:
    """`versions` by name and version, `active` by name. Versions stay for as long as the controller lives.

    `sounds` are the ids of the prompts that can be played: a flow that says another one is not taken up.
    """

    def __init__(self, database: Database, sounds: Prompts) -> None:
        self._database = database
        self._sounds = sounds
        self.versions: Mapping[FlowId, Flow] = {}
        self.active: Mapping[str, Flow] = {}

    def speaks(self, language: str) -> bool:
        """Whether a line may be in this language."""
        return not self._sounds or language in self._sounds

    def load(self) -> None:
        """The active versions, for the start; blocking. FlowError where there is none that the controller needs."""
        self._take_up()
        for name in NEEDED:
            if name not in self.active:
                raise FlowError(f"there is no flow {name!r}, which every call with a doctor needs")

    def load_for(self, calls: Iterable[Call]) -> None:
        """The versions that live calls are in; blocking."""
        for flow_id in sorted({id for call in calls for id in _flows_of(call)} - self.versions.keys()):
            self._load_old(*flow_id)

    async def refresh(self) -> None:
        """Take up what was activated since; a database that does not answer changes nothing."""
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._take_up)
        except SQLAlchemyError as error:
            log.error("the flows' versions cannot be read for now: %s", type(error).__name__)

    def _take_up(self) -> None:
        at = utc_now()
        with self._database.reading() as session:
            shelf = store.active(session)
            versions, active = dict(self.versions), dict(self.active)
            used, troubles = [], {}
            for name, item in sorted(shelf.items()):
                if item.version.is_part:
                    used.append(item)  # heard inside the flows that use it, which are frozen with it
                    continue
                flow, trouble = self._flow(session, item, versions)
                if flow is not None:
                    versions[(flow.name, flow.version)] = active[name] = flow
                if trouble:
                    troubles[item.activation.id] = trouble
                else:
                    used.append(item)
        used, troubles = _with_their_parts(shelf, used, troubles)
        self.versions, self.active = versions, active  # at once: the event loop reads them meanwhile
        self._report(used, troubles, at)

    def _flow(self, session: Session, item: Active, versions: Mapping[FlowId, Flow]) -> tuple[Flow | None, str]:
        """What new calls of the name are to hear, and why it is not the active version (where it is not)."""
        flow, trouble = self._built(item.version, versions)
        if flow is not None:
            return flow, ""
        log.error("%s %s cannot be used: %s", item.version.name, item.version.version, trouble)
        if present := self.active.get(item.version.name):
            return present, trouble
        earlier: Active | None = item
        while flow is None and earlier is not None and earlier.activation.before_id is not None:
            earlier = store.activation(session, earlier.activation.before_id)
            flow = self._built(earlier.version, versions)[0] if earlier else None
        if flow is not None:
            log.error("%s: new calls hear version %s instead", flow.name, flow.version)
        return flow, trouble

    def _built(self, row: FlowVersion, versions: Mapping[FlowId, Flow]) -> tuple[Flow | None, str]:
        known = versions.get((row.name, row.version))
        if known is not None:
            return known, ""
        reading = read(row.name, row.text, row.parts, self._sounds)
        if reading.errors or reading.flow is None:
            return None, "\n".join(str(fault) for fault in reading.errors)
        return reading.flow, ""

    def _report(self, used: list[Active], troubles: Mapping[int, str], at: datetime) -> None:
        """Where people look (GET /flows): what was taken up, and what was not and why."""
        news = [item.activation for item in used if item.activation.taken_up_at is None]
        if not news and not troubles:
            return
        with self._database.writing() as session:
            store.note_taken_up(session, [item.id for item in news], at)
            for activation_id, trouble in troubles.items():
                store.note_trouble(session, activation_id, trouble)
        for item in news:
            log.info("%s: new calls hear activation %d", item.name, item.id)

    def _load_old(self, name: str, version: str) -> None:
        """A version that a live call is in. It may say a prompt that is gone: the call goes on as well as it can."""
        with self._database.reading() as session:
            row = store.find(session, name, version)
        flow = read(name, row.text, row.parts, {}).flow if row is not None else None
        if flow is None:
            log.error(
                "a live call is in %s %s, which is not on the shelf: it goes on in the present one", name, version
            )
            flow = self.active.get(name)
        if flow is not None:
            self.versions = {**self.versions, (name, version): flow}


def _with_their_parts(
    shelf: Mapping[str, Active], used: list[Active], troubles: Mapping[int, str]
) -> tuple[list[Active], dict[int, str]]:
    """A part is heard inside the flows that use it: what keeps one of them from being taken up keeps the part, too."""
    kept = dict(troubles)
    for name, item in shelf.items():
        trouble = troubles.get(item.activation.id)
        for part in item.version.parts if trouble else ():
            if part in shelf:
                kept[shelf[part].activation.id] = f"{name}: {trouble}"
    return [item for item in used if item.activation.id not in kept], kept


def _flows_of(call: Call) -> set[FlowId]:
    states: list[FlowState | None] = [call.patient.flow, *(item.leg.flow for item in call.doctors)]
    return {(state.flow, state.version) for state in states if state is not None}
