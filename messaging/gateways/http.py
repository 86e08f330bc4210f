"""SMS through any provider that takes them over HTTP, as a file describes it: no code for another provider.

What the file does not say of an answer is read from its HTTP status alone: a 4xx was not taken, anything else that is
no acceptance leaves the message in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import phonenumbers

from messaging.gateways import Accepted, CannotTell, InDoubt, LookedUp, NotThere, Outcome, OutgoingSms, Rejected
from messaging.gateways.callbacks import with_our_id
from messaging.gateways.description import Description, RequestPart, SendRule, When, Where
from messaging.gateways.placeholders import Text
from messaging.gateways.web import WebAnswer, ask, client, in_short, refused_by_status


class HttpSmsGateway:
    """`callback`: the public address of our webhook, "" for none. `timeout` in seconds covers connecting and each wait.

    `api` is another server for the same paths, for trying out.
    """

    name = "http"

    def __init__(self, description: Description, *, callback: str = "", timeout: float = 10, api: str = "") -> None:
        self._told = description
        self._callback = callback
        self._api = api
        self._client = client(timeout)

    def send(self, sms: OutgoingSms) -> Outcome:
        request = self._request(self._told.send.request, sms)
        if isinstance(request, Rejected):
            return request
        answer = ask(self._told.name, self._client, request)
        return self._outcome(answer) if isinstance(answer, WebAnswer) else answer

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        if self._told.look_up is None:
            return CannotTell(f"{self._told.name} cannot be asked about a message whose id it did not tell")
        request = self._request(self._told.look_up.request, sms)
        if isinstance(request, Rejected):
            return CannotTell(request.reason)
        answer = ask(self._told.name, self._client, request)
        if not isinstance(answer, WebAnswer):
            return CannotTell(answer.reason)
        for rule in self._told.look_up.answers:
            if holds(rule.when, answer):
                found = find(rule.found, answer) if rule.found else ""
                if rule.not_there:
                    return NotThere()
                if found in known:  # it may tell the latest of several only: this one can be there nevertheless
                    return CannotTell(f"{self._told.name} told of another message")
                return Accepted(found) if found else CannotTell(f"{self._told.name} told no id")
        return CannotTell(f"{self._told.name} {answer.status}: {in_short(answer.text)}")

    def close(self) -> None:
        self._client.close()

    def _outcome(self, answer: WebAnswer) -> Outcome:
        who = self._told.name
        told = self._told.send.told
        words = in_short((told and find(told, answer)) or answer.text)
        for rule in self._told.send.answers:
            if holds(rule.when, answer):
                return _meant(rule, answer, f"{who} {answer.status}: {words}")
        return refused_by_status(who, answer, "" if answer.is_page else words)

    def _request(self, part: RequestPart, sms: OutgoingSms) -> httpx.Request | Rejected:
        try:
            values = self._values(sms)
            headers = {name: _for_header(text.fill(values)) for name, text in part.headers.items()}
            return self._client.build_request(
                part.method,
                self._address(part.url.fill(values, lambda value: quote(value, safe=""))),
                headers=headers,
                params=_fields(part.query, values) or None,
                data=None if part.form is None else _fields(part.form, values),
                json=None if part.body_json is None else _tree(part.body_json, values),
            )
        except Exception as error:  # a lone surrogate, a line end in a header, a number that is none
            words = f"the request for {self._told.name} cannot be written ({type(error).__name__})"
            return Rejected(words, final=True, key="value_unsendable")

    def _address(self, url: str) -> str:
        if not self._api:
            return url
        there = urlsplit(self._api)
        return urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()

    def _values(self, sms: OutgoingSms) -> dict[str, str]:
        return {
            "recipient": sms.recipient,
            "recipient_digits": sms.recipient.removeprefix("+"),
            "recipient_national": phonenumbers.national_significant_number(phonenumbers.parse(sms.recipient)),
            "text": sms.text,
            "header": sms.header,
            "entity_id": sms.entity_id,
            "template_id": sms.template_id,
            "message_id": sms.message_id,
            "callback": with_our_id(self._callback, sms.message_id),
            "unicode": self._told.unicode.yes if sms.encoding == "ucs2" else self._told.unicode.no,
        }


def holds(when: When, answer: WebAnswer) -> bool:
    """Whether an answer is as `when` says."""
    if when.status and answer.status not in when.status:
        return False
    value = at_path(answer.json, when.path) if when.path else answer.text
    if value is None:
        return False
    return (not when.words or value.strip() in when.words) and (not when.matches or bool(when.matches.search(value)))


def find(where: Where, answer: WebAnswer) -> str:
    """What stands there; "" for nothing."""
    value = at_path(answer.json, where.path) if where.path else answer.text
    if value is None or where.pattern is None:
        return (value or "").strip()
    match = where.pattern.search(value)
    return (match[1] or "").strip() if match else ""


def at_path(data: Any, path: str) -> str | None:
    """The value at a dotted path (numbers count in lists) as text; None where there is none, or no single value."""
    value = follow(data, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def follow(data: Any, path: str) -> Any:
    """What stands at a dotted path; "" is the data itself."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def _meant(rule: SendRule, answer: WebAnswer, words: str) -> Outcome:
    if rule.refused:
        refused = rule.refused
        return Rejected(words, final=not refused.again, unwell=refused.unwell, key=refused.reason)
    provider_id = find(rule.accepted, answer) if rule.accepted else ""
    return Accepted(provider_id) if provider_id else InDoubt(words)


def _fields(fields: Mapping[str, Text], values: Mapping[str, str]) -> dict[str, str]:
    filled = {name: text.fill(values) for name, text in fields.items()}
    return {name: value for name, value in filled.items() if value or not fields[name].is_only_places}


def _tree(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, Text):
        return value.fill(values)
    if isinstance(value, dict):
        left = {name: inner for name, inner in value.items() if not _is_empty(inner, values)}
        return {name: _tree(inner, values) for name, inner in left.items()}
    return [_tree(inner, values) for inner in value] if isinstance(value, list) else value


def _is_empty(value: Any, values: Mapping[str, str]) -> bool:
    return isinstance(value, Text) and value.is_only_places and not value.fill(values)


def _for_header(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("a header holds printable ASCII only")
    return value
