"""What a department does with its menus: try a text, put it on the shelf, activate a version, go back.

A part (a flow with exits) is used inside other flows, which are frozen with its text. So a part is checked together
with everything active that uses it, and activating it makes and activates new versions of those, by the same person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from config.schema import FlowActivation, FlowVersion
from flows.errors import Fault
from shelf import store
from shelf.errors import NothingBefore, Refused, UnknownVersion
from shelf.reading import Prompts, Reading, Readings
from shelf.store import Active, Draft


@dataclass(frozen=True)
class Trial:
    """A text and how it fits: its own reading, and everything wrong, in the active flows that use it too."""

    reading: Reading
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "error")


class Editor:
    """One transaction's work. `readings` may have been filled before, so that no lock is held while texts are read."""

    def __init__(self, session: Session, prompts: Prompts, readings: Readings | None = None) -> None:
        self._session = session
        self._prompts = prompts
        self._readings = readings or Readings()

    def try_text(self, name: str, text: str) -> Trial:
        """How a text would do as the next version of `name`. Nothing is stored."""
        shelf = store.active(self._session)
        texts = {other: item.version.text for other, item in shelf.items() if item.version.is_part and other != name}
        reading = self._readings.read(name, text, texts, self._prompts)
        return self._with_users(reading, shelf)

    def upload(self, name: str, text: str, note: str, staff_id: str | None, at: datetime) -> tuple[FlowVersion, bool]:
        """Keep a text that has no errors as a version; False: it was there already. What is heard does not change.

        Refused where it has errors.
        """
        store.lock(self._session)
        trial = self.try_text(name, text)
        if trial.errors or trial.reading.flow is None:
            raise Refused(trial.faults)
        flow, parts = trial.reading.flow, trial.reading.parts
        known = store.find(self._session, name, flow.version) is not None
        draft = Draft(name, flow.version, trial.reading.is_part, text, parts, "upload", staff_id, note)
        return store.put(self._session, draft, at), not known

    def activate(self, name: str, version: str, staff_id: str | None, at: datetime) -> list[FlowActivation]:
        """New calls hear the version: its activation, then those of the flows made anew with it.

        UnknownVersion; Refused where it does not fit (any more).
        """
        store.lock(self._session)
        row = store.find(self._session, name, version)
        if row is None:
            raise UnknownVersion(f"{name} has no version {version}")
        current = store.active_of(self._session, name)
        before = current.activation.id if current else None
        return self._activate(row, "chosen", staff_id, at, before)

    def roll_back(self, name: str, staff_id: str | None, at: datetime) -> list[FlowActivation]:
        """New calls hear what they heard before the present version; done again, it goes back one further.

        NothingBefore; UnknownVersion; Refused where the version before does not fit any more.
        """
        store.lock(self._session)
        current = store.active_of(self._session, name)
        if current is None:
            raise UnknownVersion(f"there is no flow {name}")
        earlier = self._before(current)
        if earlier is None:
            raise NothingBefore(f"{name} has had no other version")
        return self._activate(earlier.version, "rolled_back", staff_id, at, earlier.activation.before_id)

    def _before(self, current: Active) -> Active | None:
        """The last activation of another version."""
        earlier = current
        while earlier.version.id == current.version.id:
            if earlier.activation.before_id is None:
                return None
            found = store.activation(self._session, earlier.activation.before_id)
            if found is None:
                return None
            earlier = found
        return earlier

    def _activate(
        self, row: FlowVersion, cause: str, staff_id: str | None, at: datetime, before: int | None
    ) -> list[FlowActivation]:
        shelf = store.active(self._session)
        reading = self._readings.read(row.name, row.text, row.parts, self._prompts)
        trial = self._with_users(reading, shelf)
        if trial.errors:
            raise Refused(trial.faults)
        own = not self._is_shipped(row, shelf)  # who goes back to the shipped file follows the files again
        done = [
            store.activate(self._session, row, cause=cause, own=own, at=at, staff_id=staff_id, before=before),
        ]
        for user in _users(row.name, shelf):
            done += self._made_anew(user, row, staff_id, at)
        return done

    def _is_shipped(self, row: FlowVersion, shelf: Mapping[str, Active]) -> bool:
        """Whether this is what the files would bring: their newest text, with the parts that are active."""
        shipped = store.newest_shipped(self._session, row.name)
        present = all(part in shelf and shelf[part].version.text == text for part, text in row.parts.items())
        return shipped is not None and shipped.id == row.id and present

    def _made_anew(self, user: Active, part: FlowVersion, staff_id: str | None, at: datetime) -> list[FlowActivation]:
        reading = self._read_user(user, part.name, part.text, part.parts, store.active(self._session))
        if reading.flow is None or reading.flow.version == user.version.version:
            return []
        origin, note = "part", f"{part.name} {part.version}"
        draft = Draft(
            user.version.name,
            reading.flow.version,
            user.version.is_part,
            user.version.text,
            reading.parts,
            origin,
            staff_id,
            note,
        )
        row = store.put(self._session, draft, at)
        return [
            store.activate(
                self._session,
                row,
                cause="part",
                own=user.activation.own,
                at=at,
                staff_id=staff_id,
                before=user.activation.id,
            )
        ]

    def _with_users(self, reading: Reading, shelf: Mapping[str, Active]) -> Trial:
        faults = list(reading.faults)
        current = shelf.get(reading.name)
        if reading.flow is not None and current is not None and current.version.is_part != reading.is_part:
            faults.append(_changed_sort(reading))
        if not reading.errors:
            for user in _users(reading.name, shelf):
                text, parts = reading.text, reading.parts
                known = set(reading.faults)
                faults += [f for f in self._read_user(user, reading.name, text, parts, shelf).faults if f not in known]
        return Trial(reading, tuple(dict.fromkeys(faults)))

    def _read_user(
        self, user: Active, name: str, text: str, parts: Mapping[str, str], shelf: Mapping[str, Active]
    ) -> Reading:
        """An active flow with another text of one of its parts. What else it uses stays as it is frozen."""
        others = {other: item.version.text for other, item in shelf.items() if item.version.is_part}
        available = {**others, **parts, **user.version.parts, name: text}
        return self._readings.read(user.version.name, user.version.text, available, self._prompts)


def _users(name: str, shelf: Mapping[str, Active]) -> list[Active]:
    return [item for other, item in sorted(shelf.items()) if name in item.version.parts and other != name]


def _changed_sort(reading: Reading) -> Fault:
    what = "a part (it has exits)" if reading.is_part else "a flow of its own (it has no exits)"
    advice = "give it another name: what uses the active one would not find it any more"
    return Fault(f"{reading.name}.yaml", 1, "", f"this would turn {reading.name} into {what}", advice)
