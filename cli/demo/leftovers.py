"""An earlier demonstration may have been broken off in a call: its patient is not there any more to be called back."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from cdr.events import CALL_ENDED, JournalEntry
from cdr.journal import Journal
from cli.demo.cast import DOCTORS
from cli.demo.errors import DemoFailed
from config.clock import utc_now
from config.database import Database
from config.schema import Call, CallbackRequest, CallState, Doctor
from config.settings import Settings


def put_away(settings: Settings, *, is_own: bool) -> None:
    """End what is open in the demonstration's database; no helpline may be running on it.

    `is_own`: it lies where demonstrations lie. DemoFailed where it does not and other doctors stand in it: made-up
    wordings and doctors would get among a helpline's real ones.
    """
    database = Database(settings.effective_database_url)
    try:
        if not is_own and _has_others(database):
            raise DemoFailed("there are doctors in this database who are not of the demonstration: use an empty one")
        _end_calls(database)
    finally:
        database.close()


def _has_others(database: Database) -> bool:
    ours = [doctor.registration for doctor in DOCTORS]
    with database.reading() as session:
        return session.scalar(select(Doctor.id).where(Doctor.registration_number.not_in(ours)).limit(1)) is not None


def _end_calls(database: Database) -> None:
    journal, at = Journal(database), utc_now()
    how = {"by": "system", "cause": 0, "cause_text": "the demonstration was broken off", "result": "lost"}
    with database.writing() as session:
        broken_off = session.scalars(select(Call.id).where(Call.ended_at.is_(None))).all()
        journal.append(session, [JournalEntry(call_id, at, CALL_ENDED, how) for call_id in broken_off])
        for call_id in broken_off:
            journal.record(session, call_id)
        session.execute(delete(CallState))
        closed = {"state": "withdrawn", "closed_at": at, "attempt": None, "attempt_node": None}
        session.execute(update(CallbackRequest).where(CallbackRequest.state == "open").values(**closed))
