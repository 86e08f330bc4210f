"""What may be filled into a message: it fits and is whole, or is refused with the reason; never half, never unseen."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.catalogue import shipped
from messaging.errors import TemplateError
from messaging.segments import segment
from messaging.wording.graphemes import cut, is_cut, units
from messaging.wording.values import LONGEST_VALUE, Variable, fitted

NAME = Variable("doctor", shorten=True)
NUMBER = Variable("registration")
SLIP = {"doctor": "Dr Anita Verma", "registration": "MP/12345/2010", "slip": "P-7K3M-22QX-5"}
INVISIBLE = [
    *"\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u034f\u180e",
    *("\u115f", "\u3164", "\ufe0f", "\U000e0041", "\U000e0101", "\x00", "\x1b", "\x7f", "\x85", "\ue000", "\U0001f9ff"),
]


def fit(value: str, variable: Variable = NAME, urls: tuple[str, ...] = ()) -> str:
    return fitted(variable, value, "en", "template t", urls)


def _reason_or(write: Callable[[], str]) -> tuple[str, str]:
    """The reason of the refusal, or what was written."""
    try:
        return "", write()
    except TemplateError as error:
        return error.reason, ""


def refused(value: str, variable: Variable = NAME, urls: tuple[str, ...] = ()) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        fit(value, variable, urls)
    return caught.value


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Dr Anita Verma", "Dr Anita Verma"),
        ("  Dr\u00a0Anita \u2003 Verma ", "Dr Anita Verma"),
        ("Dr “Anita” O’Neil – Verma", 'Dr "Anita" O\'Neil - Verma'),
        ('Dr "Anita" O\'Neil', 'Dr "Anita" O\'Neil'),
        ("डॉ. क्\u200dषमा शर्\u200cमा", "डॉ. क्\u200dषमा शर्\u200cमा"),
        ("ডাঃ অনিতা", "ডাঃ অনিতা"),
        ("ڈاکٹر انیتا", "ڈاکٹر انیتا"),
        ("Dr. E\u0301ric", "Dr. Éric"),
        ("{#slip#}", "{#slip#}"),
        ("K. S. (Retd.) & Sons, MBBS; MD", "K. S. (Retd.) & Sons, MBBS; MD"),
    ],
)
def test_a_name_goes_out_as_it_is_read(written: str, sent: str) -> None:
    assert fit(written) == sent


@pytest.mark.parametrize("number", ["MP/12345/2010", "DMC/R/2345-A", "12345", "TN.MC.99887/11", "एम.पी./१२३४५"])
def test_a_registration_number_keeps_its_slashes(number: str) -> None:
    assert fit(number, NUMBER) == number


@pytest.mark.parametrize("mark", INVISIBLE, ids=lambda mark: f"U+{ord(mark):04X}")
def test_what_is_not_seen_is_refused_by_its_name(mark: str) -> None:
    error = refused(f"Dr {mark}Anita")
    assert error.reason == "value_unsendable"
    assert f"U+{ord(mark):04X}" in str(error)
    assert "Anita" not in str(error), "an error may stand in a log; names may not"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\u2028", "\u2029"])
def test_a_line_end_is_refused(end: str) -> None:
    assert "a line end" in str(refused(f"Dr A{end}To: B"))


@pytest.mark.parametrize("name", ["Dr Anita 🙂", "Dr 👩‍⚕️", "♥ Anita", "🇮🇳 Anita", "1\ufe0f\u20e3", "Anita ☎"])
def test_an_emoji_is_refused(name: str) -> None:
    assert refused(name).reason == "value_unsendable"


@pytest.mark.parametrize("name", ["A\u200dnita", "\u200dअनीता", "अ \u200dनीता", "क्\u200d\u200dष"])
def test_a_joiner_is_spelling_only_behind_an_indic_letter(name: str) -> None:
    assert "not seen" in str(refused(name))


def test_a_mark_without_its_letter_is_refused() -> None:
    assert "DEVANAGARI VOWEL SIGN AA" in str(refused("ाअनीता"))


@pytest.mark.parametrize("value", ["", "  ", "\u00a0"])
def test_nothing_is_refused(value: str) -> None:
    assert refused(value).reason == "value_missing"


def test_a_name_of_two_hundred_letters_is_cut_and_a_number_is_refused() -> None:
    assert fit("Ram " * 50) == "Ram Ram Ram Ram Ram Ram Ram"
    assert fit("a" * 200) == "a" * 30
    error = refused("9" * 200, NUMBER)
    assert error.reason == "value_too_long"
    assert "200 characters" in str(error)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Dr Venkata Subramanian Ramachandran Iyer", "Dr Venkata Subramanian"),
        ("Dr Venkatasubramanianramachandraniyer", "Dr Venkatasubramanianramachand"),
        ("डॉक्टर श्रीनिवासाचार्युलु वेंकटरमणय्या", "डॉक्टर श्रीनिवासाचार्युलु"),
        ("Dr Anantha Padmanabhan Nair, (Retd.) Colonel", "Dr Anantha Padmanabhan Nair"),
        ("Dr Lakshmi Narasimhan Krishna, and others", "Dr Lakshmi Narasimhan Krishna"),
    ],
)
def test_a_long_name_is_cut_at_a_word(name: str, short: str) -> None:
    assert fit(name) == short


def test_a_cut_name_never_shows_half_a_letter() -> None:
    conjuncts = "क्ष" * 20
    assert fit(conjuncts) == "क्ष" * 10
    assert fit("ab" + conjuncts) == "ab" + "क्ष" * 9
    joined = "abc" + "क्\u200dष" * 20
    assert fit(joined) == "abc" + "क्\u200dष" * 6


def test_a_letter_beyond_the_first_plane_counts_twice() -> None:
    assert units("𑀓") == 2
    assert units(fit("𑀓" * 40)) == 30


@given(st.text(max_size=200))
@example("क्‍षमा" * 20)
@example("\u0301" * 40)
@example("a" + "\u0301" * 60)
def test_a_value_fits_whole_or_is_refused_with_a_reason(value: str) -> None:
    reason, sent = _reason_or(lambda: fit(value))
    assert reason in ("", "value_missing", "value_too_long", "value_unsendable", "link_not_listed")
    if reason:
        return
    assert 0 < units(sent) <= LONGEST_VALUE
    assert sent == sent.strip()
    assert unicodedata.is_normalized("NFC", sent)
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs", "Co", "So") for letter in sent)
    assert fit(sent) == sent


@given(st.text(alphabet="कषमािा्\u200dab .", min_size=1, max_size=80), st.integers(5, 40))
def test_a_cut_is_made_between_letters(text: str, most: int) -> None:
    short = cut(text, most)
    assert text.startswith(short)
    assert units(short) <= most
    assert is_cut(text, len(short)) or text[len(short)] in " "


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_message_is_written_whole_or_refused(doctor: str, registration: str) -> None:
    template = shipped().find("advice_slip", "hi")
    reason, text = _reason_or(lambda: template.render({**SLIP, "doctor": doctor, "registration": registration}))
    assert reason == "" or reason.startswith(("value_", "link_"))
    if reason:
        return
    assert segment(text).count <= template.longest().count
    assert "".join(segment(text).parts) == text


@pytest.mark.parametrize(
    ("values", "reason", "said"),
    [
        ({"doctor": "Dr A"}, "value_missing", "takes doctor, registration, slip, not doctor"),
        ({**SLIP, "extra": "x"}, "value_missing", "takes"),
        ({**SLIP, "slip": "x" * 31}, "value_too_long", "slip of template advice_slip has 31 characters"),
        ({**SLIP, "doctor": "see http://x.example"}, "link_not_listed", "a link"),
        ({**SLIP, "doctor": " "}, "value_missing", "empty"),
    ],
)
def test_the_template_and_the_variable_are_named(values: dict[str, str], reason: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said) as caught:
        shipped().find("advice_slip", "en").render(values)
    assert caught.value.reason == reason


def test_a_value_that_looks_like_a_place_is_not_filled_again() -> None:
    text = shipped().find("advice_slip", "en").render({**SLIP, "doctor": "{#slip#}"})
    assert "{#slip#} (Reg." in text


def test_a_state_is_given_by_its_key_and_sent_in_words() -> None:
    hindi, english = (shipped().find("duty_status", language) for language in ("hi", "en"))
    assert "रोकी गई" in hindi.render({"state": "paused"})
    assert "is paused now" in english.render({"state": "paused"})
    with pytest.raises(TemplateError, match="must be one of on, off, paused"):
        hindi.render({"state": "asleep"})


@pytest.mark.parametrize(
    ("tag", "good", "bad"), [("numeric", "482913", "48 29"), ("numeric", "0", "१२"), ("cbn", "+91 755 2660000", "call")]
)
def test_a_typed_variable_takes_its_type_only(tag: str, good: str, bad: str) -> None:
    variable = Variable("x", tag=tag)  # type: ignore[arg-type]
    assert fit(good, variable) == good
    assert refused(bad, variable).reason == "value_unsendable"
