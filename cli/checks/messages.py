"""Whether messages can go out: the wordings are whole, and where DLT asks for it, registered."""

from sqlalchemy.exc import SQLAlchemyError

from cli.checks import CheckResult, bad, good
from config.database import Database
from config.settings import Settings
from messaging import registrations
from messaging.errors import MessagingError, TemplateError
from messaging.gateways.callbacks import callback_of
from messaging.gateways.choice import gateways_from, webhooks_from
from messaging.rules import MessagingRules, messaging_rules
from messaging.wording.links import not_listable

# A flow's message has the purpose of its wording; these have one of their own.
_PURPOSE_OF = {
    "advice_slip": "slip",
    "test_message": "test",
    **dict.fromkeys(("duty_help", "duty_off", "duty_on", "duty_on_hours", "duty_status"), "duty_reply"),
}


def messages(settings: Settings) -> CheckResult:
    """The wordings, and what of them the operators would drop."""
    try:
        rules = messaging_rules(settings)
    except TemplateError as error:
        return bad("a wording is broken", str(error))
    try:
        untold = _untold(settings)
        for gateway in gateways_from(settings):
            gateway.close()
    except MessagingError as error:
        return bad("a gateway cannot be used", str(error))
    if faulty := not_listable(rules.urls):
        advice = "HELPLINE_SMS_URLS has full domains alone, such as help.example.gov.in, and no shortener"
        return bad(f"{faulty[0]} cannot stand in a message", advice)
    purposes = {_PURPOSE_OF.get(one.id, one.id) for one in rules.catalogue}
    if unknown := sorted(rules.spoken.keys() - purposes):
        advice = f"HELPLINE_VOICE_MESSAGES takes {', '.join(sorted(purposes))}"
        return bad(f"no message has the purpose {unknown[0]!r}, so none is spoken", advice)
    wordings = {(one.id, one.language) for one in rules.catalogue if one.sent == "now"}
    if not rules.dlt_required:
        return good(f"{len(wordings)} wordings, no registration needed; gateway {settings.sms_gateway}")
    for setting, value in (("HELPLINE_DLT_ENTITY_ID", rules.entity_id), ("HELPLINE_DLT_HEADER", rules.header)):
        if not value:
            return bad(f"{setting} is empty", "give the one of the operators' portal; without it nothing is sent")
    missing = sorted(wordings - _registered(settings, rules))
    if missing:
        first = " ".join(missing[0])
        advice = "./helpline templates sheet FILE, register them with the operators, then templates register FILE"
        return bad(f"{len(missing)} of {len(wordings)} wordings are not registered ({first}, …)", advice)
    return good(f"{len(wordings)} wordings, all registered; gateway {settings.sms_gateway}{untold}")


def _untold(settings: Settings) -> str:
    """What is to be added where nothing tells what became of the messages; other gateways can be asked."""
    missing = {}
    if not callback_of(settings, "http") or "http" not in webhooks_from(settings):
        missing["http"] = "HELPLINE_PUBLIC_URL, HELPLINE_WEBHOOK_SECRET and a webhook in its file"
    if not settings.cdac_report_url:
        missing["cdac"] = "HELPLINE_CDAC_REPORT_URL"
    silent = [name for name in (settings.sms_gateway, settings.sms_fallback) if name in missing]
    return "".join(f"; {name} tells no receipts without {missing[name]}" for name in silent)


def _registered(settings: Settings, rules: MessagingRules) -> set[tuple[str, str]]:
    try:
        database = Database(settings.effective_database_url)
        with database.reading() as session:
            known = registrations.all_of(session)
        database.close()
    except SQLAlchemyError:  # no database yet, or an older one: another check says so
        return set()
    return {(one, language) for one, language, version in known if rules.catalogue.get(one, language, version)}
