"""Every reason has words in both languages, and none that is asked for raises."""

from __future__ import annotations

import pytest

from messaging.reasons import inbound_results, inbound_words, reasons, words

SAID_BY_THE_SPECIFICATION = (
    "not_mobile number_invalid wording_missing value_missing value_too_long value_unsendable link_not_listed"
    " not_registered wording_differs template_too_long handset_off out_of_reach handset_full subscriber_unknown dnd"
    " blocked dlt_entity dlt_header dlt_header_owner dlt_template wording_dropped spam gateway_busy gateway_away"
    " gateway_refused no_credit expired answer_lost process_died not_answered other"
)


def test_every_reason_that_anybody_gives_has_words() -> None:
    assert set(SAID_BY_THE_SPECIFICATION.split()) <= reasons()


@pytest.mark.parametrize("key", sorted(reasons()))
def test_a_reason_is_short_and_in_both_languages(key: str) -> None:
    hindi, english = words(key, "hi"), words(key, "en")
    assert any("\u0900" <= character <= "\u097f" for character in hindi)
    assert english.isascii()
    assert english
    assert max(len(hindi), len(english)) <= 80


def test_what_became_of_an_inbound_message_has_words_in_both_languages() -> None:
    told = {"on", "off", "status", "help", "shared", "too_many", "retired", "patient", "stranger"}
    assert inbound_results() == told
    assert all(inbound_words(result, language) for result in inbound_results() for language in ("hi", "en"))


def test_no_reason_is_no_word_and_an_unknown_one_is_said_to_be_unknown() -> None:
    assert words("", "hi") == ""
    assert words("gnarled", "en") == words("other", "en")
    assert words("dnd", "mr") == words("dnd", "en")
