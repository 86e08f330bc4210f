"""A wording is compared with its registration to the character, and the first difference is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.catalogue import shipped
from messaging.errors import TemplateError
from messaging.wording.matching import Difference, Registration, check_against, difference

HINDI = shipped().find("advice_slip", "hi")
SLIP = {"doctor": "Dr Anita Verma", "registration": "MP/12345/2010", "slip": "P-7K3M-22QX-5"}


def registered(text: str) -> Registration:
    return Registration("advice_slip", "hi", 1, "1107161234567890123", text)


@pytest.mark.parametrize("form", ["registered_text", "tagged_text"])
def test_both_ways_of_writing_variables_are_understood(form: str) -> None:
    for template in shipped():
        assert difference(template.tagged_text, getattr(template, form)) is None
        check_against(registered(getattr(template, form)), template.render(template.sample()))


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ("आज।", "आज.", "line 1, column 3: ours ‘।’ DEVANAGARI DANDA (U+0964), registered ‘.’ FULL STOP (U+002E)"),
        ("a b", "a  b", "line 1, column 3: ours ‘b’ LATIN SMALL LETTER B (U+0062), registered ‘ ’ SPACE (U+0020)"),
        ("a b", "a\nb", "line 1, column 2: ours ‘ ’ SPACE (U+0020), registered U+000A"),
        (".", "\u200b.", "line 1, column 1: ours ‘.’ FULL STOP (U+002E), registered ZERO WIDTH SPACE (U+200B)"),
        ("ab", "a", "line 1, column 2: ours ‘b’ LATIN SMALL LETTER B (U+0062), registered the end"),
        ("a", "a\n", "line 1, column 2: ours the end, registered U+000A"),
        ("{#numeric#} a", "{#url#} a", "line 1, column 1: ours {#numeric#}, registered {#url#}"),
        ("{#cbn#}", "{#Var#}", "line 1, column 1: ours {#cbn#}, registered ‘{’ LEFT CURLY BRACKET (U+007B)"),
        ("a\nb,", "a\nb.", "line 2, column 2: ours ‘,’ COMMA (U+002C), registered ‘.’ FULL STOP (U+002E)"),
    ],
)  # fmt: skip
def test_the_first_difference_is_told_with_its_place(ours: str, theirs: str, told: str) -> None:
    assert str(difference(ours, theirs)) == told


def test_digits_may_go_into_a_variable_of_letters_and_digits_but_not_the_other_way() -> None:
    assert difference("{#numeric#}", "{#alphanumeric#}") is None
    assert difference("{#numeric#}", "{#number#}") is None
    assert difference("{#alphanumeric#}", "{#numeric#}") == Difference(1, 1, "{#alphanumeric#}", "{#numeric#}")


@given(st.data())
def test_any_one_changed_character_is_found_where_it_is(data: st.DataObject) -> None:
    text = HINDI.registered_text
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda letter: letter != text[at]))
    found = difference(HINDI.tagged_text, text[:at] + other + text[at + 1 :])
    assert found is not None
    inside = any(begin <= at < begin + 7 for begin in _places(text))
    assert inside or found.column == at + 1
    with pytest.raises(TemplateError) as caught:
        check_against(registered(text[:at] + other + text[at + 1 :]), HINDI.render(SLIP))
    assert caught.value.reason == "wording_differs"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HINDI.text.replace("।", "."), "DEVANAGARI DANDA"),
        (HINDI.text.replace("108", "112"), "DIGIT ONE"),
        (HINDI.text + " ", "SPACE"),
        ("x" + HINDI.text, "LATIN SMALL LETTER X"),
    ],
)
def test_a_message_that_is_not_the_registered_text_is_told_where(text: str, told: str) -> None:
    message = text
    for name, value in SLIP.items():
        message = message.replace(f"{{#{name}#}}", value)
    with pytest.raises(TemplateError, match=told):
        check_against(registered(HINDI.registered_text), message)


def test_a_message_without_a_value_is_no_message_of_the_template() -> None:
    with pytest.raises(TemplateError, match="is not what is registered"):
        check_against(registered("Your code is {#var#}"), "Your code is ")
    with pytest.raises(TemplateError, match="a variable is empty or too long"):
        check_against(registered("Your code is {#var#}"), "Your code is " + "1" * 31)


def _places(text: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith("{#var#}", at)]
