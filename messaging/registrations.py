"""Which wordings the department has registered with the operators, and under which ids: rows staff have entered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import DltRegistration
from messaging.catalogue import Catalogue
from messaging.errors import TemplateError
from messaging.wording import sheet
from messaging.wording.matching import Registration, difference

Key = tuple[str, str, int]  # template, language, version
_ID = re.compile(r"[0-9]{12,19}")
_HEADER = re.compile(r"[A-Za-z0-9]{3,9}")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a sheet: rows entered, rows that stood there just so, rows without an id yet, and rows refused.

    A row that is refused keeps none of the others back: mostly one text in a long list was typed wrongly.
    """

    entered: tuple[Key, ...]
    unchanged: int
    waiting: int
    faults: tuple[sheet.Fault, ...]


def of_template(session: Session, template_id: str, language: str) -> dict[int, Registration]:
    """The registered versions of one wording. `Catalogue.find` takes it, and `check_against` one of them."""
    wanted = select(DltRegistration).where(
        DltRegistration.template == template_id, DltRegistration.language == language
    )
    return {row.version: _read(row) for row in session.scalars(wanted)}


def all_of(session: Session) -> dict[Key, DltRegistration]:
    """Every registration, by template, language and version."""
    return {(row.template, row.language, row.version): row for row in session.scalars(select(DltRegistration))}


def checked(catalogue: Catalogue, registration: Registration) -> Registration:
    """The registration; TemplateError where it cannot be one, or not of this wording.

    Its header stays as it was written: some operators tell capitals from small letters.
    """
    what = f"template {registration.template} ({registration.language}, version {registration.version})"
    wording = catalogue.get(registration.template, registration.language, registration.version)
    if wording is None:
        raise TemplateError(f"there is no {what}")
    if re.search(r"[.,]\d*E\+", registration.dlt_template_id, re.IGNORECASE):
        found = "is not a template id but what a spreadsheet makes of it: format its column as text"
        raise TemplateError(f"{registration.dlt_template_id} {found}", "not_registered")
    if not _ID.fullmatch(registration.dlt_template_id):
        raise TemplateError("a template id of the operators has 12 to 19 digits", "not_registered")
    if registration.header and not _HEADER.fullmatch(registration.header):
        example = "its letters alone, such as HLTHMP, without the operator's VM- before and -S behind"
        raise TemplateError(f"write the header as it is registered: {example}", "not_registered")
    if (found_difference := difference(wording.tagged_text, registration.text)) is not None:
        raise TemplateError(f"{what} is not what is registered: {found_difference}", "wording_differs")
    return registration


def register(session: Session, catalogue: Catalogue, registration: Registration, staff_id: str, at: datetime) -> bool:
    """Keep it; the newest registered version of a wording is what is sent. TemplateError as `checked`.

    False: it stood there just so.
    """
    new = checked(catalogue, registration)
    key = (new.template, new.language, new.version)
    row = session.get(DltRegistration, key)
    _check_id_is_free(session, new)
    if row is not None and _read(row) == new:
        return False
    session.merge(
        DltRegistration(
            template=new.template,
            language=new.language,
            version=new.version,
            dlt_template_id=new.dlt_template_id,
            header=new.header,
            registered_text=new.text,
            registered_at=at,
            registered_by=staff_id,
        )
    )
    return True


def withdraw(session: Session, key: Key) -> bool:
    """Forget a registration, such as of a template the operators have blocked; False: there was none."""
    row = session.get(DltRegistration, key)
    if row is not None:
        session.delete(row)
    return row is not None


def take(session: Session, catalogue: Catalogue, data: bytes, staff_id: str, at: datetime) -> Taken:
    """Keep what a filled-in sheet says, row by row. SheetError where the file is none; then nothing is kept."""
    rows, faults, waiting = sheet.read(data)
    entered: list[Key] = []
    seen: set[Key] = set()
    for row in rows:
        one = row.registration
        key = (one.template, one.language, one.version)
        try:
            if key in seen:
                raise TemplateError("the same wording stands in a row above")
            if register(session, catalogue, one, staff_id, at):
                entered.append(key)
                session.flush()
            seen.add(key)
        except TemplateError as error:
            faults.append(sheet.Fault(row.line, str(error)))
    faults.sort(key=lambda fault: fault.line)
    kept = len(seen) - len(entered)
    return Taken(entered=tuple(entered), unchanged=kept, waiting=waiting, faults=tuple(faults))


def as_sheet(session: Session, catalogue: Catalogue, entity_id: str, header: str) -> bytes:
    """The sheet of every wording, as CSV; those that are registered have their ids."""
    known = {key: _read(row) for key, row in all_of(session).items()}
    return sheet.as_csv(list(catalogue), known, entity_id, header)


def _check_id_is_free(session: Session, new: Registration) -> None:
    """An id is that of one wording: the same id twice is a slip of the hand."""
    for row in session.scalars(select(DltRegistration).where(DltRegistration.dlt_template_id == new.dlt_template_id)):
        if (row.template, row.language, row.version) != (new.template, new.language, new.version):
            owner = f"{row.template} ({row.language}, version {row.version})"
            raise TemplateError(f"the id {new.dlt_template_id} is that of {owner} already", "not_registered")


def _read(row: DltRegistration) -> Registration:
    return Registration(
        template=row.template,
        language=row.language,
        version=row.version,
        dlt_template_id=row.dlt_template_id,
        text=row.registered_text,
        header=row.header,
    )
