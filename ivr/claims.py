"""Claims that go on while the database is away: kept in the spool by the controller that holds the lease."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from config.database import Database, DatabaseAway
from config.schema import Doctor
from ivr.lease import Lease
from ivr.outage import Outage, passes
from routing.store import Changes, RoutingStore

log = logging.getLogger(__name__)


class Claims(RoutingStore):
    """The store, which claims and releases also without the database; all else fails at once while that is away."""

    def __init__(self, database: Database, outage: Outage, lease: Lease, **options: Any) -> None:
        super().__init__(database, **options)
        self._outage = outage
        self._lease = lease
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, str]] = {}  # offer -> doctor, seat: of those claimed without the database
        outage.apply["claim"] = self._bring_in_claim
        outage.apply["release"] = self._bring_in_release

    def changes(self, *arguments: Any, **named: Any) -> Changes:
        """As the store reads them. A database that only cannot be written does not know what is claimed here."""
        if self._outage.is_on:
            raise DatabaseAway("the database does not answer")
        return super().changes(*arguments, **named)

    def claim(
        self,
        doctor_id: str,
        offer_id: str,
        at: datetime,
        session: Session | None = None,
        *,
        node: str = "",
        seat: str = "",
    ) -> bool:
        """As the store does it. While the database is away: whoever is not held here, by whoever has the lease."""
        try:
            return super().claim(doctor_id, offer_id, at, session, node=node, seat=seat)
        except SQLAlchemyError as error:
            if session is not None or not passes(error):
                raise
            self._outage.begin(error)
            return self._claim_without(doctor_id, offer_id, at, node, seat)

    def release(
        self,
        offer_id: str,
        at: datetime,
        free_since: datetime | None = None,
        session: Session | None = None,
        **further: Any,
    ) -> bool:
        """As the store does it; while the database is away it will be done."""
        try:
            done = super().release(offer_id, at, free_since, session, **further)
        except SQLAlchemyError as error:
            if session is not None or not passes(error):
                raise
            self._outage.begin(error)
            moments = {"at": at, "free_since": free_since, "cool_down_until": further.pop("cool_down_until", None)}
            data = {"offer": offer_id, "further": further} | {k: v and v.isoformat() for k, v in moments.items()}
            if not self._outage.put([("release", data)]):
                raise  # it is back this moment: whoever asked asks again
            done = True
        with self._lock:
            self._held.pop(offer_id, None)
        return done

    def _claim_without(self, doctor_id: str, offer_id: str, at: datetime, node: str, seat: str) -> bool:
        if not self._lease.is_held:
            raise DatabaseAway("the database does not answer, and the lease on claims is not ours")
        data = {"doctor": doctor_id, "offer": offer_id, "at": at.isoformat(), "node": node, "seat": seat}
        with self._lock:
            if any(doctor_id == doctor or (seat and seat == taken) for doctor, taken in self._held.values()):
                return False
            if not self._outage.put([("claim", data)]):
                raise DatabaseAway("the database is back this moment")
            self._held[offer_id] = (doctor_id, seat)
        return True

    def _bring_in_claim(self, session: Session, data: Any) -> None:
        """The doctor was rung: duty and rest are no question any more."""
        at = datetime.fromisoformat(data["at"])
        nobodys = or_(Doctor.claimed_by.is_(None), Doctor.claimed_by == data["offer"])
        claim = update(Doctor).where(Doctor.id == data["doctor"], nobodys)
        values = {"claimed_by": data["offer"], "claimed_at": at}
        values |= {"claimed_node": data["node"] or None, "claimed_seat": data["seat"] or None}
        try:
            with session.begin_nested():
                won = session.execute(claim.values(values).execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        except IntegrityError:
            won = 0
        if not won:
            log.error("%s was made while the database was away, and the doctor is somebody else's", data["offer"])

    def _bring_in_release(self, session: Session, data: Any) -> None:
        at, free_since, cool_down = (
            data[key] and datetime.fromisoformat(data[key]) for key in ("at", "free_since", "cool_down_until")
        )
        super().release(data["offer"], at, free_since, session, cool_down_until=cool_down, **data["further"])
