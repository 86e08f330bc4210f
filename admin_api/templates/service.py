"""What staff do with the wordings: look, try, register, and send one for trial; audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.templates.presenting import preview_of, refusal_of, template_shown, wording_shown
from admin_api.templates.schemas import (
    NewRegistration,
    Preview,
    PreviewWish,
    SheetFault,
    SheetKey,
    SheetTaken,
    TemplatePage,
    Trial,
    TrialWish,
    WordingShown,
)
from config.clock import utc_now
from config.ids import new_id
from config.schema import DltRegistration, Staff
from messaging import registrations
from messaging.catalogue import Catalogue, Template
from messaging.errors import SheetError, TemplateError
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from messaging.wording.matching import Registration

TEST = "test"  # the purpose of a trial
_NOW = "time"  # the variable of test_message that tells one trial from another


def listing(session: Session, rules: MessagingRules) -> TemplatePage:
    """Every template with its wordings and their registrations."""
    rows = registrations.all_of(session)
    names = _names(session, rows.values())
    grouped: dict[str, list[Template]] = {}
    for template in rules.catalogue:
        grouped.setdefault(template.id, []).append(template)
    return TemplatePage(
        dlt_required=rules.dlt_required,
        entity_id=rules.entity_id,
        header=rules.header,
        urls=sorted(rules.urls),
        templates=[template_shown(wordings, rules, rows, names) for wordings in grouped.values()],
    )


def preview(session: Session, rules: MessagingRules, template_id: str, wish: PreviewWish) -> Preview:
    """The message as it would go out, or why it would not. Problem 404 for an unknown wording."""
    known = registrations.of_template(session, template_id, wish.language)
    template = _chosen(rules, template_id, wish.language, wish.version, known)
    values = {**template.sample(), **wish.values}
    return preview_of(template, values, rules, known.get(template.version))


def register(
    session: Session,
    who: Principal,
    rules: MessagingRules,
    key: registrations.Key,
    new: NewRegistration,
) -> WordingShown:
    """Keep what the operators have given a wording. Problem 404, 422."""
    template = _existing(rules.catalogue, *key)
    text = template.tagged_text if new.registered_text is None else new.registered_text
    wanted = Registration(*key, new.dlt_template_id.strip(), text, new.header.strip())
    try:
        if registrations.register(session, rules.catalogue, wanted, who.staff_id, utc_now()):
            _audit(session, who, [key])
    except TemplateError as error:
        field = "registered_text" if error.reason == "wording_differs" else "dlt_template_id"
        raise Problem(422, "refused", f"{error}.", field=field) from None
    session.flush()
    rows = registrations.all_of(session)
    return wording_shown(template, rules, rows, _names(session, [rows[key]]))


def withdraw(session: Session, who: Principal, key: registrations.Key) -> None:
    """The operators know it no more; the newest of the others is sent. Problem 404."""
    if not registrations.withdraw(session, key):
        raise Problem(404, "not_found", "This wording is not registered.")
    template_id, language, version = key
    audit.record(session, who, "template.withdrawn", "template", template_id, language=language, version=version)


def take_sheet(session: Session, who: Principal, rules: MessagingRules, data: bytes) -> SheetTaken:
    """Keep what a filled-in sheet says. Problem 422 where it is no sheet."""
    try:
        taken = registrations.take(session, rules.catalogue, data, who.staff_id, utc_now())
    except SheetError as error:
        raise Problem(422, "invalid", f"{error}.") from None
    _audit(session, who, taken.entered)
    return SheetTaken(
        entered=[SheetKey(template=one, language=two, version=three) for one, two, three in taken.entered],
        unchanged=taken.unchanged,
        waiting=taken.waiting,
        faults=[SheetFault(line=fault.line, what=fault.what) for fault in taken.faults],
    )


def send_trial(session: Session, who: Principal, rules: MessagingRules, template_id: str, wish: TrialWish) -> Trial:
    """Promise the message to a number of the administrator's choice. Problem 404 for an unknown wording."""
    template = _chosen(rules, template_id, wish.language, None, {})
    at = utc_now()
    values = dict(template.sample())
    if _NOW in values:
        values[_NOW] = f"{at.astimezone(rules.time_zone):%d-%m-%Y %H:%M}"
    message = enqueue(
        session,
        purpose=TEST,
        recipient=wish.mobile,
        key=new_id("test"),
        template=template_id,
        language=wish.language,
        variables={**values, **wish.values},
        call_id=None,
        rules=rules,
        asked_by=who.staff_id,
        at=at,
    )
    audit.record(session, who, "template.tried", "template", template_id, message=message.id)
    return Trial(
        message_id=message.id,
        state=message.state,
        channel=message.channel,
        text=message.text,
        encoding=message.encoding,
        parts=message.parts,
        refusal=refusal_of(message.receipt_reason, message.error or "") if message.state == "refused" else None,
    )


def _chosen(
    rules: MessagingRules, template_id: str, language: str, version: int | None, known: Mapping[int, Registration]
) -> Template:
    """That version, or what would be sent now: the newest registered one, else the newest."""
    if version is not None:
        return _existing(rules.catalogue, template_id, language, version)
    try:
        return rules.catalogue.find(template_id, language, known if rules.dlt_required and known else None)
    except TemplateError as error:
        raise Problem(404, "not_found", f"{error}.".capitalize()) from None


def _existing(catalogue: Catalogue, template_id: str, language: str, version: int) -> Template:
    template = catalogue.get(template_id, language, version)
    if template is None:
        raise Problem(404, "not_found", "There is no such wording.")
    return template


def _audit(session: Session, who: Principal, keys: Iterable[registrations.Key]) -> None:
    for template_id, language, version in keys:
        audit.record(session, who, "template.registered", "template", template_id, language=language, version=version)


def _names(session: Session, rows: Iterable[DltRegistration]) -> dict[str, str]:
    ids = {row.registered_by for row in rows if row.registered_by}
    found = session.scalars(select(Staff).where(Staff.id.in_(ids)))
    return {staff.id: staff.username for staff in found}
