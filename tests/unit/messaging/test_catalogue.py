"""The shipped wordings, and the rules of the register that every template's file must keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from messaging.catalogue import Catalogue, load, shipped
from messaging.errors import TemplateError
from messaging.segments import segment
from messaging.wording.template import PLACE

SLIP = {"doctor": "Dr Anita Verma", "registration": "MP-12345", "slip": "P-7K3M-22QX-5"}
EVERY_MESSAGE = {
    *("advice_slip", "callback_registered", "callback_expired", "follow_up_reminder", "otp", "daily_figures"),
    *("duty_paused", "duty_on", "duty_on_hours", "duty_off", "duty_status", "duty_help", "test_message"),
}


def test_every_shipped_template_speaks_hindi_and_english() -> None:
    assert {template.id for template in shipped()} == EVERY_MESSAGE
    for template_id in EVERY_MESSAGE:
        for language in ("hi", "en"):
            assert shipped().find(template_id, language).category == "service_implicit"


def test_every_shipped_wording_names_the_helpline_and_ends_in_fixed_text() -> None:
    """The portals refuse a wording without the sender's name, and one whose last word is a variable."""
    for template in shipped():
        assert template.text.startswith("104 Helpline" if template.language == "en" else "104 हेल्पलाइन"), template.id
        assert not PLACE.search(template.text.split()[-1]), template.id
        assert len(PLACE.sub("", template.text)) >= 0.5 * len(PLACE.sub("x" * 30, template.text)), template.id


def test_every_shipped_template_says_when_it_is_sent_and_has_samples() -> None:
    for template in shipped():
        assert set(template.used_for) == {"hi", "en"}, template.id
        assert "{#" not in template.render(template.sample())
        assert "{#" not in template.say(template.sample())


def test_what_nothing_sends_yet_is_marked() -> None:
    later = {template.id for template in shipped() if template.sent == "later"}
    assert later == {"otp", "follow_up_reminder", "daily_figures"}


def test_every_message_about_a_prescription_has_the_registration_number() -> None:
    for template in shipped():
        if "doctor" in template.variables:
            for text in (template.text, template.spoken):
                assert "{#registration#}" in text, template.id


@pytest.mark.parametrize("language", ["hi", "en"])
def test_an_advice_slip_names_doctor_registration_number_and_slip(language: str) -> None:
    text = shipped().find("advice_slip", language).render(SLIP)
    for value in SLIP.values():
        assert value in text
    assert "{" not in text
    assert "\n" not in text


def test_the_longest_shipped_message_stays_within_four_parts() -> None:
    for template in shipped():
        assert segment(template.render(template.sample())).count <= template.longest().count <= 4, template.id


def test_an_english_message_of_latin_names_is_cheap_and_one_of_devanagari_names_is_not() -> None:
    template = shipped().find("follow_up_reminder", "en")
    latin = segment(template.render(template.sample()))
    devanagari = segment(template.render({**template.sample(), "doctor": "डॉ. अनीता वर्मा"}))
    assert (latin.encoding, latin.count) == ("gsm7", 1)
    assert (devanagari.encoding, devanagari.count) == ("ucs2", 3)


def test_the_registered_text_is_what_the_portals_want() -> None:
    template = shipped().find("otp", "en")
    assert template.registered_text.startswith("104 Helpline: your code is {#var#}. It is good for {#var#} minutes.")
    assert template.tagged_text.startswith(
        "104 Helpline: your code is {#numeric#}. It is good for {#numeric#} minutes."
    )


def test_an_unknown_template_or_language_is_named() -> None:
    with pytest.raises(TemplateError, match="no SMS template nothing in language hi") as caught:
        shipped().find("nothing", "hi")
    assert caught.value.reason == "wording_missing"
    with pytest.raises(TemplateError, match="language ta"):
        shipped().find("advice_slip", "ta")


def test_a_new_wording_waits_until_it_is_registered(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "versions:\n- {version: 1, languages: {en: {text: Old}}}\n- {version: 2, languages: {en: {text: New}}}",
    )
    catalogue = Catalogue(tmp_path)
    assert catalogue.find("my_note", "en").text == "New"
    assert catalogue.find("my_note", "en", {1}).text == "Old"
    assert catalogue.find("my_note", "en", {1: "x", 2: "y"}).text == "New"
    for registered in ((), {3}):
        with pytest.raises(TemplateError, match="not registered") as caught:
            catalogue.find("my_note", "en", registered)
        assert caught.value.reason == "not_registered"


def test_a_new_wording_may_leave_out_what_the_old_one_said(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "variables: {name: {}, day: {}}\nversions:\n"
        "- {version: 1, languages: {en: {text: 'Good morning to you dear {#name#}.'}}}\n"
        "- {version: 2, languages: {en: {text: 'We see you again on the day {#day#}.'}}}",
    )
    values = {"name": "Asha", "day": "22-11-2026"}
    assert Catalogue(tmp_path).find("my_note", "en", {1}).render(values) == "Good morning to you dear Asha."
    assert Catalogue(tmp_path).find("my_note", "en", {1, 2}).render(values) == "We see you again on the day 22-11-2026."


def test_a_department_replaces_a_wording_and_adds_one(tmp_path: Path) -> None:
    _write(tmp_path, "id: duty_off\n" + _one("Your duty is off."))
    _write(tmp_path, _one("Camp today"), name="b.yaml")
    catalogue = load(str(tmp_path))
    assert catalogue.find("duty_off", "en").text == "Your duty is off."
    assert catalogue.find("my_note", "en").text == "Camp today"
    assert catalogue.find("advice_slip", "en") == shipped().find("advice_slip", "en")
    assert catalogue.languages("my_note") == ("en",)


def test_a_replacement_takes_the_same_variables(tmp_path: Path) -> None:
    _write(tmp_path, "id: otp\nvariables: {code: {}}\n" + _one("Your code to be used is {#code#} now."))
    with pytest.raises(TemplateError, match="variables of otp must be: code, minutes"):
        Catalogue(own=tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such folder"):
        load(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("text", "variables", "reason"),
    [
        ("{#a#}{#b#}{#c#}{#d#}" + "x" * 400, "{a: {}, b: {}, c: {}, d: {}}", "more than 3 variables"),
        ("Hello {#a#}", "{a: {}}", "less than 30% fixed"),
        ("Hello everybody out there {#a#}", "{b: {}}", "uses a, but declares b"),
        ("Hello everybody out there {#A#}", "{a: {}}", "a broken variable"),
        ("Hello everybody {#a#} out there and here {#a#}", "{a: {}}", "twice"),
        ("Hello  everybody", "{}", "one blank"),
        ("Hello everybody ", "{}", "one blank"),
        ("Hello\u200beverybody", "{}", "ZERO WIDTH SPACE"),
        ("Hello 🙂", "{}", "SLIGHTLY SMILING FACE"),
        ("e\u0301t\u0301", "{}", "NFC"),
        ("x" * 1600, "{}", "more than 10 parts"),
        ("Hello everybody out there {#a#}", "{a: {words: {x: {hi: एक}}}}", "lacks words for x"),
    ],
)
def test_a_template_that_breaks_the_register_is_refused(tmp_path: Path, text: str, variables: str, reason: str) -> None:
    _write(tmp_path, f"variables: {variables}\n{_one(text)}")
    with pytest.raises(TemplateError, match=reason) as caught:
        Catalogue(tmp_path)
    assert "a.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "versions: []",
        "[1, 2",
        "versions: [{version: 1, languages: {en: 3}}]",
        "versions: [{version: 1, languages: {en: {text: a}}}, {version: 1, languages: {hi: {text: a}}}]",
        "variables: {a: {tag: word}}\nversions: [{version: 1, languages: {en: {text: a}}}]",
        "category: important\nversions: [{version: 1, languages: {en: {text: a}}}]",
        "colour: red\nversions: [{version: 1, languages: {en: {text: a}}}]",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, body: str) -> None:
    _write(tmp_path, body)
    with pytest.raises(TemplateError, match=r"a\.yaml"):
        Catalogue(tmp_path)


def test_two_files_of_one_template_are_named(tmp_path: Path) -> None:
    _write(tmp_path, _one("Camp today"))
    _write(tmp_path, _one("Camp tomorrow"), name="b.yaml")
    with pytest.raises(TemplateError, match=r"b\.yaml: another file has the template my_note"):
        Catalogue(tmp_path)


def test_what_is_spoken_names_signs_and_skips_what_is_not_heard() -> None:
    said = shipped().find("advice_slip", "hi").say({**SLIP, "doctor": "Dr \u202eAnita 🙂 Verma"})
    assert "Dr Anita Verma" in said
    assert "पी; सात, के, तीन, एम; दो, दो, क्यू, एक्स; पाँच" in said
    assert "सौ आठ" in said


def test_a_spoken_name_is_never_cut() -> None:
    name = "Dr Venkata Subramanian Ramachandran Iyer"
    assert name in shipped().find("advice_slip", "en").say({**SLIP, "doctor": name})


def _one(text: str) -> str:
    return f"versions: [{{version: 1, languages: {{en: {{text: {json.dumps(text, ensure_ascii=False)}}}}}}}]"


def _write(folder: Path, body: str, name: str = "a.yaml") -> None:
    body = body if "id: " in body else f"id: my_note\n{body}"
    body = body if "category: " in body else f"category: service_implicit\n{body}"
    (folder / name).write_text(f"{body}\n", encoding="utf-8")
