"""What flows ask the helpline for (flows/services.py), done: one function a service, blocking, in a thread.

A service may be asked twice for the same call, since a controller may die before the answer is on record; each of them
then does what it did. Anything raised is `failed` for the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from config.database import Database
from config.settings import Settings
from flows.services import SERVICES
from ivr.services import callers, doctors, lines, opds, openings, places, spokes
from ivr.services.answer import Answer, Office, Service, Who
from routing.store import RoutingStore

__all__ = ["IMPLEMENTED", "Answer", "Desk", "Who"]

IMPLEMENTED: Mapping[str, Service] = {
    "caller": callers.caller,
    "languages": callers.languages,
    "remember_language": callers.remember_language,
    "patient": callers.patient,
    "new_patient": callers.new_patient,
    "name_patient": callers.name_patient,
    "known_mobile": callers.known_mobile,
    "last_prescription": callers.last_prescription,
    "place": places.place,
    "nearest_centre": places.nearest_centre,
    "district_served": places.district_served,
    "line": lines.line,
    "queue": lines.queue,
    "next_opening": openings.next_opening,
    "opd_districts": opds.opd_districts,
    "opds": opds.opds,
    "opd_by_number": opds.opd_by_number,
    "opd": opds.opd,
    "issue_token": opds.issue_token,
    "book_opening": opds.book_opening,
    "spoke_sign_in": spokes.spoke_sign_in,
    "hub": spokes.hub,
    "doctor": doctors.doctor,
    "set_duty": doctors.set_duty,
    "dial_back": doctors.dial_back,
}


class Desk:
    """Answers what flows ask. `serve` may be called from any thread.

    `speakable(language, prompt)` tells which names can be played: something imported since the start has none yet, and
    is left out of lists until the next start.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        speakable: Callable[[str, str], bool] = lambda language, prompt: True,
        languages: Collection[str] = ("hi", "en"),
    ) -> None:
        self._office = Office(
            database=database,
            routing=RoutingStore(database),
            zone=ZoneInfo(settings.time_zone),
            country=settings.country,
            queue_limit=settings.queue_limit,
            wrap_up_minutes=timedelta(seconds=settings.wrap_up_seconds) / timedelta(minutes=1),
            speakable=speakable,
            languages=tuple(languages),
            recordings=(settings.data_dir / "recordings").absolute(),
        )

    def serve(self, name: str, arguments: Mapping[str, str], who: Who) -> Answer:
        """The service's answer; KeyError for a service that flows/services.py does not have.

        Arguments that the service does not take are dropped. Whatever is raised (the database is away, an id that
        exists no more) is for the caller to turn into `failed`.
        """
        taken = {key: value for key, value in arguments.items() if key in SERVICES[name].takes}
        return IMPLEMENTED[name](self._office, taken, who)
