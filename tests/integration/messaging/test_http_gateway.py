"""A provider that only a file describes: both shipped files against their providers' protocols, and all it can say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from messaging.gateways import Accepted, CannotTell, InDoubt, NotThere, OutgoingSms, Rejected, WebhookRequest
from messaging.gateways.description import parse_description, read_description
from messaging.gateways.http import HttpSmsGateway
from messaging.gateways.http_webhook import DescribedWebhook
from phones.operators.base import Answer, Asked, HttpOperator, TakenSms
from phones.operators.http import ENVIRON, GupshupOperator, Msg91Operator

HINDI = '104: डॉ. वर्मा & 100% = ठीक+ "x" {{header}} ${HOME}\r\nX-Evil: 1'


def sms(text: str = HINDI, recipient: str = "+919876543210") -> OutgoingSms:
    encoding = "gsm7" if text.isascii() else "ucs2"
    return OutgoingSms("sms/1", recipient, text, "HLPLIN", "1101234567890123456", "1107123456789012345", encoding)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def msg91(stack: ExitStack) -> tuple[Msg91Operator, HttpSmsGateway]:
    operator = stack.enter_context(Msg91Operator())
    gateway = HttpSmsGateway(read_description("msg91.yaml", ENVIRON), api=operator.url, timeout=2)
    return operator, stack.enter_context(closing(gateway))


def gupshup(stack: ExitStack) -> tuple[GupshupOperator, HttpSmsGateway]:
    operator = stack.enter_context(GupshupOperator())
    gateway = HttpSmsGateway(read_description("gupshup.yaml", ENVIRON), api=operator.url, timeout=2)
    return operator, stack.enter_context(closing(gateway))


def test_msg91_takes_the_text_with_its_template_id(stack: ExitStack) -> None:
    operator, gateway = msg91(stack)
    outcome = gateway.send(sms())
    taken = operator.taken[0]
    assert outcome == Accepted(taken.provider_id)
    assert (taken.text, taken.recipient, taken.header) == (HINDI, "+919876543210", "HLPLIN")
    assert (taken.template_id, taken.fields["unicode"]) == ("1107123456789012345", "1")
    gateway.send(sms("plain"))
    assert operator.taken[1].fields["unicode"] == "0"


def test_gupshup_takes_the_text_with_both_ids(stack: ExitStack) -> None:
    operator, gateway = gupshup(stack)
    outcome = gateway.send(sms())
    taken = operator.taken[0]
    assert outcome == Accepted(taken.provider_id)
    assert (taken.text, taken.entity_id, taken.template_id) == (HINDI, "1101234567890123456", "1107123456789012345")
    assert taken.fields["msg_type"] == "Unicode_text"


@pytest.mark.parametrize(
    ("code", "final", "unwell", "key"),
    [
        ("202", True, False, "number_invalid"),
        ("203", True, False, "dlt_header"),
        ("207", False, True, "gateway_refused"),
        ("301", False, True, "no_credit"),
        ("311", False, False, "gateway_busy"),
        ("999", True, False, "gateway_refused"),
    ],
)
def test_msg91s_codes_are_told_as_reasons(stack: ExitStack, code: str, final: bool, unwell: bool, key: str) -> None:
    operator, gateway = msg91(stack)
    operator.next_answers = [code]
    outcome = gateway.send(sms())
    assert outcome == Rejected("MSG91 200: as its table says", final, unwell, key)


def test_gupshups_codes_are_told_as_reasons(stack: ExitStack) -> None:
    operator, gateway = gupshup(stack)
    operator.next_answers = ["105", "102", "109", "100"]
    outcomes = [gateway.send(sms()) for _ in range(4)]
    assert outcomes == [
        Rejected("Gupshup 200: 105 | as its table says", True, False, "number_invalid"),
        Rejected("Gupshup 200: 102 | as its table says", False, True, "gateway_refused"),
        Rejected("Gupshup 200: 109 | as its table says", True, False, "gateway_refused"),
        InDoubt("Gupshup 200: 100 | as its table says"),
    ]


def test_what_a_number_abroad_has_no_use_for_is_left_out(stack: ExitStack) -> None:
    operator, gateway = gupshup(stack)
    gateway.send(OutgoingSms("sms-1", "+447400123456", "text", encoding="gsm7"))
    assert {"dltTemplateId", "principalEntityId", "mask"}.isdisjoint(operator.taken[0].fields)


# --- what a file can say -------------------------------------------------------------------------------------------

PLAIN = """\
name: Plain
send:
  request:
    method: {method}
    url: https://sms.example.in/to/{{{{recipient_national}}}}/send
    headers: {{Authorization: "Bearer ${{TOKEN}}", X-Reference: "{{{{message_id}}}}"}}
    query: {{from: "{{{{header}}}}", back: "{{{{callback}}}}"}}
    {body}
  answers:
    - {{when: {{status: 200, path: sent.0.id, matches: "."}}, accepted: {{path: sent.0.id}}}}
look_up:
  request: {{method: GET, url: "https://sms.example.in/find/{{{{message_id}}}}"}}
  answers:
    - {{when: {{status: 200}}, found: {{path: id}}}}
    - {{when: {{status: 404}}, not_there: yes}}
"""
AS_JSON = 'json: {messages: [{text: "{{text}}", flags: {dlt: "{{template_id}}", n: 1}}]}'


class PlainOperator(HttpOperator):
    """A provider that exists only here; `asked` are the requests as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def submits(self, asked: Asked) -> bool:
        self.asked.append(asked)
        return asked.path.startswith("/to/")

    def refusal(self, asked: Asked) -> Answer | None:
        return None

    def scripted(self, word: str) -> Answer | None:
        return Answer.of_json(int(word), {}) if word.isdecimal() else None

    def read(self, asked: Asked) -> TakenSms:
        text = json.loads(asked.body)["messages"][0]["text"] if asked.body else ""
        return TakenSms("id-7", asked.path, text, callback=asked.query.get("back", ""))

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        return Answer.of_json(200, {"sent": [{"id": sms.provider_id}]})

    def tell(self, asked: Asked) -> Answer:
        return Answer.of_json(200, {"id": "id-7"}) if self.taken else Answer.of_json(404, {})


def plain(stack: ExitStack, method: str = "POST", body: str = AS_JSON) -> tuple[PlainOperator, HttpSmsGateway]:
    operator = stack.enter_context(PlainOperator())
    description = parse_description(PLAIN.format(method=method, body=body), "plain.yaml", {"TOKEN": "s3cret"})
    gateway = HttpSmsGateway(description, api=operator.url, callback="https://104.example.in/webhooks/sms/http/x")
    return operator, stack.enter_context(closing(gateway))


def test_a_value_is_written_as_its_place_wants_and_breaks_out_of_nothing(stack: ExitStack) -> None:
    operator, gateway = plain(stack)
    assert gateway.send(sms(HINDI + '"}],"evil":[{"')) == Accepted("id-7")
    asked = operator.asked[0]
    assert asked.path == "/to/9876543210/send"
    assert json.loads(asked.body) == {
        "messages": [{"text": HINDI + '"}],"evil":[{"', "flags": {"dlt": "1107123456789012345", "n": 1}}]
    }
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert "x-evil" not in asked.headers
    assert asked.query["back"] == "https://104.example.in/webhooks/sms/http/x?m=sms%2F1"


def test_a_line_end_in_a_header_is_refused_and_nothing_is_sent(stack: ExitStack) -> None:
    operator, gateway = plain(stack)
    outcome = gateway.send(OutgoingSms("sms-1\r\nX-Evil: 1", "+919876543210", "text"))
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.key) == (True, "value_unsendable")
    assert operator.requests == 0


def test_a_secret_that_cannot_be_written_into_a_header_is_not_told_either(stack: ExitStack) -> None:
    operator = stack.enter_context(PlainOperator())
    broken = PLAIN.format(method="POST", body=AS_JSON).replace("Bearer ${TOKEN}", "Bearer ${TOKEN} ")
    gateway = HttpSmsGateway(parse_description(broken, "plain.yaml", {"TOKEN": "s3cret"}), api=operator.url)
    outcome = stack.enter_context(closing(gateway)).send(sms())
    assert isinstance(outcome, Rejected)
    assert "s3cret" not in outcome.reason


@pytest.mark.parametrize(
    ("status", "kind", "key"),
    [
        ("400", Rejected, "gateway_refused"),
        ("429", Rejected, "gateway_busy"),
        ("500", InDoubt, ""),
        ("503", InDoubt, ""),
        ("302", InDoubt, ""),
    ],
)
def test_an_answer_the_file_says_nothing_of_is_read_by_its_status(
    stack: ExitStack, status: str, kind: type, key: str
) -> None:
    operator, gateway = plain(stack)
    operator.next_answers = [status]
    outcome = gateway.send(sms())
    assert isinstance(outcome, kind)
    if isinstance(outcome, Rejected):
        assert (outcome.final, outcome.unwell, outcome.key) == (False, True, key)


def test_an_answer_without_an_id_is_no_acceptance(stack: ExitStack) -> None:
    operator, gateway = plain(stack)
    operator.next_answers = ["200"]
    assert isinstance(gateway.send(sms()), InDoubt)


def test_a_described_look_up_asks_the_provider(stack: ExitStack) -> None:
    operator, gateway = plain(stack)
    assert gateway.look_up(sms(), frozenset()) == NotThere()
    operator.next_answers = ["drop"]
    assert isinstance(gateway.send(sms()), InDoubt)
    assert gateway.look_up(sms(), frozenset()) == Accepted("id-7")
    # It may tell the latest one of several only, or an earlier attempt: that says nothing about this one.
    assert isinstance(gateway.look_up(sms(), frozenset({"id-7"})), CannotTell)
    assert operator.asked[-1].path in ("/find/sms/1", "/find/sms%2F1")


def test_a_provider_that_cannot_be_asked_is_not_asked(stack: ExitStack) -> None:
    operator, gateway = gupshup(stack)
    assert isinstance(gateway.look_up(sms(), frozenset()), CannotTell)
    assert operator.requests == 0


def test_a_faulty_file_refuses_the_start_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(PLAIN.format(method="POST", body="json: {to: '{{recipent}}'}"), encoding="utf-8")
    settings = {"SMS_GATEWAY": "http", "SMS_HTTP_FILE": str(file), "DATA_DIR": str(tmp_path / "data")}
    env = {f"HELPLINE_{name}": value for name, value in settings.items()} | {"TOKEN": "s3cret"}
    checkout = Path(__file__).parents[3]
    web = subprocess.run(
        [sys.executable, "-m", "admin_api"],
        env={**env, "PYTHONPATH": str(checkout), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert web.returncode == 2
    assert web.stderr.startswith(f"{file}:8: send.request.json: {{{{recipent}}}} is no value of a message")
    assert "s3cret" not in web.stderr


# --- receipts, over the wire ---------------------------------------------------------------------------------------


class Listener(HttpOperator):
    """Stands where our web process stands: keeps the requests of webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[WebhookRequest] = []

    def submits(self, asked: Asked) -> bool:
        return False

    def tell(self, asked: Asked) -> Answer:
        form = asked.form if b"=" in asked.body and not asked.body.startswith(b"{") else {}
        self.heard.append(WebhookRequest(asked.method, self.url, asked.headers, asked.query, form, asked.body))
        return Answer(200, b"", "text/plain")


def test_msg91s_receipts_are_read(stack: ExitStack) -> None:
    operator, gateway = msg91(stack)
    listener = stack.enter_context(Listener())
    operator.receipts_to = listener.url
    gateway.send(sms())
    taken = operator.taken[0]
    operator.report(taken, "delivered")
    operator.report(taken, "failed", "17")
    operator.report(taken, "on_its_way")
    part = read_description("msg91.yaml", ENVIRON).webhook
    assert part is not None
    told = [DescribedWebhook(part).read(request) for request in listener.heard]
    receipts = [said.receipts[0] for said in told if said]
    assert [(receipt.provider_id, receipt.state, receipt.reason) for receipt in receipts] == [
        (taken.provider_id, "delivered", ""),
        (taken.provider_id, "failed", "blocked"),
        (taken.provider_id, "on_its_way", ""),
    ]


def test_gupshups_receipts_are_read(stack: ExitStack) -> None:
    operator, gateway = gupshup(stack)
    listener = stack.enter_context(Listener())
    operator.receipts_to = listener.url
    gateway.send(sms())
    taken = operator.taken[0]
    operator.report(taken, "delivered")
    operator.report(taken, "failed", "UNKNOWN_SUBSCRIBER")
    part = read_description("gupshup.yaml", ENVIRON).webhook
    assert part is not None
    told = [DescribedWebhook(part).read(request) for request in listener.heard]
    receipts = [said.receipts[0] for said in told if said]
    assert [(receipt.provider_id, receipt.state, receipt.reason, receipt.code) for receipt in receipts] == [
        (taken.provider_id, "delivered", "", "000"),
        (taken.provider_id, "failed", "subscriber_unknown", "003"),
    ]
    assert receipts[0].at is not None
