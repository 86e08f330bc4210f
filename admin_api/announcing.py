"""The names of doctors who sit in a control room, which are said before a call is offered there: words and voices.

Several doctors share such a telephone, so whoever lifts it hears for whom it rings. A name becomes the prompt
`doctor.<id>` in a file of the deployment's own catalogue, is spoken here in the background, and the controller is told
(`prompts_changed`). A name that cannot be spoken is left out: the offer begins without it.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Mapping

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from admin_api.texts import LANGUAGES, texts
from config import commands
from config.clock import utc_now
from config.database import Database
from config.schema import ControlRoom, Doctor, DoctorPhone
from config.settings import Settings
from config.wakeup import WakeUp
from directory.errors import DirectoryError
from directory.importing.names import NameBook
from prompts.names import DOCTORS, doctor_prompt
from prompts.store import open_store

log = logging.getLogger(__name__)

_TITLE = re.compile(r"^(डॉक्टर|डाक्टर|डॉ|डा|doctor|dr)(\.|\s)\s*", re.IGNORECASE)
_SECONDS_TO_STOP = 10
# cli/prepare.py leaves here where an unpacked espeak-ng is: LD_LIBRARY_PATH itself would be our own process's, too.
SPEECH_LIBRARIES = "ESPEAK_LIBRARY_PATH"


def sits_in_a_room(session: Session, doctor_id: str) -> bool:
    """Whether one of the doctor's phones is a control room's."""
    rooms = select(ControlRoom.number).where(ControlRoom.active)
    mine = select(DoctorPhone.id).where(DoctorPhone.doctor_id == doctor_id, DoctorPhone.number.in_(rooms))
    return session.scalars(mine.limit(1)).first() is not None


def announced(session: Session) -> dict[str, str]:
    """Everybody who is to be announced: names by doctor id."""
    rooms = select(ControlRoom.number).where(ControlRoom.active)
    there = select(DoctorPhone.doctor_id).where(DoctorPhone.active, DoctorPhone.number.in_(rooms))
    rows = session.execute(select(Doctor.id, Doctor.name).where(Doctor.active, Doctor.id.in_(there)))
    return {row.id: row.name for row in rows}


def write_words(settings: Settings, names: Mapping[str, str]) -> bool:
    """Let the catalogue announce exactly these doctors, as far as their names can be spoken; whether it changed."""
    languages = sorted(path.parent.name for path in settings.prompt_catalogue_dir.glob("*/language.yaml"))
    book = NameBook(settings.catalogue_dir, languages, ())
    said = {}
    for doctor_id, name in sorted(names.items()):
        words = _words(name)
        try:
            if words:
                said[doctor_prompt(doctor_id)] = book.check(words)
        except DirectoryError as error:
            log.info("%s is not announced by name: %s", doctor_id, error)
    return book.replace(DOCTORS, said)


def speak(settings: Settings, env: Mapping[str, str]) -> int:
    """Speak the names that have no sound yet; how many there were. Raises PromptError."""
    store = open_store(settings)
    wanted = {id for catalogue in store.catalogues.values() for id in catalogue.prompts if id.startswith("doctor.")}
    if not wanted:
        return 0
    return store.build(tuple(store.catalogues), env, only=wanted).spoken


def tell_controller(database: Database, wake_up: WakeUp) -> None:
    with database.writing() as session:
        commands.send(session, "controller", "prompts_changed", {"theme": DOCTORS}, utc_now(), wake_up)


def speech_environment() -> dict[str, str]:
    """What the synthesiser's processes need besides our own environment."""
    libraries = os.environ.get(SPEECH_LIBRARIES)
    return {"LD_LIBRARY_PATH": libraries} if libraries else {}


class Announcer:
    """Keeps words and voices of announced doctors up to date, in a thread of its own, whenever it is told to look."""

    def __init__(self, settings: Settings, database: Database, wake_up: WakeUp) -> None:
        self._settings, self._database, self._wake_up = settings, database, wake_up
        self._due, self._stopping = threading.Event(), threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def after_commit(self, session: Session) -> None:
        """Look once the session's transaction is committed."""
        if not session.info.get(self):
            session.info[self] = True
            event.listen(session, "after_commit", lambda _session: self.soon(), once=True)

    def soon(self) -> None:
        """Look as soon as may be."""
        with self._guard:
            self._idle.clear()
            self._due.set()
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether everything that was asked for is done within so many seconds."""
        return self._idle.wait(seconds)

    def close(self) -> None:
        self._stopping.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join(_SECONDS_TO_STOP)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._due.wait()
            self._due.clear()
            if self._stopping.is_set():
                return
            try:
                self._look()
            except Exception as error:  # a name less to hear must not end the announcing of others
                log.error("control rooms' doctors are announced by their old names for now: %s", error)
            with self._guard:
                if not self._due.is_set():
                    self._idle.set()

    def _look(self) -> None:
        with self._database.reading() as session:
            names = announced(session)
        changed = write_words(self._settings, names)
        spoken = speak(self._settings, speech_environment()) if names else 0
        if changed or spoken:
            tell_controller(self._database, self._wake_up)
            log.info("%d doctors of control rooms are announced by name, %d names spoken anew", len(names), spoken)


def _words(name: str) -> dict[str, str]:
    """What is said by language; empty where there is nothing in the name that could be said."""
    plain = " ".join(_TITLE.sub("", name.strip()).split())
    if not any(character.isalpha() for character in plain):
        return {}
    return {language: texts(language)["announced.doctor"].format(name=plain) for language in LANGUAGES}
