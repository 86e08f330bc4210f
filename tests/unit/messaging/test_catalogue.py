"""The wording of the messages, and the rules of the register that it must keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from messaging.catalogue import LONGEST_VALUE, Catalogue, Template, shipped
from messaging.errors import TemplateError
from messaging.segments import segment

SLIP = {"doctor": "Dr Anita Verma", "registration": "MP-12345", "slip": "P-7K3M-22QX-5"}


def test_every_shipped_template_speaks_hindi_and_english() -> None:
    ids = {template.id for template in shipped()}
    assert {"advice_slip", "callback_registered"} <= ids
    for template_id in ids:
        for language in ("hi", "en"):
            assert shipped().find(template_id, language).category == "service_implicit"


@pytest.mark.parametrize("language", ["hi", "en"])
def test_an_advice_slip_names_doctor_registration_number_and_slip(language: str) -> None:
    text = shipped().find("advice_slip", language).render(SLIP)
    for value in SLIP.values():
        assert value in text
    assert "{" not in text
    assert "\n" not in text


def test_the_longest_shipped_message_stays_within_four_parts() -> None:
    for template in shipped():
        longest = template.render(dict.fromkeys(template.variables, "क" * LONGEST_VALUE))
        assert segment(longest).count <= 4, template.id


def test_the_registered_text_is_what_the_portal_wants() -> None:
    registered = shipped().find("advice_slip", "en").registered_text
    assert registered.count("{#var#}") == 3
    assert registered.startswith("104 Helpline: {#var#} (Reg. {#var#})")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"doctor": "Dr A"}, "takes"),
        ({**SLIP, "extra": "x"}, "takes"),
        ({**SLIP, "slip": "x" * 31}, "slip of template advice_slip is longer than 30"),
        ({**SLIP, "registration": "9" * 31}, "registration of template advice_slip is longer than 30"),
        ({**SLIP, "doctor": "Dr A\r\nB"}, "line end"),
        ({**SLIP, "doctor": "Dr A\u2028B"}, "line end"),
        ({**SLIP, "doctor": "see http://x.example"}, "link"),
        ({**SLIP, "doctor": "www.x.example"}, "link"),
        ({**SLIP, "doctor": "  "}, "empty"),
    ],
)
def test_a_variable_that_may_not_go_out_is_refused(values: dict[str, str], reason: str) -> None:
    with pytest.raises(TemplateError, match=reason):
        shipped().find("advice_slip", "en").render(values)


def test_a_long_name_is_cut_at_a_word() -> None:
    text = shipped().find("advice_slip", "en").render({**SLIP, "doctor": "Dr Venkata Subramanian Ramachandran Iyer"})
    assert "Dr Venkata Subramanian (Reg." in text


def test_a_name_spelt_with_a_joiner_passes() -> None:
    name = "डॉ. क्‍षमा"
    assert name in shipped().find("advice_slip", "hi").render({**SLIP, "doctor": name})


def test_a_value_that_looks_like_a_place_is_not_filled_again() -> None:
    text = shipped().find("advice_slip", "en").render({**SLIP, "doctor": "{#slip#}"})
    assert "{#slip#} (Reg." in text


def test_an_unknown_template_or_language_is_named() -> None:
    with pytest.raises(TemplateError, match="no SMS template nothing in language hi"):
        shipped().find("nothing", "hi")
    with pytest.raises(TemplateError, match="language ta"):
        shipped().find("advice_slip", "ta")


@pytest.mark.parametrize(
    ("text", "variables", "reason"),
    [
        ("{#a#}{#b#}{#c#}{#d#}" + "x" * 400, "{a: {}, b: {}, c: {}, d: {}}", "more than 3 variables"),
        ("Hello {#a#}", "{a: {}}", "less than 30% fixed"),
        ("Hello everybody out there {#a#}", "{b: {}}", "declares"),
    ],
)
def test_a_template_that_breaks_the_register_is_refused(tmp_path: Path, text: str, variables: str, reason: str) -> None:
    _write(tmp_path, f"variables: {variables}\nlanguages: {{en: {{dlt_template_id: '', text: '{text}'}}}}")
    with pytest.raises(TemplateError, match=reason):
        Catalogue(tmp_path)


@pytest.mark.parametrize("body", ["variables: {}", "[1, 2", "variables: {}\nlanguages: {en: 3}"])
def test_a_broken_file_is_named(tmp_path: Path, body: str) -> None:
    _write(tmp_path, body)
    with pytest.raises(TemplateError, match=r"t\.yaml"):
        Catalogue(tmp_path)


def test_a_template_without_variables_is_its_own_text() -> None:
    assert Template("x", "en", "service_implicit", "Hello", ()).render({}) == "Hello"


def _write(folder: Path, body: str) -> None:
    (folder / "t.yaml").write_text(f"id: t\ncategory: service_implicit\n{body}\n", encoding="utf-8")
