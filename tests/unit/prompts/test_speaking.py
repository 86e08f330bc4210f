"""What values sound like, against tables typed by hand; and whatever a caller keys, something is said."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.catalogue import COMPOSED, load_catalogues
from prompts.phrases import KINDS, speak

CATALOGUES = load_catalogues()

HINDI = """
number 0: शून्य
number 250: दो सौ पचास
number 1000: एक हज़ार
number 1001: एक हज़ार एक
number 2024: दो हज़ार चौबीस
number 9999: नौ हज़ार नौ सौ निन्यानवे
digits 4213: चार दो एक तीन
digits 007: शून्य शून्य सात
phone 9876543210: नौ आठ सात छह पाँच, चार तीन दो एक शून्य
phone +91 98765-43210: नौ आठ सात छह पाँच, चार तीन दो एक शून्य
phone 104: एक शून्य चार
token A-17: ए एक सात
token 205: दो शून्य पाँच
token P-7K3M-22QX-5: पी सात के तीन एम दो दो क्यू एक्स पाँच
ordinal 1: पहला
ordinal 1:f: पहली
ordinal 1:o: पहले
ordinal 2: दूसरा
ordinal 2:f: दूसरी
ordinal 3:o: तीसरे
ordinal 4: चौथा
ordinal 4:f: चौथी
ordinal 5: पाँचवाँ
ordinal 5:f: पाँचवीं
ordinal 5:o: पाँचवें
ordinal 6: छठा
ordinal 6:f: छठी
ordinal 7: सातवाँ
ordinal 8:f: आठवीं
ordinal 9: नौवाँ
ordinal 10:o: दसवें
ordinal 11: नंबर ग्यारह
ordinal 217: नंबर दो सौ सत्रह
minutes 0: एक मिनट से कम
minutes 1: लगभग एक मिनट
minutes 12: लगभग बारह मिनट
minutes 60: लगभग साठ मिनट
minutes 70: लगभग एक घंटा
minutes 75: लगभग डेढ़ घंटा
minutes 120: लगभग दो घंटे
minutes 150: लगभग ढाई घंटे
minutes 210: लगभग साढ़े तीन घंटे
minutes 1440: लगभग चौबीस घंटे
duration_hours 0.5: आधा घंटा
duration_hours 1: एक घंटा
duration_hours 1.5: डेढ़ घंटा
duration_hours 2: दो घंटे
duration_hours 2.5: ढाई घंटे
duration_hours 3.5: साढ़े तीन घंटे
duration_hours 12: बारह घंटे
duration_hours 48: अड़तालीस घंटे
age 45: पैंतालीस वर्ष
age 0: एक वर्ष से कम
age 1:years: एक वर्ष
age 1:months: एक महीना
age 8:months: आठ महीने
age 30:months: दो वर्ष
age 1:days: एक दिन
age 20:days: बीस दिन
age 45:days: एक महीना
age 800:days: दो वर्ष
date 2026-11-24: मंगलवार चौबीस नवंबर
date 2027-01-01: शुक्रवार एक जनवरी
date 2028-02-29: मंगलवार उनतीस फ़रवरी
time 09:30: सुबह साढ़े नौ बजे
time 09:15: सुबह सवा नौ बजे
time 08:45: सुबह पौने नौ बजे
time 09:00: सुबह नौ बजे
time 9:00: सुबह नौ बजे
time 01:30: रात डेढ़ बजे
time 13:30: दोपहर डेढ़ बजे
time 14:30: दोपहर ढाई बजे
time 12:00: दोपहर बारह बजे
time 12:30: दोपहर साढ़े बारह बजे
time 12:45: दोपहर पौने एक बजे
time 13:15: दोपहर सवा एक बजे
time 16:00: शाम चार बजे
time 19:30: शाम साढ़े सात बजे
time 20:00: रात आठ बजे
time 00:00: रात बारह बजे
time 00:15: रात सवा बारह बजे
time 03:45: रात पौने चार बजे
time 04:00: सुबह चार बजे
time 09:05: सुबह नौ बजकर पाँच मिनट
time 21:47: रात नौ बजकर सैंतालीस मिनट
year 1976: उन्नीस सौ छिहत्तर
year 1900: उन्नीस सौ
year 1905: उन्नीस सौ पाँच
year 2000: दो हज़ार
year 2009: दो हज़ार नौ
gender female: महिला
gender male: पुरुष
gender other: अन्य
language hi: हिन्दी
language en: English
language_offer hi:1: हिन्दी के लिए एक दबाएँ।
"""
ENGLISH = """
number 0: zero
number 250: two hundred and fifty
number 1000: one thousand
number 1001: one thousand and one
number 1100: one thousand one hundred
number 9999: nine thousand nine hundred and ninety nine
digits 4213: four two one three
token B-9: B nine
ordinal 3: third
ordinal 3:f: third
ordinal 31: thirty first
ordinal 45: number forty five
minutes 1: about one minute
minutes 12: about twelve minutes
minutes 75: about one and a half hours
minutes 130: about two hours
duration_hours 0.5: half an hour
duration_hours 3.5: three and a half hours
age 8:months: eight months
age 20:days: twenty days
date 2026-11-24: Tuesday twenty fourth November
time 09:30: nine thirty in the morning
time 12:00: twelve noon
time 00:00: midnight
time 17:45: five forty five in the evening
time 09:05: nine oh five in the morning
time 21:47: nine forty seven at night
year 1976: nineteen seventy six
year 1905: nineteen oh five
year 1900: nineteen hundred
year 2024: two thousand and twenty four
gender female: female
language hi: हिन्दी
language_offer en:2: For English, press two.
"""


def rows(language: str, table: str) -> Iterator[tuple[str, str, str, str]]:
    for line in table.strip().splitlines():
        asked, _, words = line.rpartition(": ")
        kind, _, value = asked.partition(" ")
        yield language, kind, value, words


def words_of(language: str, prompts: tuple[str, ...]) -> str:
    return " ".join(CATALOGUES[language].text(prompt) or "," for prompt in prompts).replace(" ,", ",")


@pytest.mark.parametrize(("language", "kind", "value", "words"), [*rows("hi", HINDI), *rows("en", ENGLISH)])
def test_values_are_said_as_the_table_says(language: str, kind: str, value: str, words: str) -> None:
    assert words_of(language, speak(language, kind, value)) == words


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_number_is_said_in_fragments_as_it_is_in_a_sentence(language: str) -> None:
    grammar = CATALOGUES[language].grammar
    assert grammar is not None
    for number in range(10_000):
        said = words_of(language, speak(language, "number", str(number)))
        assert said == grammar.cardinals.cardinal(number)


@pytest.mark.parametrize("language", ["hi", "en"])
def test_no_two_minutes_of_a_day_are_said_alike(language: str) -> None:
    said = {speak(language, "time", f"{minute // 60:02}:{minute % 60:02}") for minute in range(1440)}
    assert len(said) == 1440
    assert {prompt for prompts in said for prompt in prompts} <= set(CATALOGUES[language].prompts)


@pytest.mark.parametrize("language", ["hi", "en"])
def test_no_two_days_of_a_week_or_year_are_said_alike(language: str) -> None:
    days = [date(2028, 1, 1) + timedelta(days=count) for count in range(366)]
    said = {speak(language, "date", day.isoformat()) for day in days}
    assert len(said) == 366
    assert {prompt for prompts in said for prompt in prompts} <= set(CATALOGUES[language].prompts)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[("number", value) for value in ("", "-1", "10000", "१२", "1.5", "ten", "99999999999999999999")],
        *[("digits", value) for value in ("", "12a", "*")],
        *[("phone", value) for value in ("", "anonymous", "1234567890123456")],
        *[("token", value) for value in ("", "A", "ABCD-1", "A-1234567", "é-1")],
        *[("ordinal", value) for value in ("0", "x", ":f")],
        *[("minutes", value) for value in ("", "-5", "soon")],
        *[("duration_hours", value) for value in ("0", "", "1,5", "nan", "inf")],
        *[("age", value) for value in ("121", "", "45:weeks", "-1", "1500:months")],
        *[("date", value) for value in ("2026-02-29", "", "24.11.2026", "tomorrow")],
        *[("time", value) for value in ("24:00", "9", "09:60", "", "0930")],
        *[("year", value) for value in ("", "76a")],
        *[("gender", value) for value in ("", "unknown")],
        *[("language", value) for value in ("", "xx", "en.1")],
        *[("language_offer", value) for value in ("en", "en:7", "xx:1")],
    ],
)
def test_what_cannot_be_said_is_said_to_be_unknown(kind: str, value: str) -> None:
    assert speak("hi", kind, value) == ("value.unknown",)


def test_a_kind_nobody_knows_is_a_mistake_in_the_flow() -> None:
    with pytest.raises(ValueError, match="'weight' is nothing that can be spoken; known are age,"):
        speak("hi", "weight", "60")


def test_a_language_nobody_knows_says_that_it_is_unknown() -> None:
    assert speak("xx", "number", "5") == ("value.unknown",)


@given(st.sampled_from(["hi", "en"]), st.sampled_from(sorted(KINDS)), st.text(max_size=12))
def test_whatever_is_asked_only_prompts_that_exist_are_named(language: str, kind: str, value: str) -> None:
    said = speak(language, kind, value)
    assert said
    assert set(said) <= {*CATALOGUES[language].prompts, *COMPOSED}


@given(
    st.sampled_from(["hi", "en"]),
    st.sampled_from(["minutes", "age", "ordinal", "duration_hours", "number", "year"]),
    st.integers(0, 9999),
    st.sampled_from(["", ":f", ":o", ":months", ":days", ".5"]),
)
def test_any_amount_is_said_in_prompts_that_exist(language: str, kind: str, amount: int, more: str) -> None:
    assert set(speak(language, kind, f"{amount}{more}")) <= set(CATALOGUES[language].prompts)
