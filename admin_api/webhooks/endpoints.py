"""GET, HEAD and POST /webhooks/sms/{gateway}/{secret}: what an SMS provider tells."""

from __future__ import annotations

import logging
from secrets import compare_digest

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from admin_api.problems import Problem
from admin_api.webhooks.requests import as_made
from admin_api.work import CurrentSettings
from config.settings import Settings
from messaging.gateways import Told, Webhook
from messaging.sparing import SparingLog
from messaging.telling import Intake

router = APIRouter(prefix="/webhooks", tags=["webhooks"], include_in_schema=False)

_sparing = SparingLog(logging.getLogger(__name__))


@router.head("/sms/{gateway}/{secret}")
async def is_there(gateway: str, secret: str, request: Request, settings: CurrentSettings) -> Response:
    """Exotel asks for the headers before it tells an SMS, and goes on only where plain text is promised."""
    _webhook(request, settings, gateway, secret)
    return Response(media_type="text/plain")


@router.get("/sms/{gateway}/{secret}")
@router.post("/sms/{gateway}/{secret}")
async def hear(gateway: str, secret: str, request: Request, settings: CurrentSettings) -> Response:
    """Everything told is stored before the answer: a provider that gets another answer than 2xx tells it again."""
    webhook = _webhook(request, settings, gateway, secret)
    made = await as_made(request, settings.public_url)
    if not webhook.is_authentic(made):
        _sparing.warning("webhook of %s: wrong signature; is HELPLINE_PUBLIC_URL the address it calls?", webhook.name)
        raise Problem(403, "not_allowed", "The signature does not fit this address and body.")
    told = webhook.read(made)
    if told is None:
        _sparing.warning("webhook of %s: a request that cannot be read", webhook.name)
        raise Problem(400, "invalid", "This is neither a receipt nor a message as this provider writes them.")
    await run_in_threadpool(_store, request.app.state.intake, webhook.name, told)
    return Response(told.answer.body, told.answer.status, media_type=told.answer.content_type)


def _webhook(request: Request, settings: Settings, gateway: str, secret: str) -> Webhook:
    """One answer for a wrong secret and for a gateway that is not there: nobody finds out by trying."""
    right = settings.webhook_secret.encode()
    webhook: Webhook | None = request.app.state.webhooks.get(gateway)
    if not (right and compare_digest(secret.encode("utf-8", "replace"), right)) or webhook is None:
        raise Problem(404, "not_found", "There is nothing here.")
    return webhook


def _store(intake: Intake, gateway: str, told: Told) -> None:
    for receipt in told.receipts:
        intake.receipt(gateway, receipt)
    for message in told.inbound:
        intake.message(gateway, message)
