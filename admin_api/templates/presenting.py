"""How a wording, its registration and a preview are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from admin_api.templates.schemas import (
    Preview,
    Refusal,
    RegistrationShown,
    State,
    TemplateShown,
    VariableShown,
    WordingShown,
)
from config.schema import DltRegistration
from messaging.catalogue import Template
from messaging.errors import TemplateError
from messaging.reasons import words
from messaging.registrations import Key
from messaging.rules import MessagingRules
from messaging.segments import segment
from messaging.wording.files import categories
from messaging.wording.matching import Registration, check_against, difference

_LANGUAGES = ("hi", "en")  # of the console
Rows = Mapping[Key, DltRegistration]


def template_shown(
    wordings: Sequence[Template], rules: MessagingRules, rows: Rows, names: Mapping[str, str]
) -> TemplateShown:
    """A template with all its wordings."""
    first = wordings[0]
    category = categories()[first.category]
    return TemplateShown(
        id=first.id,
        category=first.category,
        category_name=category.portal,
        suffix=category.suffix,
        sent=first.sent,
        used_for=dict(first.used_for),
        variables=[VariableShown.model_validate(item) for item in first.variables.values()],
        wordings=[wording_shown(wording, rules, rows, names) for wording in wordings],
    )


def wording_shown(template: Template, rules: MessagingRules, rows: Rows, names: Mapping[str, str]) -> WordingShown:
    """One version in one language. `names`: staff id -> user name."""
    row = rows.get((template.id, template.language, template.version))
    parted = difference(template.tagged_text, row.registered_text) if row else None
    sample = _sample_of(template, rules)
    cost = segment(sample)
    return WordingShown(
        language=template.language,
        version=template.version,
        state="differs" if parted else _state(template, rules, rows),
        text=template.text,
        registered_text=template.registered_text,
        tagged_text=template.tagged_text,
        spoken=template.spoken,
        encoding=cost.encoding.value,
        parts=cost.count,
        sample_text=sample,
        parts_at_most=template.longest().count,
        difference=str(parted) if parted else None,
        registration=_registration_shown(row, names) if row else None,
    )


def preview_of(
    template: Template, values: Mapping[str, str], rules: MessagingRules, registration: Registration | None
) -> Preview:
    """What would be sent, or why not."""
    text, spoken, refusal = "", "", None
    try:
        spoken = template.say(values)
        text = template.render(values, rules.urls)
        if registration is not None:
            check_against(registration, text)
        elif rules.dlt_required:
            raise TemplateError(f"template {template.id} is not registered with the operators yet", "not_registered")
    except TemplateError as error:
        refusal = refusal_of(error.reason, str(error))
    cost = segment(text)
    return Preview(
        version=template.version,
        values=dict(values),
        text=text,
        encoding=cost.encoding.value,
        parts=cost.count if text else 0,
        part_texts=list(cost.parts) if text else [],
        registered_text=registration.text if registration else template.registered_text,
        spoken=spoken,
        refusal=refusal,
    )


def refusal_of(reason: str, detail: str) -> Refusal:
    """In words of the console's languages."""
    return Refusal(reason=reason, words={language: words(reason, language) for language in _LANGUAGES}, detail=detail)


def _registration_shown(row: DltRegistration, names: Mapping[str, str]) -> RegistrationShown:
    return RegistrationShown(
        dlt_template_id=row.dlt_template_id,
        header=row.header,
        registered_text=row.registered_text,
        registered_at=row.registered_at,
        registered_by=names.get(row.registered_by),
    )


def _state(template: Template, rules: MessagingRules, rows: Rows) -> State:
    known = [version for one, language, version in rows if (one, language) == (template.id, template.language)]
    try:
        sent = rules.catalogue.find(template.id, template.language, known if rules.dlt_required else None).version
    except TemplateError:
        sent = 0  # nothing of it is registered
    if template.version == sent:
        return "being_sent"
    if template.version in known:
        return "registered"
    return "to_be_registered" if template.version > sent else "older"


def _sample_of(template: Template, rules: MessagingRules) -> str:
    """Empty where a department's own sample cannot be sent itself; the preview says why."""
    try:
        return template.render(template.sample(), rules.urls)
    except TemplateError:
        return ""
