"""Turns messages that are to be heard into sound, in a thread of the web process: a call never waits for a synthesiser.

Each lies in data_dir/spoken under its message's id for as long as it is wanted, and no longer: it tells of somebody's
health. Of all that wait, only the next few hundred have a sound.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from admin_api.announcing import speech_environment
from cdr.events import SMS_SETTLED, JournalEntry
from cdr.journal import Journal
from config import commands
from config.clock import utc_now
from config.database import Database
from config.settings import Settings
from config.wakeup import WakeUp
from messaging import spoken
from messaging.worker import RECIPIENT
from prompts.aloud import aloud
from prompts.catalogue import Catalogue, load_catalogues
from prompts.errors import PromptError
from prompts.store import Speak
from prompts.synthesis import SpeechJob, synthesise
from prompts.voices import Casting
from prompts.wav import RATE

log = logging.getLogger(__name__)

FOLDER = "spoken"  # of data_dir; ivr/spoken_messages.py plays from it
MOST_SOUNDS = 300  # of about 200 kB each
_AT_A_TIME = 12
_LOOK_EVERY_SECONDS = 5.0
_SWEEP_EVERY_SECONDS = 30.0
_TRIES = 3  # a synthesiser that fails may only have had no memory
_OLDEST_SECONDS = 48 * 3600
_STILL_HEARD = timedelta(minutes=10)  # whoever has heard it may want to hear it again in the same call
_SECONDS_TO_STOP = 10


class MessageSpeaker:
    """`start()` and `stop()`; `run_once()` is one look, for tests."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        wake_up: WakeUp,
        speak: Speak = synthesise,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._journal = Journal(database)
        self._wake_up = wake_up
        self._speak = speak
        self._clock = clock
        self._folder = settings.data_dir / FOLDER
        self._catalogues: Mapping[str, Catalogue] | None = None
        self._casting = Casting(settings.prompt_engine, settings.chosen_voices, settings.prompt_rate, settings.piper)
        self._faults: dict[str, int] = {}
        self._due, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin; whoever promises a message hints the messenger, and so this thread."""
        self._unsubscribe = self._wake_up.subscribe(RECIPIENT, self._due.set)
        self._thread = threading.Thread(target=self._run, name="message-speaker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after what is being spoken now."""
        self._stopping.set()
        self._due.set()
        self._unsubscribe()
        if self._thread is not None:
            self._thread.join(_SECONDS_TO_STOP)

    def run_once(self) -> int:
        """Make the sounds that are missing and delete those that nobody wants; how many were made."""
        there = self._there()
        with self._database.reading() as session:
            wanted = spoken.sounds(session, set(there.values()), MOST_SOUNDS, utc_now() - _STILL_HEARD)
        self._sweep(there, wanted.needed)
        made = 0
        for begin in range(0, len(wanted.missing), _AT_A_TIME):
            if self._stopping.is_set():
                break
            made += self._make(wanted.missing[begin : begin + _AT_A_TIME])
        self._faults = {id: count for id, count in self._faults.items() if id in wanted.needed}
        return made

    def _run(self) -> None:
        every = _LOOK_EVERY_SECONDS if self._settings.spoken_purposes else _SWEEP_EVERY_SECONDS
        while not self._stopping.is_set():
            self._due.clear()
            try:
                self.run_once()
            except (SQLAlchemyError, PromptError) as error:
                log.error("messages are turned into speech later: %s", _words(error))
            except Exception:
                log.exception("messages could not be turned into speech; trying again")
            self._due.wait(every)
            self._stopping.wait(0.2)  # many promises at once are one look

    def _make(self, items: Iterable[tuple[str, str, str]]) -> int:
        jobs = {id: self._job(id, language, text) for id, language, text in items}
        made = self._said([job for job in jobs.values() if job is not None])
        for id, job in jobs.items():
            # One text that cannot be said must not keep the others from being heard.
            if job is None:
                self._give_up(id, "there is no voice for its language")
            elif job.target not in made and self._said([job]):
                made.add(job.target)
            elif job.target not in made:
                self._failed(id)
        return self._ready([id for id, job in jobs.items() if job is not None and job.target in made])

    def _said(self, jobs: list[SpeechJob]) -> set[str]:
        made: set[str] = set()
        if not jobs:
            return made
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._speak(jobs, speech_environment(), lambda job: made.add(job.target))
        except (PromptError, OSError) as error:
            log.warning("%d messages are not turned into speech: %s", len(jobs) - len(made), _words(error))
        return made

    def _job(self, message_id: str, language: str, text: str) -> SpeechJob | None:
        if self._catalogues is None:
            self._catalogues = load_catalogues(self._settings.prompt_catalogue_dir, self._settings.catalogue_dir)
        catalogue = self._catalogues.get(language)
        if catalogue is None or not text.strip():
            return None
        target = str((self._folder / f"{message_id}.wav").absolute())
        return SpeechJob(aloud(text, catalogue), self._casting.voice_of(catalogue), target)

    def _ready(self, ids: list[str]) -> int:
        if not ids:
            return 0
        with self._database.writing() as session:
            told = [id for id in ids if spoken.sound_is_there(session, id, self._seconds(id))]
            if told:
                commands.send(session, "controller", "messages_to_speak", {}, utc_now(), self._wake_up)
        log.info("%d messages are ready to be spoken", len(told))
        return len(told)

    def _seconds(self, message_id: str) -> float:
        return (self._folder / f"{message_id}.alaw").stat().st_size / RATE

    def _failed(self, message_id: str) -> None:
        self._faults[message_id] = self._faults.get(message_id, 0) + 1
        if self._faults[message_id] >= _TRIES:
            self._give_up(message_id, "the synthesiser could not say it")

    def _give_up(self, message_id: str, why: str) -> None:
        at, reason = utc_now(), "not_speakable"
        with self._database.writing() as session:
            row = spoken.give_up(session, message_id, "failed", reason, why, at)
            if row is not None and row.call_id:
                data = {"message": row.id, "result": "failed", "reason": reason}
                self._journal.append(session, [JournalEntry(row.call_id, at, SMS_SETTLED, data)])
            self._wake_up.notify_on_commit(session, "console")
        log.warning("message %s: %s", message_id, why)

    def _there(self) -> dict[Path, str]:
        """Every file of the folder, and whose message it is; an unfinished one has a point before its name."""
        if not self._folder.is_dir():
            return {}
        return {path: path.name.lstrip(".").partition(".")[0] for path in self._folder.iterdir()}

    def _sweep(self, there: Mapping[Path, str], needed: frozenset[str]) -> None:
        """Delete what was heard or given up, what is not wanted soon, and what is too old for whatever reason."""
        gone = set[str]()
        for path, message_id in there.items():
            if message_id not in needed or self._clock() - _changed_at(path) > _OLDEST_SECONDS:
                gone.add(message_id)
                path.unlink(missing_ok=True)
        if gone:
            with self._database.writing() as session:
                for message_id in gone:
                    spoken.without_sound(session, message_id)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it has gone meanwhile
        return time.time()


def _words(error: Exception) -> str:
    """A synthesiser's own words, which never quote the text; its file's name is a message's id."""
    return str(error) if isinstance(error, PromptError) else type(error).__name__
