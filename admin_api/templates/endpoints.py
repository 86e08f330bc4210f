"""/templates: the wordings of messages and their registration with the operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from admin_api import audit
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.templates import service
from admin_api.templates.schemas import (
    LanguageName,
    NewRegistration,
    Preview,
    PreviewWish,
    SheetTaken,
    TemplateId,
    TemplatePage,
    Trial,
    TrialWish,
    VersionNumber,
    WordingShown,
)
from admin_api.work import CurrentSettings, CurrentWakeUp, Reading, Writing
from messaging.registrations import as_sheet
from messaging.rules import messaging_rules

router = APIRouter(prefix="/api/v1/templates", tags=["templates"])

_CSV = "text/csv"


@router.get("", responses=documented())
def list_templates(who: Who, session: Reading, settings: CurrentSettings) -> TemplatePage:
    """Every wording: what it says and costs, whether it is registered, and which version is sent."""
    return service.listing(session, messaging_rules(settings))


@router.get(
    "/sheet",
    response_class=Response,
    responses=documented() | {200: {"content": {_CSV: {}}, "description": "UTF-8 with a byte order mark, CR LF"}},
)
def get_sheet(who: Who, session: Writing, settings: CurrentSettings) -> Response:
    """The wordings as a sheet for the operators' portal, with a column for the ids they give."""
    rules = messaging_rules(settings)
    audit.record(session, who, "templates.sheet")
    data = as_sheet(session, rules.catalogue, rules.entity_id, rules.header)
    headers = {"Content-Disposition": 'attachment; filename="templates.csv"'}
    return Response(data, media_type=_CSV, headers=headers)


@router.post("/sheet", responses=documented())
def take_sheet(
    body: Annotated[bytes, Body(media_type=_CSV, description="The sheet with ids filled in")],
    who: Who,
    session: Writing,
    settings: CurrentSettings,
) -> SheetTaken:
    """Take in the filled-in sheet. Good rows are kept; each faulty one is told by its line."""
    return service.take_sheet(session, who, messaging_rules(settings), body)


@router.post("/{template_id}/preview", responses=documented(404))
def preview_template(
    template_id: TemplateId, body: PreviewWish, who: Who, session: Reading, settings: CurrentSettings
) -> Preview:
    """A message as it would go out: text, encoding, parts, or why it would be refused. Nothing is sent or kept."""
    return service.preview(session, messaging_rules(settings), template_id, body)


@router.put("/{template_id}/registrations/{language}/{version}", responses=documented(404))
def register_wording(
    template_id: TemplateId,
    language: LanguageName,
    version: VersionNumber,
    body: NewRegistration,
    who: Who,
    session: Writing,
    settings: CurrentSettings,
) -> WordingShown:
    """Enter the id under which a wording is registered. Refused (422) where the registered text is another one."""
    key = (template_id, language, version)
    return service.register(session, who, messaging_rules(settings), key, body)


@router.delete("/{template_id}/registrations/{language}/{version}", status_code=204, responses=documented(404))
def withdraw_registration(
    template_id: TemplateId, language: LanguageName, version: VersionNumber, who: Who, session: Writing
) -> None:
    """Take back an id that the operators have blocked or that was entered wrongly."""
    service.withdraw(session, who, (template_id, language, version))


@router.post("/{template_id}/test", status_code=201, responses=documented(404))
def send_trial(
    template_id: TemplateId,
    body: TrialWish,
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    wake_up: CurrentWakeUp,
) -> Trial:
    """Send one message for trial, through the gateway that all messages take."""
    sent = service.send_trial(session, who, messaging_rules(settings), template_id, body)
    wake_up.notify_on_commit(session, "messenger")
    return sent
