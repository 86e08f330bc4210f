"""What every SMS gateway promises, whatever it is made of: the same tests for each, against its operator on loopback.

A gateway joins with one line in trials.py.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from messaging.gateways import (
    Accepted,
    CannotTell,
    InDoubt,
    NotThere,
    OutgoingSms,
    Rejected,
    SmsGateway,
    TellsReceipts,
    exotel,
)
from messaging.reasons import reasons
from phones.operators import Operator
from phones.operators.base import State
from tests.integration.messaging.trials import INBOX, OPERATED, Trial

HINDI = "104 हेल्पलाइन: डॉ. अनिता वर्मा (पंजीयन MP-12345) & 100% = ठीक+"
# Joiners, an emoji of five code points, a right-to-left mark, quotes, a backslash, a line end and spaces at both ends.
AWKWARD = (
    " \u0915\u094d\u200d\u0937 \u0930\u094d\u200c\u092f \U0001f469\u200d\u2695\ufe0f\U0001f3fd"
    " «\u05e2\u05d1\u200f» \"'\\ <b>&amp; %41 {x} ₹ É\nend "
)
PATIENCE = 0.4


def sms(number: int = 1, text: str = HINDI) -> OutgoingSms:
    return OutgoingSms(
        f"sms-{number}",
        "+919876543210",
        text,
        header="HLPLIN",
        entity_id="1101234567890123456",
        template_id="1107123456789012345",
        encoding="gsm7" if text.isascii() else "ucs2",
        claimed_at=datetime.now(UTC),
    )


@pytest.fixture(autouse=True)
def questions_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exotel, "_BETWEEN_SECONDS", 0.0)


@pytest.fixture(params=OPERATED, ids=lambda trial: trial.name)
def trial(request: pytest.FixtureRequest) -> Trial:
    made: Trial = request.param
    return made


@pytest.fixture
def operator(trial: Trial) -> Iterator[Operator]:
    assert trial.operator is not None
    with trial.operator() as running:
        yield running


@pytest.fixture
def gateway(trial: Trial, operator: Operator) -> Iterator[SmsGateway]:
    with closing(trial.gateway(operator.url, 5)) as made:
        yield made


@pytest.fixture
def hasty(trial: Trial, operator: Operator) -> Iterator[SmsGateway]:
    """A gateway that waits only a moment for its answer."""
    with closing(trial.gateway(operator.url, PATIENCE)) as made:
        yield made


def scripted(operator: Operator, word: str | None) -> None:
    if word is None:
        pytest.skip("this protocol has no such failure")
    operator.next_answers = [word]


def test_a_message_is_accepted_under_the_providers_id(operator: Operator, gateway: SmsGateway) -> None:
    outcome = gateway.send(sms())
    assert isinstance(outcome, Accepted)
    assert [taken.provider_id for taken in operator.taken] == [outcome.provider_id]
    assert operator.taken[0].recipient.lstrip("+") in ("919876543210", "9876543210")


@pytest.mark.parametrize("text", [HINDI, AWKWARD, "Plain ASCII: 104, a+b & c=100%", "क" * 400, "Long. " * 60], ids=len)
def test_the_text_arrives_to_the_character(operator: Operator, gateway: SmsGateway, text: str) -> None:
    assert isinstance(gateway.send(sms(text=text)), Accepted)
    assert operator.taken[0].text == text


def test_two_messages_get_two_ids(gateway: SmsGateway) -> None:
    outcomes = [gateway.send(sms(1)), gateway.send(sms(2))]
    assert len({outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 2


def test_messages_may_be_sent_from_many_threads_at_once(operator: Operator, gateway: SmsGateway) -> None:
    messages = [sms(number, f"Number {number}.") for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(gateway.send, messages))
    theirs = {taken.provider_id: taken.text for taken in operator.taken}
    assert len(theirs) == 60
    for message, outcome in zip(messages, outcomes, strict=True):
        assert isinstance(outcome, Accepted)
        assert theirs[outcome.provider_id] == message.text


@pytest.mark.parametrize(
    "trial", [each for each in OPERATED if each.carries_dlt], indirect=True, ids=lambda trial: trial.name
)
def test_what_dlt_wants_to_know_is_on_the_wire(operator: Operator, gateway: SmsGateway) -> None:
    message = sms()
    gateway.send(message)
    taken = operator.taken[0]
    assert (taken.header, taken.entity_id, taken.template_id) == (
        message.header,
        message.entity_id,
        message.template_id,
    )


def test_a_refusal_is_final_and_says_why(trial: Trial, operator: Operator, gateway: SmsGateway) -> None:
    scripted(operator, trial.refused)
    outcome = gateway.send(sms())
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (True, False, trial.refused_key)
    assert outcome.reason
    assert operator.taken == []


def test_a_busy_provider_may_be_tried_again_and_is_called_unwell(
    trial: Trial, operator: Operator, gateway: SmsGateway
) -> None:
    scripted(operator, trial.busy)
    outcome = gateway.send(sms())
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (False, True, "gateway_busy")
    assert operator.taken == []
    assert isinstance(gateway.send(sms()), Accepted)


def test_a_provider_that_cannot_be_reached_may_be_tried_again(trial: Trial) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = trial.address.format(port=unused.getsockname()[1])
        with closing(trial.gateway(url, PATIENCE)) as gateway:
            outcome = gateway.send(sms())
            asked = gateway.look_up(sms(), frozenset())
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (False, True, "gateway_away")
    assert isinstance(asked, CannotTell)


@pytest.mark.parametrize("failure", ["broken", "silent", "cut", "page"])
def test_what_may_have_been_taken_is_in_doubt_and_not_repeated(
    trial: Trial, operator: Operator, hasty: SmsGateway, failure: str
) -> None:
    scripted(operator, getattr(trial, failure))
    assert isinstance(hasty.send(sms()), InDoubt)
    assert operator.requests == 1
    assert isinstance(hasty.send(sms(2)), Accepted)  # it has recovered


@pytest.mark.parametrize("failure", ["silent", "cut", "page"])
def test_a_lost_answer_is_found_where_the_provider_can_be_asked(
    trial: Trial, operator: Operator, hasty: SmsGateway, failure: str
) -> None:
    scripted(operator, getattr(trial, failure))
    message = sms()
    assert isinstance(hasty.send(message), InDoubt)
    found = hasty.look_up(message, frozenset())
    if trial.can_be_asked:
        assert found == Accepted(operator.taken[0].provider_id)
        assert hasty.look_up(message, frozenset({operator.taken[0].provider_id})) == NotThere()
    else:
        assert isinstance(found, CannotTell)


def test_a_message_that_was_never_taken_is_not_found(trial: Trial, operator: Operator, gateway: SmsGateway) -> None:
    assert isinstance(gateway.send(sms(1, "Another.")), Accepted)
    found = gateway.look_up(sms(2), frozenset({operator.taken[0].provider_id}))
    assert isinstance(found, NotThere if trial.can_be_asked else CannotTell)


TELLING = pytest.mark.parametrize(
    "trial", [each for each in OPERATED if each.tells], indirect=True, ids=lambda trial: trial.name
)


@TELLING
@pytest.mark.parametrize("state", ["on_its_way", "delivered", "failed"])
def test_what_became_of_a_message_is_told_under_its_id(operator: Operator, gateway: SmsGateway, state: State) -> None:
    outcome = gateway.send(sms())
    assert isinstance(outcome, Accepted)
    assert isinstance(gateway, TellsReceipts)
    operator.report(operator.taken[0], state)
    (receipt,), inbound = gateway.receipts((outcome.provider_id,))
    assert (receipt.provider_id, receipt.state, inbound) == (outcome.provider_id, state, [])
    assert (receipt.reason in reasons()) == (state == "failed")
    assert receipt.at is None or abs(receipt.at - datetime.now(UTC)) < timedelta(minutes=1)


@TELLING
def test_a_message_that_the_provider_does_not_know_keeps_no_other_back(operator: Operator, gateway: SmsGateway) -> None:
    outcome = gateway.send(sms())
    assert isinstance(outcome, Accepted)
    assert isinstance(gateway, TellsReceipts)
    operator.report(operator.taken[0], "delivered")
    told, _ = gateway.receipts(("SM" + "0" * 32, "../x?y=#\u0935", outcome.provider_id))
    assert [(receipt.provider_id, receipt.state) for receipt in told] == [(outcome.provider_id, "delivered")]


@TELLING
def test_a_provider_that_is_away_tells_nothing(trial: Trial) -> None:
    with closing(trial.gateway(trial.address.format(port=9), PATIENCE)) as gateway:
        assert isinstance(gateway, TellsReceipts)
        assert gateway.receipts(("SM" + "0" * 32,)) == ([], [])


@pytest.mark.parametrize("of", [INBOX, *OPERATED], ids=lambda trial: trial.name)
def test_a_gateway_has_its_name_for_the_record(of: Trial) -> None:
    with closing(of.gateway(of.address.format(port=9), 1)) as gateway:
        assert gateway.name == of.name


def test_the_inbox_keeps_every_message() -> None:
    gateway = INBOX.gateway("", 1)
    assert gateway.send(sms(1)) != gateway.send(sms(2))
    assert isinstance(gateway.send(sms(1)), Accepted)
