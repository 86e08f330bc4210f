"""What a description of a provider may say: a faulty one is refused with file, line and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from messaging.errors import GatewayMisconfigured
from messaging.gateways import InboundSms, Receipt, Told, WebhookRequest
from messaging.gateways.description import SHIPPED, WebhookPart, parse_description, read_description
from messaging.gateways.dlt_codes import dlt_reason
from messaging.gateways.http_webhook import DescribedWebhook
from messaging.gateways.placeholders import PLACES, take_apart
from messaging.reasons import reasons

GOOD = """\
name: Good
send:
  request:
    url: https://sms.example.in/send
    form: {to: "{{recipient}}", text: "{{text}}", key: "${KEY}"}
  answers:
    - {when: {status: 200}, accepted: {path: id}}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("url: https://", "url: http://", 3, "https://"),
        ("https://sms.example.in/send", "https://{{recipient}}/send", 3, "name the server itself"),
        ("https://sms.example.in/send", "https://sms.example.in/send?a=b", 3, "under query"),
        ("{{recipient}}", "{{recipent}}", 5, "is no value of a message"),
        ("{{recipient}}", "{{recipient}", 5, "no partner"),
        ("${KEY}", "${OTHER}", 5, "the environment has no OTHER"),
        ("${KEY}", "${BROKEN}", 5, "line end"),
        ("    form:", "    forms:", 5, "Extra inputs"),
        ("accepted: {path: id}", "accepted: {}", 7, "say path, or pattern"),
        ("accepted: {path: id}", "accepted: {pattern: 'id=.*'}", 7, "one group"),
        ("accepted: {path: id}", "accepted: {pattern: '(id'}", 7, "no regular expression"),
        ("accepted: {path: id}", "refused: {reason: bad_luck}", 7, "is no reason"),
        ("accepted: {path: id}", "accepted: {path: id}, doubt: yes", 7, "means one of"),
        ("when: {status: 200}", "when: {}", 7, "say status, is or matches"),
        ("    form:", '    headers: {X-Text: "{{text}}"}\n    form:', 3, "belongs into the body"),
        ("    form:", "    method: GET\n    form:", 3, "GET has no form"),
        ("name: Good", "name: Good\nname: Twice", 2, "there twice"),
        ("name: Good", "name: [Good", 2, ""),
        ("name: Good\n", "", 1, "Field required"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new)
    with pytest.raises(GatewayMisconfigured) as caught:
        parse_description(text, "mine.yaml", {"KEY": "k", "BROKEN": "a\nb"})
    place, _, what = str(caught.value).partition(": ")
    assert place.startswith("mine.yaml:")
    assert int(place.split(":")[1]) == line
    assert said in what


def test_a_good_one_is_taken_and_its_secrets_are_not_shown() -> None:
    description = parse_description(GOOD, "mine.yaml", {"KEY": "hush-hush"})
    assert "hush-hush" not in repr(description)


def test_a_file_that_is_not_there_is_told_by_its_setting() -> None:
    with pytest.raises(GatewayMisconfigured, match=r"HELPLINE_SMS_HTTP_FILE=nowhere\.yaml"):
        read_description("nowhere.yaml", {})


@pytest.mark.parametrize("file", sorted(path.name for path in SHIPPED.glob("*.yaml")))
def test_a_shipped_file_holds_no_secret_and_asks_for_each_by_name(file: str) -> None:
    with pytest.raises(GatewayMisconfigured, match=r"the environment has no [A-Z0-9_]+"):
        read_description(file, {})
    data = yaml.safe_load((SHIPPED / file).read_text(encoding="utf-8"))
    secret = {"authkey", "password", "userid", "key", "token"}
    fields: dict[str, Any] = data["send"]["request"]["form"]
    assert all(fields[name].startswith("${") for name in fields if name in secret)


def test_the_example_of_the_page_is_a_description() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sms-over-http.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    description = parse_description(example, "the page", {"EXAMPLE_TOKEN": "t"})
    assert description.look_up is not None
    assert description.webhook is not None
    missing = {place for place in PLACES if f"{{{{{place}}}}}" not in page}
    assert missing == set()


@given(st.dictionaries(st.sampled_from(sorted(PLACES)), st.text(), min_size=len(PLACES)))
def test_a_value_is_never_read_as_a_place(values: dict[str, str]) -> None:
    text = take_apart("<{{text}}|{{header}}>", {})
    assert text.fill(values) == f"<{values['text']}|{values['header']}>"


@given(st.from_regex(r"[1-9]\d{2}|\w{0,5}", fullmatch=True))
def test_every_code_of_the_platforms_has_words(code: str) -> None:
    assert dlt_reason(code) in reasons() | {""}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("600", "dlt_entity"),
        ("620", "dlt_header"),
        ("623", "dlt_header_owner"),
        ("630", "dlt_template"),
        ("633", "wording_dropped"),
        ("635", "value_too_long"),
        ("000", ""),
        ("6", ""),
    ],
)
def test_the_platforms_codes_are_told_apart(code: str, reason: str) -> None:
    assert dlt_reason(code) == reason


# --- webhooks ------------------------------------------------------------------------------------------------------

BATCH = WebhookPart.model_validate(
    {
        "receipts": {
            "from": "form",
            "inside": "response",
            "each": "",
            "id": "externalId",
            "state": "eventType",
            "delivered": "DELIVERED",
            "failed": ["FAILED"],
            "code": "errCode",
            "at": "eventTs",
            "at_unit": "milliseconds",
        },
        "inbound": {"from": "query", "sender": "phone", "text": "msg", "recipient": "to"},
    }
)


def asked(query: dict[str, str] | None = None, form: dict[str, str] | None = None, body: bytes = b"") -> WebhookRequest:
    return WebhookRequest("POST", "https://104.example.in/w", {}, query or {}, form or {}, body)


def test_a_batch_of_receipts_in_a_form_field_is_read() -> None:
    events = (
        '[{"externalId": "1-2", "eventType": "delivered", "errCode": "000", "eventTs": 1526347800000},'
        ' {"externalId": "3-4", "eventType": "FAILED", "errCode": "633"}, {"nothing": 1}]'
    )
    told = DescribedWebhook(BATCH).read(asked(query={"m": "ours"}, form={"response": events}))
    assert told is not None
    assert [(receipt.provider_id, receipt.state, receipt.reason) for receipt in told.receipts] == [
        ("1-2", "delivered", ""),
        ("3-4", "failed", "wording_dropped"),
    ]
    assert all(receipt.message_id == "" for receipt in told.receipts)  # one address, many messages


def test_our_own_id_comes_back_with_a_single_receipt() -> None:
    events = '[{"externalId": "1-2", "eventType": "SENT"}]'
    told = DescribedWebhook(BATCH).read(asked(query={"m": "ours"}, form={"response": events}))
    assert told == Told(receipts=(Receipt("1-2", "on_its_way", "", "SENT", None, "ours"),))


def test_an_inbound_sms_is_read_and_the_same_request_has_the_same_id() -> None:
    webhook = DescribedWebhook(BATCH)
    request = asked(query={"phone": "919876543210", "msg": "ON 18-20", "to": "HLPLIN"})
    first, again = webhook.read(request), webhook.read(request)
    assert first is not None
    assert first == again
    assert first.inbound == (InboundSms(first.inbound[0].provider_id, "919876543210", "HLPLIN", "ON 18-20"),)


@given(st.binary(), st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_no_request_makes_it_raise(body: bytes, query: dict[str, str], form: dict[str, str]) -> None:
    DescribedWebhook(BATCH).read(asked(query, form, body))


@pytest.mark.parametrize("form", [{}, {"response": "<html>"}, {"response": "{}"}, {"response": "[1, null]"}])
def test_what_says_nothing_is_unreadable(form: dict[str, str]) -> None:
    assert DescribedWebhook(BATCH).read(asked(form=form)) is None
