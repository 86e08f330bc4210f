"""The rows of `call`, `leg` and `offer`: written whole, whatever stood there before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cdr.projection import CallRecord, CallSummary, LegSummary, OfferSummary
from config.bulk import Bulk
from config.schema import Base, Call, Leg, Offer


def store(session: Session, records: Sequence[CallRecord]) -> None:
    """Bring the rows of these calls up to their records."""
    _CALLS.write(session, (record.call for record in records))
    _LEGS.write(session, (leg for record in records for leg in record.legs))
    _OFFERS.write(session, (offer for record in records for offer in record.offers))


class _Rows:
    """Summaries as rows of one table. A column that no summary has keeps what stands there."""

    def __init__(self, model: type[Base], summary: type[Any]) -> None:
        self._table = cast(Table, model.__table__)
        self._names = [field.name for field in fields(summary)]
        self._bulk = Bulk(self._table, self._names, self._upsert)

    def write(self, session: Session, summaries: Iterable[Any]) -> None:
        self._bulk.execute(session, (list(vars(summary).values()) for summary in summaries))

    def _upsert(self, dialect: str) -> sqlite.Insert | postgresql.Insert:
        statement = sqlite.insert(self._table) if dialect == "sqlite" else postgresql.insert(self._table)
        changes = {name: statement.excluded[name] for name in self._names if not self._table.c[name].primary_key}
        return statement.on_conflict_do_update(index_elements=[*self._table.primary_key], set_=changes)


_CALLS, _LEGS, _OFFERS = _Rows(Call, CallSummary), _Rows(Leg, LegSummary), _Rows(Offer, OfferSummary)
