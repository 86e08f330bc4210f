"""Which wordings the department has registered with the operators, and under which ids: rows staff have entered."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import DltRegistration
from messaging.catalogue import Catalogue
from messaging.errors import TemplateError
from messaging.wording.matching import Registration, difference

Key = tuple[str, str, int]  # template, language, version
_ID = re.compile(r"[0-9]{12,19}")
_HEADER = re.compile(r"[A-Za-z0-9]{3,9}")


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
    """The registration with its header in capitals; TemplateError where it cannot be one, or not of this wording."""
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
    return replace(registration, header=registration.header.upper())


def register(session: Session, catalogue: Catalogue, registration: Registration, staff_id: str, at: datetime) -> bool:
    """Keep it; the newest registered version of a wording is what is sent. TemplateError as `checked`.

    False: it stood there just so.
    """
    new = checked(catalogue, registration)
    key = (new.template, new.language, new.version)
    row = session.get(DltRegistration, key)
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


def _read(row: DltRegistration) -> Registration:
    return Registration(
        template=row.template,
        language=row.language,
        version=row.version,
        dlt_template_id=row.dlt_template_id,
        text=row.registered_text,
        header=row.header,
    )
